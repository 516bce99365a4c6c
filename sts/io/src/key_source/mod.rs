//! Other people's key sets: cached per bundle, refreshed one fetch at a time,
//! never more often than the cool-down, and a bad document never replaces a good one.

mod fetch;

use crate::limits::{FETCH_COOL_DOWN, KEY_SET_REFRESH};
use fetch::{FetchFault, Fetcher};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use sts_core::ports::{Answer, KeySource, Unavailable};
use sts_core::trust::TrustBundle;
use sts_jose::{Algorithm, VerifyingKey, VerifyingKeySet};
use sts_wire::names::{KeyId, Name};
use sts_wire::time::Timestamp;

/// Key sets by discovery, by URL, or from files.
pub struct JwksKeySource {
    /// Folder that files of bundles are relative to.
    base: PathBuf,
    /// Whether plain http and loopback are legal.
    development: bool,
    /// One slot per bundle: as many as there are bundles.
    slots: RwLock<HashMap<Name, Arc<Slot>>>,
}

/// What a fetch of one bundle's key set found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyReport {
    /// Where the key set is: a URL, or a file.
    pub source: String,
    /// The keys that may verify: their `kid` and algorithm.
    pub keys: Vec<(String, Algorithm)>,
    /// Of each other key, why it is not used.
    pub ignored: Vec<String>,
}

/// What is known of one bundle's keys.
struct Slot {
    bundle: Arc<TrustBundle>,
    fetcher: Fetcher,
    cached: Mutex<Option<Cached>>,
    /// Held while fetching: the others wait for the same answer. Its value is the last attempt.
    gate: tokio::sync::Mutex<Option<Attempt>>,
}

#[derive(Clone)]
struct Cached {
    keys: Arc<VerifyingKeySet>,
    fetched_at: Timestamp,
}

#[derive(Clone, Copy)]
struct Attempt {
    at: Timestamp,
    succeeded: bool,
}

impl JwksKeySource {
    /// A source whose bundles' files are relative to `base`.
    #[must_use]
    pub fn new(base: PathBuf, development: bool) -> Self {
        Self { base, development, slots: RwLock::new(HashMap::new()) }
    }

    /// Fetches a bundle's key set now, past every cache, and says what was found.
    ///
    /// # Errors
    /// What an operator has to mend.
    pub async fn report(&self, bundle: &Arc<TrustBundle>) -> Result<KeyReport, Unavailable> {
        let fetcher = Fetcher::new(bundle, &self.base, self.development)?;
        let fetched = fetcher.fetch_all(bundle).await.map_err(|fault| match fault {
            FetchFault::Unavailable(fault) | FetchFault::Compromised(fault) => fault,
        })?;
        let key = |key: &VerifyingKey| (key.id().as_str().to_owned(), key.algorithm());
        let keys = fetched.keys.iter().map(key).collect();
        Ok(KeyReport { source: fetched.source, keys, ignored: fetched.ignored })
    }

    /// The slot of this bundle; a bundle that was changed gets a new one.
    fn slot(&self, bundle: &Arc<TrustBundle>) -> Result<Arc<Slot>, Unavailable> {
        let current = |slots: &HashMap<Name, Arc<Slot>>| {
            slots.get(&bundle.name).filter(|slot| slot.bundle == *bundle).map(Arc::clone)
        };
        if let Some(slot) = current(&self.slots.read().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(slot);
        }
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = current(&slots) {
            return Ok(slot);
        }
        let fetcher = Fetcher::new(bundle, &self.base, self.development)?;
        let slot = Arc::new(Slot {
            bundle: Arc::clone(bundle),
            fetcher,
            cached: Mutex::new(None),
            gate: tokio::sync::Mutex::new(None),
        });
        slots.insert(bundle.name.clone(), Arc::clone(&slot));
        Ok(slot)
    }
}

impl KeySource for JwksKeySource {
    fn keys<'a>(
        &'a self,
        bundle: &'a Arc<TrustBundle>,
        wanted: &'a KeyId,
        now: Timestamp,
    ) -> Answer<'a, Result<Arc<VerifyingKeySet>, Unavailable>> {
        Box::pin(async move { self.slot(bundle)?.keys(wanted, now).await })
    }
}

impl Slot {
    async fn keys(
        &self,
        wanted: &KeyId,
        now: Timestamp,
    ) -> Result<Arc<VerifyingKeySet>, Unavailable> {
        if let Some(keys) = self.fresh(wanted, now) {
            return Ok(keys);
        }
        let mut last = self.gate.lock().await;
        // Whoever waited finds what the one before fetched.
        if let Some(keys) = self.fresh(wanted, now) {
            return Ok(keys);
        }
        if let Some(attempt) = last.filter(|attempt| now < attempt.at.plus(FETCH_COOL_DOWN)) {
            return self.during_cool_down(attempt, wanted, now);
        }
        let fetched = self.fetcher.fetch(&self.bundle).await;
        *last = Some(Attempt { at: now, succeeded: fetched.is_ok() });
        match fetched {
            Ok(keys) => {
                let keys = Arc::new(keys);
                *self.lock_cached() = Some(Cached { keys: Arc::clone(&keys), fetched_at: now });
                Ok(keys)
            }
            Err(FetchFault::Unavailable(fault)) => {
                tracing::warn!(trust_bundle = %self.bundle.name, %fault, "the issuer's key set cannot be fetched");
                self.stale(wanted, now).ok_or(fault)
            }
            Err(FetchFault::Compromised(fault)) => {
                tracing::error!(trust_bundle = %self.bundle.name, %fault, "the issuer is not trusted until its key set is sound again");
                *self.lock_cached() = None;
                Err(fault)
            }
        }
    }

    /// The cached set when it is fresh and has the key.
    fn fresh(&self, wanted: &KeyId, now: Timestamp) -> Option<Arc<VerifyingKeySet>> {
        let cached = self.lock_cached().clone()?;
        (now < cached.fetched_at.plus(KEY_SET_REFRESH) && cached.keys.find(wanted).is_some())
            .then_some(cached.keys)
    }

    /// The cached set when the key is in it and it is not too old: a known key
    /// outlives an outage of its issuer up to the bundle's bound, an unknown
    /// one is never accepted from it.
    fn stale(&self, wanted: &KeyId, now: Timestamp) -> Option<Arc<VerifyingKeySet>> {
        let cached = self.lock_cached().clone()?;
        let usable = now < cached.fetched_at.plus(self.bundle.keys.max_stale);
        (usable && cached.keys.find(wanted).is_some()).then_some(cached.keys)
    }

    /// Whether the key exists was asked a moment ago: that answer stands.
    fn during_cool_down(
        &self,
        attempt: Attempt,
        wanted: &KeyId,
        now: Timestamp,
    ) -> Result<Arc<VerifyingKeySet>, Unavailable> {
        if let Some(keys) = self.stale(wanted, now) {
            return Ok(keys);
        }
        match self.lock_cached().clone() {
            Some(cached) if attempt.succeeded => Ok(cached.keys),
            _ => Err(Unavailable(format!(
                "the key set of {} could not be fetched a moment ago",
                self.bundle.name
            ))),
        }
    }

    fn lock_cached(&self) -> std::sync::MutexGuard<'_, Option<Cached>> {
        self.cached.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
