//! The key ring on a real store, with its key-encryption key in a file.

use super::*;
use crate::operate::Asked;
use std::path::Path;
use sts_io::entropy::SystemEntropy;
use sts_io::files;
use sts_io::store::SqliteStore;
use sts_wire::time::Seconds;

const CONFIG: &str = "issuer: http://127.0.0.1:8400
environment: test
development: true
trust_bundles: b
policies: p
listen: {public: 127.0.0.1:0}
store: {url: \"sqlite:sts.db\"}
keys: {algorithms: [ES256], rotation_period: 10d}
";

fn config(folder: &Path, seal: &str) -> Config {
    let text = format!("{CONFIG}seal: {seal}\n");
    Config::parse("sts.yaml", text, folder).unwrap()
}

fn store(folder: &Path) -> Arc<dyn Store> {
    Arc::new(SqliteStore::open(&folder.join("sts.db")).unwrap())
}

async fn open(config: &Config, store: &Arc<dyn Store>) -> Result<Keyring, KeyringFault> {
    let host = Host { environment: config.environment.clone(), replica: "r".into() };
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy::default());
    Keyring::open(config, Arc::clone(store), host, entropy).await
}

const OLD: &str = "{kind: file, key_file: old}";
const NEW: &str = "{kind: file, key_file: new}";
const BOTH: &str = "{kind: file, key_file: new, previous: {kind: file, key_file: old}}";

/// The store adds no key that comes too late by its own clock, so this is ahead of it.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(4_000_000_000 + seconds)
}

fn asked() -> Asked {
    Asked { caller: json!({"uid": 7}), now: at(1002) }
}

async fn signs(ring: &Ring, now: Timestamp) -> bool {
    let active = ring.active(SigningAlgorithm::Es256, now).unwrap();
    active.key.signer.sign(b"x").await.is_ok()
}

#[tokio::test]
async fn a_rewrap_leaves_nothing_under_the_old_key_and_is_an_entry() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let old = open(&config(folder.path(), OLD), &store).await.unwrap();
    let ring = old.refresh(at(1000)).await.unwrap();
    old.hasher().await.unwrap();
    let both = open(&config(folder.path(), BOTH), &store).await.unwrap();
    assert!(signs(&both.refresh(at(1001)).await.unwrap(), at(1001)).await);
    let before = store.keys().await.unwrap();
    let shown = both.rewrap(&asked(), false).await.unwrap();
    assert_eq!((&shown["done"], &store.keys().await.unwrap()), (&false.into(), &before));
    let rewrapped = both.rewrap(&asked(), true).await.unwrap();
    let all = rewrapped["before"].as_array().unwrap();
    assert_eq!(all.len(), ring.rows().count() + 1, "the keys, and the secret of the ledger");
    assert!(all.iter().all(|one| one["current"] == false));
    let entries = store.entries(0, 100).await.unwrap();
    let entry: serde_json::Value = serde_json::from_slice(&entries.last().unwrap().1).unwrap();
    assert_eq!((&entry["event"], &entry["caller"]["uid"]), (&"rewrapped".into(), &7.into()));
    files::remove(&folder.path().join("old")).unwrap();
    let new = open(&config(folder.path(), NEW), &store).await.unwrap();
    assert!(signs(&new.refresh(at(1003)).await.unwrap(), at(1003)).await);
    new.hasher().await.unwrap();
}

#[tokio::test]
async fn a_rewrap_that_cannot_open_everything_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let old = open(&config(folder.path(), OLD), &store).await.unwrap();
    old.refresh(at(1000)).await.unwrap();
    damage(&store, 0).await;
    let before = store.keys().await.unwrap();
    let both = open(&config(folder.path(), BOTH), &store).await.unwrap();
    let fault = both.rewrap(&asked(), true).await.unwrap_err();
    assert!(matches!(fault, KeyringFault::Seal(SealFault::Open { .. })), "{fault}");
    assert_eq!(store.keys().await.unwrap(), before);
}

/// Flips the last bit of a key's private half.
async fn damage(store: &Arc<dyn Store>, slot: usize) {
    let row = store.keys().await.unwrap().remove(slot);
    let mut new = row.sealed_private.clone();
    *new.last_mut().unwrap() ^= 1;
    let what = sts_core::ports::Sealed::Key(row.public.kid);
    let resealed = sts_core::ports::Resealed { what, old: row.sealed_private, new };
    assert!(store.reseal(vec![resealed], b"{}".to_vec()).await.unwrap());
}

#[tokio::test]
async fn a_damaged_row_stops_a_start_and_no_running_server() {
    let folder = tempfile::tempdir().unwrap();
    let (store, settings) = (store(folder.path()), config(folder.path(), OLD));
    let running = open(&settings, &store).await.unwrap();
    running.refresh(at(1000)).await.unwrap();
    damage(&store, 0).await;
    assert!(signs(&running.refresh(at(1001)).await.unwrap(), at(1001)).await);
    let restarted = open(&settings, &store).await.unwrap();
    let fault = restarted.refresh(at(1002)).await.err().unwrap().to_string();
    assert!(fault.contains("the signing key") && fault.contains("help: "), "{fault}");
    assert_eq!(store.keys().await.unwrap().len(), 2, "none was made in its place");
}

#[tokio::test]
async fn a_lost_key_encryption_key_stops_no_running_server_and_what_is_due_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let (store, settings) = (store(folder.path()), config(folder.path(), OLD));
    let period: Seconds = settings.schedule.rotation_period;
    let running = open(&settings, &store).await.unwrap();
    running.refresh(at(1000)).await.unwrap();
    let end = at(1000).plus(period).plus(period);
    assert_eq!(running.health().ends(), [(SigningAlgorithm::Es256, end)]);
    // Another replica, under a key that this one does not have, made the third key.
    let next = at(1001).plus(period);
    let other = config(folder.path(), BOTH);
    open(&other, &store).await.unwrap().refresh(next).await.unwrap();
    let ring = running.refresh(next).await.unwrap();
    assert_eq!(ring.rows().count(), 3, "it is published all the same");
    assert!(signs(&ring, next).await);
    assert!(!running.health().seal_is_up());
    assert_eq!(running.health().ends(), [(SigningAlgorithm::Es256, end)], "it is not unsealed");
    assert!(!signs(&ring, end.plus(period)).await);
}

#[tokio::test]
async fn two_that_start_on_an_empty_store_have_the_same_ring() {
    let folder = tempfile::tempdir().unwrap();
    let (store, settings) = (store(folder.path()), config(folder.path(), OLD));
    let one = open(&settings, &store).await.unwrap();
    let two = open(&settings, &store).await.unwrap();
    let (one, two) = tokio::join!(one.refresh(at(1000)), two.refresh(at(1000)));
    let (one, two) = (one.unwrap(), two.unwrap());
    let kids = |ring: &Ring| ring.published(at(1000)).iter().map(|key| key.kid.clone()).collect();
    let (one_kids, two_kids): (Vec<_>, Vec<_>) = (kids(&one), kids(&two));
    assert_eq!((one_kids.len(), &one_kids), (2, &two_kids));
    assert!(signs(&one, at(1000)).await && signs(&two, at(1000)).await);
}
