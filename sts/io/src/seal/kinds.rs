//! Which key-encryption keys there are to choose from.

use super::aws_kms::{AwsKmsKey, AwsKmsSettings};
use super::file::FileKey;
use super::pkcs11::{Pkcs11Key, Pkcs11Settings};
use super::transit::{TransitKey, TransitSettings};
use super::{KeyEncryptionKey, SealFault};
use std::path::PathBuf;
use std::sync::Arc;
use sts_core::ports::Entropy;

/// Where a key-encryption key is, and how to come by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySettings {
    /// 32 bytes in a file of its owner's.
    File {
        /// The file.
        key_file: PathBuf,
    },
    /// In a PKCS #11 token.
    Pkcs11(Pkcs11Settings),
    /// Held by the transit engine of OpenBao or Vault.
    Transit(TransitSettings),
    /// Held by AWS KMS.
    AwsKms(AwsKmsSettings),
}

/// The keys that seal and open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealSettings {
    /// The key that seals.
    pub key: KeySettings,
    /// A key that only opens: what it sealed is to be rewrapped.
    pub previous: Option<KeySettings>,
}

/// Opens one; makes it where it is missing and that `may_create`.
pub(super) async fn open(
    settings: &KeySettings,
    may_create: bool,
    entropy: Arc<dyn Entropy>,
) -> Result<Box<dyn KeyEncryptionKey>, SealFault> {
    Ok(match settings {
        KeySettings::File { key_file } => Box::new(FileKey::open(key_file, may_create, entropy)?),
        KeySettings::Pkcs11(settings) => {
            Box::new(Pkcs11Key::open(settings, may_create, entropy).await?)
        }
        // These two make no keys: whoever runs them does.
        KeySettings::Transit(settings) => Box::new(TransitKey::open(settings)?),
        KeySettings::AwsKms(settings) => Box::new(AwsKmsKey::open(settings)?),
    })
}
