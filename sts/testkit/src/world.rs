//! Everything that an exchange needs, wired together.

use crate::ask::Ask;
use crate::broken::broken;
use crate::clock::HandClock;
use crate::documents::{Documents, ISSUER, OUR_ISSUER};
use crate::entropy::SeededEntropy;
use crate::issuer::{FakeIssuer, TokenBuilder};
use crate::key_source::FakeKeySource;
use crate::received::Received;
use crate::signer::SignatureLog;
use crate::store::MemoryStore;
use crate::{broken::sound, ready::ready, ring};
use arc_swap::ArcSwap;
use serde_json::Value;
use std::sync::Arc;
use sts_core::exchange::{App, Caller, Permitted, Refused, Settings};
use sts_core::ids::{DecisionId, token_id};
use sts_core::ledger::Host;
use sts_core::ports::{Clock as _, Store as _, Unavailable};
use sts_core::snapshot::Snapshot;
use sts_jose::KeyedHasher;
use sts_wire::names::Issuer;
use sts_wire::time::{Seconds, Timestamp};
use sts_wire::token_exchange::TokenExchangeRequest;

/// When every story begins.
const BEGINNING: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// The world. Its parts are shared, so that a story can hold on to one.
pub struct World {
    /// What time it is.
    pub clock: Arc<HandClock>,
    /// Randomness of the server.
    pub entropy: Arc<SeededEntropy>,
    /// The issuer of the sample bundle.
    pub issuer: FakeIssuer,
    /// What issuers publish.
    pub key_source: Arc<FakeKeySource>,
    /// Keys, replay and ledger.
    pub store: Arc<MemoryStore>,
    /// What was signed.
    pub signatures: Arc<SignatureLog>,
    /// The server's inside.
    pub app: Arc<App>,
    /// Randomness of everyone else.
    outside: SeededEntropy,
    seed: u64,
}

impl World {
    /// The world of the sample documents.
    #[must_use]
    pub fn sample() -> Self {
        Self::of(&Documents::sample())
    }

    /// The world of these documents.
    #[must_use]
    #[track_caller]
    pub fn of(documents: &Documents) -> Self {
        Self::seeded(0x5eed, documents)
    }

    /// The world of these documents and this seed.
    #[must_use]
    #[track_caller]
    pub fn seeded(seed: u64, documents: &Documents) -> Self {
        let (clock, entropy) = (HandClock::at(BEGINNING), Arc::new(SeededEntropy::new(seed)));
        let issuer = FakeIssuer::new(ISSUER, 1);
        let key_source = Arc::new(FakeKeySource::default());
        key_source.publish(ISSUER, vec![issuer.public()]);
        let store = Arc::new(MemoryStore::default());
        let signatures = Arc::new(SignatureLog::default());
        let snapshot = Arc::new(compile(documents));
        let app = App {
            settings: Settings {
                issuer: sound(Issuer::new(OUR_ISSUER)),
                host: Host { environment: "test".to_owned(), replica: "one".to_owned() },
                ttl_max: ring::SCHEDULE.ttl_max,
                leeway: ring::SCHEDULE.leeway,
            },
            entropy: entropy.clone(),
            key_source: key_source.clone(),
            store: store.clone(),
            hasher: KeyedHasher::new(&[7; 32]),
            snapshot: ArcSwap::new(Arc::clone(&snapshot)),
            ring: ArcSwap::from_pointee(ring::ring(Vec::new(), &signatures)),
        };
        let world = Self {
            clock: Arc::new(clock),
            entropy,
            issuer,
            key_source,
            store,
            signatures,
            app: Arc::new(app),
            outside: SeededEntropy::new(!seed),
            seed,
        };
        sound(ready(world.store.adopt_snapshot(snapshot.to_row(), b"{}".to_vec())));
        world.add_key(0);
        world
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Lets time pass.
    pub fn advance(&self, seconds: u64) {
        self.clock.advance(Seconds::new(seconds));
    }

    /// A token of the sample issuer, issued now, with an id of its own.
    #[must_use]
    pub fn token(&self) -> TokenBuilder {
        self.issuer.token(self.now(), &sound(token_id(&self.outside)))
    }

    /// A request with this subject token for [`crate::DEPLOY`].
    pub fn ask(&self, subject_token: &str) -> Ask<'_> {
        Ask::new(self, subject_token)
    }

    /// One exchange, now.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn exchange(&self, request: &TokenExchangeRequest) -> Result<Permitted, Refused> {
        let id = sound(DecisionId::new(self.now(), &self.outside));
        let caller = Caller {
            source: Some("192.0.2.7".to_owned()),
            user_agent: Some("curl/8.9".to_owned()),
        };
        ready(self.app.exchange(id, self.now(), request, caller))
    }

    /// Adds the ring's key of this slot, which signs from now on.
    pub fn add_key(&self, slot: u64) {
        let row = ring::row(slot, self.now());
        sound(ready(self.store.insert_key(row, b"{}".to_vec())));
        self.reload_ring();
    }

    /// Makes the server see the store's keys.
    pub fn reload_ring(&self) {
        let rows = sound(ready(self.store.keys()));
        self.app.ring.store(Arc::new(ring::ring(rows, &self.signatures)));
    }

    /// Identifier of the key that signs now.
    #[must_use]
    #[track_caller]
    pub fn active_kid(&self) -> String {
        let ring = self.app.ring.load();
        match ring.active(sts_jose::SigningAlgorithm::Es256, self.now()) {
            Some(active) => active.key.row.public.kid.clone(),
            None => broken("no key signs"),
        }
    }

    /// Puts other documents in force, in the store and in the server.
    #[track_caller]
    pub fn adopt(&self, documents: &Documents) {
        sound(self.try_adopt(documents));
    }

    /// The same with a store that may fail.
    ///
    /// # Errors
    /// Not written, or not known to be.
    #[track_caller]
    pub fn try_adopt(&self, documents: &Documents) -> Result<(), Unavailable> {
        ready(self.app.adopt(Arc::new(compile(documents)), b"{}".to_vec()))
    }

    /// An issued token as a relying party that fetched our key set receives it.
    #[must_use]
    #[track_caller]
    pub fn receive(&self, permitted: &Permitted) -> Received {
        let ring = self.app.ring.load();
        let published: Vec<_> = ring.published(self.now()).into_iter().cloned().collect();
        match Received::verify(&permitted.issued.access_token, &published) {
            Some(received) => received,
            None => broken("the issued token does not verify under our published keys"),
        }
    }

    /// The entries of exchanges, in order.
    #[must_use]
    pub fn entries(&self) -> Vec<Value> {
        let entries = self.store.leaves().into_iter();
        let entries = entries.map(|leaf| sound(serde_json::from_slice::<Value>(&leaf)));
        entries.filter(|entry| entry.get("kind").is_some_and(|kind| kind == "exchange")).collect()
    }

    /// How a story that failed can be told again.
    #[must_use]
    pub const fn seed(&self) -> u64 {
        self.seed
    }
}

/// A failing test says which seed it ran with.
impl Drop for World {
    #[expect(clippy::print_stderr, reason = "the harness shows it for failing tests only")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the seed of this world was {:#x}", self.seed);
        }
    }
}

#[track_caller]
fn compile(documents: &Documents) -> Snapshot {
    match documents.load() {
        Ok(loaded) => loaded.snapshot,
        Err(faults) => {
            broken(faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
        }
    }
}
