//! Faults of trust policies, each in its place.

use super::documents::{Row, check, faults};
use sts_core::prepare::RESERVED_CLAIMS;
use sts_testkit::Documents;

const POLICY: &str = "policies/shop/deploy-prod.yaml";
const MAIN: &str = "assertion.ref == 'refs/heads/main'";

#[test]
fn a_faulty_pin_or_key_of_a_policy_is_shown_in_its_place() {
    let rows: &[Row<'_>] = &[
        (
            "grant:",
            "grnt:",
            &[
                "1:1: a TrustPolicy needs the key grant",
                "9:1: a TrustPolicy has no key grnt | did you mean grant?",
            ],
        ),
        ("conditions:", "pins: {}\nconditions:", &["6:1: the key pins appears twice"]),
        (
            "repository_id: \"74\"",
            "repository_id: 74",
            &["5:50: repository_id is a string, not a number"],
        ),
        (
            "repository_id: \"74\"",
            "repositry_id: \"74\"",
            &[
                "5:35: the trust bundle github-actions declares no claim repositry_id | did you mean repository_id?",
            ],
        ),
        (
            "repository_id: \"74\"",
            "repository_id: \"74\", event_name: schedule",
            &["5:68: schedule is not among the values that the trust bundle lists for event_name"],
        ),
        (
            "repository_id: \"74\"",
            "groups: a",
            &["5:35: groups is a list: only strings, booleans and integers are compared here"],
        ),
        (
            "trust_bundle: github-actions",
            "trust_bundle: github-action",
            &[
                "4:15: there is no trust bundle github-action | did you mean github-actions? there are github-actions",
            ],
        ),
        ("trust_bundle:", "mode: shadwo\ntrust_bundle:", &["4:7: mode is shadow, or absent"]),
        (
            "trust_bundle:",
            "replay: reusable\ntrust_bundle:",
            &["4:9: a policy can only tighten replay: single_use"],
        ),
    ];
    check(POLICY, rows);
}

#[test]
fn a_faulty_grant_is_shown_in_its_place() {
    let rows: &[Row<'_>] = &[
        (
            "deploy.example.com",
            "deploy.example.con",
            &[
                "10:13: the audience https://deploy.example.con is not declared | did you mean https://deploy.example.com?",
            ],
        ),
        (
            "https://deploy.example.com",
            "https://elsewhere.example",
            &["10:13: the audience https://elsewhere.example is not declared"],
        ),
        (
            "\"deploy:shop\", ",
            "\"deploy:shp\", ",
            &["12:12: the audience deploy has no scope deploy:shp"],
        ),
        ("max: 10m", "max: 16m", &["13:14: longer than the 15m that the audience permits [L014]"]),
        ("max: 10m", "max: 0s", &["13:14: max: a duration is at least 1s and at most 400d"]),
        (
            "max: 10m",
            "mx: 10m",
            &["13:8: ttl needs the key max", "13:9: ttl has no key mx | did you mean max?"],
        ),
        (
            "subject('gha', assertion.repository_id, assertion.environment)",
            "assertion.repository_id == '74'",
            &["11:13: the expression is a bool, but must be a string [C013]"],
        ),
    ];
    check(POLICY, rows);
}

#[test]
fn a_folder_that_the_audience_does_not_name_may_not_grant_it() {
    let documents =
        Documents::sample().platform("granted_by: [shop]\nscopes", "granted_by: [billing]\nscopes");
    let fault = "the audience https://deploy.example.com may not be granted by the folder shop";
    assert_eq!(faults(&documents), [format!("{POLICY}:10:13: {fault}")]);
    let both = Documents::sample()
        .platform("granted_by: [shop]\nscopes", "granted_by: [billing, shop]\nscopes");
    assert_eq!(faults(&both).len(), 0);
}

#[test]
fn a_claim_that_only_the_server_sets_cannot_be_minted() {
    for name in RESERVED_CLAIMS {
        let found = faults(&Documents::sample().policy("{run_id: \"", &format!("{{{name}: \"")));
        assert_eq!(found, [format!("{POLICY}:14:12: the claim {name} is set by the server")]);
    }
    assert_eq!(faults(&Documents::sample().policy("{run_id: \"", "{run: \"")).len(), 0);
}

#[test]
fn a_fault_inside_an_expression_points_into_it() {
    let rows: &[Row<'_>] = &[
        (
            "assertion.ref ==",
            "assertion.reff ==",
            &["7:40: the trust bundle declares no claim reff [C002] | did you mean ref?"],
        ),
        (
            MAIN,
            "'a' != assertion.ref && assertion.run_id == '1'",
            &["7:54: the claim run_id may be absent [C003]"],
        ),
        (
            MAIN,
            "assertion.ref.matches('main')",
            &[
                "7:30: matches finds a part of the text and would let evil-prefixes in: use fullMatch [C009]",
            ],
        ),
        (
            "'push', ",
            "'psuh', ",
            &[
                "8:54: psuh is not among push, workflow_dispatch, pull_request, pull_request_target [C006]",
            ],
        ),
    ];
    check(POLICY, rows);
}

#[test]
fn conditions_that_are_cheap_alone_and_too_much_together_are_not_loaded() {
    let counted = "assertion.ref.fullMatch('[a-z]{1,400}')";
    let many = |count: u32| {
        let more = (0..count).map(|n| format!("\n  - {{id: x{n}, expr: \"{counted}\"}}"));
        Documents::sample()
            .policy("conditions:", &format!("conditions:{}", more.collect::<String>()))
    };
    assert_eq!(faults(&many(1)), [""; 0]);
    let found = faults(&many(8));
    assert_eq!(found.len(), 1, "{found:?}");
    let beginning = format!("{POLICY}:7:5: the conditions take up to ");
    assert!(found[0].starts_with(&beginning) && found[0].ends_with("[C017]"), "{found:?}");
}

#[test]
fn a_faulty_list_of_conditions_is_shown_in_its_place() {
    let rows: &[Row<'_>] = &[
        ("id: safe-event", "id: main-branch", &["8:5: the condition id main-branch is used twice"]),
        (
            "id: safe-event",
            "id: Safe",
            &[
                "8:10: id: a name is made of a-z, 0-9, - and _, begins with a letter or digit, and has at most 100",
            ],
        ),
        ("id: safe-event, ", "", &["8:5: a condition needs the key id"]),
        (
            "id: safe-event, expr",
            "id: safe-event, exp",
            &[
                "8:5: a condition needs the key expr",
                "8:22: a condition has no key exp | did you mean expr?",
            ],
        ),
    ];
    check(POLICY, rows);
}

#[test]
fn a_pin_inside_of_an_object_is_told_its_nearest_name() {
    let object = "claims:\n  kubernetes.io: {as: k8s, type: object, claims: {namespace: {type: string, required: true}}}";
    let pinned = |pin: &str| {
        let set = Documents::sample().bundle("claims:", object);
        faults(&set.policy("environment: production", &format!("environment: production, {pin}")))
    };
    for pin in ["k8s.namespce: a", "namespace: a"] {
        let found = pinned(pin);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].ends_with("| did you mean k8s.namespace?"), "{found:?}");
    }
    assert_eq!(pinned("k8s.namespace: a"), [""; 0]);
}

/// What to do about the one fault of a set.
fn help(documents: &Documents) -> String {
    let faults = documents.load().err().unwrap();
    assert_eq!(faults.len(), 1, "{faults:?}");
    faults[0].help().unwrap().to_owned()
}

#[test]
fn a_name_that_is_like_no_other_is_told_which_there_are() {
    let pin = "environment: production, workflow: x";
    let claims = "it declares actor_email, attempt, environment, event_name, groups, ref, repository, repository_id, repository_owner_id, run_id";
    assert_eq!(help(&Documents::sample().policy("environment: production", pin)), claims);
    let push = "policies/shop/push-image.yaml";
    let bundle = |name: &str| {
        help(&Documents::sample().change(
            push,
            "trust_bundle: github-actions",
            &format!("trust_bundle: {name}"),
        ))
    };
    assert_eq!(bundle("gitlab"), "there are github-actions");
    assert_eq!(bundle("github-action"), "did you mean github-actions? there are github-actions");
    let guarded = |audience: &str| {
        Documents::sample().platform("audiences: [\"*\"]", &format!("audiences: [{audience}]"))
    };
    assert_eq!(
        help(&guarded("https://vault.example.com")),
        "declared are https://deploy.example.com, https://registry.example.com"
    );
    assert_eq!(faults(&guarded("https://deploy.example.com")), [""; 0]);
}

#[test]
fn an_audience_that_nobody_may_grant_is_told_who_could() {
    let set = Documents::sample().platform("granted_by: [shop]\nscopes", "scopes");
    let faults = set.load().err().unwrap();
    let told = faults.iter().find(|fault| fault.message().ends_with("the key granted_by"));
    let expected =
        "list the folders under policies/ whose policies may grant it: granted_by: [shop]";
    assert_eq!(told.unwrap().help(), Some(expected));
}

#[test]
fn other_policies_are_without_fault() {
    let rows: &[Row<'_>] = &[
        ("repository_id: \"74\"", "repository_id: \"75\", attempt: 3", &[]),
        ("environment: production", "environment: production, event_name: push", &[]),
        ("trust_bundle:", "mode: shadow\ntrust_bundle:", &[]),
        ("trust_bundle:", "replay: single_use\ntrust_bundle:", &[]),
        (
            "trust_bundle:",
            "waive: [{lint: L003, reason: x, expires: 2027-06-30}]\ntrust_bundle:",
            &[],
        ),
        ("max: 10m", "max: 15m, within_subject_token: true", &[]),
        (MAIN, "has(assertion.run_id) && assertion.run_id == '1'", &[]),
        (MAIN, "has(assertion.groups) && assertion.groups.exists(g, g == 'a')", &[]),
        ("scopes: [\"deploy:shop\", \"deploy:read\"]\n", "scopes: []\n", &[]),
    ];
    check(POLICY, rows);
}

#[test]
fn a_sensitive_claim_is_only_compared_with_literals() {
    let with = |expr: &str| {
        let changed = format!("has(assertion.actor_email) && {expr}");
        let load = Documents::sample().policy(MAIN, &changed).load();
        load.err()
            .unwrap_or_default()
            .iter()
            .map(|fault| fault.message().to_owned())
            .collect::<Vec<_>>()
    };
    for expr in
        ["assertion.actor_email == 'a@b.example'", "assertion.actor_email in ['a@b.example', 'c']"]
    {
        assert_eq!(with(expr), Vec::<String>::new(), "{expr}");
    }
    for expr in [
        "assertion.actor_email != 'a'",
        "assertion.actor_email == assertion.ref",
        "assertion.actor_email.contains('mona')",
        "assertion.actor_email.size() == 3",
        "(assertion.actor_email.startsWith('a') == true)",
    ] {
        assert_eq!(with(expr), ["the claim actor_email is sensitive"], "{expr}");
    }
}

#[test]
fn one_faulty_document_is_not_reported_again_by_those_that_refer_to_it() {
    let documents = Documents::sample()
        .bundle("trust: platform, identity: true}", "trust: platfrom, identity: true}");
    let faults = documents.load().err().unwrap_or_default();
    let messages: Vec<_> = faults.iter().map(|fault| fault.message().to_owned()).collect();
    assert!(messages.iter().all(|message| !message.contains("no trust bundle")), "{messages:?}");
    assert!(
        messages.iter().any(|message| message == "trust is platform, writer or caller"),
        "{messages:?}"
    );
}
