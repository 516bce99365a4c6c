//! What was counted, for Prometheus. Labels come from our own names only: a
//! caller cannot make a new series.

use crate::keyring::KeyHealth;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::sync::Arc;
use std::time::Duration;
use sts_core::policy::Watched;
use sts_core::ports::Clock;
use sts_io::key_source::JwksKeySource;

mod documents;
mod key_sets;
mod keys;

use documents::DocumentMetrics;

/// Bounds of the duration buckets in seconds: the promise is 10 ms, the deadline 1 s.
const DURATION_BUCKETS: [f64; 9] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ExchangeLabels {
    trust_bundle: String,
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ShadowLabels {
    policy: String,
    decision: &'static str,
}

/// Every metric of the process.
pub(crate) struct Metrics {
    registry: Registry,
    exchanges: Family<ExchangeLabels, Counter>,
    shadow: Family<ShadowLabels, Counter>,
    duration: Histogram,
    /// What is in force.
    pub documents: DocumentMetrics,
}

impl Metrics {
    /// Nothing counted yet; what is known of keys, ours and issuers', is asked for when it is read.
    #[must_use]
    pub(crate) fn new(
        key_source: Arc<JwksKeySource>,
        health: Arc<KeyHealth>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let mut registry = Registry::with_prefix("sts");
        let exchanges = Family::<ExchangeLabels, Counter>::default();
        let duration = Histogram::new(DURATION_BUCKETS);
        registry.register(
            "exchanges",
            "Exchanges by trust bundle and reason; permitted has the reason permit",
            exchanges.clone(),
        );
        registry.register(
            "exchange_duration_seconds",
            "Time from the whole request to the answer",
            duration.clone(),
        );
        registry.register_collector(Box::new(key_sets::KeySets(key_source)));
        registry.register_collector(Box::new(keys::Keys { health, clock }));
        let shadow = Family::<ShadowLabels, Counter>::default();
        registry.register(
            "shadow_decisions",
            "What policies in shadow mode would have done, had they been live",
            shadow.clone(),
        );
        let documents = DocumentMetrics::new(&mut registry);
        Self { registry, exchanges, shadow, duration, documents }
    }

    /// Counts one exchange.
    pub(crate) fn exchange(
        &self,
        trust_bundle: Option<&str>,
        reason: &'static str,
        took: Duration,
    ) {
        let trust_bundle = trust_bundle.unwrap_or("unknown").to_owned();
        self.exchanges.get_or_create(&ExchangeLabels { trust_bundle, reason }).inc();
        self.duration.observe(took.as_secs_f64());
    }

    /// Counts what policies that only watch would have done.
    pub(crate) fn watched(&self, watched: &[Watched]) {
        for Watched { policy, permits } in watched {
            let decision = if *permits { "permit" } else { "deny" };
            self.shadow.get_or_create(&ShadowLabels { policy: policy.clone(), decision }).inc();
        }
    }

    /// The text that Prometheus reads.
    #[must_use]
    pub(crate) fn render(&self) -> String {
        let mut text = String::new();
        match encode(&mut text, &self.registry) {
            Ok(()) => text,
            Err(_) => String::new(),
        }
    }
}
