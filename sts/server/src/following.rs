//! Keeping up with the store: keys in time, and what other replicas changed.

use crate::documents;
use crate::loading::LoadReport;
use crate::service::Service;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use sts_core::keys::KeySchedule;
use sts_core::ports::{Answer, CatchUp};
use sts_io::limits::{RECORD_DEADLINE, REPLAY_MARGIN};
use tokio::sync::{mpsc, oneshot};

/// Longest pause between two looks at the store: what another replica changed
/// is known by then also where nobody exchanges anything.
const FOLLOW_PAUSE_MAX: Duration = Duration::from_secs(10);

/// Shortest pause between two looks at the store: a rotation within seconds is watched, not run.
const FOLLOW_PAUSE_MIN: Duration = Duration::from_millis(250);

/// Shortest pause before a key begins to sign: a clock that stands still must not make us spin.
const LOOK_PAUSE_MIN: Duration = Duration::from_millis(100);

/// Most exchanges that wait for one look; more find that it is under way, and decide again.
const WAITING_MAX: usize = 4096;

/// How exchanges ask for a look at the store.
pub(crate) struct Asking {
    requests: mpsc::Sender<oneshot::Sender<()>>,
}

/// How often to look: with other replicas twice in the time within which all
/// must know of a change; ten times while a key signs in any case.
fn pause(schedule: &KeySchedule) -> Duration {
    let tenth = schedule.rotation_period.get().saturating_mul(1000) / 10;
    let half = schedule.poll.get().saturating_mul(1000) / 2;
    let pause = Duration::from_millis(if half == 0 { tenth } else { tenth.min(half) });
    pause.clamp(FOLLOW_PAUSE_MIN, FOLLOW_PAUSE_MAX)
}

/// What they ask, and what the last look came to.
pub(crate) struct Following {
    requests: tokio::sync::Mutex<mpsc::Receiver<oneshot::Sender<()>>>,
    /// Why the documents in force are not those of the store.
    behind: Mutex<Option<String>>,
}

/// Both ends.
pub(crate) fn channel() -> (Asking, Following) {
    let (asking, requests) = mpsc::channel(WAITING_MAX);
    let following =
        Following { requests: tokio::sync::Mutex::new(requests), behind: Mutex::new(None) };
    (Asking { requests: asking }, following)
}

impl CatchUp for Asking {
    fn catch_up(&self) -> Answer<'_, ()> {
        Box::pin(async move {
            let (done, looked) = oneshot::channel();
            if self.requests.try_send(done).is_ok() {
                // Too late, or the server stops: what is decided again is checked again.
                let _either = tokio::time::timeout(RECORD_DEADLINE, looked).await;
            }
        })
    }
}

impl Following {
    /// Whether the documents in force are those of the store, as far as is known.
    ///
    /// # Errors
    /// Why not, for operators.
    pub(crate) fn is_abreast(&self) -> Result<(), String> {
        let behind = self.behind.lock().unwrap_or_else(PoisonError::into_inner);
        behind.clone().map_or(Ok(()), Err)
    }

    fn note(&self, fault: Option<String>) {
        if let Some(fault) = &fault {
            tracing::error!(fault, "documents of another replica cannot be taken over");
        }
        *self.behind.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }
}

impl Service {
    /// Keeps up with the store and forgets what ended long ago, until the
    /// future is dropped. A failure is logged and tried again: the keys at hand go on signing.
    pub(crate) async fn maintain(&self) {
        let mut requests = self.following.requests.lock().await;
        loop {
            let mut waiting = Vec::new();
            tokio::select! {
                () = tokio::time::sleep(self.pause()) => self.forget_uses().await,
                Some(request) = requests.recv() => waiting.push(request),
            }
            // Whoever asks from here on may have seen something newer, and is for the next look.
            while let Ok(request) = requests.try_recv() {
                waiting.push(request);
            }
            self.follow().await;
            for request in waiting {
                let _unheard = request.send(());
            }
        }
    }

    /// Until the next look; it comes earlier when a key begins to sign by then,
    /// as one must be made to follow it.
    fn pause(&self) -> Duration {
        let (ring, now) = (self.app.ring.load_full(), self.clock.now());
        let starts = ring.rows().map(|row| row.not_before).filter(|start| *start > now);
        let millis = starts.min().map(|start| start.millis().saturating_sub(now.millis()));
        let start = millis.and_then(|millis| u64::try_from(millis).ok()).map(Duration::from_millis);
        let pause = pause(&self.config.schedule);
        start.map_or(pause, |start| start.max(LOOK_PAUSE_MIN).min(pause))
    }

    /// Asks the seal now and then, so that an outage is known before a key is
    /// due; until the future is dropped.
    pub(crate) async fn watch_seal(&self) {
        loop {
            tokio::time::sleep(FOLLOW_PAUSE_MAX).await;
            // What it finds is shown by readiness and metrics.
            let _shown = self.keyring.probe().await;
        }
    }

    async fn forget_uses(&self) {
        let ended_before = self.clock.now().minus(REPLAY_MARGIN);
        if let Err(fault) = self.app.store.prune_replay(ended_before).await {
            tracing::error!(%fault, "uses of ended tokens cannot be forgotten");
        }
    }

    /// One look at the store.
    async fn follow(&self) {
        self.refresh_ring().await;
        self.follow_snapshot().await;
    }

    /// Takes over the documents that another replica adopted. Nothing is
    /// written: they are in force already, and have their entry.
    async fn follow_snapshot(&self) {
        // Not while a load of our own is between the store and memory.
        let mut last = self.loading.lock().await;
        let store = &self.app.store;
        let in_force = match store.current_snapshot().await {
            Ok(Some(digest)) => digest,
            Ok(None) => return,
            // Its own readiness check says so; what is in force is not known.
            Err(fault) => return tracing::error!(%fault, "the store does not say what is in force"),
        };
        if self.app.snapshot.load().digest().as_str() == in_force {
            return self.following.note(None);
        }
        let taken = match store.snapshot(Some(in_force)).await {
            Ok(Some(row)) => documents::compile_row(&self.config, row).await,
            Ok(None) => Err("the store lost them".to_owned()),
            Err(fault) => Err(fault.to_string()),
        };
        match taken {
            Ok(loaded) => {
                let report = LoadReport::adopted(&loaded, Vec::new());
                tracing::info!(snapshot = %report.snapshot, "another replica adopted these documents");
                self.app.snapshot.store(Arc::new(loaded.snapshot));
                self.key_source.keep_only(self.app.snapshot.load().bundles().iter());
                self.note(&report);
                last.outcome = report.outcome;
                self.following.note(None);
            }
            Err(fault) => self.following.note(Some(fault)),
        }
    }
}
