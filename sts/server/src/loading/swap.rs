//! A folder that was swapped for another is loaded without being asked.

use super::LoadOutcome;
use crate::config::Config;
use crate::documents::{self, Emptying};
use crate::service::Service;
use std::time::Duration;
use sts_core::documents::DocumentFile;
use tokio::time::MissedTickBehavior;

/// Pause between two looks at the folders: a swap is in force a second or two later.
const SWAP_PAUSE: Duration = Duration::from_secs(1);

impl Service {
    /// Loads documents when their folder was swapped, until the future is
    /// dropped. Files that change inside a folder are not looked at: a copy
    /// that is half done must not be in force.
    pub(crate) async fn follow_documents(&self) {
        let mut ticks = tokio::time::interval(SWAP_PAUSE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut seen = None;
        let mut empty = None;
        loop {
            ticks.tick().await;
            if self.loading.lock().await.outcome == LoadOutcome::Unwritten {
                let why = "the store could not take them before";
                self.load_documents(why, Emptying::Refused).await;
            }
            let found = documents::identity(&self.config);
            if found.is_none() || found == self.loading.lock().await.folders {
                continue;
            }
            // Two looks that find the same: a folder that is still being filled waits.
            let sight = Sight::of(self.config.clone()).await;
            if sight.is_none() || sight != seen {
                seen = sight;
                continue;
            }
            // Refused, and said, once: it is on its way still, or somebody has to say that it is meant.
            if sight == empty {
                continue;
            }
            let report = self.load_documents("a folder was swapped", Emptying::Refused).await;
            if report.is_empty {
                empty = sight;
            } else {
                seen = None;
            }
        }
    }
}

/// Which folders there are, and what is in them.
#[derive(PartialEq, Eq)]
struct Sight {
    identity: documents::Identity,
    files: Vec<DocumentFile>,
}

impl Sight {
    async fn of(config: Config) -> Option<Self> {
        let look = move || {
            let identity = documents::identity(&config)?;
            Some(Self { identity, files: documents::collect_all(&config).ok()? })
        };
        tokio::task::spawn_blocking(look).await.ok().flatten()
    }
}
