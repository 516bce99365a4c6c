//! What a change of documents widens.

use sts_core::difference::{Effect, difference};
use sts_testkit::Documents;

/// Each change as `effect kind name: what`.
fn changes(before: &Documents, after: &Documents) -> Vec<String> {
    let compiled = |documents: &Documents| {
        documents
            .load()
            .map(|loaded| loaded.snapshot)
            .unwrap_or_else(|faults| panic!("{faults:#?}"))
    };
    let changes = difference(&compiled(before), &compiled(after));
    let shown = |change: sts_core::difference::Change| {
        format!("{} {} {}: {}", change.effect.word(), change.kind, change.name, change.what)
    };
    changes.into_iter().map(shown).collect()
}

/// The change, and what undoing it does.
#[track_caller]
fn check(after: &Documents, there: &[&str], back: &[&str]) {
    let before = Documents::sample();
    assert_eq!(changes(&before, after), there);
    assert_eq!(changes(after, &before), back);
}

#[test]
fn a_set_is_no_different_from_itself() {
    check(&Documents::sample(), &[], &[]);
    check(&Documents::sample().policy("metadata:", "# a comment\nmetadata:"), &[], &[]);
}

#[test]
fn without_a_guardrail_more_is_let_in() {
    let platform = include_str!("../../../testkit/src/documents/platform.yaml");
    let guardrail = platform.split("---").find(|part| part.contains("kind: Guardrail")).unwrap();
    check(
        &Documents::sample().platform(guardrail, "\n"),
        &["widens guardrail no-pull-request-target: is removed"],
        &["narrows guardrail no-pull-request-target: is new"],
    );
}

#[test]
fn without_a_pin_or_a_condition_more_is_let_in() {
    check(
        &Documents::sample().policy("repository_owner_id: \"65\", ", ""),
        &["widens policy shop-deploy-prod: no longer pins repository_owner_id: \"65\""],
        &["narrows policy shop-deploy-prod: pins repository_owner_id: \"65\""],
    );
    let condition = "  - {id: main-branch, expr: \"assertion.ref == 'refs/heads/main'\"}\n";
    check(
        &Documents::sample().policy(condition, ""),
        &[
            "widens policy shop-deploy-prod: no longer demands main-branch: assertion.ref == 'refs/heads/main'",
        ],
        &[
            "narrows policy shop-deploy-prod: demands main-branch: assertion.ref == 'refs/heads/main'",
        ],
    );
}

#[test]
fn an_expression_that_changed_is_for_a_person_to_read() {
    check(
        &Documents::sample().policy("refs/heads/main", "refs/heads/x"),
        &[
            "may_widen policy shop-deploy-prod: demands main-branch: assertion.ref == 'refs/heads/main' -> assertion.ref == 'refs/heads/x'",
        ],
        &[
            "may_widen policy shop-deploy-prod: demands main-branch: assertion.ref == 'refs/heads/x' -> assertion.ref == 'refs/heads/main'",
        ],
    );
}

#[test]
fn longer_lives_are_wider() {
    check(
        &Documents::sample().policy("max: 10m", "max: 11m"),
        &["widens policy shop-deploy-prod: ttl: 10m -> 11m"],
        &["narrows policy shop-deploy-prod: ttl: 11m -> 10m"],
    );
    check(
        &Documents::sample()
            .policy("name: shop-deploy-prod, ", "name: shop-deploy-prod, expires: 2099-01-01, "),
        &["narrows policy shop-deploy-prod: expires: no limit -> 2099-01-02T00:00:00.000Z"],
        &["widens policy shop-deploy-prod: expires: 2099-01-02T00:00:00.000Z -> no limit"],
    );
}

#[test]
fn a_policy_that_only_watched_and_now_grants_is_wider() {
    check(
        &Documents::sample().policy("trust_bundle:", "mode: shadow\ntrust_bundle:"),
        &["narrows policy shop-deploy-prod: mode: shadow"],
        &["widens policy shop-deploy-prod: no longer mode: shadow"],
    );
}

#[test]
fn a_tenant_more_is_wider() {
    check(
        &Documents::sample().bundle("[\"65\"]", "[\"65\", \"66\"]"),
        &["widens trust bundle github-actions: admits repository_owner_id = \"66\""],
        &["narrows trust bundle github-actions: no longer admits repository_owner_id = \"66\""],
    );
}

#[test]
fn who_may_grant_is_told() {
    check(
        &Documents::sample().platform("granted_by: [shop]", "granted_by: [shop, tools]"),
        &[
            "widens audience deploy: may be granted by tools",
            "widens audience registry: may be granted by tools",
        ],
        &[
            "narrows audience deploy: no longer may be granted by tools",
            "narrows audience registry: no longer may be granted by tools",
        ],
    );
}

#[test]
fn what_widens_comes_first() {
    let after =
        Documents::sample().policy("max: 10m", "max: 9m").policy("refs/heads/main", "refs/heads/x");
    let after = after.second_policy("second", "max: 10m", "max: 5m");
    let compiled = |documents: &Documents| documents.load().ok().unwrap().snapshot;
    let effects: Vec<_> = difference(&compiled(&Documents::sample()), &compiled(&after))
        .iter()
        .map(|one| one.effect)
        .collect();
    assert_eq!(effects, [Effect::Widens, Effect::MayWiden, Effect::Narrows]);
}

#[test]
fn a_longer_list_is_wider_and_in_a_guardrail_narrower() {
    check(
        &Documents::sample().policy("'workflow_dispatch']", "'workflow_dispatch', 'pull_request']"),
        &[
            "widens policy shop-deploy-prod: demands safe-event: assertion.event_name in ['push', 'workflow_dispatch'] -> assertion.event_name in ['push', 'workflow_dispatch', 'pull_request']",
        ],
        &[
            "narrows policy shop-deploy-prod: demands safe-event: assertion.event_name in ['push', 'workflow_dispatch', 'pull_request'] -> assertion.event_name in ['push', 'workflow_dispatch']",
        ],
    );
    check(
        &Documents::sample()
            .platform("== 'pull_request_target'", "in ['pull_request_target', 'pull_request']"),
        &[
            "narrows guardrail no-pull-request-target: denies fork-event: assertion.event_name == 'pull_request_target' -> assertion.event_name in ['pull_request_target', 'pull_request']",
        ],
        &[
            "widens guardrail no-pull-request-target: denies fork-event: assertion.event_name in ['pull_request_target', 'pull_request'] -> assertion.event_name == 'pull_request_target'",
        ],
    );
}

#[test]
fn an_expression_that_says_the_same_decides_nothing_else() {
    check(
        &Documents::sample()
            .policy("['push', 'workflow_dispatch']", "['workflow_dispatch', 'push']"),
        &[
            "changes policy shop-deploy-prod: demands safe-event: assertion.event_name in ['push', 'workflow_dispatch'] -> assertion.event_name in ['workflow_dispatch', 'push']",
        ],
        &[
            "changes policy shop-deploy-prod: demands safe-event: assertion.event_name in ['workflow_dispatch', 'push'] -> assertion.event_name in ['push', 'workflow_dispatch']",
        ],
    );
}

#[test]
fn the_order_in_which_tenants_are_written_is_no_change() {
    let two = |rules: &str| Documents::sample().bundle("{repository_owner_id: [\"65\"]}", rules);
    let one = two("{repository_owner_id: [\"65\"], repository_id: [\"74\", \"75\"]}");
    let other = two("{repository_id: [\"75\", \"74\"], repository_owner_id: [\"65\"]}");
    assert_eq!(changes(&one, &other), Vec::<String>::new());
    check(
        &one,
        &["narrows trust bundle github-actions: admits repository_id = \"74\", \"75\" only"],
        &[
            "widens trust bundle github-actions: no longer admits repository_id = \"74\", \"75\" only",
        ],
    );
}

#[test]
fn a_claim_that_may_be_more_is_wider() {
    check(
        &Documents::sample().bundle("pull_request_target]}", "pull_request_target, schedule]}"),
        &["widens trust bundle github-actions: lets the claim event_name be schedule"],
        &["narrows trust bundle github-actions: no longer lets the claim event_name be schedule"],
    );
    check(
        &Documents::sample().bundle("max: 4}", "max: 5}"),
        &["widens trust bundle github-actions: items of the claim groups: 4 -> 5"],
        &["narrows trust bundle github-actions: items of the claim groups: 5 -> 4"],
    );
    check(
        &Documents::sample().bundle("attempt: {type: int,", "attempt: {type: int, required: true,"),
        &["narrows trust bundle github-actions: requires the claim attempt"],
        &["widens trust bundle github-actions: no longer requires the claim attempt"],
    );
}

#[test]
fn what_lints_go_by_is_told() {
    let push = "conditions:\n  - {id: push, expr: \"assertion.event_name == 'push'\"}\n";
    let base = Documents::sample().change("policies/shop/push-image.yaml", "conditions:\n", push);
    let told = |from: &str, to: &str, claim: &str, before: &str, after: &str| {
        let changed = base.clone().bundle(from, to);
        let line = |before: &str, after: &str| {
            format!("may_widen trust bundle github-actions: claim {claim}: {before} -> {after}")
        };
        assert_eq!(changes(&base, &changed), [line(before, after)]);
        assert_eq!(changes(&changed, &base), [line(after, before)]);
    };
    let string = "string, trust writer";
    let event = "string, trust platform";
    told(
        "enum: [push,",
        "outside: [pull_request_target, pull_request], enum: [push,",
        "event_name",
        event,
        "string, trust platform, outside [pull_request, pull_request_target]",
    );
    let repository = "repository: {type: string, trust: writer";
    told(
        repository,
        &format!("{repository}, actor: true"),
        "repository",
        string,
        "string, trust writer, actor",
    );
    told(repository, "repository: {type: string, trust: platform", "repository", string, event);
    told(
        "attempt: {type: int, ",
        "attempt: {type: string, ",
        "attempt",
        "int, trust platform",
        event,
    );
}

#[test]
fn where_keys_come_from_is_told_in_the_words_of_the_document() {
    check(
        &Documents::sample().bundle("{discovery: true}", "{file: keys.json}"),
        &[
            "may_widen trust bundle github-actions: keys: discovery -> file github-actions/keys.json",
        ],
        &[
            "may_widen trust bundle github-actions: keys: file github-actions/keys.json -> discovery",
        ],
    );
    check(
        &Documents::sample().bundle(
            "{discovery: true}",
            "{discovery: true, hosts: [keys.example.com], network: [10.0.0.0/8], max_stale: 7h}",
        ),
        &[
            "widens trust bundle github-actions: keys.max_stale: 6h -> 7h",
            "widens trust bundle github-actions: takes keys from the host keys.example.com",
            "widens trust bundle github-actions: takes keys from the network 10.0.0.0/8",
        ],
        &[
            "narrows trust bundle github-actions: keys.max_stale: 7h -> 6h",
            "narrows trust bundle github-actions: no longer takes keys from the host keys.example.com",
            "narrows trust bundle github-actions: no longer takes keys from the network 10.0.0.0/8",
        ],
    );
}

#[test]
fn a_policy_that_moved_to_another_teams_folder_may_be_wider() {
    let shared = Documents::sample().platform("[shop]", "[shop, tools]");
    let text = include_str!("../../../testkit/src/documents/deploy-prod.yaml");
    let third = text.replace("shop-deploy-prod", "third").replace("\"74\"", "\"75\"");
    let before = shared.clone().with("policies/shop/third.yaml", &third);
    let after = shared.with("policies/tools/third.yaml", &third);
    assert_eq!(changes(&before, &after), ["may_widen policy third: team folder: shop -> tools"]);
    let same = before.clone();
    assert_eq!(changes(&before, &same), Vec::<String>::new());
}

#[test]
fn who_is_asked_is_told_and_decides_nothing() {
    check(
        &Documents::sample().policy("owner: team-shop", "owner: team-x, review_by: 2099-01-01"),
        &[
            "changes policy shop-deploy-prod: owner: team-shop -> team-x",
            "changes policy shop-deploy-prod: review_by: nothing -> 2099-01-02T00:00:00.000Z",
        ],
        &[
            "changes policy shop-deploy-prod: owner: team-x -> team-shop",
            "changes policy shop-deploy-prod: review_by: 2099-01-02T00:00:00.000Z -> nothing",
        ],
    );
    check(
        &Documents::sample().platform("owner: security", "owner: nobody"),
        &["changes guardrail no-pull-request-target: owner: security -> nobody"],
        &["changes guardrail no-pull-request-target: owner: nobody -> security"],
    );
}

#[test]
fn what_is_waived_may_be_wider() {
    let waiver = "waive: [{lint: L013, reason: none other, expires: 2099-01-01}]\ntrust_bundle:";
    check(
        &Documents::sample().policy("trust_bundle:", waiver),
        &["may_widen policy shop-deploy-prod: waives L013: nothing -> yes"],
        &["may_widen policy shop-deploy-prod: waives L013: yes -> nothing"],
    );
}

#[test]
fn a_policy_that_only_watches_gives_nobody_anything() {
    let watching = Documents::sample().second_policy(
        "watcher",
        "trust_bundle:",
        "mode: shadow\ntrust_bundle:",
    );
    check(&watching, &["changes policy watcher: is new"], &["changes policy watcher: is removed"]);
}

#[test]
fn tokens_of_a_bundle_that_is_gone_may_come_to_a_trust_domain() {
    let bundle = |name: &str, issuer: &str| {
        format!(
            "apiVersion: sts/v1\nkind: TrustBundle\nmetadata: {{name: {name}, owner: platform}}\nissuer: {issuer}\n\
             keys: {{file: keys.json}}\nalgorithms: [ES256]\nclaims: {{sub: {{type: string, required: true}}}}\n"
        )
    };
    let other = bundle("other", "https://other.example.com");
    let with = |set: Documents| set.with("trust-bundles/other.yaml", &other);
    assert_eq!(
        changes(&with(Documents::sample()), &Documents::sample()),
        ["narrows trust bundle other: is removed"]
    );
    let domain = Documents::sample()
        .with("trust-bundles/corp.yaml", &bundle("corp", "spiffe://corp.example"));
    assert_eq!(
        changes(&with(domain.clone()), &domain),
        ["may_widen trust bundle other: is removed: its tokens may belong to a SPIFFE bundle now"]
    );
}
