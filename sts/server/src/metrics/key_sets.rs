//! The state of each bundle's key set, read when Prometheus asks. A bundle
//! whose tokens never came has no series.

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use std::fmt;
use std::sync::Arc;
use sts_io::key_source::{JwksKeySource, KeySetStatus};

/// Reads the states.
pub(super) struct KeySets(pub(super) Arc<JwksKeySource>);

impl fmt::Debug for KeySets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("KeySets")
    }
}

/// A gauge of one key set.
struct Gauge {
    name: &'static str,
    help: &'static str,
    value: fn(&KeySetStatus) -> Option<u64>,
}

const GAUGES: [Gauge; 4] = [
    Gauge {
        name: "key_set_keys",
        help: "Keys of an issuer that may verify",
        value: |status| u64::try_from(status.keys.len()).ok(),
    },
    Gauge {
        name: "key_set_age_seconds",
        help: "Time since an issuer's key set was fetched",
        value: |status| status.age,
    },
    Gauge {
        name: "key_set_usable_seconds",
        help: "How much longer an issuer's known keys verify if none can be fetched any more",
        value: |status| Some(status.usable_for),
    },
    Gauge {
        name: "key_set_fetch_failing",
        help: "1 when the last fetch of an issuer's key set failed",
        value: |status| Some(u64::from(status.fault.is_some())),
    },
];

impl Collector for KeySets {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let statuses = self.0.statuses();
        for gauge in GAUGES {
            let mut family =
                encoder.encode_descriptor(gauge.name, gauge.help, None, MetricType::Gauge)?;
            for (name, status) in &statuses {
                let Some(value) = (gauge.value)(status) else { continue };
                let value = i64::try_from(value).unwrap_or(i64::MAX);
                let labels = [("trust_bundle", name.as_str())];
                ConstGauge::new(value).encode(family.encode_family(&labels)?)?;
            }
        }
        let help = "Fetches of an issuer's key set by outcome";
        let mut family =
            encoder.encode_descriptor("key_set_fetches", help, None, MetricType::Counter)?;
        for (name, status) in &statuses {
            for (outcome, count) in [("ok", status.fetches), ("failed", status.failures)] {
                let labels = [("trust_bundle", name.as_str()), ("outcome", outcome)];
                ConstCounter::new(count).encode(family.encode_family(&labels)?)?;
            }
        }
        Ok(())
    }
}
