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
}
