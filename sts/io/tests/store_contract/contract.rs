//! The suite. Each promise is a function of any empty store, and a test for each store.

use super::operators::*;
use super::rows::{NOW, guarded, key, looked_up, plain, snapshot, used};
use sts_core::intent::{Intent, Verdict};
use sts_core::ports::Store;
use sts_core::trust::ReplayMode::{OncePerAudience, SingleUse};
use sts_io::store::SqliteStore;
use sts_jose::SigningAlgorithm::{Es256, Rs256};
use sts_testkit::MemoryStore;

/// Names each promise once, and tests it for both stores.
macro_rules! promises {
    ($($promise:ident)*) => {
        mod memory {
            $(#[tokio::test]
            async fn $promise() {
                super::$promise(&super::MemoryStore::default()).await;
            })*
        }
        mod sqlite {
            $(#[tokio::test]
            async fn $promise() {
                let folder = tempfile::tempdir().unwrap();
                let store = super::SqliteStore::open(&folder.path().join("sts.db")).unwrap();
                super::$promise(&store).await;
            })*
        }
    };
}

promises! {
    indices_are_contiguous_from_zero_and_in_order
    entries_are_read_page_by_page
    leaves_are_kept_byte_by_byte
    a_slot_is_filled_once_and_leaves_one_entry
    keys_come_back_as_they_were_written
    one_kid_has_one_slot
    a_snapshot_is_adopted_once_and_can_come_back
    the_first_writer_of_a_secret_wins
    the_documents_of_every_snapshot_are_kept
    what_is_asked_after_an_adoption_comes_after_it
    a_guard_holds_for_a_key_that_signs_and_no_other
    a_guard_holds_for_the_current_snapshot_and_no_other
    a_guard_holds_for_the_key_that_signs_at_that_time_by_the_rows
    a_guard_that_fails_writes_and_claims_nothing
    once_per_audience_meets_the_same_audience_only
    single_use_meets_every_audience_in_both_directions
    a_lookup_claims_nothing_and_finds_what_was_claimed
    ids_of_different_bundles_never_meet
    odd_ids_meet_only_themselves
    a_replay_keeps_the_other_entry
    keys_change_together_and_with_their_entry_or_not_at_all
    a_key_is_revoked_once_starts_only_earlier_and_is_retained_only_longer
    what_is_sealed_is_replaced_together_and_only_where_it_is_what_it_was
    a_block_stops_what_it_names_until_it_ends_or_is_removed
    a_block_stops_no_denial_and_burns_no_token
    blocks_come_back_as_they_were_put_up
    uses_are_forgotten_when_they_ended_before_and_no_sooner
}

async fn verdict(store: &dyn Store, intent: Intent) -> Verdict {
    store.record(intent).await.unwrap()
}

async fn is_kept(store: &dyn Store, intent: Intent) -> bool {
    match verdict(store, intent).await {
        Verdict::Kept { .. } => true,
        Verdict::Replayed { .. } => false,
        Verdict::Changed | Verdict::Blocked { .. } => panic!("it relies on nothing"),
    }
}

async fn count(store: &dyn Store) -> usize {
    store.entries(0, 1000).await.unwrap().len()
}

async fn indices_are_contiguous_from_zero_and_in_order(store: &dyn Store) {
    assert_eq!(verdict(store, plain("a")).await, Verdict::Kept { index: 0 });
    assert!(store.insert_key(key(Es256, 0, 1), b"b".to_vec()).await.unwrap());
    assert_eq!(verdict(store, plain("c")).await, Verdict::Kept { index: 2 });
    store.adopt_snapshot(snapshot("d1"), b"d".to_vec()).await.unwrap();
    let once = used("b", "t", "a", OncePerAudience);
    assert_eq!(verdict(store, once.clone()).await, Verdict::Kept { index: 4 });
    assert_eq!(verdict(store, once).await, Verdict::Replayed { index: 5 });
    let entries = store.entries(0, 100).await.unwrap();
    let leaves: Vec<_> = entries.iter().map(|(i, leaf)| (*i, leaf.as_slice())).collect();
    let expected: [&[u8]; 6] = [b"a", b"b", b"c", b"d", b"used", b"replayed used"];
    assert_eq!(leaves, (0_u64..).zip(expected).collect::<Vec<_>>());
}

async fn entries_are_read_page_by_page(store: &dyn Store) {
    for number in 0..7 {
        verdict(store, plain(&number.to_string())).await;
    }
    let page = async |from, limit| {
        let entries = store.entries(from, limit).await.unwrap();
        entries.into_iter().map(|(index, _)| index).collect::<Vec<_>>()
    };
    assert_eq!(page(0, 3).await, [0, 1, 2]);
    assert_eq!(page(3, 3).await, [3, 4, 5]);
    assert_eq!(page(6, 3).await, [6]);
    assert_eq!(page(7, 3).await, [0_u64; 0]);
    assert_eq!(page(0, 0).await, [0_u64; 0]);
}

async fn leaves_are_kept_byte_by_byte(store: &dyn Store) {
    let leaf: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    let intent = Intent { fresh: leaf.clone(), ..plain("") };
    assert_eq!(verdict(store, intent).await, Verdict::Kept { index: 0 });
    assert_eq!(store.entries(0, 1).await.unwrap(), [(0, leaf)]);
}

async fn a_slot_is_filled_once_and_leaves_one_entry(store: &dyn Store) {
    assert!(store.insert_key(key(Es256, 0, 1), b"first".to_vec()).await.unwrap());
    assert!(!store.insert_key(key(Es256, 0, 2), b"second".to_vec()).await.unwrap());
    assert!(!store.insert_key(key(Es256, 0, 1), b"again".to_vec()).await.unwrap());
    assert_eq!(store.keys().await.unwrap(), [key(Es256, 0, 1)]);
    assert_eq!(store.entries(0, 9).await.unwrap(), [(0, b"first".to_vec())]);
}

async fn keys_come_back_as_they_were_written(store: &dyn Store) {
    let mut revoked = key(Es256, 1, 2);
    revoked.revoked_at = Some(NOW);
    let rows = [key(Es256, 0, 1), revoked, key(Rs256, 0, 3)];
    for row in rows.iter().rev() {
        assert!(store.insert_key(row.clone(), Vec::new()).await.unwrap());
    }
    assert_eq!(store.keys().await.unwrap(), rows, "by algorithm and slot");
}

async fn one_kid_has_one_slot(store: &dyn Store) {
    assert!(store.insert_key(key(Es256, 0, 1), Vec::new()).await.unwrap());
    assert!(!store.insert_key(key(Es256, 1, 1), Vec::new()).await.unwrap());
    assert!(store.insert_key(key(Es256, 1, 2), Vec::new()).await.unwrap());
    assert_eq!(count(store).await, 2);
}

async fn a_snapshot_is_adopted_once_and_can_come_back(store: &dyn Store) {
    for (digest, entries) in [("a", 1), ("a", 1), ("b", 2), ("b", 2), ("a", 3)] {
        store.adopt_snapshot(snapshot(digest), digest.as_bytes().to_vec()).await.unwrap();
        assert_eq!(count(store).await, entries, "{digest}");
    }
    assert_ne!(verdict(store, guarded(None, Some("a"))).await, Verdict::Changed);
    assert_eq!(verdict(store, guarded(None, Some("b"))).await, Verdict::Changed);
}

async fn the_documents_of_every_snapshot_are_kept(store: &dyn Store) {
    assert_eq!(store.snapshot(None).await.unwrap(), None);
    for digest in ["a", "b"] {
        store.adopt_snapshot(snapshot(digest), Vec::new()).await.unwrap();
        assert_eq!(store.snapshot(None).await.unwrap(), Some(snapshot(digest)));
    }
    let named = |digest: &str| store.snapshot(Some(digest.to_owned()));
    assert_eq!(named("a").await.unwrap(), Some(snapshot("a")));
    assert_eq!(named("c").await.unwrap(), None);
}

async fn what_is_asked_after_an_adoption_comes_after_it(store: &dyn Store) {
    let adopting = store.adopt_snapshot(snapshot("a"), Vec::new());
    assert_ne!(verdict(store, guarded(None, Some("a"))).await, Verdict::Changed);
    adopting.await.unwrap();
}

async fn the_first_writer_of_a_secret_wins(store: &dyn Store) {
    assert_eq!(store.secret("hash", None).await.unwrap(), None);
    let mine = || Some(b"mine".to_vec());
    assert_eq!(store.secret("hash", mine()).await.unwrap(), mine());
    assert_eq!(store.secret("hash", Some(b"theirs".to_vec())).await.unwrap(), mine());
    assert_eq!(store.secret("hash", None).await.unwrap(), mine());
    assert_eq!(store.secret("other", None).await.unwrap(), None);
    assert_eq!(count(store).await, 0);
}

async fn a_guard_holds_for_a_key_that_signs_and_no_other(store: &dyn Store) {
    let mut revoked = key(Es256, 1, 2);
    revoked.revoked_at = Some(NOW);
    let (good, bad) = (key(Es256, 0, 1).public.kid, revoked.public.kid.clone());
    assert_eq!(verdict(store, guarded(Some(&good), None)).await, Verdict::Changed, "not there yet");
    store.insert_key(key(Es256, 0, 1), Vec::new()).await.unwrap();
    store.insert_key(revoked, Vec::new()).await.unwrap();
    assert_eq!(verdict(store, guarded(Some(&good), None)).await, Verdict::Kept { index: 2 });
    for kid in [bad.as_str(), "unknown", ""] {
        assert_eq!(verdict(store, guarded(Some(kid), None)).await, Verdict::Changed, "{kid}");
    }
}

async fn a_guard_holds_for_the_current_snapshot_and_no_other(store: &dyn Store) {
    assert_eq!(verdict(store, guarded(None, Some("a"))).await, Verdict::Changed, "none is current");
    store.adopt_snapshot(snapshot("a"), Vec::new()).await.unwrap();
    assert_eq!(verdict(store, guarded(None, Some("a"))).await, Verdict::Kept { index: 1 });
    store.adopt_snapshot(snapshot("b"), Vec::new()).await.unwrap();
    assert_eq!(verdict(store, guarded(None, Some("a"))).await, Verdict::Changed);
    assert_eq!(verdict(store, guarded(None, Some("b"))).await, Verdict::Kept { index: 3 });
    let kid = key(Es256, 0, 1).public.kid;
    assert_eq!(verdict(store, guarded(Some(&kid), Some("b"))).await, Verdict::Changed, "both hold");
}

async fn a_guard_that_fails_writes_and_claims_nothing(store: &dyn Store) {
    let once = used("b", "t", "a", SingleUse);
    let guard = guarded(None, Some("absent")).guard;
    let changed = Intent { guard, ..once.clone() };
    assert_eq!(verdict(store, changed).await, Verdict::Changed);
    assert_eq!(verdict(store, once).await, Verdict::Kept { index: 0 }, "neither use nor entry");
}

async fn once_per_audience_meets_the_same_audience_only(store: &dyn Store) {
    let use_at = |audience| used("b", "t", audience, OncePerAudience);
    assert!(is_kept(store, use_at("a")).await);
    assert!(!is_kept(store, use_at("a")).await);
    assert!(is_kept(store, use_at("A")).await);
    assert!(is_kept(store, used("b", "u", "a", OncePerAudience)).await);
}

async fn single_use_meets_every_audience_in_both_directions(store: &dyn Store) {
    assert!(is_kept(store, used("b", "t", "a", SingleUse)).await);
    assert!(!is_kept(store, used("b", "t", "a", SingleUse)).await);
    assert!(!is_kept(store, used("b", "t", "c", SingleUse)).await);
    assert!(!is_kept(store, used("b", "t", "c", OncePerAudience)).await);
    assert!(is_kept(store, used("b", "u", "a", OncePerAudience)).await);
    assert!(!is_kept(store, used("b", "u", "c", SingleUse)).await);
    assert!(is_kept(store, used("b", "u", "c", OncePerAudience)).await, "a refusal leaves no use");
}

async fn a_lookup_claims_nothing_and_finds_what_was_claimed(store: &dyn Store) {
    let once = used("b", "t", "a", OncePerAudience);
    assert!(is_kept(store, looked_up(once.clone())).await);
    assert!(is_kept(store, looked_up(once.clone())).await);
    assert!(is_kept(store, once.clone()).await);
    assert!(!is_kept(store, looked_up(once)).await);
    assert!(is_kept(store, looked_up(used("b", "t", "c", OncePerAudience))).await);
    assert!(!is_kept(store, looked_up(used("b", "t", "c", SingleUse))).await);
}

async fn ids_of_different_bundles_never_meet(store: &dyn Store) {
    for (bundle, token) in [("b", "t"), ("c", "t"), ("bt", ""), ("", "bt")] {
        assert!(is_kept(store, used(bundle, token, "a", SingleUse)).await, "{bundle} {token}");
    }
    assert!(!is_kept(store, used("c", "t", "a", SingleUse)).await);
}

/// Ids and audiences are the caller's text: none may act as a pattern.
async fn odd_ids_meet_only_themselves(store: &dyn Store) {
    for id in ["*", "%", "_", "' OR 1=1 --", "é", "e\u{301}", "t\u{0}x", "t"] {
        assert!(is_kept(store, used("b", id, "a", OncePerAudience)).await, "{id:?}");
        assert!(!is_kept(store, used("b", id, "a", OncePerAudience)).await, "{id:?}");
    }
}

async fn a_replay_keeps_the_other_entry(store: &dyn Store) {
    let once = used("b", "t", "a", OncePerAudience);
    verdict(store, once.clone()).await;
    assert_eq!(verdict(store, once.clone()).await, Verdict::Replayed { index: 1 });
    assert_eq!(verdict(store, looked_up(once)).await, Verdict::Replayed { index: 2 });
    let entries = store.entries(0, 9).await.unwrap();
    let leaves: Vec<_> = entries.iter().map(|(_, leaf)| leaf.as_slice()).collect();
    assert_eq!(leaves, [&b"used"[..], b"replayed used", b"replayed used"]);
}
