//! Nothing leaves that is not recorded, and what was relied on must still hold.

use std::sync::Arc;
use sts_core::ports::Store as _;
use sts_core::reason::Reason;
use sts_testkit::{DEPLOY, Documents, StoreFault, World, ready};

#[test]
fn a_failing_store_is_our_outage_and_nothing_is_signed() {
    let world = World::sample();
    let token = world.token().build();
    world.store.fail(Some(StoreFault::BeforeWrite));
    assert_eq!(world.ask(&token).refused().reason, Reason::Unavailable);
    assert_eq!((world.entries().len(), world.signatures.kids().len()), (0, 0));
    world.store.fail(None);
    world.ask(&token).permitted();
    assert_eq!(world.signatures.kids().len(), 1);
}

#[test]
fn a_lost_answer_of_the_store_signs_nothing_and_the_token_stays_used() {
    let world = World::sample();
    let token = world.token().build();
    world.store.fail(Some(StoreFault::AfterWrite));
    assert_eq!(world.ask(&token).refused().reason, Reason::Unavailable);
    assert_eq!(world.signatures.kids().len(), 0);
    assert_eq!(world.entries().len(), 1, "it was written");
    world.store.fail(None);
    assert_eq!(world.ask(&token).refused().reason, Reason::Replayed);
    world.ask(&world.token().build()).permitted();
}

#[test]
fn a_denial_that_cannot_be_recorded_is_not_told() {
    let world = World::sample();
    let token = world.token().claim("ref", "refs/heads/x").build();
    world.store.fail(Some(StoreFault::BeforeWrite));
    let refused = world.ask(&token).refused();
    assert_eq!((refused.reason, refused.failed.len()), (Reason::Unavailable, 0));
    world.store.fail(None);
    assert_eq!(world.ask(&token).refused().reason, Reason::ConditionsFailed);
}

#[test]
fn what_fails_before_the_pins_needs_no_store() {
    let world = World::sample();
    world.store.fail(Some(StoreFault::BeforeWrite));
    let token = world.token().claim("repository_id", "75").build();
    assert_eq!(world.ask(&token).refused().reason, Reason::Denied);
    assert_eq!(world.ask("no token").refused().reason, Reason::SubjectTokenRejected);
}

#[test]
fn a_key_that_fails_to_sign_leaves_an_entry_and_no_token() {
    let world = World::sample();
    world.signatures.break_keys(true);
    let token = world.token().build();
    assert_eq!(world.ask(&token).refused().reason, Reason::Unavailable);
    assert_eq!(world.entries()[0]["decision"], "permit", "a credential that never left");
    world.signatures.break_keys(false);
    world.ask(&world.token().build()).permitted();
}

#[test]
fn a_key_revoked_before_the_record_signs_nothing_and_its_successor_signs() {
    let world = Arc::new(World::sample());
    let (old, token) = (world.active_kid(), world.token().build());
    let (there, kid) = (Arc::clone(&world), old.clone());
    world.store.meanwhile(move || {
        there.store.revoke_key(&kid, there.now());
        there.add_key(1);
    });
    let permitted = world.ask(&token).permitted();
    let signed_by = world.receive(&permitted).header["kid"].clone();
    assert_eq!(signed_by, world.active_kid());
    assert_ne!(signed_by, old.as_str());
    assert_eq!(world.signatures.kids(), [world.active_kid()], "the revoked key signed nothing");
    assert_eq!(world.entries().len(), 1);
    assert_eq!(world.entries()[0]["kid"], signed_by);
}

#[test]
fn a_key_revoked_before_the_record_without_successor_is_our_outage() {
    let world = Arc::new(World::sample());
    let (there, kid) = (Arc::clone(&world), world.active_kid());
    world.store.meanwhile(move || there.store.revoke_key(&kid, there.now()));
    let token = world.token().build();
    assert_eq!(world.ask(&token).refused().reason, Reason::Unavailable);
    assert_eq!((world.entries().len(), world.signatures.kids().len()), (0, 0));
    world.reload_ring();
    assert_eq!(world.ask(&token).refused().reason, Reason::Unavailable, "no key signs at all");
    world.add_key(1);
    world.ask(&token).permitted();
}

#[test]
fn documents_that_change_before_the_record_decide() {
    let world = Arc::new(World::sample());
    let there = Arc::clone(&world);
    let stricter = Documents::sample().policy("refs/heads/main", "refs/heads/release");
    world.store.meanwhile(move || there.adopt(&stricter));
    let token = world.token().build();
    let refused = world.ask(&token).refused();
    assert_eq!(refused.reason, Reason::ConditionsFailed);
    let digest = world.app.snapshot.load().digest().to_string();
    assert_eq!(world.entries().len(), 1);
    assert_eq!(world.entries()[0]["snapshot"], digest);
    let release = world.token().claim("ref", "refs/heads/release").build();
    world.ask(&release).permitted();
}

#[test]
fn documents_that_change_can_also_permit_what_was_denied() {
    let world = Arc::new(World::sample());
    let there = Arc::clone(&world);
    let laxer = Documents::sample().policy("refs/heads/main", "refs/heads/x");
    world.store.meanwhile(move || there.adopt(&laxer));
    let token = world.token().claim("ref", "refs/heads/x").build();
    world.ask(&token).permitted();
    assert_eq!(world.entries().len(), 1, "the denial under the old documents was never written");
}

#[test]
fn documents_that_another_replica_adopted_decide_as_soon_as_the_store_says_so() {
    let world = Arc::new(World::sample());
    let there = Arc::clone(&world);
    let stricter = Documents::sample().policy("refs/heads/main", "refs/heads/release");
    world.store.meanwhile(move || there.adopt_elsewhere(&stricter));
    let refused = world.ask(&world.token().build()).refused();
    assert_eq!((refused.reason, world.others.asked()), (Reason::ConditionsFailed, 1));
    let release = world.token().claim("ref", "refs/heads/release").build();
    world.ask(&release).permitted();
    assert_eq!(world.others.asked(), 1, "nothing else changed");
}

#[test]
fn documents_of_another_replica_that_cannot_be_had_are_our_outage() {
    let world = World::sample();
    world.adopt_elsewhere(&Documents::sample().policy("refs/heads/main", "refs/heads/release"));
    world.others.changed(|| {});
    let token = world.token().build();
    assert_eq!(world.ask(&token).refused().reason, Reason::Unavailable);
    assert_eq!((world.entries().len(), world.signatures.kids().len()), (0, 0));
    world.adopt(&Documents::sample());
    world.ask(&token).permitted();
}

#[test]
fn a_key_that_another_replica_revoked_signs_nothing_and_its_successor_is_found() {
    let world = Arc::new(World::sample());
    let old = world.active_kid();
    world.store.revoke_key(&old, world.now());
    let there = Arc::clone(&world);
    world.others.changed(move || there.add_key(1));
    let permitted = world.ask(&world.token().build()).permitted();
    assert_ne!(world.receive(&permitted).header["kid"], old.as_str());
    assert_eq!(world.signatures.kids(), [world.active_kid()]);
}

#[test]
fn an_adoption_that_fails_leaves_the_old_documents_deciding() {
    let world = World::sample();
    let stricter = Documents::sample().policy("refs/heads/main", "refs/heads/release");
    world.store.fail(Some(StoreFault::BeforeWrite));
    assert!(world.try_adopt(&stricter).is_err());
    world.store.fail(None);
    world.ask(&world.token().build()).permitted();
    // Written, but nobody knows: nothing is granted by documents that are not current.
    world.store.fail(Some(StoreFault::AfterWrite));
    assert!(world.try_adopt(&stricter).is_err());
    world.store.fail(None);
    let refused = world.ask(&world.token().build()).refused();
    assert_eq!(refused.reason, Reason::Unavailable);
    world.adopt(&stricter);
    let refused = world.ask(&world.token().build()).refused();
    assert_eq!(refused.reason, Reason::ConditionsFailed);
}

#[test]
fn a_server_that_never_sees_the_change_gives_up() {
    let world = World::sample();
    let other = Documents::sample().policy("max: 10m", "max: 9m").load().unwrap();
    ready(world.store.adopt_snapshot(other.snapshot.to_row(), b"{}".to_vec())).unwrap();
    let token = world.token().build();
    assert_eq!(world.ask(&token).refused().reason, Reason::Unavailable);
    assert_eq!((world.entries().len(), world.signatures.kids().len()), (0, 0));
    world.app.snapshot.store(Arc::new(other.snapshot));
    let permitted = world.ask(&token).audience(DEPLOY).permitted();
    assert_eq!(permitted.issued.expires_in, 540);
}
