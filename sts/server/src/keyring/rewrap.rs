//! Everything sealed, sealed anew under the key that seals now.

use super::{Keyring, KeyringFault, LEDGER_HASH, purpose};
use crate::operate::Asked;
use serde_json::{Value, json};
use sts_core::ledger::leaf;
use sts_core::ports::{Resealed, Sealed};
use sts_io::seal::Seal;

/// One thing that is sealed in the store.
struct Stored {
    what: Sealed,
    sealed: Vec<u8>,
}

impl Stored {
    fn purpose(&self) -> String {
        match &self.what {
            Sealed::Key(kid) => purpose(kid),
            Sealed::Secret(name) => (*name).to_owned(),
        }
    }
}

impl Keyring {
    /// Opens everything sealed with the key-encryption key that sealed it, and
    /// seals it with the one that seals now: all of it, with its entry, or
    /// nothing. What signs goes on signing. A replica that still has the old
    /// configuration cannot read the outcome at a start, so that all of them
    /// get the new key first. Without `yes` it only tells what is sealed under what.
    ///
    /// # Errors
    /// [`KeyringFault`]; everything is as it was then.
    pub(crate) async fn rewrap(&self, asked: &Asked, yes: bool) -> Result<Value, KeyringFault> {
        let stored = self.stored().await?;
        let told: Vec<Value> = stored.iter().map(|stored| self.told(stored)).collect();
        let sealed_under = self.seal.shown();
        if yes {
            let mut resealed = Vec::new();
            for stored in &stored {
                let secret = self.seal.open(&stored.purpose(), &stored.sealed).await?;
                let new = self.seal.seal(&stored.purpose(), &secret).await?;
                let (what, old) = (stored.what.clone(), stored.sealed.clone());
                resealed.push(Resealed { what, old, new });
            }
            let event = json!({
                "event": "rewrapped", "sealed_under": sealed_under, "before": told,
                "caller": asked.caller,
            });
            let entry = leaf(&self.host, asked.now, "key", &event)?;
            if !self.store.reseal(resealed, entry).await? {
                return Err(KeyringFault::Changed);
            }
            tracing::info!(under = %sealed_under, count = stored.len(), "everything sealed was sealed anew");
        }
        Ok(json!({"done": yes, "sealed_under": sealed_under, "before": told}))
    }

    /// Everything sealed in the store.
    async fn stored(&self) -> Result<Vec<Stored>, KeyringFault> {
        let rows = self.store.keys().await?.into_iter();
        let rows = rows
            .map(|row| Stored { what: Sealed::Key(row.public.kid), sealed: row.sealed_private });
        let mut stored: Vec<Stored> = rows.collect();
        let secret = self.store.secret(LEDGER_HASH, None).await?;
        stored.extend(secret.map(|sealed| Stored { what: Sealed::Secret(LEDGER_HASH), sealed }));
        Ok(stored)
    }

    fn told(&self, stored: &Stored) -> Value {
        json!({
            "what": stored.purpose(),
            "sealed_under": Seal::sealed_under(&stored.sealed),
            "current": self.seal.is_current(&stored.sealed),
        })
    }
}
