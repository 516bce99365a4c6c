//! The embedded store: one file, one thread that owns the connection, and one
//! durable transaction for everything that waits.

mod rows;
mod schema;
mod writer;

pub use schema::OpenFault;

use crate::clock;
use crate::limits::{COMMIT_GRACE, READ_BATCH_MAX, RECORD_DEADLINE, STORE_QUEUE_MAX};
use rusqlite::Connection;
use std::path::Path;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use sts_core::intent::{Intent, Verdict};
use sts_core::keys::KeyRow;
use sts_core::ports::{Answer, Entries, SnapshotRow, Store, Unavailable};
use tokio::sync::oneshot;
use writer::{Job, RecordJob};

/// A SQLite database behind the port.
pub struct SqliteStore {
    jobs: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
    empty: bool,
}

impl SqliteStore {
    /// Opens or creates the database and takes its writer lock.
    ///
    /// # Errors
    /// [`OpenFault`].
    pub fn open(path: &Path) -> Result<Self, OpenFault> {
        let (connection, empty) = schema::open(path)?;
        let next_index = schema::next_index(&connection)?;
        let (jobs, queue) = sync_channel(STORE_QUEUE_MAX);
        let work = move || writer::run(connection, next_index, &queue);
        let thread = std::thread::Builder::new().name("store".into()).spawn(work);
        let thread = thread.map_err(|error| OpenFault::Thread(error.to_string()))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread), empty })
    }

    /// Whether it held no key when it was opened: only then may a
    /// key-encryption key be created.
    #[must_use]
    pub const fn was_empty(&self) -> bool {
        self.empty
    }

    /// Forgets uses of tokens that ended long ago.
    ///
    /// # Errors
    /// Not written.
    pub async fn prune_replay(
        &self,
        ended_before: sts_wire::time::Timestamp,
    ) -> Result<usize, Unavailable> {
        self.ask(move |connection| rows::prune_replay(connection, ended_before)).await
    }

    /// Whether the store answers within the deadline.
    ///
    /// # Errors
    /// It does not.
    pub async fn ping(&self) -> Result<(), Unavailable> {
        self.ask(|connection| connection.query_row("SELECT 1", [], |_| Ok(()))).await
    }

    fn send(&self, job: Job) -> Result<(), Unavailable> {
        let jobs =
            self.jobs.as_ref().ok_or_else(|| Unavailable("the store is closed".to_owned()))?;
        jobs.try_send(job).map_err(|error| {
            Unavailable(match error {
                TrySendError::Full(_) => "too much waits for the store".to_owned(),
                TrySendError::Disconnected(_) => "the store's thread has ended".to_owned(),
            })
        })
    }

    /// Runs a statement on the store's thread, in its turn.
    async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Unavailable> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Other(Box::new(move |connection| {
            // Nobody listens any more when the request was given up: fine.
            let _unheard = reply.send(work(connection));
        })))?;
        match wait(answer).await? {
            Ok(value) => Ok(value),
            Err(error) => Err(Unavailable(format!("the store failed: {error}"))),
        }
    }

    /// Runs work that appends entries, on the store's thread and in a
    /// transaction. Its turn is what it was when this returned.
    fn append<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut writer::Batch<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Answer<'_, Result<T, Unavailable>> {
        let (reply, answer) = oneshot::channel();
        let sent = self.send(Job::Append(Box::new(move |connection, next_index| {
            let _unheard = reply.send(writer::transaction(connection, next_index, work));
        })));
        Box::pin(async move {
            sent?;
            match wait(answer).await? {
                Ok(value) => Ok(value),
                Err(error) => Err(Unavailable(format!("the store failed: {error}"))),
            }
        })
    }
}

async fn wait<T>(answer: oneshot::Receiver<T>) -> Result<T, Unavailable> {
    let time_max = RECORD_DEADLINE.saturating_add(COMMIT_GRACE);
    match tokio::time::timeout(time_max, answer).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(_)) => Err(Unavailable("the store's thread has ended".to_owned())),
        Err(_) => Err(Unavailable("the store did not answer in time".to_owned())),
    }
}

impl Store for SqliteStore {
    fn record(&self, intent: Intent) -> Answer<'_, Result<Verdict, Unavailable>> {
        Box::pin(async move {
            let (reply, answer) = oneshot::channel();
            let deadline = clock::monotonic().checked_add(RECORD_DEADLINE);
            self.send(Job::Record(RecordJob { intent, deadline, reply }))?;
            wait(answer).await?
        })
    }

    fn keys(&self) -> Answer<'_, Result<Vec<KeyRow>, Unavailable>> {
        Box::pin(self.ask(|connection| rows::keys(connection)))
    }

    fn insert_key(&self, row: KeyRow, leaf: Vec<u8>) -> Answer<'_, Result<bool, Unavailable>> {
        self.append(move |batch| {
            let inserted = rows::insert_key(batch.connection(), &row)?;
            if inserted {
                batch.append(&leaf)?;
            }
            Ok(inserted)
        })
    }

    fn secret(
        &self,
        name: &'static str,
        candidate: Option<Vec<u8>>,
    ) -> Answer<'_, Result<Option<Vec<u8>>, Unavailable>> {
        Box::pin(self.ask(move |connection| rows::secret(connection, name, candidate.as_deref())))
    }

    fn adopt_snapshot(
        &self,
        row: SnapshotRow,
        leaf: Vec<u8>,
    ) -> Answer<'_, Result<(), Unavailable>> {
        self.append(move |batch| {
            if rows::adopt_snapshot(batch.connection(), &row)? {
                batch.append(&leaf)?;
            }
            Ok(())
        })
    }

    fn snapshot(
        &self,
        digest: Option<String>,
    ) -> Answer<'_, Result<Option<SnapshotRow>, Unavailable>> {
        Box::pin(self.ask(move |connection| rows::snapshot(connection, digest)))
    }

    fn entries(&self, from: u64, limit: u64) -> Answer<'_, Result<Entries, Unavailable>> {
        Box::pin(
            self.ask(move |connection| rows::entries(connection, from, limit.min(READ_BATCH_MAX))),
        )
    }
}

/// Everything that was accepted is written before the process goes on.
impl Drop for SqliteStore {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}
