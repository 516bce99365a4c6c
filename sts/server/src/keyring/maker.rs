//! Where signing keys are made: in this process, or in a token.

use super::KeyringFault;
use crate::config::Config;
use std::sync::Arc;
use sts_core::keys::KeyRow;
use sts_core::ports::{Entropy, Signer};
use sts_io::signer::{LocalSigner, NewKey, TokenKeyFault, TokenKeys, generate, is_token_reference};
use sts_jose::SigningAlgorithm;

/// Makes keys, and takes them into use.
pub(super) struct Maker(Option<TokenKeys>);

impl Maker {
    /// As the configuration says.
    ///
    /// # Errors
    /// The token's module cannot be loaded.
    pub(super) fn open(
        config: &Config,
        environment: &str,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, TokenKeyFault> {
        let token = config.signer.as_ref();
        token.map(|token| TokenKeys::open(token, environment, entropy)).transpose().map(Self)
    }

    /// A fresh key that has signed.
    ///
    /// # Errors
    /// [`KeyringFault`].
    pub(super) async fn generate(
        &self,
        algorithm: SigningAlgorithm,
    ) -> Result<NewKey, KeyringFault> {
        match &self.0 {
            None => Ok(generate(algorithm)?),
            Some(token) => Ok(token.generate(algorithm).await?),
        }
    }

    /// The signer of a row whose private half was unsealed, wherever it was made.
    ///
    /// # Errors
    /// [`KeyringFault`]: also when it is not the private half of this key.
    pub(super) async fn signer(
        &self,
        row: &KeyRow,
        private: &[u8],
    ) -> Result<Arc<dyn Signer>, KeyringFault> {
        if is_token_reference(private) {
            let token = self.0.as_ref();
            let token = token.ok_or_else(|| KeyringFault::NoToken(row.public.kid.clone()))?;
            return Ok(token.from_reference(row.algorithm, private, &row.public).await?);
        }
        let signer = LocalSigner::from_pkcs8(row.algorithm, private)?;
        if signer.public(row.algorithm)? != row.public {
            return Err(KeyringFault::Mismatch(row.public.kid.clone()));
        }
        Ok(Arc::new(signer))
    }

    /// Another process filled the slot: nobody refers to this key.
    pub(super) async fn discard(&self, kid: &str, private: &[u8]) {
        if let Some(token) = &self.0
            && let Err(fault) = token.discard(private).await
        {
            tracing::warn!(%fault, "a key that is not needed could not be destroyed");
            self.told_orphan(kid);
        }
    }

    /// Whether the store has this key is not known: it stays where it is.
    pub(super) fn told_orphan(&self, kid: &str) {
        if self.0.is_some() {
            tracing::warn!(
                kid,
                "the token may hold a key that the store does not; a start says so"
            );
        }
    }

    /// Names the keys of this environment in the token that the store does not have.
    ///
    /// # Errors
    /// The token.
    pub(super) async fn tell_orphans(&self, rows: &[KeyRow]) -> Result<(), KeyringFault> {
        let Some(token) = &self.0 else { return Ok(()) };
        for kid in token.kids().await? {
            if !rows.iter().any(|row| row.public.kid == kid) {
                tracing::warn!(
                    kid,
                    "the token holds a key of this environment that the store does not: a crash left it, or another store has it"
                );
            }
        }
        Ok(())
    }
}
