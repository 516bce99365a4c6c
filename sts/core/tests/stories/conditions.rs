//! What conditions decide, and what a caller learns of them.

use sts_core::exchange::Refused;
use sts_core::reason::Reason;
use sts_testkit::{Documents, World};
use sts_wire::answer::FailedPolicy;

pub(super) fn failed(policy: &str, conditions: &[&str]) -> FailedPolicy {
    let conditions = conditions.iter().map(|id| (*id).to_owned()).collect();
    FailedPolicy { policy: policy.to_owned(), conditions }
}

fn refused_on(world: &World, claims: &[(&str, &str)]) -> Refused {
    let token = claims.iter().fold(world.token(), |token, (name, value)| token.claim(name, *value));
    world.ask(&token.build()).refused()
}

#[test]
fn exactly_the_failing_conditions_are_named_and_ledgered() {
    let world = World::sample();
    let branch = ("ref", "refs/heads/x");
    let event = ("event_name", "pull_request");
    let cases: [(&[_], &[&str]); 3] = [
        (&[branch], &["main-branch"]),
        (&[event], &["safe-event"]),
        (&[branch, event], &["main-branch", "safe-event"]),
    ];
    for (claims, ids) in cases {
        let refused = refused_on(&world, claims);
        assert_eq!(refused.reason, Reason::ConditionsFailed);
        assert_eq!(refused.failed, [failed("shop-deploy-prod", ids)]);
    }
    let entries = world.entries();
    assert_eq!(entries.len(), 3);
    assert_eq!(entries[0]["decision"], "deny");
    assert_eq!(entries[0]["reason"], "conditions_failed");
    let verdicts = serde_json::json!([
        {"id": "main-branch", "result": "false"}, {"id": "safe-event", "result": "true"}]);
    assert_eq!(entries[0]["trace"]["policies"][0]["conditions"], verdicts);
    for member in ["policy", "grant", "kid", "jti", "signing_input_sha256"] {
        assert_eq!(entries[0].get(member), None, "{member}");
    }
    assert_eq!(world.signatures.kids().len(), 0);
    world.ask(&world.token().build()).permitted();
}

#[test]
fn a_refusal_carries_no_value_and_no_expression() {
    let world = World::sample();
    let refused = refused_on(&world, &[("ref", "refs/heads/secret-project")]);
    let shown = format!("{refused:?}");
    assert!(!shown.contains("secret-project") && !shown.contains("assertion"), "{shown}");
}

#[test]
fn every_condition_is_evaluated_although_an_earlier_one_fails() {
    let documents = Documents::sample().policy(
        "conditions:",
        "conditions:\n  - {id: own-owner, expr: \"assertion.repository_owner_id == '65'\"}",
    );
    let world = World::of(&documents);
    refused_on(&world, &[("ref", "refs/heads/x")]);
    let conditions = &world.entries()[0]["trace"]["policies"][0]["conditions"];
    assert_eq!(conditions.as_array().unwrap().len(), 3);
    world.ask(&world.token().build()).permitted();
}

#[test]
fn an_error_of_evaluation_denies_and_is_named_like_a_failure() {
    let condition = r#"- {id: main-branch, expr: "subject(assertion.ref) == 'x' || assertion.ref == 'refs/heads/main'"}"#;
    let documents = Documents::sample()
        .policy(r#"- {id: main-branch, expr: "assertion.ref == 'refs/heads/main'"}"#, condition);
    let world = World::of(&documents);
    let refused = refused_on(&world, &[("ref", "")]);
    assert_eq!(refused.reason, Reason::ConditionsFailed);
    assert_eq!(refused.failed, [failed("shop-deploy-prod", &["main-branch"])]);
    let conditions = &world.entries()[0]["trace"]["policies"][0]["conditions"];
    assert_eq!(conditions[0]["result"], "error:value");
    world.ask(&world.token().build()).permitted();
}

#[test]
fn a_grant_that_cannot_be_evaluated_is_denied_and_ledgered() {
    let world = World::sample();
    let long = "e".repeat(130);
    let documents = Documents::sample()
        .policy(", environment: production", "")
        .policy("assertion.repository_id, assertion.environment", "assertion.ref");
    let tight = World::of(&documents.clone().policy(
        r#"- {id: main-branch, expr: "assertion.ref == 'refs/heads/main'"}"#,
        r#"- {id: main-branch, expr: "assertion.ref != 'x'"}"#,
    ));
    let refused = refused_on(&tight, &[("ref", &long)]);
    assert_eq!((refused.reason, refused.failed.len()), (Reason::Denied, 0));
    assert_eq!(tight.entries()[0]["reason"], "denied");
    assert_eq!(tight.signatures.kids().len(), 0);
    tight.ask(&tight.token().build()).permitted();
    world.ask(&world.token().build()).permitted();
}

#[test]
fn a_subject_that_is_too_long_without_the_function_is_refused_too() {
    let documents = Documents::sample()
        .policy("subject('gha', assertion.repository_id, assertion.environment)", "assertion.ref")
        .policy(
            r#"- {id: main-branch, expr: "assertion.ref == 'refs/heads/main'"}"#,
            r#"- {id: main-branch, expr: "assertion.ref != 'x'"}"#,
        );
    let world = World::of(&documents);
    for bad in [String::new(), "r".repeat(128)] {
        let refused = refused_on(&world, &[("ref", &bad)]);
        assert_eq!(refused.reason, Reason::Denied);
        assert!(refused.detail.unwrap().contains("subject"));
    }
    assert_eq!(world.signatures.kids().len(), 0);
    let permitted = world.ask(&world.token().claim("ref", "r".repeat(127)).build()).permitted();
    assert_eq!(world.receive(&permitted).claims["sub"], "r".repeat(127));
}

#[test]
fn a_forged_boundary_in_a_subject_is_escaped() {
    let documents = Documents::sample()
        .policy(", environment: production", "")
        .policy(
            "assertion.repository_id, assertion.environment",
            "assertion.repository_id, assertion.ref",
        )
        .policy(
            r#"- {id: main-branch, expr: "assertion.ref == 'refs/heads/main'"}"#,
            r#"- {id: main-branch, expr: "assertion.ref != 'x'"}"#,
        );
    let world = World::of(&documents);
    let permitted = world.ask(&world.token().claim("ref", "a:b%3A").build()).permitted();
    assert_eq!(world.receive(&permitted).claims["sub"], "gha:74:a%3Ab%253A");
}
