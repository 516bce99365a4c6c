//! What only a store that replicas share promises.

use super::database::{Database, until_it_waits};
use super::rows::{NOW, blockable, guarded, key, plain, snapshot, used};
use std::sync::Arc;
use sts_core::block::{Block, BlockTarget};
use sts_core::intent::{Intent, Verdict};
use sts_core::keys::KeyChange;
use sts_core::keys::RevocationReason::Compromised;
use sts_core::ports::{Store as _, Unavailable};
use sts_core::trust::ReplayMode::{OncePerAudience, SingleUse};
use sts_io::clock::SystemClock;
use sts_io::store::{PostgresFault, PostgresOpenFault, PostgresSettings, PostgresStore};
use sts_jose::SigningAlgorithm::Es256;
use sts_wire::time::Seconds;
use tokio::task::JoinSet;

/// Ends every connection of the stores, as a failing network does.
const CUT: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'sts'";

/// Two replicas.
async fn two(database: &Database) -> [Arc<PostgresStore>; 2] {
    [Arc::new(database.open().await), Arc::new(database.open().await)]
}

/// All of them at once, by turns on each replica.
async fn race(stores: &[Arc<PostgresStore>; 2], intents: Vec<Intent>) -> Vec<Verdict> {
    let mut racing = JoinSet::new();
    for (intent, store) in intents.into_iter().zip(stores.iter().cycle()) {
        let store = Arc::clone(store);
        racing.spawn(async move { store.record(intent).await.unwrap() });
    }
    racing.join_all().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_200_uses_on_two_replicas_exactly_one_is_kept_and_each_has_its_entry() {
    let database = Database::create().await;
    let stores = two(&database).await;
    let verdicts = race(&stores, vec![used("b", "t", "a", OncePerAudience); 200]).await;
    let kept = verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Kept { .. }));
    assert_eq!(kept.count(), 1);
    let entries = stores[1].entries(0, 1000).await.unwrap();
    assert!(entries.iter().map(|(index, _)| *index).eq(0..200), "contiguous from zero");
    assert_eq!(entries.iter().filter(|(_, leaf)| leaf == b"used").count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tokens_in_any_order_on_two_replicas_are_each_kept_once() {
    let database = Database::create().await;
    let stores = two(&database).await;
    let use_of = |number: u32| used("b", &(number % 40).to_string(), "a", SingleUse);
    let forwards = (0..400).map(use_of);
    let backwards = (0..400).rev().map(use_of);
    let mixed = forwards.zip(backwards).flat_map(|(one, other)| [one, other]).collect();
    let verdicts = race(&stores, mixed).await;
    let kept = verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Kept { .. }));
    assert_eq!(kept.count(), 40);
    let indices: std::collections::BTreeSet<u64> = verdicts.iter().filter_map(index).collect();
    assert!(indices.into_iter().eq(0..800), "no index is given out twice");
}

fn index(verdict: &Verdict) -> Option<u64> {
    match verdict {
        Verdict::Kept { index } | Verdict::Replayed { index } => Some(*index),
        Verdict::Blocked { .. } | Verdict::Changed => None,
    }
}

#[tokio::test]
async fn two_replicas_that_fill_a_slot_at_once_leave_one_key_and_one_entry() {
    let database = Database::create().await;
    let [one, other] = two(&database).await;
    for slot in 0..10 {
        let (mine, theirs) = (key(Es256, slot, 2 * slot + 1), key(Es256, slot, 2 * slot + 2));
        let (mine, theirs) = tokio::join!(
            one.insert_key(mine, None, b"mine".to_vec()),
            other.insert_key(theirs, None, b"theirs".to_vec())
        );
        assert_ne!(mine.unwrap(), theirs.unwrap());
    }
    assert_eq!(one.keys().await.unwrap(), other.keys().await.unwrap());
    assert_eq!(one.entries(0, 100).await.unwrap().len(), 10);
}

#[tokio::test]
async fn a_revocation_by_one_replica_stops_the_others_record_at_once() {
    let database = Database::create().await;
    let [one, other] = two(&database).await;
    let row = key(Es256, 0, 1);
    let kid = row.public.kid.clone();
    one.insert_key(row, None, Vec::new()).await.unwrap();
    let signed = || other.record(guarded(Some(&kid), None));
    assert_eq!(signed().await.unwrap(), Verdict::Kept { index: 1 });
    let revoke = KeyChange::Revoke { kid: kid.clone(), at: NOW, because: Compromised };
    let seen = one.keys().await.unwrap();
    assert!(one.change_keys(seen, vec![revoke], Vec::new()).await.unwrap());
    assert_eq!(signed().await.unwrap(), Verdict::Changed);
}

#[tokio::test]
async fn a_block_by_one_replica_stops_the_others_record_at_once() {
    let database = Database::create().await;
    let [one, other] = two(&database).await;
    let permit = || Intent { blockable: Some(blockable(NOW)), ..plain("permit") };
    assert_eq!(other.record(permit()).await.unwrap(), Verdict::Kept { index: 0 });
    let mut target = BlockTarget::default();
    assert!(target.set("policy", "deploy".to_owned()));
    let reason = "drill".to_owned();
    let block = Block { id: "b".to_owned(), target, reason, since: NOW, until: None };
    one.add_block(block, Vec::new()).await.unwrap();
    let stopped = Verdict::Blocked { block: "b".to_owned() };
    assert_eq!(other.record(permit()).await.unwrap(), stopped);
    assert!(one.remove_block("b".to_owned(), Vec::new()).await.unwrap());
    assert_eq!(other.record(permit()).await.unwrap(), Verdict::Kept { index: 3 });
}

/// What somebody else holds in the middle of a transaction is waited for: it
/// is not known before whether it will have been committed first.
#[tokio::test]
async fn a_record_waits_for_a_revocation_that_is_being_written() {
    let database = Database::create().await;
    let store = database.open().await;
    let row = key(Es256, 0, 1);
    let kid = row.public.kid.clone();
    store.insert_key(row, None, Vec::new()).await.unwrap();
    let operator = database.connect().await;
    operator.batch_execute("BEGIN; SELECT * FROM head FOR UPDATE").await.unwrap();
    let revoking = async {
        operator.batch_execute("UPDATE keys SET revoked_ms = 1; COMMIT").await.unwrap();
    };
    let (verdict, ()) = tokio::join!(store.record(guarded(Some(&kid), None)), revoking);
    assert_eq!(verdict.unwrap(), Verdict::Changed);
}

#[tokio::test]
async fn a_replica_that_stalls_in_a_transaction_stops_the_others_for_a_moment_only() {
    let database = Database::create().await;
    let store = database.open().await;
    let stalled = database.connect().await;
    let stall =
        "SET idle_in_transaction_session_timeout = 5000; BEGIN; SELECT * FROM head FOR UPDATE";
    stalled.batch_execute(stall).await.unwrap();
    assert!(store.record(plain("waits")).await.is_err(), "abandoned at its deadline");
    assert!(store.entries(0, 9).await.unwrap().is_empty(), "and not written later");
    stalled.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(store.record(plain("goes on")).await.unwrap(), Verdict::Kept { index: 0 });
}

#[tokio::test]
async fn a_connection_that_broke_while_nobody_used_it_is_made_again_unnoticed() {
    let database = Database::create().await;
    let store = database.open().await;
    store.record(plain("before")).await.unwrap();
    database.execute(CUT).await;
    // Whether the end has come through yet is up to the network: then this one is refused.
    let _either = store.ping().await;
    let entries = store.entries(0, 9).await.unwrap().len() as u64;
    assert_eq!(store.record(plain("after")).await.unwrap(), Verdict::Kept { index: entries });
}

/// With the lock held by somebody else, a record is surely in the middle of its transaction.
#[tokio::test]
async fn a_connection_that_breaks_in_a_transaction_is_unavailable_writes_nothing_and_recovers() {
    let database = Database::create().await;
    let store = database.open().await;
    let operator = database.connect().await;
    operator.batch_execute("BEGIN; SELECT * FROM head FOR UPDATE").await.unwrap();
    let watcher = database.connect().await;
    let cutting = async {
        until_it_waits(&watcher, "wait_event_type = 'Lock'").await;
        watcher.batch_execute(CUT).await.unwrap();
    };
    let (verdict, ()) = tokio::join!(store.record(plain("lost")), cutting);
    assert!(matches!(verdict, Err(Unavailable(_))), "{verdict:?}");
    operator.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(store.record(plain("found")).await.unwrap(), Verdict::Kept { index: 0 });
}

#[tokio::test]
async fn a_database_that_went_away_is_unavailable_at_once_and_found_again() {
    let database = Database::create().await;
    let store = database.open().await;
    let name = &database.settings.database;
    let all = Database {
        settings: PostgresSettings { database: "postgres".to_owned(), ..database.settings.clone() },
    };
    let operator = all.connect().await;
    let away = format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false");
    operator.batch_execute(&away).await.unwrap();
    let cut = CUT.replace("current_database()", &format!("'{name}'"));
    operator.batch_execute(&cut).await.unwrap();
    for _ in 0..100 {
        assert!(store.record(plain("away")).await.is_err() && store.ping().await.is_err());
    }
    let back = format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true");
    operator.batch_execute(&back).await.unwrap();
    let recovered = async { while store.ping().await.is_err() {} };
    let time_max = std::time::Duration::from_secs(10);
    tokio::time::timeout(time_max, recovered).await.expect("it is found again");
    assert_eq!(store.record(plain("back")).await.unwrap(), Verdict::Kept { index: 0 });
}

#[tokio::test]
async fn replicas_that_start_at_once_make_the_tables_once() {
    let database = Database::create().await;
    let opening = || PostgresStore::open(database.settings.clone());
    let (a, b, c, d) = tokio::join!(opening(), opening(), opening(), opening());
    let stores = [a.unwrap(), b.unwrap(), c.unwrap(), d.unwrap()];
    for (index, store) in (0..).zip(&stores) {
        assert_eq!(store.record(plain("entry")).await.unwrap(), Verdict::Kept { index });
    }
}

#[tokio::test]
async fn opening_again_finds_everything() {
    let database = Database::create().await;
    let store = database.open().await;
    store.insert_key(key(Es256, 0, 1), None, b"key".to_vec()).await.unwrap();
    store.adopt_snapshot(snapshot("a"), b"snapshot".to_vec()).await.unwrap();
    store.secret("hash", Some(b"sealed".to_vec())).await.unwrap();
    store.record(used("b", "once", "a", OncePerAudience)).await.unwrap();
    let before = store.entries(0, 100).await.unwrap();
    drop(store);
    let store = PostgresStore::open_used(database.settings.clone()).await.unwrap();
    assert_eq!(store.entries(0, 100).await.unwrap(), before);
    assert_eq!(store.keys().await.unwrap(), [key(Es256, 0, 1)]);
    assert_eq!(store.secret("hash", None).await.unwrap(), Some(b"sealed".to_vec()));
    let again = store.record(used("b", "once", "a", OncePerAudience)).await.unwrap();
    assert_eq!(again, Verdict::Replayed { index: 3 });
}

fn cause(opened: Result<PostgresStore, PostgresOpenFault>) -> PostgresFault {
    opened.map(drop).unwrap_err().cause
}

#[tokio::test]
async fn a_database_of_a_later_version_or_without_a_store_is_refused_and_stays_as_it_is() {
    let database = Database::create().await;
    let used = || PostgresStore::open_used(database.settings.clone());
    for _ in ["at first", "nothing was made by then"] {
        assert!(matches!(cause(used().await), PostgresFault::Empty));
    }
    drop(database.open().await);
    assert!(used().await.is_ok());
    database.execute("UPDATE schema_version SET version = 99").await;
    let open = || PostgresStore::open(database.settings.clone());
    assert!(matches!(cause(open().await), PostgresFault::Version(99)));
    assert!(matches!(cause(used().await), PostgresFault::Version(99)));
}

#[tokio::test]
async fn a_replica_a_year_ahead_forgets_no_use_that_still_counts() {
    let database = Database::create().await;
    let store = database.open().await;
    let now = sts_core::ports::Clock::now(&SystemClock);
    let year = Seconds::new(366 * 86_400);
    let ended = |seconds: u64| {
        let mut once = used("b", &seconds.to_string(), "a", OncePerAudience);
        if let Some(replay) = once.replay.as_mut() {
            replay.remembered_until = now.minus(Seconds::new(seconds));
        }
        once
    };
    for seconds in [0, 3_500, 3_700] {
        store.record(ended(seconds)).await.unwrap();
    }
    assert_eq!(store.prune_replay(now.plus(year)).await.unwrap(), 1, "an hour by its own clock");
    for seconds in [0, 3_500] {
        let again = store.record(ended(seconds)).await.unwrap();
        assert!(matches!(again, Verdict::Replayed { .. }), "{seconds}");
    }
}

#[tokio::test]
async fn what_was_accepted_is_written_when_the_store_is_closed() {
    let database = Database::create().await;
    let store = Arc::new(database.open().await);
    let mut writing = JoinSet::new();
    for number in 0..50 {
        let store = Arc::clone(&store);
        writing.spawn(async move { store.record(plain(&number.to_string())).await });
    }
    let verdicts = writing.join_all().await;
    drop(store);
    assert!(verdicts.iter().all(Result::is_ok));
    assert_eq!(database.open().await.entries(0, 100).await.unwrap().len(), 50);
}
