//! Targets, scopes, and algorithms.

use sts_core::reason::Reason;
use sts_testkit::{Documents, REGISTRY, World};

#[test]
fn unknown_audience_is_denied_and_nothing_is_ledgered() {
    let world = World::sample();
    let token = world.token().build();
    for audience in ["https://nowhere.example", "https://deploy.example.com/", "deploy"] {
        let refused = world.ask(&token).audience(audience).refused();
        assert_eq!((refused.reason, refused.failed.len()), (Reason::Denied, 0));
    }
    assert_eq!(world.entries().len(), 0);
    world.ask(&token).permitted();
}

#[test]
fn our_log_alone_names_an_audience_that_nobody_declares() {
    let world = World::sample();
    let undeclared =
        world.ask(&world.token().build()).audience("https://nowhere.example").refused();
    let detail = undeclared.detail.unwrap();
    assert!(detail.starts_with("the audience https://nowhere.example is not declared"), "{detail}");
    let unmatched = world.ask(&world.token().claim("repository_id", "75").build()).refused();
    assert_eq!(unmatched.detail.unwrap(), "no policy's pins match this token and audience");
    let long = world.ask(&world.token().build()).audience(&"x".repeat(1000)).refused();
    assert!(long.detail.unwrap().len() < 300);
    let stranger = world.token().claim("repository_owner_id", "66").build();
    let stranger = world.ask(&stranger).audience("https://nowhere.example").refused();
    assert!(!stranger.detail.unwrap().contains("nowhere"));
}

#[test]
fn without_scopes_in_the_request_all_are_granted() {
    let world = World::sample();
    let permitted = world.ask(&world.token().build()).permitted();
    assert_eq!(permitted.issued.scope.as_deref(), Some("deploy:shop deploy:read"));
    let permitted = world.ask(&world.token().build()).audience(REGISTRY).permitted();
    assert_eq!(permitted.issued.scope, None);
    assert_eq!(world.receive(&permitted).claims.get("scope"), None, "a grant without scopes");
}

#[test]
fn a_subset_of_the_scopes_is_granted_as_asked() {
    let world = World::sample();
    let permitted = world.ask(&world.token().build()).scopes(&["deploy:read"]).permitted();
    assert_eq!(permitted.issued.scope.as_deref(), Some("deploy:read"));
    assert_eq!(world.receive(&permitted).claims["scope"], "deploy:read");
    assert_eq!(world.entries()[0]["request"]["scope"], "deploy:read");
}

#[test]
fn a_scope_that_is_not_granted_refuses_the_whole_request() {
    let world = World::sample();
    for scopes in [&["deploy:admin"][..], &["deploy:shop", "deploy:admin"], &["nothing"]] {
        let refused = world.ask(&world.token().build()).scopes(scopes).refused();
        assert_eq!((refused.reason, refused.failed.len()), (Reason::ScopeNotGranted, 0));
    }
    assert_eq!(world.entries()[2]["reason"], "scope_not_granted");
    assert_eq!(world.signatures.kids().len(), 0);
    world.ask(&world.token().build()).scopes(&["deploy:shop", "deploy:read"]).permitted();
}

#[test]
fn an_algorithm_that_no_key_of_the_ring_has_is_our_outage() {
    let world = World::of(&Documents::sample().platform("algorithm: ES256", "algorithm: RS256"));
    let token = world.token().build();
    assert_eq!(world.ask(&token).refused().reason, Reason::Unavailable);
    assert_eq!(world.entries().len(), 0);
    world.ask(&token).audience(REGISTRY).permitted();
}

#[test]
fn no_randomness_is_our_outage() {
    let world = World::sample();
    let token = world.token().build();
    world.entropy.exhaust(true);
    assert_eq!(world.ask(&token).refused().reason, Reason::Unavailable);
    assert_eq!((world.entries().len(), world.signatures.kids().len()), (0, 0));
    world.entropy.exhaust(false);
    world.ask(&token).permitted();
}

#[test]
fn a_minted_token_that_would_be_too_large_is_denied_and_ledgered() {
    let claims = r#"claims: {run_id: "assertion.ref", again: "assertion.ref"}"#;
    let documents = Documents::sample()
        .policy(r#"claims: {run_id: "has(assertion.run_id) ? assertion.run_id : ''"}"#, claims)
        .policy("assertion.ref == 'refs/heads/main'", "assertion.ref != ''");
    let world = World::of(&documents);
    let refused = world.ask(&world.token().claim("ref", "r".repeat(4000)).build()).refused();
    assert_eq!(refused.reason, Reason::Denied);
    assert_eq!(world.entries()[0]["decision"], "deny");
    assert_eq!(world.signatures.kids().len(), 0);
    world.ask(&world.token().claim("ref", "r".repeat(2000)).build()).permitted();
}

#[test]
fn an_audience_that_has_ended_is_granted_no_more() {
    let ending = |date: &str| {
        Documents::sample().platform("name: deploy,", &format!("name: deploy, expires: {date},"))
    };
    let ended = World::of(&ending("2020-01-01"));
    assert_eq!(
        ended.ask(&ended.token().build()).refused().reason,
        sts_core::reason::Reason::Denied
    );
    let lasting = World::of(&ending("9000-01-01"));
    lasting.ask(&lasting.token().build()).permitted();
}
