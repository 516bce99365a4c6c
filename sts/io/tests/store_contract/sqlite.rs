//! What only a store on a disk promises.

use super::rows::{key, plain, snapshot, used};
use sts_core::intent::Verdict;
use sts_core::ports::Store as _;
use sts_core::trust::ReplayMode::{OncePerAudience, SingleUse};
use sts_io::store::{OpenFault, SqliteStore};
use sts_jose::SigningAlgorithm::Es256;

#[tokio::test]
async fn opening_again_finds_everything() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/sts.db");
    let store = SqliteStore::open(&path).unwrap();
    assert!(store.was_empty());
    store.insert_key(key(Es256, 0, 1), b"key".to_vec()).await.unwrap();
    store.adopt_snapshot(snapshot("a"), b"snapshot".to_vec()).await.unwrap();
    store.secret("hash", Some(b"sealed".to_vec())).await.unwrap();
    store.record(used("b", "once", "a", OncePerAudience)).await.unwrap();
    store.record(used("b", "single", "a", SingleUse)).await.unwrap();
    let before = store.entries(0, 100).await.unwrap();
    drop(store);

    let store = SqliteStore::open(&path).unwrap();
    assert!(!store.was_empty());
    assert_eq!(store.entries(0, 100).await.unwrap(), before);
    assert_eq!(store.keys().await.unwrap(), [key(Es256, 0, 1)]);
    assert_eq!(store.secret("hash", None).await.unwrap(), Some(b"sealed".to_vec()));
    store.adopt_snapshot(snapshot("a"), b"again".to_vec()).await.unwrap();
    let once = store.record(used("b", "once", "a", OncePerAudience)).await.unwrap();
    assert_eq!(once, Verdict::Replayed { index: 4 });
    let single = store.record(used("b", "single", "other", OncePerAudience)).await.unwrap();
    assert_eq!(single, Verdict::Replayed { index: 5 });
    assert_eq!(store.record(plain("next")).await.unwrap(), Verdict::Kept { index: 6 });
}

#[tokio::test]
async fn a_second_opening_of_an_open_store_is_refused_and_harms_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sts.db");
    let store = SqliteStore::open(&path).unwrap();
    for _ in 0..2 {
        assert!(matches!(SqliteStore::open(&path), Err(OpenFault::InUse(_))));
        store.record(plain("still writing")).await.unwrap();
    }
    drop(store);
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!(store.entries(0, 9).await.unwrap().len(), 2);
}

#[tokio::test]
async fn what_was_accepted_is_written_when_the_store_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sts.db");
    let store = std::sync::Arc::new(SqliteStore::open(&path).unwrap());
    let mut writing = tokio::task::JoinSet::new();
    for number in 0..50 {
        let store = std::sync::Arc::clone(&store);
        writing.spawn(async move { store.record(plain(&number.to_string())).await });
    }
    let verdicts = writing.join_all().await;
    drop(store);
    assert!(verdicts.iter().all(Result::is_ok));
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!(store.entries(0, 100).await.unwrap().len(), 50);
}
