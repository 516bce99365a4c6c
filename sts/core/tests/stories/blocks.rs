//! An operator's block stops what would be permitted, at once and on the record.

use std::sync::Arc;
use sts_core::block::{Block, BlockTarget};
use sts_core::ports::Store as _;
use sts_core::reason::Reason;
use sts_testkit::{World, ready};
use sts_wire::time::{Seconds, Timestamp};

fn block(world: &World, members: &[(&str, &str)], until: Option<Timestamp>) {
    let mut target = BlockTarget::default();
    for (name, value) in members {
        assert!(target.set(name, (*value).to_owned()), "{name}");
    }
    let reason = "a drill".to_owned();
    let block = Block { id: "b1".to_owned(), target, reason, since: world.now(), until };
    ready(world.store.add_block(block, br#"{"kind":"block"}"#.to_vec())).unwrap();
}

#[test]
fn each_kind_of_block_stops_the_exchange_that_it_names_and_no_other() {
    let named = [
        ("bundle", "github-actions", "gitlab"),
        ("tenant", "65", "66"),
        ("subject", "gha:74:production", "gha:75:production"),
        ("policy", "shop-deploy-prod", "shop"),
        ("audience", "https://deploy.example.com", "https://deploy.example.com/"),
    ];
    for (member, named, other) in named {
        let world = World::sample();
        block(&world, &[(member, other)], None);
        world.ask(&world.token().build()).permitted();
        let world = World::sample();
        block(&world, &[(member, named)], None);
        let refused = world.ask(&world.token().build()).refused();
        assert_eq!((refused.reason, refused.recorded), (Reason::Blocked, true), "{member}");
        assert!(world.signatures.kids().is_empty(), "nothing is signed");
    }
}

#[test]
fn a_blocked_exchange_is_an_entry_that_names_the_block_and_burns_no_token() {
    let world = World::sample();
    let token = world.token().build();
    block(&world, &[("tenant", "65")], Some(world.now().plus(Seconds::new(60))));
    assert_eq!(world.ask(&token).refused().reason, Reason::Blocked);
    let entry = world.entries().pop().unwrap();
    assert_eq!((&entry["decision"], &entry["reason"]), (&"deny".into(), &"blocked".into()));
    assert_eq!(entry["block"], "b1");
    assert!(entry.get("grant").is_none() && entry.get("kid").is_none());
    world.advance(60);
    world.ask(&token).permitted();
}

#[test]
fn a_used_token_learns_only_that_it_was_used() {
    let world = World::sample();
    let token = world.token().build();
    world.ask(&token).permitted();
    block(&world, &[("tenant", "65")], None);
    assert_eq!(world.ask(&token).refused().reason, Reason::Replayed);
}

#[test]
fn a_denial_stays_what_it_is_under_a_block() {
    let world = World::sample();
    block(&world, &[("tenant", "65")], None);
    let token = world.token().claim("ref", "refs/heads/x").build();
    let refused = world.ask(&token).refused();
    assert_eq!(refused.reason, Reason::ConditionsFailed);
    assert_eq!(refused.failed.len(), 1);
}

#[test]
fn a_block_between_decision_and_record_still_stops_it() {
    let world = Arc::new(World::sample());
    let there = Arc::clone(&world);
    world
        .store
        .meanwhile(move || block(&there, &[("audience", "https://deploy.example.com")], None));
    assert_eq!(world.ask(&world.token().build()).refused().reason, Reason::Blocked);
    assert!(world.signatures.kids().is_empty());
}
