//! Test cases of policies, inline and in files of their own.

use sts_core::documents::run_cases;
use sts_testkit::Documents;

const CASES: &str = "policies/shop/deploy.cases.yaml";
/// The first case in full, which the others change.
const FIRST: &str = "policy: shop-deploy-prod
tests:
  - {name: deploy, expect: permit, claims: {repository_owner_id: \"65\", repository_id: \"74\", environment: production, ref: refs/heads/main, event_name: push, run_id: \"7\"}}
";

fn failures(cases: &str) -> Vec<String> {
    let documents = Documents::sample().with(CASES, &format!("{FIRST}{cases}"));
    let loaded = documents.load().map_err(|faults| format!("{faults:?}")).unwrap();
    let failures = run_cases(&loaded.snapshot, &loaded.cases);
    // Further lines show the claims that decided.
    failures
        .iter()
        .filter_map(|failure| failure.to_string().lines().next().map(str::to_owned))
        .collect()
}

fn faults(cases: &str) -> Vec<String> {
    super::documents::faults(&Documents::sample().with(CASES, cases))
}

#[test]
fn cases_that_come_true_are_silent() {
    let cases = r#"
  - {name: branch, set: {ref: refs/heads/x}, expect: deny, failed: [main-branch]}
  - {name: both, set: {ref: x, event_name: pull_request}, expect: deny, failed: [safe-event, main-branch]}
  - {name: whatever, set: {ref: x}, expect: deny}
  - {name: no environment, unset: [environment], expect: deny, failed: [pins.environment]}
  - {name: staging, set: {environment: staging, ref: x}, expect: deny, failed: [pins.environment, main-branch]}
  - {name: minted, expect: permit, minted: {run_id: "7", sub: "gha:74:production", aud: "https://deploy.example.com", scope: "deploy:shop deploy:read"}, ttl: 10m}
  - {name: without, unset: [run_id], expect: permit, minted: {run_id: ""}}
"#;
    assert_eq!(failures(cases), Vec::<String>::new());
}

#[test]
fn cases_that_do_not_come_true_say_what_was_expected_and_what_came() {
    let cases = r#"
  - {name: a, set: {ref: x}, expect: permit}
  - {name: b, expect: deny}
  - {name: c, set: {ref: x}, expect: deny, failed: [safe-event]}
  - {name: d, expect: permit, ttl: 5m}
  - {name: e, expect: permit, minted: {run_id: "8"}}
  - {name: f, expect: permit, minted: {absent: "8"}}
  - {name: g, set: {ref: x}, expect: deny, failed: []}
  - {name: h, unset: [environment, ref], expect: deny}
  - {name: i, set: {reff: x}, expect: permit}
  - {name: j, set: {attempt: "1"}, expect: permit}
"#;
    let expected = [
        "5:5: shop-deploy-prod / a: expected permit, but these did not hold: main-branch",
        "6:5: shop-deploy-prod / b: expected deny, but everything holds",
        "7:5: shop-deploy-prod / c: expected safe-event to fail, but it was main-branch",
        "8:5: shop-deploy-prod / d: expected ttl 5m, found 10m",
        "9:5: shop-deploy-prod / e: expected the minted claim run_id to be \"8\", found \"7\"",
        "10:5: shop-deploy-prod / f: expected the minted claim absent to be \"8\", found null",
        "11:5: shop-deploy-prod / g: expected nothing to fail, but it was main-branch",
        "12:5: shop-deploy-prod / h: the required claim ref is absent",
        "13:27: shop-deploy-prod / i: the trust bundle declares no claim reff",
        "14:30: shop-deploy-prod / j: the claim attempt does not have the type, size or values that the trust bundle declares",
    ];
    assert_eq!(failures(cases), expected.map(|failure| format!("{CASES}:{failure}")));
}

#[test]
fn inline_cases_are_of_the_same_form() {
    let tests = |expect: &str| {
        let tests = format!(
            "tests:\n  - {{name: deploy, expect: {expect}, claims: {{repository_owner_id: \"65\", repository_id: \"74\", environment: production, ref: refs/heads/main, event_name: push}}}}\ntrust_bundle:"
        );
        let loaded = Documents::sample().policy("trust_bundle:", &tests).load().ok().unwrap();
        run_cases(&loaded.snapshot, &loaded.cases)
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    assert_eq!(tests("permit"), Vec::<String>::new());
    let failure = "5:5: shop-deploy-prod / deploy: expected deny, but everything holds";
    assert_eq!(tests("deny"), [format!("policies/shop/deploy-prod.yaml:{failure}")]);
}

#[test]
fn every_change_is_made_to_the_first_case_and_not_to_the_one_before() {
    let cases = "
  - {name: branch, set: {ref: x}, expect: deny, failed: [main-branch]}
  - {name: event, set: {event_name: pull_request}, expect: deny, failed: [safe-event]}
  - {name: own, claims: {repository_owner_id: \"65\", repository_id: \"74\", environment: production, ref: y, event_name: push}, expect: deny, failed: [main-branch]}
  - {name: again, expect: permit}
";
    assert_eq!(failures(cases), Vec::<String>::new());
}

#[test]
fn members_of_an_object_are_set_and_unset_by_their_path() {
    let object = "claims:\n  kubernetes.io: {as: k8s, type: object, claims: {namespace: {type: string, required: true}, node: {type: string}}}";
    let cases = r#"policy: shop-deploy-prod
tests:
  - {name: first, expect: permit, claims: {repository_owner_id: "65", repository_id: "74", ref: refs/heads/main, event_name: push, k8s: {namespace: a, node: b}}}
  - {name: other node, set: {k8s: {node: c}}, expect: permit}
  - {name: no node, unset: [k8s.node], expect: permit}
  - {name: other namespace, set: {k8s: {namespace: c}}, expect: deny, failed: [pins.k8s.namespace]}
"#;
    let documents = Documents::sample()
        .bundle("claims:", object)
        .policy("environment: production", "k8s.namespace: a")
        .policy("assertion.environment", "assertion.k8s.namespace")
        .with(CASES, cases);
    let loaded = documents.load().map_err(|faults| format!("{faults:?}")).unwrap();
    assert_eq!(loaded.cases.len(), 4);
    assert_eq!(run_cases(&loaded.snapshot, &loaded.cases), []);
}

#[test]
fn a_claim_that_no_token_has_is_shown_where_it_stands_with_what_it_should_be() {
    let help = |claims: &str| {
        let case = format!("  - {{name: x, expect: permit, set: {claims}}}\n");
        let documents = Documents::sample().with(CASES, &format!("{FIRST}{case}"));
        let loaded = documents.load().map_err(|faults| format!("{faults:?}")).unwrap();
        let failure = run_cases(&loaded.snapshot, &loaded.cases).pop().unwrap();
        let shown = failure.to_string();
        let caret = shown.lines().nth(2).unwrap().find('^').unwrap();
        let line = shown.lines().nth(1).unwrap();
        let at: String = line.chars().skip(caret).take_while(|c| *c != '}').collect();
        (at, failure.help.unwrap())
    };
    for (claims, at, expected) in [
        (
            "{repository_id: 74}",
            "74",
            "it is a string: write it in quotes, as in repository_id: \"74\"",
        ),
        ("{attempt: \"1\"}", "\"1\"", "it is a number: write it without quotes"),
        (
            "{event_name: pushed}",
            "pushed",
            "it has one of push, workflow_dispatch, pull_request, pull_request_target",
        ),
        ("{reff: x}", "x", "did you mean ref?"),
        ("{groups: x}", "x", "it is a list of at most 4 items"),
    ] {
        assert_eq!(help(claims), (at.to_owned(), expected.to_owned()), "{claims}");
    }
    assert_eq!(failures("  - {name: x, expect: permit, set: {repository_id: \"74\"}}\n"), [""; 0]);
}

#[test]
fn what_follows_a_first_case_at_fault_is_not_blamed_for_it() {
    let first = "policy: shop-deploy-prod\ntests:\n";
    let lost = "  - {name: x, expect: deny}\n  - {name: y, expect: deny}\n";
    let message = "the first case gives its claims in full, or says from which fixture";
    assert_eq!(faults(&format!("{first}{lost}")), [format!("{CASES}:3:5: {message}")]);
    let from = "  - {name: w, from: fixtures/nope.json, expect: permit}\n";
    let found = faults(&format!("{first}{from}{lost}"));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("there is no fixture"), "{found:?}");
}

#[test]
fn cases_do_not_run_at_load_but_their_form_is_checked() {
    assert_eq!(
        faults(&format!("{FIRST}  - {{name: wrong, expect: deny}}\n")),
        Vec::<String>::new()
    );
    let found = faults(
        "policy: absent\ntests:\n  - {name: x, expect: maybe, claims: {}}\n  - {name: y, expct: deny}\n",
    );
    let expected = [
        "1:9: there is no trust policy absent",
        "3:23: expect is permit or deny",
        "4:5: a case needs the key expect",
        "4:15: a case has no key expct | did you mean expect?",
    ];
    assert_eq!(found, expected.map(|fault| format!("{CASES}:{fault}")));
}

const FIXTURE: &str = "policies/shop/fixtures/main.json";
/// A token's payload as the platform sends it: more than the bundle declares, and no case of ours.
const PAYLOAD: &str = r#"{"iss": "https://token.actions.githubusercontent.com", "aud": "https://sts.example.com", "jti": "x",
  "exp": 1, "repository_owner_id": "65", "repository_id": "74", "repository": "octo-org/octo-repo", "environment": "production",
  "ref": "refs/heads/main", "event_name": "push", "sha": "6f1c"}"#;

fn from_fixture(from: &str, payload: &str) -> Documents {
    let cases = format!(
        "policy: shop-deploy-prod
tests:
  - {{name: as it is, from: {from}, expect: permit}}
  - {{name: branch, from: {from}, set: {{ref: x}}, expect: deny, failed: [main-branch]}}
  - {{name: of the first, unset: [environment], expect: deny, failed: [pins.environment]}}
"
    );
    Documents::sample().with(CASES, &cases).with(FIXTURE, payload)
}

#[test]
fn cases_start_from_the_payload_of_a_real_token() {
    for (path, from) in
        [(FIXTURE, "fixtures/main.json"), ("policies/fixtures/main.json", "fixtures/main.json")]
    {
        let documents = from_fixture(from, PAYLOAD).with(path, PAYLOAD);
        let loaded = documents.load().map_err(|faults| format!("{faults:?}")).unwrap();
        assert_eq!(run_cases(&loaded.snapshot, &loaded.cases), []);
        assert_eq!(loaded.cases.len() % 3, 0);
    }
}

#[test]
fn a_fixture_that_is_absent_or_no_token_of_the_bundle_is_told() {
    let found = |documents: &Documents| super::documents::faults(documents);
    assert_eq!(
        found(&from_fixture("fixtures/man.json", PAYLOAD))[0],
        format!(
            "{CASES}:3:28: there is no fixture fixtures/man.json | did you mean fixtures/main.json?"
        )
    );
    let unfit = PAYLOAD.replace("\"push\"", "\"pushed\"");
    let unfit = found(&from_fixture("fixtures/main.json", &unfit));
    assert!(unfit[0].contains("does not fit the trust bundle github-actions"), "{unfit:?}");
    let broken = found(&from_fixture("fixtures/main.json", "{\"a\": 1, \"a\": 2}"));
    assert!(broken.last().unwrap().starts_with(&format!("{FIXTURE}:1:1:")), "{broken:?}");
    assert!(!broken.iter().any(|fault| fault.contains("there is no fixture")), "{broken:?}");
    let both = "policy: shop-deploy-prod\ntests:\n  - {name: x, from: fixtures/main.json, claims: {ref: x}, expect: deny}\n";
    let both = found(&Documents::sample().with(CASES, both).with(FIXTURE, PAYLOAD));
    assert!(both[0].contains("a case has claims, or takes them from a fixture"), "{both:?}");
}

#[test]
fn a_fixture_is_part_of_the_set() {
    let digest = |documents: &Documents| documents.load().ok().unwrap().snapshot.digest().clone();
    let changed = PAYLOAD.replace("6f1c", "6f1d");
    assert_ne!(
        digest(&from_fixture("fixtures/main.json", PAYLOAD)),
        digest(&from_fixture("fixtures/main.json", &changed))
    );
}
