//! Summaries of what is not recorded one by one: an entry per bundle, reason and minute.

use crate::service::Service;
use std::sync::PoisonError;
use std::time::Duration;
use sts_core::intent::Intent;
use sts_core::ledger::{Summaries, Summary, leaf};
use sts_core::ports::Unavailable;
use sts_core::reason::Reason;
use sts_wire::names::Name;
use sts_wire::time::Timestamp;

/// Time that one summary covers.
const PERIOD: Duration = Duration::from_secs(60);

impl Service {
    /// Counts a refusal that has no entry of its own.
    pub(crate) fn count_unrecorded(&self, bundle: Option<&Name>, reason: Reason) {
        self.summaries().count(bundle, reason);
    }

    /// Writes summaries until the future is dropped.
    pub(crate) async fn summarise(&self) {
        let mut ticks = tokio::time::interval(PERIOD);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        ticks.tick().await;
        loop {
            ticks.tick().await;
            self.write_summaries().await;
        }
    }

    /// Writes what was counted; what cannot be written is counted on.
    pub(crate) async fn write_summaries(&self) {
        let now = self.clock.now();
        let counted = self.summaries().take(now);
        for summary in counted {
            if let Err(fault) = self.write_summary(now, &summary).await {
                tracing::error!(%fault, reason = summary.reason, "a summary cannot be recorded");
                self.summaries().put_back(summary);
            }
        }
    }

    async fn write_summary(&self, now: Timestamp, summary: &Summary) -> Result<(), Unavailable> {
        let entry = leaf(&self.app.settings.host, now, "summary", summary)
            .map_err(|error| Unavailable(error.to_string()))?;
        self.app.store.record(Intent::entry(entry)).await.map(drop)
    }

    fn summaries(&self) -> std::sync::MutexGuard<'_, Summaries> {
        self.summaries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
