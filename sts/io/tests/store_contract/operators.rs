//! What operators do to keys, to what is sealed, and to exchanges.

use super::rows::{NOW, blockable, guarded, key, plain, used};
use sts_core::block::{Block, BlockTarget};
use sts_core::intent::{Intent, Verdict};
use sts_core::keys::RevocationReason::Compromised;
use sts_core::keys::{KeyChange, KeyRow};
use sts_core::ports::{Resealed, Sealed, Store};
use sts_core::trust::ReplayMode::OncePerAudience;
use sts_jose::SigningAlgorithm::Es256;
use sts_wire::time::{Seconds, Timestamp};

fn kid(row: &KeyRow) -> String {
    row.public.kid.clone()
}

async fn leaves(store: &dyn Store) -> Vec<String> {
    let entries = store.entries(0, 100).await.unwrap().into_iter();
    entries.map(|(_, leaf)| String::from_utf8(leaf).unwrap()).collect()
}

async fn change(store: &dyn Store, changes: Vec<KeyChange>) -> bool {
    let seen = store.keys().await.unwrap();
    store.change_keys(seen, changes, b"changed".to_vec()).await.unwrap()
}

pub(super) async fn keys_that_changed_since_they_were_seen_are_not_changed(store: &dyn Store) {
    let (old, next) = (key(Es256, 0, 1), key(Es256, 1, 2));
    for row in [&old, &next] {
        store.insert_key(row.clone(), None, b"key".to_vec()).await.unwrap();
    }
    let seen = store.keys().await.unwrap();
    let revoke =
        |row: &KeyRow| vec![KeyChange::Revoke { kid: kid(row), at: NOW, because: Compromised }];
    let change = async |seen: &[KeyRow], changes| {
        store.change_keys(seen.to_vec(), changes, b"changed".to_vec()).await.unwrap()
    };
    assert!(change(&seen, revoke(&old)).await);
    assert!(!change(&seen, revoke(&next)).await, "the other one was revoked meanwhile");
    let now = store.keys().await.unwrap();
    assert_eq!(now[1], next);
    assert!(change(&now, revoke(&next)).await);
}

pub(super) async fn keys_change_together_and_with_their_entry_or_not_at_all(store: &dyn Store) {
    let (old, next) = (key(Es256, 0, 1), key(Es256, 1, 2));
    store.insert_key(old.clone(), None, b"old".to_vec()).await.unwrap();
    store.insert_key(next.clone(), None, b"next".to_vec()).await.unwrap();
    let revoke = KeyChange::Revoke { kid: kid(&old), at: NOW, because: Compromised };
    let unknown = KeyChange::Start { kid: "nobody".to_owned(), at: NOW };
    assert!(!change(store, vec![revoke.clone(), unknown]).await);
    assert_eq!(store.keys().await.unwrap(), [old.clone(), next.clone()], "the first is undone");
    assert_eq!(leaves(store).await, ["old", "next"], "and leaves no entry");
    let start = KeyChange::Start { kid: kid(&next), at: NOW };
    assert!(change(store, vec![revoke, start]).await);
    let (mut revoked, mut started) = (old.clone(), next);
    (revoked.revoked_at, revoked.revoked_because) = (Some(NOW), Some(Compromised));
    started.not_before = NOW;
    assert_eq!(store.keys().await.unwrap(), [revoked, started]);
    assert_eq!(leaves(store).await, ["old", "next", "changed"]);
    let guard = guarded(Some(&kid(&old)), None);
    assert_eq!(store.record(guard).await.unwrap(), Verdict::Changed, "it signs nothing more");
}

pub(super) async fn a_key_is_revoked_once_starts_only_earlier_and_is_retained_only_longer(
    store: &dyn Store,
) {
    let row = key(Es256, 0, 1);
    store.insert_key(row.clone(), None, b"key".to_vec()).await.unwrap();
    let start = |at| vec![KeyChange::Start { kid: kid(&row), at }];
    let later = row.not_before.plus(Seconds::new(1));
    assert!(!change(store, start(later)).await);
    assert!(change(store, start(NOW)).await);
    let retain =
        |seconds| vec![KeyChange::Retain { kid: kid(&row), retention: Seconds::new(seconds) }];
    assert!(!change(store, retain(990)).await);
    assert!(change(store, retain(991)).await);
    let revoke = |at| vec![KeyChange::Revoke { kid: kid(&row), at, because: Compromised }];
    assert!(change(store, revoke(NOW)).await);
    assert!(!change(store, revoke(later)).await, "what is revoked stays so since then");
    assert!(!change(store, start(Timestamp::from_seconds(0))).await, "and starts never more");
    let found = store.keys().await.unwrap().remove(0);
    assert_eq!((found.revoked_at, found.not_before), (Some(NOW), NOW));
    assert_eq!(found.retention, Seconds::new(991));
}

pub(super) async fn what_is_sealed_is_replaced_together_and_only_where_it_is_what_it_was(
    store: &dyn Store,
) {
    let row = key(Es256, 0, 1);
    store.insert_key(row.clone(), None, b"key".to_vec()).await.unwrap();
    store.secret("hash", Some(b"old".to_vec())).await.unwrap();
    let sealed = |old: &[u8]| {
        let key = Resealed {
            what: Sealed::Key(kid(&row)),
            old: row.sealed_private.clone(),
            new: b"new key".to_vec(),
        };
        let secret =
            Resealed { what: Sealed::Secret("hash"), old: old.to_vec(), new: b"new".to_vec() };
        vec![key, secret]
    };
    assert!(!store.reseal(sealed(b"other"), b"no".to_vec()).await.unwrap());
    assert_eq!(store.keys().await.unwrap(), vec![row.clone()]);
    assert!(store.reseal(sealed(b"old"), b"yes".to_vec()).await.unwrap());
    assert_eq!(store.keys().await.unwrap()[0].sealed_private, b"new key");
    assert_eq!(store.secret("hash", None).await.unwrap().unwrap(), b"new");
    assert!(!store.reseal(sealed(b"old"), b"again".to_vec()).await.unwrap());
    assert_eq!(leaves(store).await, ["key", "yes"]);
}

fn block(id: &str, member: &str, value: &str, until: Option<Timestamp>) -> Block {
    let mut target = BlockTarget::default();
    assert!(target.set(member, value.to_owned()));
    Block { id: id.to_owned(), target, reason: "drill ü".to_owned(), since: NOW, until }
}

fn exchange(seconds_later: u64) -> Intent {
    let now = NOW.plus(Seconds::new(seconds_later));
    Intent { blockable: Some(blockable(now)), ..plain("exchange") }
}

pub(super) async fn a_block_stops_what_it_names_until_it_ends_or_is_removed(store: &dyn Store) {
    let ends = NOW.plus(Seconds::new(60));
    store.add_block(block("other", "policy", "other", None), b"1".to_vec()).await.unwrap();
    assert_eq!(store.record(exchange(0)).await.unwrap(), Verdict::Kept { index: 1 });
    store.add_block(block("ends", "policy", "deploy", Some(ends)), b"2".to_vec()).await.unwrap();
    let stopped = |by: &str| Verdict::Blocked { block: by.to_owned() };
    assert_eq!(store.record(exchange(59)).await.unwrap(), stopped("ends"));
    assert_eq!(store.record(exchange(60)).await.unwrap(), Verdict::Kept { index: 3 });
    store.add_block(block("stays", "tenant", "65", None), b"4".to_vec()).await.unwrap();
    assert_eq!(store.record(exchange(60)).await.unwrap(), stopped("stays"));
    assert!(!store.remove_block("nobody".to_owned(), b"no".to_vec()).await.unwrap());
    assert!(store.remove_block("stays".to_owned(), b"5".to_vec()).await.unwrap());
    assert!(!store.remove_block("stays".to_owned(), b"no".to_vec()).await.unwrap());
    assert_eq!(store.record(exchange(60)).await.unwrap(), Verdict::Kept { index: 6 });
    assert_eq!(leaves(store).await, ["1", "exchange", "2", "exchange", "4", "5", "exchange"]);
}

pub(super) async fn a_block_stops_no_denial_and_burns_no_token(store: &dyn Store) {
    store.add_block(block("b", "bundle", "github", None), b"block".to_vec()).await.unwrap();
    let once = used("github", "t", "a", OncePerAudience);
    let permit = Intent { blockable: Some(blockable(NOW)), ..once.clone() };
    assert_eq!(store.record(permit).await.unwrap(), Verdict::Blocked { block: "b".to_owned() });
    assert_eq!(store.record(once).await.unwrap(), Verdict::Kept { index: 1 });
}

pub(super) async fn blocks_come_back_as_they_were_put_up(store: &dyn Store) {
    let first = block("z", "subject", "repo:ü/\"x\"", Some(NOW.plus(Seconds::new(1))));
    let mut second = block("a", "audience", "https://a.example", None);
    second.since = NOW.plus(Seconds::new(1));
    for one in [&second, &first] {
        store.add_block(one.clone(), b"block".to_vec()).await.unwrap();
    }
    let mut found = store.blocks().await.unwrap();
    found.sort_by_key(|one| one.since);
    assert_eq!(found, [first, second]);
}

pub(super) async fn uses_are_forgotten_when_they_ended_before_and_no_sooner(store: &dyn Store) {
    let mut once = used("b", "t", "a", OncePerAudience);
    // Long ago: a store that has a clock of its own forgets nothing that it finds too young.
    let ended = Timestamp::from_seconds(1_700_000_000);
    if let Some(replay) = once.replay.as_mut() {
        replay.remembered_until = ended;
    }
    let kept = async || matches!(store.record(once.clone()).await, Ok(Verdict::Kept { .. }));
    assert!(kept().await);
    assert_eq!(store.prune_replay(ended).await.unwrap(), 0);
    assert!(!kept().await);
    assert_eq!(store.prune_replay(ended.plus(Seconds::new(1))).await.unwrap(), 1);
    assert!(kept().await);
}

/// Every arrangement of three keys of one algorithm: started, waiting or
/// revoked before or after it signed; the store answers as the key ring would.
pub(super) async fn a_guard_holds_for_the_key_that_signs_at_that_time_by_the_rows(
    store: &dyn Store,
) {
    let at = |seconds: u64| NOW.plus(Seconds::new(seconds));
    let mut rows: Vec<KeyRow> = Vec::new();
    let fates = [(0, None), (10, None), (20, None), (5, Some(7)), (15, Some(12)), (8, Some(8))];
    for ((starts, revoked), slot) in fates.into_iter().zip(0_u64..) {
        let mut row = key(Es256, slot, slot + 10);
        (row.not_before, row.revoked_at) = (at(starts), revoked.map(at));
        assert!(store.insert_key(row.clone(), None, b"key".to_vec()).await.unwrap());
        rows.push(row);
        for row in &rows {
            for now in [0, 1, 4, 5, 6, 7, 8, 9, 10, 12, 15, 19, 20, 21] {
                let mut intent = guarded(Some(&kid(row)), None);
                intent.guard.key.as_mut().unwrap().at = at(now);
                let verdict = store.record(intent).await.unwrap();
                let holds = matches!(verdict, Verdict::Kept { .. });
                let signs = row.signs_at(rows.iter(), at(now));
                assert_eq!(holds, signs, "slot {} of {} at {now}", row.slot, rows.len());
            }
        }
    }
}

pub(super) async fn a_key_that_comes_too_late_is_not_added(store: &dyn Store) {
    let row = key(Es256, 0, 1);
    let add = async |insert_by: i64| {
        let insert_by = Some(Timestamp::from_seconds(insert_by));
        store.insert_key(row.clone(), insert_by, b"key".to_vec()).await.unwrap()
    };
    assert!(!add(1_000_000_000).await, "that was in 2001");
    assert!(store.keys().await.unwrap().is_empty() && leaves(store).await.is_empty());
    assert!(add(30_000_000_000).await);
}
