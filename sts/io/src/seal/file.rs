//! A key-encryption key in a file of its owner's: AES-256-GCM.

use super::header::{KeyKind, Named};
use super::{Context, KeyEncryptionKey, SealFault, Secret};
use crate::files;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use std::path::Path;
use std::sync::Arc;
use sts_core::ports::{Answer, Entropy, EntropyFault};
use sts_jose::KeyedHasher;
use sts_wire::base64url;
use zeroize::Zeroizing;

/// Bytes of the key-encryption key.
const KEY_BYTES: usize = 32;
/// Bytes of a keyed hash that tell keys apart: no two of a site's are ever the same.
const ID_BYTES: usize = 9;
/// What is hashed with a key to tell it from others; it says nothing about the key.
const ID_INPUT: &[u8] = b"sts: id of a key-encryption key";

/// A key-encryption key from a file.
pub(super) struct FileKey {
    key: LessSafeKey,
    named: Named,
    shown: String,
    entropy: Arc<dyn Entropy>,
}

impl FileKey {
    /// Opens the key-encryption key; creates it only when that `may_create`.
    ///
    /// # Errors
    /// [`SealFault`].
    pub(super) fn open(
        path: &Path,
        may_create: bool,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, SealFault> {
        let file = path.display().to_string();
        let shown = format!("the key-encryption key {file}");
        if !files::exists(path) {
            if !may_create {
                let help = "where it is to be a new key, name the old one as seal.previous, and make this one: head -c 32 /dev/urandom";
                return Err(SealFault::Missing { key: shown, help });
            }
            let mut fresh = Zeroizing::new([0; KEY_BYTES]);
            entropy.fill(fresh.as_mut())?;
            files::create_secret(path, fresh.as_ref())?;
        }
        if files::mode(path)? & 0o077 != 0 {
            return Err(SealFault::Permissions { key: shown, file });
        }
        let bytes = Zeroizing::new(files::read(path)?);
        let bytes: &[u8; KEY_BYTES] =
            bytes.as_slice().try_into().map_err(|_| SealFault::Length(shown.clone()))?;
        let key = UnboundKey::new(&AES_256_GCM, bytes);
        let key = key.map_err(|_| SealFault::Length(shown.clone()))?;
        let hash = KeyedHasher::new(bytes).hash(ID_INPUT);
        let id = base64url::encode(hash.get(..ID_BYTES).unwrap_or_default());
        let named = Named::new(KeyKind::File, id);
        Ok(Self { key: LessSafeKey::new(key), named, shown, entropy })
    }

    fn seal_now(&self, context: Context<'_>, secret: &[u8]) -> Result<Vec<u8>, SealFault> {
        // 96 random bits: far fewer than 2^32 secrets are ever sealed under one key.
        let mut nonce = [0; NONCE_LEN];
        self.entropy.fill(&mut nonce)?;
        let mut sealed = Zeroizing::new(secret.to_vec());
        let aad = Aad::from(context.associated());
        let sealing = self.key.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            aad,
            &mut *sealed,
        );
        sealing.map_err(|_| SealFault::Entropy(EntropyFault))?;
        Ok([nonce.as_slice(), sealed.as_slice()].concat())
    }

    fn open_now(&self, context: Context<'_>, sealed: &[u8]) -> Result<Secret, SealFault> {
        let fault = || SealFault::Open {
            what: context.purpose.to_owned(),
            environment: context.environment.to_owned(),
            key: self.shown.clone(),
        };
        let (nonce, ciphertext) = sealed.split_at_checked(NONCE_LEN).ok_or_else(fault)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| fault())?;
        let mut buffer = Zeroizing::new(ciphertext.to_vec());
        let aad = Aad::from(context.associated());
        let length = self.key.open_in_place(nonce, aad, &mut buffer).map_err(|_| fault())?.len();
        buffer.truncate(length);
        Ok(buffer)
    }
}

impl KeyEncryptionKey for FileKey {
    fn named(&self) -> &Named {
        &self.named
    }

    fn shown(&self) -> &str {
        &self.shown
    }

    fn seal<'a>(
        &'a self,
        context: Context<'a>,
        secret: &'a [u8],
    ) -> Answer<'a, Result<Vec<u8>, SealFault>> {
        Box::pin(std::future::ready(self.seal_now(context, secret)))
    }

    fn open<'a>(
        &'a self,
        context: Context<'a>,
        sealed: &'a [u8],
    ) -> Answer<'a, Result<Secret, SealFault>> {
        Box::pin(std::future::ready(self.open_now(context, sealed)))
    }
}
