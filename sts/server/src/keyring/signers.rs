//! Private halves that were unsealed once: an outage of who holds the
//! key-encryption key cannot take them back.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use sts_core::keys::{KeyRow, KeySchedule, KeyState};
use sts_core::ports::{Answer, Signer, Unavailable};
use sts_wire::time::Timestamp;

/// Signers by `kid`, which is the thumbprint of the key: they cannot be confused.
#[derive(Default)]
pub(super) struct Signers(Mutex<BTreeMap<String, Arc<dyn Signer>>>);

impl Signers {
    fn map(&self) -> MutexGuard<'_, BTreeMap<String, Arc<dyn Signer>>> {
        // Each change is one call on the map: a panic elsewhere leaves it whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nothing was unsealed yet.
    pub(super) fn is_empty(&self) -> bool {
        self.map().is_empty()
    }

    /// The signer of a key, once it is unsealed.
    pub(super) fn get(&self, kid: &str) -> Option<Arc<dyn Signer>> {
        self.map().get(kid).cloned()
    }

    /// The signer of a row; one that never signs where it is not unsealed, so
    /// that the key is published all the same.
    pub(super) fn of(&self, row: &KeyRow) -> Arc<dyn Signer> {
        self.get(&row.public.kid).unwrap_or_else(|| Arc::new(Sealed(row.public.kid.clone())))
    }

    /// Keeps a signer.
    pub(super) fn keep(&self, kid: &str, signer: Arc<dyn Signer>) {
        self.map().insert(kid.to_owned(), signer);
    }

    /// Drops those of keys that were revoked or are not published any more.
    pub(super) fn forget_all_but(&self, rows: &[KeyRow], schedule: &KeySchedule, now: Timestamp) {
        let over = |row: &KeyRow| {
            let state = row.times(rows.iter(), schedule, now).state;
            matches!(state, KeyState::Removed | KeyState::Revoked)
        };
        let kept = |kid: &String| rows.iter().any(|row| row.public.kid == *kid && !over(row));
        self.map().retain(|kid, _| kept(kid));
    }
}

/// In place of a signer that is not unsealed.
struct Sealed(String);

impl Signer for Sealed {
    fn sign<'a>(&'a self, _: &'a [u8]) -> Answer<'a, Result<Vec<u8>, Unavailable>> {
        let fault = format!("the signing key {} is not unsealed", self.0);
        Box::pin(std::future::ready(Err(Unavailable(fault))))
    }
}
