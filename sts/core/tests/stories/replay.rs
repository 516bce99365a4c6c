//! How often one subject token may be exchanged.

use super::conditions::failed;
use proptest::prelude::*;
use sts_core::reason::Reason;
use sts_core::trust::ReplayMode;
use sts_testkit::replay_model::{self, Attempt};
use sts_testkit::{DEPLOY, Documents, MemoryStore, REGISTRY, World, ready};

const ONCE: &str = "replay: once_per_audience";

fn refused(world: &World, token: &str, audience: &str) -> Reason {
    world.ask(token).audience(audience).refused().reason
}

#[test]
fn once_per_audience_serves_two_audiences_and_each_once() {
    let world = World::sample();
    let token = world.token().build();
    world.ask(&token).permitted();
    assert_eq!(refused(&world, &token, DEPLOY), Reason::Replayed);
    world.ask(&token).audience(REGISTRY).permitted();
    assert_eq!(refused(&world, &token, REGISTRY), Reason::Replayed);
    let reasons: Vec<_> = world.entries().iter().map(|e| e["reason"].clone()).collect();
    assert_eq!(reasons[1], "replayed");
    assert_eq!((world.entries().len(), world.signatures.kids().len()), (4, 2));
}

#[test]
fn the_entry_of_a_replay_names_no_credential() {
    let world = World::sample();
    let token = world.token().build();
    world.ask(&token).permitted();
    assert_eq!(refused(&world, &token, DEPLOY), Reason::Replayed);
    let entry = &world.entries()[1];
    assert_eq!(entry["decision"], "deny");
    for member in ["policy", "grant", "kid", "jti", "signing_input_sha256"] {
        assert_eq!(entry.get(member), None, "{member}");
    }
}

#[test]
fn single_use_of_the_bundle_serves_one_audience_once() {
    let world = World::of(&Documents::sample().bundle(ONCE, "replay: single_use"));
    let token = world.token().build();
    world.ask(&token).permitted();
    assert_eq!(refused(&world, &token, DEPLOY), Reason::Replayed);
    assert_eq!(refused(&world, &token, REGISTRY), Reason::Replayed);
    world.ask(&world.token().build()).audience(REGISTRY).permitted();
}

#[test]
fn single_use_of_a_policy_leaves_a_use_for_every_audience() {
    let tight = Documents::sample().policy("trust_bundle:", "replay: single_use\ntrust_bundle:");
    let world = World::of(&tight);
    let token = world.token().build();
    world.ask(&token).permitted();
    assert_eq!(refused(&world, &token, REGISTRY), Reason::Replayed);
    world.ask(&world.token().build()).audience(REGISTRY).permitted();
}

#[test]
fn single_use_of_a_policy_is_refused_when_any_use_is_recorded() {
    let tight = Documents::sample().policy("trust_bundle:", "replay: single_use\ntrust_bundle:");
    let world = World::of(&tight);
    let token = world.token().build();
    world.ask(&token).audience(REGISTRY).permitted();
    assert_eq!(refused(&world, &token, DEPLOY), Reason::Replayed);
    world.ask(&world.token().build()).permitted();
}

#[test]
fn a_reusable_token_may_be_used_until_it_expires() {
    let world = World::of(&Documents::sample().bundle(ONCE, "replay: reusable"));
    let token = world.token().build();
    for _ in 0..3 {
        world.ask(&token).permitted();
    }
    world.ask(&world.token().without("jti").build()).permitted();
    world.advance(330);
    assert_eq!(refused(&world, &token, DEPLOY), Reason::SubjectTokenRejected);
}

#[test]
fn a_token_without_an_id_is_told_apart_by_what_was_signed() {
    let hashed = Documents::sample().bundle(ONCE, "replay: single_use, id_claim: signing_input");
    let world = World::of(&hashed);
    let token = world.token().without("jti").build();
    world.ask(&token).permitted();
    assert_eq!(refused(&world, &token, DEPLOY), Reason::Replayed);
    world.ask(&world.token().without("jti").claim("run_id", "1002").build()).permitted();
}

#[test]
fn the_same_id_with_other_claims_is_the_same_token() {
    let world = World::sample();
    world.ask(&world.token().claim("jti", "same").build()).permitted();
    let again = world.token().claim("jti", "same").claim("run_id", "1002").build();
    assert_eq!(refused(&world, &again, DEPLOY), Reason::Replayed);
    world.ask(&world.token().claim("jti", "other").build()).permitted();
}

#[test]
fn a_denial_never_burns_a_token() {
    let world = World::of(&Documents::sample().bundle(ONCE, "replay: single_use"));
    let token = world.token().build();
    let refused = world.ask(&token).scopes(&["deploy:admin"]).refused();
    assert_eq!(refused.reason, Reason::ScopeNotGranted);
    assert_eq!(world.ask(&token).audience("nowhere").refused().reason, Reason::Denied);
    world.ask(&token).permitted();
}

#[test]
fn a_used_token_learns_only_that_it_was_used() {
    let world = World::of(&Documents::sample().bundle(ONCE, "replay: single_use"));
    let token = world.token().claim("ref", "refs/heads/x").claim("jti", "same").build();
    let before = world.ask(&token).refused();
    assert_eq!(before.failed, [failed("shop-deploy-prod", &["main-branch"])]);
    world.ask(&world.token().claim("jti", "same").build()).permitted();
    let after = world.ask(&token).refused();
    assert_eq!((after.reason, after.failed.len()), (Reason::Replayed, 0));
    assert_eq!(world.entries()[2]["reason"], "replayed");
}

#[test]
fn single_use_counts_where_the_bundle_is_reusable() {
    let documents = Documents::sample()
        .bundle(ONCE, "replay: reusable")
        .policy("trust_bundle:", "replay: single_use\ntrust_bundle:");
    let world = World::of(&documents);
    let token = world.token().build();
    world.ask(&token).audience(REGISTRY).permitted();
    world.ask(&token).permitted();
    assert_eq!(refused(&world, &token, DEPLOY), Reason::Replayed);
    assert_eq!(refused(&world, &token, REGISTRY), Reason::Replayed);
}

#[test]
fn what_must_be_used_once_needs_an_id() {
    let documents = Documents::sample()
        .bundle(ONCE, "replay: reusable")
        .policy("trust_bundle:", "replay: single_use\ntrust_bundle:");
    let world = World::of(&documents);
    let token = world.token().without("jti").build();
    assert_eq!(refused(&world, &token, DEPLOY), Reason::Denied);
    world.ask(&token).audience(REGISTRY).permitted();
    world.ask(&world.token().build()).permitted();
}

#[test]
fn a_used_token_learns_nothing_from_a_policy_that_is_tighter_than_its_bundle() {
    let tight = Documents::sample().policy("trust_bundle:", "replay: single_use\ntrust_bundle:");
    let world = World::of(&tight);
    let token = world.token().claim("ref", "refs/heads/x").claim("jti", "same").build();
    assert_eq!(refused(&world, &token, DEPLOY), Reason::ConditionsFailed);
    world.ask(&world.token().claim("jti", "same").build()).audience(REGISTRY).permitted();
    let after = world.ask(&token).refused();
    assert_eq!((after.reason, after.failed.len()), (Reason::Replayed, 0));
}

#[test]
fn a_token_is_remembered_until_nobody_would_believe_it() {
    let world = World::sample();
    let token = world.token().build();
    world.ask(&token).permitted();
    world.advance(329);
    assert_eq!(refused(&world, &token, DEPLOY), Reason::Replayed);
    world.ask(&world.token().build()).permitted();
}

#[test]
fn the_model_sees_one_permit_too_many() {
    let at = |token, audience, mode| Attempt { token, audience, mode, claim: true };
    let once = ReplayMode::OncePerAudience;
    for excess in [
        [at(0, 0, once), at(0, 0, once)],
        [at(0, 0, ReplayMode::SingleUse), at(0, 1, once)],
        [at(0, 0, once), at(0, 1, ReplayMode::SingleUse)],
    ] {
        assert!(replay_model::is_excessive(&excess), "{excess:?}");
    }
    for fine in [[at(0, 0, once), at(0, 1, once)], [at(0, 0, once), at(1, 0, once)]] {
        assert!(!replay_model::is_excessive(&fine), "{fine:?}");
    }
}

fn attempts() -> impl Strategy<Value = Vec<Attempt>> {
    let modes = [ReplayMode::Reusable, ReplayMode::OncePerAudience, ReplayMode::SingleUse];
    let attempt =
        (0..3_u8, 0..3_u8, prop::sample::select(modes.to_vec()), prop::bool::weighted(0.8));
    let attempt =
        attempt.prop_map(|(token, audience, mode, claim)| Attempt { token, audience, mode, claim });
    prop::collection::vec(attempt, 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_order_of_uses_no_mode_permits_more_than_it_says(attempts in attempts()) {
        let kept = ready(replay_model::run(&MemoryStore::default(), &attempts));
        let kept = kept.map_err(|fault| TestCaseError::fail(fault.to_string()))?;
        prop_assert!(!replay_model::is_excessive(&kept), "{kept:?}");
    }
}
