//! How long tokens live, and until when they are believed.

use sts_core::reason::Reason;
use sts_testkit::{Documents, World};

fn lifetime(documents: &Documents) -> u64 {
    let world = World::of(documents);
    let permitted = world.ask(&world.token().build()).permitted();
    let claims = world.receive(&permitted).claims;
    let life = claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap();
    assert_eq!(life, permitted.issued.expires_in);
    life
}

#[test]
fn the_shortest_of_policy_audience_and_server_decides() {
    let sample = Documents::sample;
    assert_eq!(lifetime(&sample()), 600, "the policy's 10m");
    assert_eq!(lifetime(&sample().policy("max: 10m", "max: 1s")), 1);
    let short = sample().platform("ttl_max: 15m", "ttl_max: 2m").policy("max: 10m", "max: 2m");
    assert_eq!(lifetime(&short), 120, "the audience's 2m");
    let long = sample().platform("ttl_max: 15m", "ttl_max: 1h").policy("max: 10m", "max: 1h");
    assert_eq!(lifetime(&long), 900, "the server's 15m");
}

#[test]
fn tied_to_the_subject_token_it_ends_with_it() {
    let tied = Documents::sample().policy("max: 10m", "max: 10m, within_subject_token: true");
    assert_eq!(lifetime(&tied), 300);
    let world = World::of(&tied);
    let token = world.token();
    world.advance(299);
    assert_eq!(world.ask(&token.build()).permitted().issued.expires_in, 1);
}

#[test]
fn tied_to_a_subject_token_within_its_leeway_nothing_is_left_to_grant() {
    let world =
        World::of(&Documents::sample().policy("max: 10m", "max: 10m, within_subject_token: true"));
    let token = world.token();
    world.advance(300);
    assert_eq!(world.ask(&token.build()).refused().reason, Reason::Denied);
    assert_eq!(world.entries().len(), 1, "its pins matched");
    let untied = World::sample();
    let token = untied.token();
    untied.advance(300);
    assert_eq!(untied.ask(&token.build()).permitted().issued.expires_in, 600);
}

#[test]
fn tied_to_the_subject_token_it_never_outlives_it_by_a_fraction() {
    let world =
        World::of(&Documents::sample().policy("max: 10m", "max: 10m, within_subject_token: true"));
    let token = world.token();
    let end = token.claims()["exp"].as_i64().unwrap();
    world.clock.advance_millis(123_456);
    let permitted = world.ask(&token.build()).permitted();
    assert!(world.receive(&permitted).claims["exp"].as_i64().unwrap() <= end);
    assert_eq!(permitted.issued.expires_in, 176);
}

#[test]
fn a_subject_token_is_believed_up_to_its_end_plus_the_leeway() {
    let world = World::sample();
    let (token, other) = (world.token().build(), world.token().build());
    world.advance(300 + 30);
    assert_eq!(world.ask(&token).refused().reason, Reason::SubjectTokenRejected);
    world.clock.advance_millis(-1);
    world.ask(&token).permitted();
    world.clock.advance_millis(1);
    assert_eq!(world.ask(&other).refused().reason, Reason::SubjectTokenRejected);
}

#[test]
fn a_subject_token_of_the_near_future_is_believed_within_the_leeway() {
    let world = World::sample();
    let now = world.now().seconds();
    let token = world.token().claim("iat", now + 40).claim("exp", now + 340).build();
    world.clock.advance_millis(9_999);
    assert_eq!(world.ask(&token).refused().reason, Reason::SubjectTokenRejected);
    world.clock.advance_millis(1);
    world.ask(&token).permitted();
    let token = world.token().claim("nbf", now + 41).build();
    assert_eq!(world.ask(&token).refused().reason, Reason::SubjectTokenRejected);
    world.advance(1);
    world.ask(&token).permitted();
}

#[test]
fn a_subject_token_that_lives_longer_than_the_bundle_permits_is_refused() {
    let world = World::sample();
    let now = world.now().seconds();
    let refused = world.ask(&world.token().claim("exp", now + 901).build()).refused();
    assert_eq!(refused.reason, Reason::SubjectTokenRejected);
    world.ask(&world.token().claim("exp", now + 900).build()).permitted();
}
