//! Guardrails are above every policy.

use super::conditions::failed;
use sts_core::reason::Reason;
use sts_testkit::{Documents, REGISTRY, World};

#[test]
fn a_guardrail_denies_what_every_policy_permits() {
    let documents = Documents::sample()
        .policy("['push', 'workflow_dispatch']", "['pull_request_target', 'push']");
    let world = World::of(&documents);
    let token = world.token().claim("event_name", "pull_request_target").build();
    let refused = world.ask(&token).refused();
    assert_eq!((refused.reason, refused.failed.len()), (Reason::Guardrail, 0));
    let entry = &world.entries()[0];
    assert_eq!(entry["reason"], "guardrail");
    let fired = serde_json::json!([{"id": "fork-event", "result": "true"}]);
    assert_eq!(entry["trace"]["guardrails"][0]["deny_if"], fired);
    assert_eq!(world.signatures.kids().len(), 0);
    world.ask(&world.token().build()).permitted();
}

#[test]
fn conditions_are_evaluated_and_named_also_when_a_guardrail_denies() {
    let world = World::sample();
    let token = world.token().claim("event_name", "pull_request_target").claim("ref", "x").build();
    let refused = world.ask(&token).refused();
    assert_eq!(refused.reason, Reason::Guardrail);
    assert_eq!(refused.failed, [failed("shop-deploy-prod", &["main-branch", "safe-event"])]);
}

#[test]
fn a_guardrail_that_cannot_be_evaluated_denies() {
    let documents = Documents::sample()
        .platform("assertion.event_name == 'pull_request_target'", "subject(assertion.ref) == 'x'")
        .policy("assertion.ref == 'refs/heads/main'", "assertion.ref != 'y'");
    let world = World::of(&documents);
    let refused = world.ask(&world.token().claim("ref", "").build()).refused();
    assert_eq!(refused.reason, Reason::Guardrail);
    let denied = &world.entries()[0]["trace"]["guardrails"][0]["deny_if"][0]["result"];
    assert_eq!(denied, "error:value");
    world.ask(&world.token().build()).permitted();
}

#[test]
fn a_guardrail_guards_only_the_audiences_it_names() {
    let documents = Documents::sample()
        .platform(r#"audiences: ["*"]"#, r#"audiences: ["https://deploy.example.com"]"#);
    let world = World::of(&documents);
    let token = || world.token().claim("event_name", "pull_request_target").build();
    assert_eq!(world.ask(&token()).refused().reason, Reason::Guardrail);
    world.ask(&token()).audience(REGISTRY).permitted();
    let every = World::sample();
    let token = every.token().claim("event_name", "pull_request_target").build();
    assert_eq!(every.ask(&token).audience(REGISTRY).refused().reason, Reason::Guardrail);
}

#[test]
fn a_guardrail_for_every_bundle_guards_each() {
    let documents =
        Documents::sample().platform("trust_bundles: [github-actions]", r#"trust_bundles: ["*"]"#);
    let world = World::of(&documents);
    let token = world.token().claim("event_name", "pull_request_target").build();
    assert_eq!(world.ask(&token).refused().reason, Reason::Guardrail);
    world.ask(&world.token().build()).permitted();
}

#[test]
fn a_guardrail_over_nothing_is_a_fault() {
    for (from, to) in [
        (r#"audiences: ["*"]"#, "audiences: []"),
        ("trust_bundles: [github-actions]", "trust_bundles: []"),
    ] {
        let faults = Documents::sample().platform(from, to).load().err().unwrap_or_default();
        let messages: Vec<_> = faults.iter().map(|fault| fault.message().to_owned()).collect();
        assert_eq!(messages, ["a guardrail over nothing guards nothing"], "{to}");
    }
    assert!(Documents::sample().load().is_ok());
}
