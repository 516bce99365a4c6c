//! What is in force, and how loads of documents ended.

use crate::loading::{LoadOutcome, LoadReport};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use sts_core::snapshot::Snapshot;
use sts_wire::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SnapshotLabels {
    snapshot: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TeamLabels {
    team: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EndLabels {
    kind: &'static str,
    name: String,
}

/// Metrics of documents. Labels come from our own folders.
#[derive(Debug, Default)]
pub(crate) struct DocumentMetrics {
    loads: Family<OutcomeLabels, Counter>,
    snapshot: Family<SnapshotLabels, Gauge>,
    held: Family<TeamLabels, Gauge>,
    loaded_at: Gauge,
    warnings: Gauge,
    ends: Family<EndLabels, Gauge>,
}

impl DocumentMetrics {
    /// Registers them.
    #[must_use]
    pub(super) fn new(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        registry.register("document_loads", "Loads of documents by outcome", metrics.loads.clone());
        registry.register(
            "snapshot",
            "The digest of the documents in force, as a label",
            metrics.snapshot.clone(),
        );
        registry.register(
            "team_folder_held",
            "1 for each team folder that is at fault, so that what it says is not in force",
            metrics.held.clone(),
        );
        registry.register(
            "documents_loaded_timestamp_seconds",
            "When the documents of the folders were last found good",
            metrics.loaded_at.clone(),
        );
        registry.register(
            "document_warnings",
            "Warnings about the documents in force",
            metrics.warnings.clone(),
        );
        registry.register(
            "document_expires_timestamp_seconds",
            "When a document ends that says so, or with the waiver that it needs",
            metrics.ends.clone(),
        );
        metrics
    }

    /// Takes over what is in force.
    pub(crate) fn in_force(&self, snapshot: &Snapshot) {
        self.ends.clear();
        for (kind, name, end) in snapshot.endings() {
            let labels = EndLabels { kind, name: name.as_str().to_owned() };
            self.ends.get_or_create(&labels).set(end.seconds());
        }
    }

    /// Takes over what a load came to.
    pub(crate) fn load(&self, report: &LoadReport, now: Timestamp) {
        self.loads.get_or_create(&OutcomeLabels { outcome: report.outcome.word() }).inc();
        self.snapshot.clear();
        self.snapshot.get_or_create(&SnapshotLabels { snapshot: report.snapshot.clone() }).set(1);
        if matches!(report.outcome, LoadOutcome::Refused | LoadOutcome::Unwritten) {
            return;
        }
        self.held.clear();
        for held in &report.held {
            self.held.get_or_create(&TeamLabels { team: held.team.clone() }).set(1);
        }
        self.loaded_at.set(now.seconds());
        self.warnings.set(i64::try_from(report.warnings.len()).unwrap_or(i64::MAX));
    }
}
