//! What is known of one bundle's keys, and how it is kept young.

use super::budget::Budget;
use super::fetch::{FetchFault, Fetched, Fetcher};
use super::freshness::{self, Known, Step};
use super::status::{KeySetState, KeySetStatus};
use crate::clock::SteadyClock;
use crate::limits::{FETCH_COOL_DOWN, KEY_SET_IDLE, KEY_SET_REFRESH, REFRESH_AHEAD_PERCENT};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use sts_core::ports::{Entropy, Unavailable};
use sts_core::trust::TrustBundle;
use sts_jose::{VerifyingKey, VerifyingKeySet};
use sts_wire::names::KeyId;

/// What all slots share.
pub(super) struct Shared {
    pub(super) fetcher: Fetcher,
    pub(super) clock: Arc<dyn SteadyClock>,
    pub(super) entropy: Arc<dyn Entropy>,
    pub(super) budget: Mutex<Budget>,
}

/// One bundle's keys.
pub(super) struct Slot {
    pub(super) bundle: Arc<TrustBundle>,
    shared: Arc<Shared>,
    state: Mutex<State>,
    /// Held while fetching: the others wait for the same answer.
    gate: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    cached: Option<Cached>,
    last: Option<Attempt>,
    /// When a fetch did not bring a key that was wanted.
    missed_at: Option<Instant>,
    /// When the set is fetched again though nobody waits for it.
    refresh_at: Option<Instant>,
    /// When a token of this issuer came last.
    used_at: Option<Instant>,
    /// Whether the issuer gave a private key away, and has not mended it.
    distrusted: bool,
    fetches: u64,
    failures: u64,
}

impl State {
    /// Whether somebody waits for its keys.
    fn is_in_use(&self, now: Instant) -> bool {
        self.used_at.is_some_and(|used| now.duration_since(used) < KEY_SET_IDLE)
    }
}

struct Cached {
    keys: Arc<VerifyingKeySet>,
    source: String,
    sha256: String,
    sequence: Option<u64>,
    /// When its fetch began: what was removed later may still be in it.
    at: Instant,
}

struct Attempt {
    at: Instant,
    fault: Option<Unavailable>,
}

impl Slot {
    pub(super) fn new(bundle: &Arc<TrustBundle>, shared: &Arc<Shared>) -> Self {
        Self {
            bundle: Arc::clone(bundle),
            shared: Arc::clone(shared),
            state: Mutex::default(),
            gate: tokio::sync::Mutex::new(()),
        }
    }

    /// Whether it is of this bundle, as it is now: another owner is no reason to fetch anew.
    pub(super) fn is_of(&self, bundle: &Arc<TrustBundle>) -> bool {
        Arc::ptr_eq(&self.bundle, bundle) || self.bundle.decides_as(bundle)
    }

    /// The set that answers for `wanted`: the one at hand, or a fetched one.
    pub(super) async fn keys(&self, wanted: &KeyId) -> Result<Arc<VerifyingKeySet>, Unavailable> {
        let now = self.shared.clock.instant();
        self.lock().used_at = Some(now);
        if let Some(settled) = self.settled(self.step(wanted, now)) {
            return settled;
        }
        let _turn = self.gate.lock().await;
        // Whoever waited finds what the one before fetched.
        let now = self.shared.clock.instant();
        let step = self.step(wanted, now);
        if let Some(settled) = self.settled(step) {
            return settled;
        }
        if step == Step::FetchWithinBudget && !self.within_budget(now) {
            return Err(self.unavailable("is not fetched, as too many unknown keys are asked for"));
        }
        let fault = match self.fetch(now).await {
            Ok(keys) => {
                if keys.find(wanted).is_none() {
                    self.lock().missed_at = Some(now);
                }
                return Ok(keys);
            }
            Err(fault) => fault,
        };
        let usable = self.known(wanted, now).is_usable();
        self.at_hand().filter(|_| usable).ok_or(fault)
    }

    /// Fetches ahead of need, unless that is going on.
    pub(super) async fn refresh(&self) {
        if let Ok(_turn) = self.gate.try_lock() {
            let now = self.shared.clock.instant();
            if self.is_due(now) {
                let _logged = self.fetch(now).await;
            }
        }
    }

    /// Whether to fetch ahead: tokens of this issuer come, and the time has.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        let state = self.lock();
        state.is_in_use(now) && state.refresh_at.is_some_and(|at| now >= at)
    }

    /// What operators see.
    pub(super) fn status(&self) -> KeySetStatus {
        let now = self.shared.clock.instant();
        let state = self.lock();
        let (max_stale, seconds) = (self.max_stale(), |left: Duration| left.as_secs());
        let age = state.cached.as_ref().map(|cached| now.duration_since(cached.at));
        let due = state.refresh_at.filter(|_| state.is_in_use(now));
        let keys = state.cached.iter().flat_map(|cached| cached.keys.iter());
        KeySetStatus {
            state: match age {
                _ if state.distrusted => KeySetState::Distrusted,
                Some(age) if age < KEY_SET_REFRESH => KeySetState::Fresh,
                Some(age) if age < max_stale => KeySetState::Stale,
                _ if state.last.is_none() => KeySetState::NotAsked,
                _ => KeySetState::Unavailable,
            },
            source: state.cached.as_ref().map(|cached| cached.source.clone()),
            keys: keys.map(|key| key.id().as_str().to_owned()).collect(),
            sha256: state.cached.as_ref().map(|cached| cached.sha256.clone()),
            age: age.map(seconds),
            usable_for: age.map_or(0, |age| seconds(max_stale.saturating_sub(age))),
            refresh_in: due.map(|at| seconds(at.saturating_duration_since(now))),
            fault: state
                .last
                .as_ref()
                .and_then(|last| last.fault.as_ref())
                .map(ToString::to_string),
            fetches: state.fetches,
            failures: state.failures,
        }
    }

    fn known(&self, wanted: &KeyId, now: Instant) -> Known {
        let state = self.lock();
        let cached = state.cached.as_ref();
        Known {
            set: cached.map(|cached| now.duration_since(cached.at)),
            has_key: cached.is_some_and(|cached| cached.keys.find(wanted).is_some()),
            last: state.last.as_ref().map(|last| freshness::Attempt {
                age: now.duration_since(last.at),
                succeeded: last.fault.is_none(),
            }),
            missed: state.missed_at.map(|at| now.duration_since(at)),
            max_stale: self.max_stale(),
        }
    }

    fn step(&self, wanted: &KeyId, now: Instant) -> Step {
        freshness::step(self.known(wanted, now))
    }

    /// The answer, when no fetch is needed for it.
    fn settled(&self, step: Step) -> Option<Result<Arc<VerifyingKeySet>, Unavailable>> {
        match step {
            Step::Use => self.at_hand().map(Ok),
            Step::Wait => Some(Err(self.unavailable("could not be fetched a moment ago"))),
            Step::Fetch | Step::FetchWithinBudget => None,
        }
    }

    /// One fetch; what it brought is kept, what it did not leaves the set at hand alone.
    async fn fetch(&self, now: Instant) -> Result<Arc<VerifyingKeySet>, Unavailable> {
        let fetched = self.shared.fetcher.fetch(&self.bundle).await;
        let fetched = fetched.and_then(|fetched| self.not_older(fetched));
        match fetched {
            Ok(fetched) => Ok(self.adopt(fetched, now)),
            Err(FetchFault::Unavailable(fault)) => {
                tracing::warn!(trust_bundle = %self.bundle.name, %fault, "the issuer's key set cannot be fetched");
                self.failed(now, &fault);
                Err(fault)
            }
            Err(FetchFault::Compromised(fault)) => {
                tracing::error!(trust_bundle = %self.bundle.name, %fault, "the issuer is not trusted until its key set is sound again");
                self.failed(now, &fault);
                let mut state = self.lock();
                state.cached = None;
                state.distrusted = true;
                Err(fault)
            }
        }
    }

    /// A SPIFFE bundle's versions are counted, so an older one is a replay or a lagging mirror.
    fn not_older(&self, fetched: Fetched) -> Result<Fetched, FetchFault> {
        let known = self.lock().cached.as_ref().and_then(|cached| cached.sequence);
        let older = |known: u64| fetched.sequence.is_none_or(|new| new < known);
        match known.filter(|known| self.bundle.trust_domain().is_some() && older(*known)) {
            None => Ok(fetched),
            Some(known) => {
                let new = fetched.sequence.map_or_else(|| "none".to_owned(), |new| new.to_string());
                let text = format!("has spiffe_sequence {new}, but {known} is in use");
                Err(self.unavailable(&text).into())
            }
        }
    }

    fn adopt(&self, fetched: Fetched, now: Instant) -> Arc<VerifyingKeySet> {
        let keys = Arc::new(fetched.keys);
        let cached = Cached {
            keys: Arc::clone(&keys),
            source: fetched.source,
            sha256: fetched.sha256,
            sequence: fetched.sequence,
            at: now,
        };
        let ahead = self.ahead();
        let mut state = self.lock();
        let ids = |keys: &VerifyingKeySet| -> Vec<KeyId> {
            keys.iter().map(VerifyingKey::id).cloned().collect()
        };
        let same = state.cached.as_ref().is_some_and(|old| ids(&old.keys) == ids(&keys));
        let again = state.last.as_ref().is_some_and(|last| last.fault.is_none());
        if !(same && again) {
            let (name, ignored) = (&self.bundle.name, fetched.ignored.len());
            tracing::info!(trust_bundle = %name, keys = keys.len(), ignored, "key set fetched");
        }
        state.cached = Some(cached);
        state.last = Some(Attempt { at: now, fault: None });
        state.refresh_at = Some(now + ahead);
        state.distrusted = false;
        state.fetches = state.fetches.saturating_add(1);
        keys
    }

    fn failed(&self, now: Instant, fault: &Unavailable) {
        let mut state = self.lock();
        state.last = Some(Attempt { at: now, fault: Some(fault.clone()) });
        state.refresh_at = Some(now + FETCH_COOL_DOWN);
        state.failures = state.failures.saturating_add(1);
    }

    /// When to fetch again: at a random time, so that replicas and bundles do not ask at once.
    fn ahead(&self) -> Duration {
        let mut byte = [0];
        // Without randomness the earliest time is as good.
        let _early = self.shared.entropy.fill(&mut byte);
        let [byte] = byte;
        let span = REFRESH_AHEAD_PERCENT.end - REFRESH_AHEAD_PERCENT.start;
        let percent = REFRESH_AHEAD_PERCENT.start + span * u32::from(byte) / 256;
        KEY_SET_REFRESH * percent / 100
    }

    fn within_budget(&self, now: Instant) -> bool {
        self.shared.budget.lock().unwrap_or_else(PoisonError::into_inner).take(now)
    }

    fn at_hand(&self) -> Option<Arc<VerifyingKeySet>> {
        self.lock().cached.as_ref().map(|cached| Arc::clone(&cached.keys))
    }

    fn max_stale(&self) -> Duration {
        Duration::from_secs(self.bundle.keys.max_stale.get())
    }

    fn unavailable(&self, text: &str) -> Unavailable {
        Unavailable(format!("the key set of {} {text}", self.bundle.name))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
