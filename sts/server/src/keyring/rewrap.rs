//! Everything sealed, sealed anew under the key that seals now.
#![cfg_attr(
    not(test),
    expect(
        dead_code,
        reason = "the verb sts keys rewrap, which calls it, comes with the others of sts keys"
    )
)]

use super::{Keyring, KeyringFault, LEDGER_HASH, purpose};
use serde_json::Value;
use sts_core::ledger::{RewrapEvent, leaf};
use sts_core::ports::{Resealed, Sealed};
use sts_wire::time::Timestamp;

/// What was sealed anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rewrapped {
    /// What and where the key-encryption key is that seals now.
    pub sealed_under: String,
    /// The signing keys whose private halves were sealed anew.
    pub kids: Vec<String>,
    /// The secrets that were, by name.
    pub secrets: Vec<&'static str>,
}

impl Keyring {
    /// Opens everything sealed with the key-encryption key that sealed it, and
    /// seals it with the one that seals now: all of it, with its entry, or
    /// nothing. What signs goes on signing. A replica that still has the old
    /// configuration cannot read the outcome at a start, so that all of them
    /// get the new key first.
    ///
    /// # Errors
    /// [`KeyringFault`]; everything is as it was then.
    pub(crate) async fn rewrap(
        &self,
        now: Timestamp,
        caller: Value,
    ) -> Result<Rewrapped, KeyringFault> {
        let (mut resealed, mut kids, mut secrets) = (Vec::new(), Vec::new(), Vec::new());
        for row in self.store.keys().await? {
            let kid = row.public.kid;
            let new = self.reseal(&purpose(&kid), &row.sealed_private).await?;
            let what = Sealed::Key(kid.clone());
            resealed.push(Resealed { what, old: row.sealed_private, new });
            kids.push(kid);
        }
        if let Some(old) = self.store.secret(LEDGER_HASH, None).await? {
            let new = self.reseal(LEDGER_HASH, &old).await?;
            resealed.push(Resealed { what: Sealed::Secret(LEDGER_HASH), old, new });
            secrets.push(LEDGER_HASH);
        }
        let sealed_under = self.seal.shown().to_owned();
        let event = RewrapEvent {
            event: "rewrapped",
            sealed_under: &sealed_under,
            kids: kids.clone(),
            secrets: secrets.clone(),
            caller,
        };
        let entry = leaf(&self.host, now, "key", &event)?;
        if !self.store.reseal(resealed, entry).await? {
            return Err(KeyringFault::Changed);
        }
        tracing::info!(under = %sealed_under, keys = kids.len(), "everything sealed was sealed anew");
        Ok(Rewrapped { sealed_under, kids, secrets })
    }

    async fn reseal(&self, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>, KeyringFault> {
        let secret = self.seal.open(purpose, sealed).await?;
        Ok(self.seal.seal(purpose, &secret).await?)
    }
}
