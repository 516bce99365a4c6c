//! What holds for every token and every policy.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};
use sts_testkit::{Documents, TokenBuilder, World};

/// Conditions that ask for something. One that asks for an absence, or a
/// second policy, could rightly turn a denial into a permit.
const CONDITIONS: [&str; 7] = [
    "assertion.ref == 'refs/heads/main'",
    "assertion.event_name in ['push', 'workflow_dispatch']",
    "has(assertion.run_id) && assertion.run_id == '1001'",
    "has(assertion.groups) && assertion.groups.exists(g, g == 'a')",
    "has(assertion.attempt) && assertion.attempt < 3",
    "has(assertion.repository) ? assertion.repository.startsWith('octo-org/') : false",
    "assertion.ref.startsWith('refs/heads/') && assertion.event_name != 'pull_request'",
];

/// A claim, and what a token may say there; null stands for its absence.
fn claims() -> impl Strategy<Value = Vec<(&'static str, Value)>> {
    let one = |name: &'static str, values: Vec<Value>| select(values).prop_map(move |v| (name, v));
    let text = |name, values: &[&str]| {
        let values = values.iter().map(|v| json!(v)).collect::<Vec<_>>();
        one(name, values)
    };
    let all = (
        text("repository_owner_id", &["65", "65", "65", "66"]),
        text("ref", &["refs/heads/main", "refs/heads/main", "refs/heads/x"]),
        text("event_name", &["push", "push", "pull_request", "pull_request_target"]),
        one(
            "environment",
            vec![json!("production"), json!("production"), json!("staging"), Value::Null],
        ),
        one("run_id", vec![json!("1001"), json!("1002"), Value::Null]),
        one("groups", vec![json!(["a", "b"]), json!(["b"]), Value::Null]),
        one("attempt", vec![json!(1), json!(5), Value::Null]),
        one("repository", vec![json!("octo-org/octo-repo"), json!("evil/octo-org"), Value::Null]),
    );
    all.prop_map(|(a, b, c, d, e, f, g, h)| vec![a, b, c, d, e, f, g, h])
}

/// What may be pinned, as a document writes it, and the claim that it asks for.
fn pins() -> [(&'static str, &'static str, Value); 3] {
    [
        ("repository_owner_id: \"65\"", "repository_owner_id", json!("65")),
        ("environment: production", "environment", json!("production")),
        ("attempt: 1", "attempt", json!(1)),
    ]
}

/// Conditions that are errors for some tokens, also where a side of `||` would do.
const ERRING: [&str; 5] = [
    "spiffe.path(assertion.ref) == '/x'",
    "!cidr.contains('10.0.0.0/8', assertion.ref)",
    "arn.account(assertion.ref) != '1' || assertion.event_name == 'pull_request'",
    "assertion.ref == 'refs/heads/main' || gh.workflow(assertion.ref).repo == 'x'",
    "has(assertion.groups) ? assertion.groups.all(g, subject(g, '') != 'x') : true",
];

fn world(conditions: &[&str], pins: &[&str]) -> World {
    let conditions = conditions.iter().enumerate();
    let conditions = conditions.map(|(n, text)| format!("{{id: c{n}, expr: \"{text}\"}}"));
    let policy = format!(
        "apiVersion: sts/v1
kind: TrustPolicy
metadata: {{name: p, owner: o}}
trust_bundle: github-actions
waive: [{{lint: L001, reason: generated, expires: 2099-01-01}}, {{lint: L002, reason: generated, expires: 2099-01-01}}, {{lint: L003, reason: generated, expires: 2099-01-01}}]
pins: {{{}}}
conditions: [{}]
grant:
  audience: https://deploy.example.com
  subject: \"subject('gha', assertion.repository_id)\"
  ttl: {{max: 5m}}
",
        pins.join(", "),
        conditions.collect::<Vec<_>>().join(", "),
    );
    let sample = include_str!("../../../testkit/src/documents/deploy-prod.yaml");
    let documents = Documents::sample().policy(sample, &policy);
    World::of(&documents.bundle("replay: once_per_audience", "replay: reusable"))
}

fn token(world: &World, claims: &[(&'static str, Value)]) -> TokenBuilder {
    claims.iter().fold(world.token(), |token, (name, value)| match value {
        Value::Null => token.without(name),
        value => token.claim(name, value.clone()),
    })
}

#[test]
fn a_token_that_meets_every_condition_is_permitted() {
    let world = world(&CONDITIONS, &["repository_owner_id: \"65\"", "attempt: 1"]);
    let claims = [("groups", json!(["a"])), ("attempt", json!(1))];
    world.ask(&token(&world, &claims).build()).permitted();
}

/// Several policies for one audience, with guardrails above them.
fn many() -> Documents {
    let main = "assertion.ref == 'refs/heads/main'";
    Documents::sample()
        .second_policy("any-branch", main, "assertion.ref.startsWith('refs/heads/')")
        .second_policy("staging", "environment: production", "environment: staging")
        .second_policy("named", "pins: {", "pins: {event_name: push, ")
}

#[test]
fn a_condition_that_errs_for_one_token_holds_for_another() {
    let world = world(&ERRING[2..4], &["repository_owner_id: \"65\""]);
    let arn =
        token(&world, &[("ref", json!("arn:aws:iam::2:role/x")), ("event_name", json!("push"))]);
    assert!(world.ask(&arn.build()).outcome().is_err());
    let main =
        token(&world, &[("ref", json!("refs/heads/main")), ("event_name", json!("pull_request"))]);
    world.ask(&main.build()).permitted();
    let results = world.entries()[0]["trace"]["policies"][0]["conditions"].clone();
    assert_eq!(
        (&results[0]["result"], &results[1]["result"]),
        (&json!("true"), &json!("error:value"))
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn leaving_a_claim_out_never_turns_a_denial_into_a_permit(
        conditions in subsequence(CONDITIONS.to_vec(), 0..=CONDITIONS.len()),
        pins in subsequence(vec!["repository_owner_id: \"65\"", "environment: production", "attempt: 1"], 0..=3),
        claims in claims(),
    ) {
        let world = world(&conditions, &pins);
        let token = token(&world, &claims);
        if world.ask(&token.clone().build()).outcome().is_ok() {
            return Ok(());
        }
        let names: Vec<String> = token.claims().keys().cloned().collect();
        for name in names {
            let outcome = world.ask(&token.clone().without(&name).build()).outcome();
            prop_assert!(outcome.is_err(), "without {name}: {conditions:?} {pins:?} {claims:?}");
        }
        prop_assert_eq!(world.signatures.kids().len(), 0);
    }

    #[test]
    fn whoever_is_permitted_has_every_pinned_claim(
        conditions in subsequence(CONDITIONS.to_vec(), 0..=2),
        chosen in subsequence(pins().to_vec(), 0..=3),
        claims in claims(),
    ) {
        let written: Vec<_> = chosen.iter().map(|(pin, ..)| *pin).collect();
        let world = world(&conditions, &written);
        let token = token(&world, &claims);
        if world.ask(&token.clone().build()).outcome().is_ok() {
            for (_, name, value) in &chosen {
                prop_assert_eq!(token.claims().get(*name), Some(value), "{:?}", claims);
            }
        }
    }

    #[test]
    fn an_error_never_permits(
        erring in subsequence(ERRING.to_vec(), 1..=2),
        claims in claims(),
    ) {
        let world = world(&erring, &["repository_owner_id: \"65\""]);
        let outcome = world.ask(&token(&world, &claims).build()).outcome();
        for entry in world.entries() {
            let conditions = entry["trace"]["policies"][0]["conditions"].as_array().cloned();
            let results = conditions.unwrap_or_default();
            let erred = results.iter().any(|one| one["result"].as_str().is_some_and(|text| text.starts_with("error:")));
            prop_assert!(!erred || outcome.is_err(), "{erring:?} {claims:?} {entry}");
        }
    }

    #[test]
    fn the_order_of_files_changes_nothing(
        files in Just(many().files().to_vec()).prop_shuffle(),
        claims in claims(),
    ) {
        let shuffled = files.iter().fold(Documents::none(), |set, file| set.with(&file.shown, &file.text));
        let (ours, theirs) = (World::of(&many()), World::of(&shuffled));
        let digest = |world: &World| world.app.snapshot.load().digest().as_str().to_owned();
        prop_assert_eq!(digest(&ours), digest(&theirs));
        let decided = |world: &World| {
            let outcome = world.ask(&token(world, &claims).build()).outcome();
            let outcome = outcome.map(drop).map_err(|refused| (refused.reason, refused.failed));
            let traces: Vec<_> = world.entries().iter().map(|entry| entry["trace"].clone()).collect();
            (outcome, traces)
        };
        prop_assert_eq!(decided(&ours), decided(&theirs));
    }
}
