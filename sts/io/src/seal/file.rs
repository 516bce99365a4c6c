//! A key-encryption key in a file of its owner's: AES-256-GCM, with environment
//! and purpose as associated data, so that what one environment sealed another
//! cannot open.

use crate::files::{self, FileFault};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use std::path::Path;
use sts_core::ports::{Entropy, EntropyFault};
use zeroize::Zeroizing;

/// Bytes of the key-encryption key.
const KEY_BYTES: usize = 32;
/// First byte of everything sealed: the format.
const FORMAT: u8 = 1;

/// Sealing or unsealing is impossible.
#[derive(Debug, thiserror::Error)]
pub enum SealFault {
    /// The file cannot be read or created.
    #[error(
        "{0}\n    help: the key-encryption key is there (seal.key_file); at the first start this user must be able to create it"
    )]
    File(#[from] FileFault),
    /// The key-encryption key is gone while the store still needs it.
    #[error(
        "the key-encryption key {0} is missing, but the store holds keys sealed under it: restore the file; a new one would lose them"
    )]
    Missing(String),
    /// Others can read the file.
    #[error("the key-encryption key {0} can be read by others: chmod 600 {0}")]
    Permissions(String),
    /// It is not a key.
    #[error(
        "the key-encryption key {0} is not 32 bytes: it was truncated or replaced\n    help: put the file back that the store was first started with"
    )]
    Length(String),
    /// What was sealed does not open.
    #[error(
        "{what} cannot be unsealed with {key_file}: it was sealed under another key-encryption key, for another environment than {environment}, or was altered\n    help: restore the file that the store was first started with"
    )]
    Open {
        /// The key-encryption key's file.
        key_file: String,
        /// What was to be opened.
        what: String,
        /// Our environment.
        environment: String,
    },
    /// No randomness.
    #[error(transparent)]
    Entropy(#[from] EntropyFault),
}

/// Seals under a key-encryption key from a file.
pub struct FileSeal {
    key: LessSafeKey,
    environment: String,
    key_file: String,
}

impl FileSeal {
    /// Opens the key-encryption key; creates it only when `store_is_empty`.
    ///
    /// # Errors
    /// [`SealFault`].
    pub fn open(
        path: &Path,
        environment: &str,
        store_is_empty: bool,
        entropy: &dyn Entropy,
    ) -> Result<Self, SealFault> {
        let shown = path.display().to_string();
        if !files::exists(path) {
            if !store_is_empty {
                return Err(SealFault::Missing(shown));
            }
            let mut fresh = Zeroizing::new([0; KEY_BYTES]);
            entropy.fill(fresh.as_mut())?;
            files::create_secret(path, fresh.as_ref())?;
        }
        if files::mode(path)? & 0o077 != 0 {
            return Err(SealFault::Permissions(shown));
        }
        let bytes = Zeroizing::new(files::read(path)?);
        if bytes.len() != KEY_BYTES {
            return Err(SealFault::Length(shown));
        }
        let key = UnboundKey::new(&AES_256_GCM, &bytes);
        let key = key.map_err(|_| SealFault::Length(shown.clone()))?;
        Ok(Self {
            key: LessSafeKey::new(key),
            environment: environment.to_owned(),
            key_file: shown,
        })
    }

    /// Seals a secret for a purpose.
    ///
    /// # Errors
    /// No randomness.
    pub fn seal(
        &self,
        purpose: &str,
        secret: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, SealFault> {
        // 96 random bits: far fewer than 2^32 secrets are ever sealed under one key.
        let mut nonce = [0; NONCE_LEN];
        entropy.fill(&mut nonce)?;
        let mut sealed = Zeroizing::new(secret.to_vec());
        let aad = Aad::from(self.associated(purpose));
        let sealing = self.key.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            aad,
            &mut *sealed,
        );
        sealing.map_err(|_| SealFault::Entropy(EntropyFault))?;
        Ok([&[FORMAT], nonce.as_slice(), sealed.as_slice()].concat())
    }

    /// Opens what was sealed for a purpose.
    ///
    /// # Errors
    /// [`SealFault::Open`].
    pub fn open_sealed(
        &self,
        purpose: &str,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SealFault> {
        let fault = || SealFault::Open {
            what: purpose.to_owned(),
            environment: self.environment.clone(),
            key_file: self.key_file.clone(),
        };
        let (format, rest) = sealed.split_first().ok_or_else(fault)?;
        let (nonce, ciphertext) = rest.split_at_checked(NONCE_LEN).ok_or_else(fault)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| fault())?;
        if *format != FORMAT {
            return Err(fault());
        }
        let mut buffer = Zeroizing::new(ciphertext.to_vec());
        let aad = Aad::from(self.associated(purpose));
        let length = self.key.open_in_place(nonce, aad, &mut buffer).map_err(|_| fault())?.len();
        buffer.truncate(length);
        Ok(buffer)
    }

    /// Unambiguous: the length says where the environment ends.
    fn associated(&self, purpose: &str) -> Vec<u8> {
        format!("sts/v1:{}:{}:{purpose}", self.environment.len(), self.environment).into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SystemEntropy;

    fn seal(folder: &Path, environment: &str, empty: bool) -> Result<FileSeal, SealFault> {
        FileSeal::open(&folder.join("kek"), environment, empty, &SystemEntropy::default())
    }

    #[test]
    fn what_was_sealed_opens_only_for_its_environment_and_purpose() {
        let folder = tempfile::tempdir().unwrap();
        let entropy = SystemEntropy::default();
        let dev = seal(folder.path(), "dev", true).unwrap();
        let sealed = dev.seal("key a", b"secret", &entropy).unwrap();
        assert_eq!(dev.open_sealed("key a", &sealed).unwrap().as_slice(), b"secret");
        assert!(dev.open_sealed("key b", &sealed).is_err());
        let prod = seal(folder.path(), "prod", false).unwrap();
        assert!(
            prod.open_sealed("key a", &sealed)
                .unwrap_err()
                .to_string()
                .contains("environment than prod")
        );
        for index in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[index] ^= 1;
            assert!(dev.open_sealed("key a", &altered).is_err(), "byte {index}");
        }
        assert!(dev.open_sealed("key a", &[]).is_err());
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test damages the file that it made")]
    fn a_missing_open_or_truncated_key_is_named_and_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(seal(folder.path(), "dev", false), Err(SealFault::Missing(_))));
        assert!(!files::exists(&folder.path().join("kek")));
        assert!(seal(folder.path(), "dev", true).is_ok());
        assert!(seal(folder.path(), "dev", false).is_ok());
        let path = folder.path().join("kek");
        let readable = std::os::unix::fs::PermissionsExt::from_mode(0o640);
        std::fs::set_permissions(&path, readable).unwrap();
        assert!(matches!(seal(folder.path(), "dev", false), Err(SealFault::Permissions(_))));
        files::restrict(&path).unwrap();
        std::fs::write(&path, b"short").unwrap();
        assert!(matches!(seal(folder.path(), "dev", false), Err(SealFault::Length(_))));
    }
}
