//! Whether the seal answers, and how long keys last if it does not.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use sts_io::seal::SealFault;
use sts_jose::SigningAlgorithm;
use sts_wire::time::Timestamp;

/// When the keys of each algorithm run out.
type Ends = Vec<(SigningAlgorithm, Timestamp)>;

/// How the seal is; shared with the metrics.
#[derive(Debug, Default)]
pub(crate) struct KeyHealth {
    failing: AtomicBool,
    ends: Mutex<Ends>,
}

impl KeyHealth {
    /// Whether the seal did what it was last asked for.
    pub(crate) fn seal_is_up(&self) -> bool {
        !self.failing.load(Ordering::Relaxed)
    }

    /// When the keys of each algorithm run out if the seal does nothing any more.
    pub(crate) fn ends(&self) -> Ends {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// It did what it was asked for.
    pub(super) fn answered(&self) {
        if self.failing.swap(false, Ordering::Relaxed) {
            tracing::info!("the seal answers again");
        }
    }

    /// It did not.
    pub(super) fn failed(&self, fault: &SealFault) {
        self.failing.store(true, Ordering::Relaxed);
        let until = self.ends().iter().map(|(_, end)| *end).min();
        let until = until.map_or_else(|| "unknown".to_owned(), |end| end.to_string());
        tracing::error!(%fault, keys_run_out = %until, "the seal fails; keys that are unsealed go on signing");
    }

    /// Takes over until when keys last.
    pub(super) fn last_until(&self, ends: Ends) {
        *self.ends.lock().unwrap_or_else(PoisonError::into_inner) = ends;
    }
}
