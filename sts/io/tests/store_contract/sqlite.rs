//! What only a store on a disk promises.

use super::rows::{key, plain, snapshot, used};
use sts_core::intent::Verdict;
use sts_core::keys::RevocationReason::Compromised;
use sts_core::keys::{KeyChange, KeyRow};
use sts_core::ports::Store as _;
use sts_core::trust::ReplayMode::{OncePerAudience, SingleUse};
use sts_io::store::{OpenFault, SqliteStore};
use sts_jose::SigningAlgorithm::Es256;
use sts_wire::time::Seconds;

#[tokio::test]
async fn opening_again_finds_everything() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/sts.db");
    let store = SqliteStore::open(&path).unwrap();
    store.insert_key(key(Es256, 0, 1), None, b"key".to_vec()).await.unwrap();
    store.adopt_snapshot(snapshot("a"), b"snapshot".to_vec()).await.unwrap();
    store.secret("hash", Some(b"sealed".to_vec())).await.unwrap();
    store.record(used("b", "once", "a", OncePerAudience)).await.unwrap();
    store.record(used("b", "single", "a", SingleUse)).await.unwrap();
    let before = store.entries(0, 100).await.unwrap();
    drop(store);

    let store = SqliteStore::open(&path).unwrap();
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

/// What the first version of the tables held: its statements, word for word.
const VERSION_1: &str = "
    CREATE TABLE entries (idx INTEGER PRIMARY KEY, leaf BLOB NOT NULL) STRICT;
    CREATE TABLE replay (
        bundle TEXT NOT NULL, token_id TEXT NOT NULL, audience TEXT NOT NULL, until_ms INTEGER NOT NULL,
        PRIMARY KEY (bundle, token_id, audience)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX replay_until ON replay (until_ms);
    CREATE TABLE keys (
        algorithm TEXT NOT NULL, slot INTEGER NOT NULL, kid TEXT NOT NULL UNIQUE, public TEXT NOT NULL,
        created_ms INTEGER NOT NULL, not_before_ms INTEGER NOT NULL, revoked_ms INTEGER, sealed BLOB NOT NULL,
        PRIMARY KEY (algorithm, slot)
    ) STRICT;
    CREATE TABLE secrets (name TEXT PRIMARY KEY, sealed BLOB NOT NULL) STRICT;
    CREATE TABLE snapshots (digest TEXT PRIMARY KEY, documents TEXT NOT NULL) STRICT;
    CREATE TABLE current (only INTEGER PRIMARY KEY CHECK (only = 1), snapshot TEXT NOT NULL) STRICT;
    INSERT INTO entries VALUES (0, x'6b6579');
    PRAGMA user_version = 1;
";

#[tokio::test]
async fn a_store_of_the_previous_version_is_taken_over_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sts.db");
    let row = key(Es256, 0, 1);
    let old = rusqlite::Connection::open(&path).unwrap();
    old.execute_batch(VERSION_1).unwrap();
    let insert = "INSERT INTO keys VALUES ('ES256', 0, ?1, ?2, ?3, ?4, NULL, x'00ff07')";
    let public = serde_json::to_string(&row.public).unwrap();
    let times = (row.created_at.millis(), row.not_before.millis());
    old.execute(insert, (&row.public.kid, public, times.0, times.1)).unwrap();
    drop(old);

    let store = SqliteStore::open(&path).unwrap();
    let found = store.keys().await.unwrap();
    assert_eq!(found, [KeyRow { retention: Seconds::new(0), ..row.clone() }]);
    let revoke =
        KeyChange::Revoke { kid: row.public.kid, at: row.created_at, because: Compromised };
    assert!(store.change_keys(found, vec![revoke], b"revoked".to_vec()).await.unwrap());
    assert!(store.blocks().await.unwrap().is_empty());
    assert_eq!(store.record(plain("next")).await.unwrap(), Verdict::Kept { index: 2 });
    drop(store);
    assert_eq!(SqliteStore::open(&path).unwrap().entries(0, 9).await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_store_of_a_later_version_is_refused_and_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sts.db");
    drop(SqliteStore::open(&path).unwrap());
    let later = rusqlite::Connection::open(&path).unwrap();
    later.execute_batch("PRAGMA user_version = 99").unwrap();
    drop(later);
    assert!(matches!(SqliteStore::open(&path), Err(OpenFault::Version { found: 99, .. })));
    let later = rusqlite::Connection::open(&path).unwrap();
    let version: i64 = later.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    assert_eq!(version, 99);
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
