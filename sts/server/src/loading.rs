//! Documents of a server: in force from its start, loaded anew on SIGHUP, on
//! `sts policy load`, and when a folder was swapped for another.

mod report;
mod swap;

pub(crate) use report::{LoadOutcome, LoadReport};

use crate::config::{Config, ConfigFault};
use crate::documents::{self, Emptying, Held};
use crate::service::{Service, StartFault};
use serde_json::json;
use std::sync::Arc;
use sts_core::documents::{DocumentFile, HeldTeam};
use sts_core::ledger::leaf;
use sts_core::ports::{Store, Unavailable};
use sts_core::snapshot::Snapshot;

/// What a server begins with.
pub(crate) struct Beginning {
    /// What decides.
    pub snapshot: Snapshot,
    /// How it came to be.
    pub report: LoadReport,
    /// What to look for from then on.
    pub last: LastLoad,
}

/// The last load, for whoever looks whether there is something to load.
#[derive(Debug)]
pub(crate) struct LastLoad {
    outcome: LoadOutcome,
    /// The folders that there were before it read them: a swap meanwhile is one.
    folders: Option<documents::Identity>,
}

impl Beginning {
    /// With the documents of the folders, without a fault.
    ///
    /// # Errors
    /// Every fault.
    pub(crate) fn strict(config: &Config) -> Result<Self, ConfigFault> {
        let folders = documents::identity(config);
        Ok(Self::new((documents::read(config)?, Vec::new()), folders))
    }

    fn new((loaded, held): Held, folders: Option<documents::Identity>) -> Self {
        let report = LoadReport::adopted(&loaded, held);
        let last = LastLoad { outcome: report.outcome, folders };
        Self { snapshot: loaded.snapshot, report, last }
    }
}

/// The documents that a server begins with: those of the folders, or what was
/// in force before where they are at fault. At a first start nothing was, and
/// a person is watching: every fault is told, and nothing is written.
///
/// # Errors
/// Every fault, when there is nothing good to begin with.
pub(crate) async fn begin(config: &Config, store: &dyn Store) -> Result<Beginning, StartFault> {
    let Some(row) = store.snapshot(None).await? else {
        return Ok(Beginning::strict(config)?);
    };
    let folders = documents::identity(config);
    let last: Arc<[_]> = row.files()?.into();
    let fault = match read_held(config.clone(), Arc::clone(&last), Emptying::Refused).await {
        Ok(held) => return Ok(Beginning::new(held, folders)),
        Err(fault) => fault,
    };
    match documents::compile(config, &last) {
        Ok(loaded) => {
            let report = LoadReport::refused(loaded.snapshot.digest(), fault);
            // A folder that is being filled is looked at again.
            let folders = folders.filter(|_| !report.is_empty);
            let last = LastLoad { outcome: report.outcome, folders };
            Ok(Beginning { snapshot: loaded.snapshot, report, last })
        }
        Err(_) => Err(fault.into()),
    }
}

/// Reads and compiles on a thread that may block.
async fn read_held(
    config: Config,
    last: Arc<[DocumentFile]>,
    emptying: Emptying,
) -> Result<Held, ConfigFault> {
    let read = tokio::task::spawn_blocking(move || documents::read_held(&config, &last, emptying));
    read.await.unwrap_or(Err(ConfigFault::Abandoned))
}

impl Service {
    /// Loads the documents anew; one load at a time. What is at fault stays as
    /// it was, and what it was goes on deciding.
    pub(crate) async fn load_documents(&self, why: &'static str, emptying: Emptying) -> LoadReport {
        let mut last_load = self.loading.lock().await;
        tracing::info!(why, "loading documents");
        let folders = documents::identity(&self.config);
        let current = self.app.snapshot.load_full();
        let last = Arc::clone(current.files());
        let report = match read_held(self.config.clone(), last, emptying).await {
            Err(fault) => LoadReport::refused(current.digest(), fault),
            Ok((loaded, held)) => {
                let report = LoadReport::adopted(&loaded, held);
                match self.adopt_snapshot(Arc::new(loaded.snapshot), &report.held).await {
                    Ok(()) if current.digest().as_str() == report.snapshot => report.unchanged(),
                    Ok(()) => report,
                    Err(fault) => LoadReport::unwritten(current.digest(), &fault),
                }
            }
        };
        self.key_source.keep_only(self.app.snapshot.load().bundles().iter());
        self.note(&report);
        last_load.outcome = report.outcome;
        if !report.is_empty {
            last_load.folders = folders;
        }
        report
    }

    /// Logs and counts what a load came to.
    pub(crate) fn note(&self, report: &LoadReport) {
        report.log();
        self.metrics.documents.load(report, self.clock.now());
        self.metrics.documents.in_force(&self.app.snapshot.load());
    }

    /// Makes documents those that the store's transactions check against.
    pub(crate) async fn adopt_snapshot(
        &self,
        snapshot: Arc<Snapshot>,
        held: &[HeldTeam],
    ) -> Result<(), Unavailable> {
        let mut body = json!({"event": "adopted", "snapshot": snapshot.digest().as_str()});
        if let (false, Some(members)) = (held.is_empty(), body.as_object_mut()) {
            let teams: Vec<_> = held.iter().map(|held| held.team.as_str()).collect();
            members.insert("held_teams".to_owned(), json!(teams));
        }
        let entry = leaf(&self.app.settings.host, self.clock.now(), "snapshot", &body);
        let entry = entry.map_err(|error| Unavailable(error.to_string()))?;
        self.app.adopt(snapshot, entry).await
    }
}
