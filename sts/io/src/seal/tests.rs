//! What a key-encryption key opens, and what it never does.

use super::*;
use crate::entropy::SystemEntropy;
use crate::files;
use std::path::Path;

/// What the first release wrote for the environment `dev` and the purpose `key a`
/// under a key of 32 bytes 0x07: format 1, nonce, `secret`, tag.
const FIRST_FORMAT: &str = "AQABAgMEBQYHCAkKC2vkigJ4fVAXQscTTpCXtF7WbNnpc6w";

fn settings(folder: &Path, name: &str, previous: Option<&str>) -> SealSettings {
    let file = |name: &str| KeySettings::File { key_file: folder.join(name) };
    SealSettings { key: file(name), previous: previous.map(file) }
}

async fn seal(
    settings: SealSettings,
    environment: &str,
    stored: &[Vec<u8>],
) -> Result<Seal, SealFault> {
    Seal::open_keys(&settings, environment, stored, Arc::new(SystemEntropy::default())).await
}

async fn kek(folder: &Path, environment: &str, empty: bool) -> Result<Seal, SealFault> {
    let stored = if empty { vec![] } else { vec![vec![1, 2, 3]] };
    seal(settings(folder, "kek", None), environment, &stored).await
}

#[tokio::test]
async fn what_was_sealed_opens_only_for_its_environment_and_purpose() {
    let folder = tempfile::tempdir().unwrap();
    let dev = kek(folder.path(), "dev", true).await.unwrap();
    let sealed = dev.seal("key a", b"secret").await.unwrap();
    assert_eq!(dev.open("key a", &sealed).await.unwrap().as_slice(), b"secret");
    assert!(matches!(dev.open("key b", &sealed).await, Err(SealFault::Open { .. })));
    let prod = kek(folder.path(), "prod", false).await.unwrap();
    let fault = prod.open("key a", &sealed).await.unwrap_err().to_string();
    assert!(fault.contains("sealed for the environment dev, and this is prod"), "{fault}");
    for index in 0..sealed.len() {
        let mut altered = sealed.clone();
        altered[index] ^= 1;
        assert!(dev.open("key a", &altered).await.is_err(), "byte {index}");
    }
    assert!(matches!(dev.open("key a", &[]).await, Err(SealFault::Corrupt { .. })));
}

#[tokio::test]
async fn an_environment_written_over_another_opens_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let dev = kek(folder.path(), "dev", true).await.unwrap();
    let mut sealed = dev.seal("key a", b"secret").await.unwrap();
    let at = sealed.windows(3).position(|bytes| bytes == b"dev").unwrap();
    sealed[at..at + 3].copy_from_slice(b"tst");
    let tst = kek(folder.path(), "tst", false).await.unwrap();
    assert!(matches!(tst.open("key a", &sealed).await, Err(SealFault::Open { .. })));
}

#[tokio::test]
async fn what_the_first_release_sealed_still_opens() {
    let folder = tempfile::tempdir().unwrap();
    files::create_secret(&folder.path().join("kek"), &[7; 32]).unwrap();
    let sealed = sts_wire::base64url::decode(FIRST_FORMAT).unwrap();
    let dev = kek(folder.path(), "dev", false).await.unwrap();
    assert_eq!(dev.open("key a", &sealed).await.unwrap().as_slice(), b"secret");
    assert!(!dev.is_current(&sealed), "it is to be rewrapped");
    let prod = kek(folder.path(), "prod", false).await.unwrap();
    let fault = prod.open("key a", &sealed).await.unwrap_err().to_string();
    assert!(fault.contains("environment than prod"), "{fault}");
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the test damages the file that it made")]
async fn a_missing_open_or_truncated_key_is_named_and_never_replaced() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(kek(folder.path(), "dev", false).await, Err(SealFault::Missing { .. })));
    assert!(!files::exists(&folder.path().join("kek")));
    assert!(kek(folder.path(), "dev", true).await.is_ok());
    assert!(kek(folder.path(), "dev", false).await.is_ok());
    let path = folder.path().join("kek");
    let readable = std::os::unix::fs::PermissionsExt::from_mode(0o640);
    std::fs::set_permissions(&path, readable).unwrap();
    assert!(matches!(kek(folder.path(), "dev", false).await, Err(SealFault::Permissions { .. })));
    files::restrict(&path).unwrap();
    std::fs::write(&path, b"short").unwrap();
    assert!(matches!(kek(folder.path(), "dev", false).await, Err(SealFault::Length(_))));
}

#[tokio::test]
async fn another_key_is_named_and_the_previous_one_opens() {
    let folder = tempfile::tempdir().unwrap();
    let old = seal(settings(folder.path(), "old", None), "dev", &[]).await.unwrap();
    let sealed = old.seal("key a", b"secret").await.unwrap();
    let other = seal(settings(folder.path(), "new", None), "dev", &[]).await.unwrap();
    let fault = other.open("key a", &sealed).await.unwrap_err();
    assert!(matches!(fault, SealFault::OtherKey { .. }), "{fault}");
    let both = settings(folder.path(), "new", Some("old"));
    let both = seal(both, "dev", std::slice::from_ref(&sealed)).await.unwrap();
    assert_eq!(both.open("key a", &sealed).await.unwrap().as_slice(), b"secret");
    let rewrapped = both.seal("key a", b"secret").await.unwrap();
    assert!(both.is_current(&rewrapped) && !both.is_current(&sealed));
    assert_eq!(other.open("key a", &rewrapped).await.unwrap().as_slice(), b"secret");
}

#[tokio::test]
async fn a_new_key_is_made_beside_the_previous_one_only_while_nothing_rests_on_it() {
    let folder = tempfile::tempdir().unwrap();
    let old = seal(settings(folder.path(), "old", None), "dev", &[]).await.unwrap();
    let by_old = old.seal("key a", b"secret").await.unwrap();
    let both = settings(folder.path(), "new", Some("old"));
    let first = seal(both.clone(), "dev", std::slice::from_ref(&by_old)).await.unwrap();
    let by_new = first.seal("key b", b"secret").await.unwrap();
    files::remove(&folder.path().join("new")).unwrap();
    let lost = seal(both.clone(), "dev", &[by_old, by_new]).await;
    assert!(matches!(lost, Err(SealFault::Missing { .. })));
    assert!(!files::exists(&folder.path().join("new")));
    let unnamed = seal(both, "dev", &[vec![1, 2, 3]]).await;
    assert!(matches!(unnamed, Err(SealFault::Missing { .. })), "who sealed it is not known");
}
