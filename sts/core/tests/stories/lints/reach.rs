//! How far a policy reaches: branches and events that nobody chose, and conditions that say nothing.

use super::{codes, found};
use sts_testkit::Documents;

const PUSH: &str = "policies/shop/push-image.yaml";
const MAIN: &str = "assertion.ref == 'refs/heads/main'";
const OUTSIDE: &str = "], outside: [pull_request, pull_request_target]}";

/// The sample policy without scopes, with another condition.
fn push(condition: &str) -> Documents {
    Documents::sample().change(PUSH, MAIN, condition)
}

/// With a bundle that says which events outsiders bring about.
fn marked(documents: Documents) -> Documents {
    let own = documents.bundle("pull_request_target]}", &format!("pull_request_target{OUTSIDE}"));
    own.change(PUSH, "  ttl: {max: 5m}", "  scopes: [\"SCOPE\"]\n  ttl: {max: 5m}").platform(
        "granted_by: [shop]\n---\napiVersion: sts/v1\nkind: Guardrail",
        "granted_by: [shop]\nscopes: [\"SCOPE\"]\n---\napiVersion: sts/v1\nkind: Guardrail",
    )
}

#[test]
fn a_policy_that_takes_whatever_a_writer_runs_is_not_loaded() {
    for condition in [
        "assertion.repository_id == '74'",
        "assertion.ref != 'refs/heads/x'",
        "assertion.event_name != 'pull_request'",
        "!assertion.event_name.startsWith('pull_request')",
        "!(assertion.ref in ['refs/heads/x'])",
    ] {
        let message = "anything that a writer runs there is let in: any branch, any event [L003]";
        assert_eq!(found(&push(condition)), [format!("{PUSH}:5:7: {message}")], "{condition}");
    }
    for condition in [
        MAIN,
        "assertion.ref.startsWith('refs/heads/')",
        "assertion.event_name == 'pull_request'",
        "has(assertion.environment) && assertion.environment == 'production'",
        "has(assertion.groups) && 'sre' in assertion.groups",
    ] {
        assert_eq!(found(&push(condition)), [""; 0], "{condition}");
    }
}

#[test]
fn a_condition_with_a_fault_is_not_said_to_be_missing() {
    let found = found(&push("assertion.reff == 'refs/heads/main'"));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("no claim reff"));
}

#[test]
fn where_no_writer_chooses_what_runs_names_are_enough_to_load() {
    let bundle = include_str!("../../../../../trust-bundles/kubernetes/bundle.yaml");
    let policy = |pins: &str| {
        let text = format!(
            "apiVersion: sts/v1\nkind: TrustPolicy\nmetadata: {{name: pod, owner: o}}\ntrust_bundle: kubernetes\npins: {{{pins}}}\ngrant: {{audience: https://registry.example.com, subject: \"'s'\", ttl: {{max: 5m}}}}\n"
        );
        let set = Documents::sample().with("trust-bundles/kubernetes/bundle.yaml", bundle);
        found(&set.with("policies/shop/pod.yaml", &text))
    };
    let names = "k8s.namespace: shop, k8s.serviceaccount.name: deployer";
    let message = "only names say who the caller is; of what is never given to somebody else the bundle has k8s.node.uid, k8s.pod.uid, k8s.serviceaccount.uid [L011]";
    assert_eq!(policy(names), [format!("policies/shop/pod.yaml:5:7: {message}")]);
    assert_eq!(policy(&format!("{names}, k8s.serviceaccount.uid: \"6f1c\"")), [""; 0]);
}

#[test]
fn what_outsiders_bring_about_is_granted_no_more_than_reading() {
    let with = |condition: &str, scope: &str| {
        let set = marked(push(condition));
        codes(&set.change(PUSH, "SCOPE", scope).platform("SCOPE", scope), PUSH)
    };
    for (condition, scope) in [
        (MAIN, "images:push"),
        ("assertion.ref == 'x' && assertion.event_name != 'pull_request'", "images:push"),
        ("assertion.event_name == 'pull_request'", "images:push"),
        (
            "assertion.ref in ['x', 'y'] && (assertion.ref == 'x' || assertion.event_name == 'push')",
            "images:push",
        ),
        (MAIN, "images:readwrite"),
        (MAIN, "read-write"),
        (MAIN, "Images.ReadWrite"),
        (MAIN, "images:READ.WRITE"),
        (MAIN, "read:deploy"),
        (MAIN, "images:read:*"),
        (MAIN, "images.read.all"),
        (MAIN, "images:thread"),
    ] {
        assert_eq!(with(condition, scope), ["7:3 L005"], "{condition} {scope}");
    }
    for (condition, scope) in [
        ("assertion.event_name in ['push', 'workflow_dispatch']", "images:push"),
        ("assertion.ref == 'x' && !assertion.event_name.startsWith('pull_request')", "images:push"),
        ("assertion.ref == 'x' && assertion.event_name == 'push'", "images:push"),
        (MAIN, "images:read"),
        (MAIN, "images.pull"),
        (MAIN, "Images.Read"),
        (MAIN, "readImages"),
    ] {
        assert_eq!(with(condition, scope), [""; 0], "{condition} {scope}");
    }
}

#[test]
fn without_scopes_a_token_is_taken_to_write_and_without_the_mark_nothing_is_known() {
    let unscoped = |set: Documents| codes(&set.change(PUSH, "  scopes: [\"SCOPE\"]\n", ""), PUSH);
    assert_eq!(unscoped(marked(push(MAIN))), ["7:3 L005"]);
    let pinned = marked(Documents::sample());
    assert_eq!(unscoped(pinned.change(PUSH, "\"74\"}", "\"74\", event_name: push}")), [""; 0]);
    assert_eq!(codes(&push(MAIN), PUSH), [""; 0]);
}

#[test]
fn the_mark_names_values_that_are_listed() {
    let with = |mark: &str| {
        let to = format!("pull_request_target], {mark}}}");
        found(&Documents::sample().bundle("pull_request_target]}", &to))
    };
    let bundle = "trust-bundles/github-actions/bundle.yaml";
    let fault = format!("{bundle}:14:141: pull is not among the values of enum");
    assert_eq!(with("outside: [pull]"), [fault]);
    assert_eq!(with("actor: true"), [""; 0]);
    let attempt = |mark: &str| {
        found(
            &Documents::sample()
                .bundle("attempt: {type: int, ", &format!("attempt: {{type: {mark}, ")),
        )
    };
    let fault = format!("{bundle}:17:33: outside belongs to type: string");
    assert_eq!(attempt("int, outside: [x]"), [fault]);
    assert_eq!(
        codes(
            &Documents::sample()
                .bundle("attempt: {type: int, ", "attempt: {type: string, outside: [x], "),
            PUSH
        ),
        ["7:3 L005"]
    );
}

#[test]
fn a_condition_that_always_holds_is_warned_of() {
    let all = "assertion.event_name in ['push', 'workflow_dispatch', 'pull_request', 'pull_request_target']";
    let set = Documents::sample().policy(MAIN, all);
    assert_eq!(codes(&set, "policies/shop/deploy-prod.yaml"), ["7:29 L016"]);
    let optional =
        set.bundle("event_name: {type: string, required: true,", "event_name: {type: string,");
    let guarded = optional.policy(all, &format!("has(assertion.event_name) && {all}"));
    let guarded = guarded.policy(
        "- {id: safe-event, expr: \"assertion.event_name in ['push', 'workflow_dispatch']\"}",
        "",
    );
    let guarded = guarded.platform(
        "\"assertion.event_name ==",
        "\"has(assertion.event_name) && assertion.event_name ==",
    );
    assert_eq!(found(&guarded), [""; 0]);
}

#[test]
fn the_shipped_bundle_says_enough_of_its_claims() {
    let bundle = include_str!("../../../../../trust-bundles/github-actions/bundle.yaml");
    let policy = |pins: &str, condition: &str| {
        let set = Documents::sample()
            .bundle(include_str!("../../../../testkit/src/documents/bundle.yaml"), bundle)
            .change(PUSH, "repository_owner_id: \"65\", repository_id: \"74\"", pins)
            .change(PUSH, "'gha', assertion.repository_id", "'gha'");
        codes(&set.change(PUSH, MAIN, condition), PUSH)
    };
    let repository = "repository_owner_id: \"65\", repository_id: \"74\"";
    let pushed = "assertion.event_name == 'push'";
    assert_eq!(policy(repository, pushed), [""; 0]);
    assert_eq!(policy(repository, MAIN), ["7:3 L005"]);
    assert_eq!(policy(repository, "assertion.repository_id == '74'"), ["5:7 L003", "7:3 L005"]);
    assert_eq!(policy("repository_owner_id: \"65\", actor_id: \"7\"", pushed), ["5:7 L013"]);
    let actor = policy("repository_owner_id: \"65\", actor: octocat", "assertion.actor != 'x'");
    assert_eq!(actor, ["5:7 L002", "5:7 L003", "7:3 L005"], "and L013, which only warns");
}

#[test]
fn a_job_of_gitlab_is_told_by_its_project_and_not_by_its_group_alone() {
    let policy = |bundle: &str, pins: &str, condition: &str| {
        let text = format!(
            "apiVersion: sts/v1\nkind: TrustPolicy\nmetadata: {{name: job, owner: o}}\ntrust_bundle: BUNDLE\npins: {{{pins}}}\nconditions: [{{id: c, expr: \"{condition}\"}}]\ngrant: {{audience: https://registry.example.com, subject: \"'s'\", ttl: {{max: 5m}}}}\n"
        );
        let name = bundle.split("name: ").nth(1).unwrap().split(',').next().unwrap();
        let set = Documents::sample().with("trust-bundles/gitlab/bundle.yaml", bundle);
        let file = "policies/shop/job.yaml";
        codes(&set.with(file, &text.replace("BUNDLE", name)), file)
    };
    let main = "assertion.ref_path == 'refs/heads/main' && assertion.ref == 'main'";
    let main = main.replace("assertion.ref_path", "has(assertion.ref_path) && assertion.ref_path");
    let pushed = format!("{main} && assertion.pipeline_source in ['push', 'web']");
    let saas = include_str!("../../../../../trust-bundles/gitlab/bundle.yaml");
    let own = include_str!("../../../../../trust-bundles/gitlab-self-managed/bundle.yaml");
    let groups = "namespace_id: \"65\", job_namespace_id: \"65\"";
    let project = format!("{groups}, project_id: \"74\", job_project_id: \"74\"");
    assert_eq!(policy(saas, groups, &pushed), ["5:7 L001"]);
    assert_eq!(policy(own, groups, &pushed), ["5:7 L002"]);
    for bundle in [saas, own] {
        assert_eq!(policy(bundle, &project, &pushed), [""; 0]);
        assert_eq!(policy(bundle, &project, &main), ["6:13 L005"]);
        let half = format!("{main} && assertion.pipeline_source != 'merge_request_event'");
        assert_eq!(policy(bundle, &project, &half), ["6:13 L005"]);
    }
}
