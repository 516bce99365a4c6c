//! Other people's key sets: cached per bundle, fetched ahead while they are in
//! use, one fetch at a time and never more often than the cool-down. A bad
//! document never replaces a good one, and no bundle waits for another.

mod budget;
mod fetch;
mod freshness;
mod slot;
mod status;

use crate::clock::SteadyClock;
use budget::Budget;
use fetch::{Fetched, Fetcher};
use slot::{Shared, Slot};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;
use sts_core::ports::{Answer, Entropy, KeySource, Unavailable};
use sts_core::trust::TrustBundle;
use sts_jose::{Algorithm, VerifyingKey, VerifyingKeySet};
use sts_wire::names::{KeyId, Name};
use tokio::task::JoinSet;

pub use status::{KeySetState, KeySetStatus};

/// Pause between two looks at what is due: far below the shortest time ahead of expiry.
const REFRESH_PAUSE: Duration = Duration::from_secs(1);

/// Key sets by discovery, by URL, or from files.
pub struct JwksKeySource {
    shared: Arc<Shared>,
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
    /// The set as it was served.
    pub document: Vec<u8>,
    /// SHA-256 of it, in hex.
    pub sha256: String,
}

impl KeyReport {
    /// What a bundle would find in a set that somebody else fetched.
    ///
    /// # Errors
    /// It is no set, publishes a private key, or has no key that may verify.
    pub fn read(bundle: &TrustBundle, source: String, set: Vec<u8>) -> Result<Self, Unavailable> {
        Ok(Self::from(Fetched::read(bundle, source, set)?))
    }
}

impl From<Fetched> for KeyReport {
    fn from(fetched: Fetched) -> Self {
        let key = |key: &VerifyingKey| (key.id().as_str().to_owned(), key.algorithm());
        Self {
            keys: fetched.keys.iter().map(key).collect(),
            source: fetched.source,
            ignored: fetched.ignored,
            document: fetched.document,
            sha256: fetched.sha256,
        }
    }
}

impl JwksKeySource {
    /// A source whose bundles' files are relative to `base`.
    #[must_use]
    pub fn new(
        base: PathBuf,
        development: bool,
        clock: Arc<dyn SteadyClock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        let budget = Mutex::new(Budget::new(clock.instant()));
        let fetcher = Fetcher { base, development };
        let shared = Arc::new(Shared { fetcher, clock, entropy, budget });
        Self { shared, slots: RwLock::default() }
    }

    /// Fetches a bundle's key set now, past every cache, and says what was found.
    ///
    /// # Errors
    /// What an operator has to mend.
    pub async fn report(&self, bundle: &Arc<TrustBundle>) -> Result<KeyReport, Unavailable> {
        Ok(KeyReport::from(self.shared.fetcher.fetch(bundle).await?))
    }

    /// What is known of a bundle's keys. Contacts nobody.
    #[must_use]
    pub fn status(&self, bundle: &Arc<TrustBundle>) -> KeySetStatus {
        self.known(bundle).map_or_else(KeySetStatus::not_asked, |slot| slot.status())
    }

    /// What is known of every bundle that was asked for.
    #[must_use]
    pub fn statuses(&self) -> Vec<(Name, KeySetStatus)> {
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        slots.iter().map(|(name, slot)| (name.clone(), slot.status())).collect()
    }

    /// Forgets bundles that are no longer in force, or not as they were.
    pub fn keep_only<'a>(&self, bundles: impl Iterator<Item = &'a Arc<TrustBundle>>) {
        let bundles: HashMap<&Name, &Arc<TrustBundle>> =
            bundles.map(|bundle| (&bundle.name, bundle)).collect();
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        slots.retain(|name, slot| bundles.get(name).is_some_and(|bundle| slot.is_of(bundle)));
    }

    /// Begins to fetch every set that is in use and due; none waits for another.
    pub fn begin_due(&self, refreshing: &mut JoinSet<()>) {
        let now = self.shared.clock.instant();
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        for slot in slots.values().filter(|slot| slot.is_due(now)) {
            let slot = Arc::clone(slot);
            refreshing.spawn(async move { slot.refresh().await });
        }
    }

    /// Keeps sets in use young until the future is dropped.
    pub async fn keep_fresh(&self) {
        let mut refreshing = JoinSet::new();
        let mut ticks = tokio::time::interval(REFRESH_PAUSE);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            while refreshing.try_join_next().is_some() {}
            self.begin_due(&mut refreshing);
        }
    }

    fn known(&self, bundle: &Arc<TrustBundle>) -> Option<Arc<Slot>> {
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        slots.get(&bundle.name).filter(|slot| slot.is_of(bundle)).map(Arc::clone)
    }

    /// The slot of this bundle; a bundle that was changed gets a new one.
    fn slot(&self, bundle: &Arc<TrustBundle>) -> Arc<Slot> {
        if let Some(slot) = self.known(bundle) {
            return slot;
        }
        let fresh = Arc::new(Slot::new(bundle, &self.shared));
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        let slot = slots.entry(bundle.name.clone()).or_insert_with(|| Arc::clone(&fresh));
        if !slot.is_of(bundle) {
            *slot = fresh;
        }
        Arc::clone(slot)
    }
}

impl KeySource for JwksKeySource {
    fn keys<'a>(
        &'a self,
        bundle: &'a Arc<TrustBundle>,
        wanted: &'a KeyId,
    ) -> Answer<'a, Result<Arc<VerifyingKeySet>, Unavailable>> {
        Box::pin(async move { self.slot(bundle).keys(wanted).await })
    }
}
