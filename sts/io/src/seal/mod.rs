//! Sealing: private keys and secrets at rest, under a key-encryption key that
//! is never in the store. One file per kind of key; [`Seal`] is what the rest uses.

mod aws_kms;
mod fault;
mod file;
mod header;
mod kinds;
mod pkcs11;
mod remote;
mod transit;

pub use aws_kms::AwsKmsSettings;
pub use fault::SealFault;
pub use header::Named;
pub use kinds::{KeySettings, SealSettings};
pub use pkcs11::Pkcs11Settings;
pub use transit::TransitSettings;

use header::Header;
use std::sync::Arc;
use sts_core::ports::{Answer, Entropy};
use zeroize::Zeroizing;

/// A secret in memory: overwritten when it is dropped.
pub type Secret = Zeroizing<Vec<u8>>;

/// What something is sealed for: bound to it in every kind, so that it opens for nothing else.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The environment of the server.
    pub environment: &'a str,
    /// What the secret is, as messages name it.
    pub purpose: &'a str,
}

impl Context<'_> {
    /// As one text, unambiguous: the length says where the environment ends.
    #[must_use]
    pub fn associated(&self) -> Vec<u8> {
        let Self { environment, purpose } = self;
        format!("sts/v1:{}:{environment}:{purpose}", environment.len()).into_bytes()
    }
}

/// A key-encryption key, wherever it is.
pub trait KeyEncryptionKey: Send + Sync {
    /// Which one it is: written beside what it seals.
    fn named(&self) -> &Named;

    /// What and where it is, for operators.
    fn shown(&self) -> &str;

    /// Seals.
    ///
    /// # Errors
    /// [`SealFault`]; within seconds: see [`crate::limits`].
    fn seal<'a>(
        &'a self,
        context: Context<'a>,
        secret: &'a [u8],
    ) -> Answer<'a, Result<Vec<u8>, SealFault>>;

    /// Opens what it sealed in the same context.
    ///
    /// # Errors
    /// [`SealFault`]; within seconds: see [`crate::limits`].
    fn open<'a>(
        &'a self,
        context: Context<'a>,
        sealed: &'a [u8],
    ) -> Answer<'a, Result<Secret, SealFault>>;
}

/// Seals under one key-encryption key, and opens under that or the previous one.
pub struct Seal {
    environment: String,
    key: Box<dyn KeyEncryptionKey>,
    previous: Option<Box<dyn KeyEncryptionKey>>,
}

impl Seal {
    /// Opens the key-encryption keys. The first is made where it is missing
    /// only when nothing of `stored`, which is everything sealed in the store,
    /// is sealed under anything but the previous one: a new key opens nothing.
    ///
    /// # Errors
    /// [`SealFault`].
    pub async fn open_keys(
        settings: &SealSettings,
        environment: &str,
        stored: &[Vec<u8>],
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, SealFault> {
        let previous = match &settings.previous {
            Some(previous) => Some(kinds::open(previous, false, Arc::clone(&entropy)).await?),
            None => None,
        };
        let by_previous =
            |sealed: &Vec<u8>| previous.as_ref().is_some_and(|key| key.named().sealed(sealed));
        let may_create = stored.iter().all(by_previous);
        let key = kinds::open(&settings.key, may_create, entropy).await?;
        Ok(Self { environment: environment.to_owned(), key, previous })
    }

    /// What seals, for operators.
    #[must_use]
    pub fn shown(&self) -> &str {
        self.key.shown()
    }

    /// Whether something is sealed under the key that seals now.
    #[must_use]
    pub fn is_current(&self, sealed: &[u8]) -> bool {
        self.key.named().sealed(sealed)
    }

    /// The key that something says sealed it, for operators.
    #[must_use]
    pub fn sealed_under(sealed: &[u8]) -> String {
        header::read(sealed).map_or_else(|| "none: it is damaged".to_owned(), |read| read.shown())
    }

    /// Seals a secret for a purpose, and opens it again: a key that cannot
    /// open must be found out before the only copy rests on it.
    ///
    /// # Errors
    /// [`SealFault`].
    pub async fn seal(&self, purpose: &str, secret: &[u8]) -> Result<Vec<u8>, SealFault> {
        let context = Context { environment: &self.environment, purpose };
        let body = self.key.seal(context, secret).await?;
        if self.key.open(context, &body).await?.as_slice() != secret {
            let what = purpose.to_owned();
            return Err(SealFault::Corrupt { what, key: self.key.shown().to_owned() });
        }
        Ok(Header { named: self.key.named(), environment: &self.environment }.write(&body))
    }

    /// Opens what was sealed for a purpose.
    ///
    /// # Errors
    /// [`SealFault`]: which key or environment it was sealed for, where that is known.
    pub async fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Secret, SealFault> {
        let what = || purpose.to_owned();
        let corrupt = || SealFault::Corrupt { what: what(), key: self.shown().to_owned() };
        let sealed = header::read(sealed).ok_or_else(corrupt)?;
        if sealed.environment.is_some_and(|environment| environment != self.environment) {
            return Err(SealFault::OtherEnvironment {
                what: what(),
                sealed_for: sealed.environment.unwrap_or_default().to_owned(),
                environment: self.environment.clone(),
            });
        }
        let context = Context { environment: &self.environment, purpose };
        let mut fault = None;
        // Two servers may have a key of the same name: each is asked.
        for key in self.keys().filter(|key| sealed.is_of(key.named())) {
            match key.open(context, sealed.body).await {
                Ok(secret) => return Ok(secret),
                Err(refused) => fault = fault.or(Some(refused)),
            }
        }
        Err(fault.unwrap_or_else(|| SealFault::OtherKey {
            what: what(),
            sealed_under: sealed.shown(),
            keys: self.keys().map(|key| key.shown().to_owned()).collect::<Vec<_>>().join(" or "),
        }))
    }

    fn keys(&self) -> impl Iterator<Item = &dyn KeyEncryptionKey> {
        std::iter::once(self.key.as_ref()).chain(self.previous.as_deref())
    }
}

#[cfg(test)]
mod tests;
