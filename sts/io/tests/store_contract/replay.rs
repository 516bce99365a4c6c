//! Replay modes under random interleavings and under concurrency.

use super::database::Database;
use super::rows::{looked_up, used};
use proptest::prelude::*;
use std::sync::Arc;
use sts_core::intent::Verdict;
use sts_core::ports::Store;
use sts_core::trust::ReplayMode::{self, OncePerAudience, Reusable, SingleUse};
use sts_io::store::{PostgresStore, SqliteStore};
use sts_testkit::replay_model::{self, Attempt};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

fn attempts() -> impl Strategy<Value = Vec<Attempt>> {
    let modes = prop::sample::select(vec![Reusable, OncePerAudience, SingleUse]);
    let attempt = (0..3_u8, 0..3_u8, modes, prop::bool::weighted(0.8))
        .prop_map(|(token, audience, mode, claim)| Attempt { token, audience, mode, claim });
    prop::collection::vec(attempt, 0..24)
}

/// A store of its own for each case.
fn with_store<T>(story: impl AsyncFnOnce(&SqliteStore) -> T) -> T {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("sts.db")).unwrap();
    Runtime::new().unwrap().block_on(story(&store))
}

/// The same on PostgreSQL.
fn with_database<T>(story: impl AsyncFnOnce(&PostgresStore) -> T) -> T {
    let story = async { story(&Database::create().await.open().await).await };
    Runtime::new().unwrap().block_on(story)
}

/// All attempts at once, by turns at each of these stores on the same rows;
/// which were kept, in whatever order they came.
async fn race(stores: Vec<impl Store + 'static>, attempts: Vec<Attempt>) -> Vec<Attempt> {
    let stores: Vec<_> = stores.into_iter().map(Arc::new).collect();
    let mut racing = JoinSet::new();
    for (attempt, store) in attempts.into_iter().zip(stores.iter().cycle()) {
        let store = Arc::clone(store);
        racing.spawn(async move { (attempt, store.record(attempt.intent()).await.unwrap()) });
    }
    let all = racing.join_all().await.into_iter();
    all.filter(|(_, verdict)| matches!(verdict, Verdict::Kept { .. })).map(|(a, _)| a).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sqlite_does_as_the_model_whatever_the_order_of_uses(attempts in attempts()) {
        let kept = with_store(async |store| replay_model::run(store, &attempts).await);
        let kept = kept.map_err(|fault| TestCaseError::fail(fault.to_string()))?;
        prop_assert!(!replay_model::is_excessive(&kept), "{kept:?}");
    }

    #[test]
    fn postgres_does_as_the_model_whatever_the_order_of_uses(attempts in attempts()) {
        let kept = with_database(async |store| replay_model::run(store, &attempts).await);
        let kept = kept.map_err(|fault| TestCaseError::fail(fault.to_string()))?;
        prop_assert!(!replay_model::is_excessive(&kept), "{kept:?}");
    }

    #[test]
    fn uses_that_race_on_two_replicas_never_get_more_than_their_modes_permit(attempts in attempts()) {
        let kept = Runtime::new().unwrap().block_on(async {
            let database = Database::create().await;
            race(vec![database.open().await, database.open().await], attempts).await
        });
        prop_assert!(!replay_model::is_excessive(&kept), "{kept:?}");
    }

    #[test]
    fn uses_that_race_never_get_more_than_their_modes_permit(attempts in attempts()) {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("sts.db")).unwrap();
        let kept = Runtime::new().unwrap().block_on(race(vec![store], attempts));
        prop_assert!(!replay_model::is_excessive(&kept), "{kept:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_200_concurrent_uses_exactly_one_is_kept() {
    for mode in [SingleUse, OncePerAudience] {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("sts.db")).unwrap();
        let attempt = Attempt { token: 0, audience: 0, mode, claim: true };
        assert_eq!(race(vec![store], vec![attempt; 200]).await.len(), 1, "{mode:?}");
        let store = SqliteStore::open(&folder.path().join("sts.db")).unwrap();
        let entries = store.entries(0, 1000).await.unwrap();
        assert_eq!(entries.iter().filter(|(_, leaf)| leaf == b"fresh").count(), 1);
        assert!(entries.iter().map(|(index, _)| *index).eq(0..200), "each use left its entry");
    }
}

#[tokio::test]
async fn uses_are_forgotten_only_after_they_no_longer_matter() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("sts.db")).unwrap();
    let once = used("b", "t", "a", ReplayMode::OncePerAudience);
    let until = once.replay.clone().unwrap().remembered_until;
    let kept = async |intent| matches!(store.record(intent).await.unwrap(), Verdict::Kept { .. });
    assert!(kept(once.clone()).await);
    assert_eq!(store.prune_replay(until).await.unwrap(), 0);
    assert!(!kept(looked_up(once.clone())).await);
    let later = sts_wire::time::Timestamp::from_millis(until.millis() + 1);
    assert_eq!(store.prune_replay(later).await.unwrap(), 1);
    assert!(kept(once).await);
}
