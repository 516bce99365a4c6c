//! What a load of documents came to: for the log, for metrics, for who asked.

use crate::config::ConfigFault;
use crate::output::describe;
use serde_json::{Value, json};
use sts_core::documents::{HeldTeam, KeptPolicy, Loaded};
use sts_core::ports::Unavailable;
use sts_core::snapshot::SnapshotDigest;
use sts_wire::diagnostic::Diagnostic;

/// Most faults of one load that are logged one by one: the rest is counted.
const LOGGED_MAX: usize = 10;

/// How a load ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum LoadOutcome {
    /// Other documents are in force than before.
    Adopted,
    /// The documents say what they said before.
    Unchanged,
    /// They are at fault: what was in force stays.
    Refused,
    /// The store could not take them: what was in force stays.
    Unwritten,
}

impl LoadOutcome {
    /// As entries, metrics and scripts have it.
    #[must_use]
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Adopted => "adopted",
            Self::Unchanged => "unchanged",
            Self::Refused => "refused",
            Self::Unwritten => "unwritten",
        }
    }
}

/// What a load came to.
#[derive(Debug, Clone)]
pub(crate) struct LoadReport {
    /// How it ended.
    pub outcome: LoadOutcome,
    /// The digest of what is in force now.
    pub snapshot: String,
    /// Team folders that are at fault.
    pub held: Vec<HeldTeam>,
    /// Why it was refused, where files say where.
    pub faults: Vec<Diagnostic>,
    /// Why it was refused, or not written, otherwise.
    pub trouble: Option<String>,
    /// What wants a look.
    pub warnings: Vec<Diagnostic>,
    /// Whether it was refused because it holds no policy: it may be on its way still.
    pub is_empty: bool,
}

impl LoadReport {
    /// In force, but for the teams that are held.
    #[must_use]
    pub(crate) fn adopted(loaded: &Loaded, held: Vec<HeldTeam>) -> Self {
        Self {
            held,
            warnings: loaded.warnings.clone(),
            ..Self::new(LoadOutcome::Adopted, loaded.snapshot.digest())
        }
    }

    /// At fault; `current` goes on.
    #[must_use]
    pub(crate) fn refused(current: &SnapshotDigest, fault: ConfigFault) -> Self {
        let report = Self::new(LoadOutcome::Refused, current);
        match fault {
            ConfigFault::Faults(faults) => Self { faults, ..report },
            ConfigFault::Emptied(_) => {
                Self { trouble: Some(fault.to_string()), is_empty: true, ..report }
            }
            other => Self { trouble: Some(other.to_string()), ..report },
        }
    }

    /// The store could not take them; `current` goes on.
    #[must_use]
    pub(crate) fn unwritten(current: &SnapshotDigest, fault: &Unavailable) -> Self {
        Self { trouble: Some(fault.to_string()), ..Self::new(LoadOutcome::Unwritten, current) }
    }

    /// The same, when nothing changed.
    #[must_use]
    pub(crate) fn unchanged(self) -> Self {
        Self { outcome: LoadOutcome::Unchanged, ..self }
    }

    fn new(outcome: LoadOutcome, snapshot: &SnapshotDigest) -> Self {
        Self {
            outcome,
            snapshot: snapshot.as_str().to_owned(),
            held: Vec::new(),
            faults: Vec::new(),
            trouble: None,
            warnings: Vec::new(),
            is_empty: false,
        }
    }

    /// For operators, fault by fault.
    pub(crate) fn log(&self) {
        let outcome = self.outcome.word();
        match self.outcome {
            LoadOutcome::Adopted | LoadOutcome::Unchanged => {
                tracing::info!(outcome, snapshot = %self.snapshot, "documents are loaded");
            }
            LoadOutcome::Refused | LoadOutcome::Unwritten => {
                let trouble = self.trouble.as_deref().unwrap_or_default();
                tracing::error!(outcome, snapshot = %self.snapshot, trouble, "documents are not loaded: what was in force stays");
            }
        }
        for fault in self.faults.iter().take(LOGGED_MAX) {
            tracing::error!(%fault, "a document is at fault");
        }
        for held in &self.held {
            let in_force = if held.kept { "its last good version" } else { "nothing of it" };
            for fault in held.faults.iter().take(LOGGED_MAX) {
                tracing::error!(team = held.team, in_force, %fault, "a team folder is at fault");
            }
            for KeptPolicy { policy, file } in held.gone.iter().take(LOGGED_MAX) {
                tracing::error!(
                    team = held.team,
                    policy,
                    file,
                    "a policy stays in force though its file is gone"
                );
            }
        }
        for warning in self.warnings.iter().take(LOGGED_MAX) {
            tracing::warn!(%warning, "a document wants a look");
        }
        let more = self.warnings.len().saturating_sub(LOGGED_MAX);
        if more > 0 {
            tracing::warn!(more, "more documents want a look: sts policy check shows them all");
        }
    }

    /// For who asked.
    #[must_use]
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "outcome": self.outcome.word(), "snapshot": self.snapshot, "trouble": self.trouble,
            "faults": all(&self.faults, "error"), "warnings": all(&self.warnings, "warning"),
            "held_teams": self.held.iter().map(held).collect::<Vec<_>>(),
        })
    }
}

fn all(diagnostics: &[Diagnostic], severity: &str) -> Vec<Value> {
    diagnostics.iter().map(|one| describe(one, severity)).collect()
}

fn held(held: &HeldTeam) -> Value {
    let gone = |kept: &KeptPolicy| json!({"policy": kept.policy, "file": kept.file});
    json!({
        "team": held.team, "kept": held.kept, "faults": all(&held.faults, "error"),
        "gone": held.gone.iter().map(gone).collect::<Vec<_>>(),
    })
}
