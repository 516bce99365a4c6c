//! The one composition file: a configuration becomes ports, and ports a service.

use crate::config::{Config, ConfigFault, StoreLocation};
use crate::documents;
use crate::following::{self, Following};
use crate::keyring::{Keyring, KeyringFault};
use crate::loading::{Beginning, LastLoad};
use crate::metrics::Metrics;
use crate::operate::{Asked, Operator, Order, OrderFault};
use crate::output::Failure;
use arc_swap::ArcSwap;
use serde_json::Value;
use std::sync::{Arc, Mutex};
use sts_core::exchange::{App, Settings};
use sts_core::ids::DecisionId;
use sts_core::ledger::{Host, Summaries};
use sts_core::ports::{Clock, Entropy, Store, Unavailable};
use sts_core::snapshot::Snapshot;
use sts_io::clock::SystemClock;
use sts_io::entropy::SystemEntropy;
use sts_io::files;
use sts_io::key_source::JwksKeySource;
use sts_io::store::{OpenFault, PostgresStore, SqliteStore};
use sts_wire::time::Timestamp;

/// A service that can be listened for.
pub(crate) struct Service {
    /// The exchange.
    pub app: App,
    /// The clock that requests are stamped by.
    pub clock: Arc<dyn Clock>,
    /// What was counted.
    pub metrics: Metrics,
    /// The configuration.
    pub config: Config,
    /// What is known of issuers' keys.
    pub key_source: Arc<JwksKeySource>,
    /// What has no entry of its own.
    pub summaries: Mutex<Summaries>,
    /// The last load of documents; held while one runs.
    pub loading: tokio::sync::Mutex<LastLoad>,
    pub(crate) keyring: Arc<Keyring>,
    /// What keeps up with the store.
    pub(crate) following: Following,
}

/// A service cannot be started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartFault {
    /// Configuration or documents.
    #[error(transparent)]
    Config(#[from] ConfigFault),
    /// The store.
    #[error(transparent)]
    Open(#[from] OpenFault),
    /// The key ring.
    #[error(transparent)]
    Keyring(#[from] KeyringFault),
    /// The store answered, but not as it must.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// No randomness, or no entry.
    #[error("{0}")]
    Other(String),
}

impl From<StartFault> for Failure {
    fn from(fault: StartFault) -> Self {
        match fault {
            StartFault::Config(_) => Self::usage(fault),
            StartFault::Keyring(ref keyring) if !keyring.is_outage() => Self::usage(fault),
            StartFault::Open(_)
            | StartFault::Keyring(_)
            | StartFault::Unavailable(_)
            | StartFault::Other(_) => Self::unavailable(fault),
        }
    }
}

/// Opens the store that a configuration names; documents must be known to be
/// good by then, so that a failed start leaves nothing behind.
///
/// # Errors
/// [`OpenFault`].
pub(crate) async fn open_store(config: &Config) -> Result<Arc<dyn Store>, OpenFault> {
    Ok(match &config.store {
        StoreLocation::Sqlite(path) => Arc::new(SqliteStore::open(path)?),
        StoreLocation::Postgres(settings) => Arc::new(PostgresStore::open(settings.clone()).await?),
    })
}

/// Opens the store that servers of a configuration have used; none when there is none.
///
/// # Errors
/// [`OpenFault`].
pub(crate) async fn open_used_store(config: &Config) -> Result<Option<Arc<dyn Store>>, OpenFault> {
    Ok(match &config.store {
        StoreLocation::Sqlite(path) if !files::exists(path) => None,
        StoreLocation::Sqlite(path) => Some(Arc::new(SqliteStore::open(path)?)),
        StoreLocation::Postgres(settings) => {
            match PostgresStore::open_used(settings.clone()).await {
                Err(fault) if fault.cause.is_empty() => None,
                opened => Some(Arc::new(opened?)),
            }
        }
    })
}

/// Compiles the documents of a configuration.
///
/// # Errors
/// [`ConfigFault`].
pub(crate) fn load_snapshot(config: &Config) -> Result<Snapshot, ConfigFault> {
    documents::read(config).map(|loaded| loaded.snapshot)
}

/// Issuers' key sets, as a configuration wants them fetched.
pub(crate) fn key_source(config: &Config, entropy: Arc<dyn Entropy>) -> JwksKeySource {
    let base = config.trust_bundles.clone();
    JwksKeySource::new(base, config.development, Arc::new(SystemClock), entropy)
}

impl Service {
    /// Wires everything; the key-encryption key is created only for an empty store.
    ///
    /// # Errors
    /// [`StartFault`].
    pub(crate) async fn start(
        config: Config,
        beginning: Beginning,
        store: Arc<dyn Store>,
    ) -> Result<Self, StartFault> {
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy::default());
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let now = clock.now();
        let host = Host {
            environment: config.environment.clone(),
            replica: replica(now, entropy.as_ref())?,
        };
        let keyring =
            Keyring::open(&config, Arc::clone(&store), host.clone(), Arc::clone(&entropy)).await?;
        let keyring = Arc::new(keyring);
        let ring = keyring.refresh(now).await?;
        let hasher = keyring.hasher().await?;
        let settings = Settings {
            issuer: config.issuer.clone(),
            host,
            ttl_max: config.ttl_max(),
            leeway: config.leeway(),
        };
        let key_source = Arc::new(key_source(&config, Arc::clone(&entropy)));
        let (catch_up, following) = following::channel();
        let app = App {
            settings,
            catch_up: Arc::new(catch_up),
            entropy,
            key_source: key_source.clone(),
            store,
            hasher,
            snapshot: ArcSwap::from_pointee(beginning.snapshot),
            ring: ArcSwap::from_pointee(ring),
        };
        let metrics = Metrics::new(Arc::clone(&key_source), keyring.health(), Arc::clone(&clock));
        let summaries = Mutex::new(Summaries::new(now));
        let loading = tokio::sync::Mutex::new(beginning.last);
        let service = Self {
            app,
            clock,
            metrics,
            config,
            key_source,
            summaries,
            loading,
            keyring,
            following,
        };
        if beginning.is_new {
            service
                .adopt_snapshot(service.app.snapshot.load_full(), &beginning.report.held)
                .await?;
        }
        service.note(&beginning.report);
        Ok(service)
    }

    /// Carries out an order of an operator; what it changed is in force here when this returns.
    ///
    /// # Errors
    /// [`OrderFault`].
    pub(crate) async fn carry_out(
        &self,
        order: &Order,
        asked: &Asked,
    ) -> Result<Value, OrderFault> {
        let (store, host) = (Arc::clone(&self.app.store), self.app.settings.host.clone());
        let mut operator = Operator::new(&self.config, store, host, Arc::clone(&self.app.entropy));
        operator.keyring = Some(Arc::clone(&self.keyring));
        operator.snapshot = Some(self.app.snapshot.load_full());
        let answer = operator.carry_out(order, asked).await?;
        if order.changes_keys() {
            self.refresh_ring().await;
        }
        Ok(answer)
    }

    /// Makes the keys that are missing, and takes over what changed. A failure
    /// is logged and tried again: the keys at hand go on signing, but for those
    /// that the store knows as revoked.
    pub(crate) async fn refresh_ring(&self) {
        match self.keyring.refresh(self.clock.now()).await {
            Ok(ring) => self.app.ring.store(Arc::new(ring)),
            Err(fault) => tracing::error!(%fault, "the key ring cannot be refreshed"),
        }
    }

    /// Whether exchanges can succeed: a key signs and the store answers.
    ///
    /// # Errors
    /// What is missing, for operators.
    pub(crate) async fn ready(&self) -> Result<(), String> {
        let now = self.clock.now();
        let ring = self.app.ring.load_full();
        for algorithm in &self.config.algorithms {
            match ring.active(*algorithm, now) {
                None => return Err(format!("no key signs with {algorithm}")),
                Some(active) if !self.keyring.is_unsealed(&active.key.row.public.kid) => {
                    return Err(format!("the key that signs with {algorithm} is not unsealed"));
                }
                Some(_) => {}
            }
        }
        self.following.is_abreast()?;
        self.app.store.ping().await.map_err(|fault| fault.to_string())
    }
}

/// A name for this process, in entries: random, as host names repeat.
fn replica(now: Timestamp, entropy: &dyn Entropy) -> Result<String, StartFault> {
    let id = DecisionId::new(now, entropy).map_err(|fault| StartFault::Other(fault.to_string()))?;
    Ok(id.to_string().chars().rev().take(12).collect())
}
