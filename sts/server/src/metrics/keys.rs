//! The seal, and how long keys last without it, read when Prometheus asks.

use crate::keyring::KeyHealth;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;
use std::fmt;
use std::sync::Arc;
use sts_core::ports::Clock;

/// Reads the state.
pub(super) struct Keys {
    pub health: Arc<KeyHealth>,
    pub clock: Arc<dyn Clock>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Keys")
    }
}

impl Collector for Keys {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let help = "1 when the key-encryption key did what it was last asked for, which is at least once a minute";
        let up = ConstGauge::new(i64::from(self.health.seal_is_up()));
        up.encode(encoder.encode_descriptor("seal_up", help, None, MetricType::Gauge)?)?;
        let help = "How long signing keys last if none can be made or unsealed any more; negative when one is overdue";
        let mut family =
            encoder.encode_descriptor("keys_run_out_seconds", help, None, MetricType::Gauge)?;
        let now = self.clock.now().seconds();
        for (algorithm, end) in self.health.ends() {
            let left = ConstGauge::new(end.seconds().saturating_sub(now));
            left.encode(family.encode_family(&[("algorithm", algorithm.name())])?)?;
        }
        Ok(())
    }
}
