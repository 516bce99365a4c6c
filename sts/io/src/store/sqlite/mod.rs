//! The embedded store: one file, one thread that owns the connection, and one
//! durable transaction for everything that waits.

mod blocks;
mod keys;
mod rows;
mod schema;
mod writer;

pub use schema::OpenFault;

use super::queue::{RecordJob, wait};
use crate::clock::SystemClock;
use crate::limits::{READ_BATCH_MAX, STORE_QUEUE_MAX};
use rusqlite::Connection;
use std::path::Path;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use sts_core::block::Block;
use sts_core::intent::{Intent, Verdict};
use sts_core::keys::{KeyChange, KeyRow};
use sts_core::ports::{Answer, Clock as _, Entries, Resealed, SnapshotRow, Store, Unavailable};
use sts_wire::time::Timestamp;
use tokio::sync::oneshot;
use writer::Job;

/// A SQLite database behind the port.
pub struct SqliteStore {
    jobs: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl SqliteStore {
    /// Opens or creates the database and takes its writer lock.
    ///
    /// # Errors
    /// [`OpenFault`].
    pub fn open(path: &Path) -> Result<Self, OpenFault> {
        let connection = schema::open(path)?;
        let next_index = schema::next_index(&connection)?;
        let (jobs, queue) = sync_channel(STORE_QUEUE_MAX);
        let work = move || writer::run(connection, next_index, &queue);
        let thread = std::thread::Builder::new().name("store".into()).spawn(work);
        let thread = thread.map_err(|error| OpenFault::Thread(error.to_string()))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
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

    /// Runs work that appends an entry when it applies, and leaves nothing when it does not.
    fn append_if(
        &self,
        leaf: Vec<u8>,
        work: impl FnOnce(&Connection) -> rusqlite::Result<bool> + Send + 'static,
    ) -> Answer<'_, Result<bool, Unavailable>> {
        self.append(move |batch| batch.append_if(&leaf, work))
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

/// Whether every one of these applies; ends at the first that does not.
fn all<T>(
    several: Vec<T>,
    mut applies: impl FnMut(&T) -> rusqlite::Result<bool>,
) -> rusqlite::Result<bool> {
    for one in several {
        if !applies(&one)? {
            return Ok(false);
        }
    }
    Ok(true)
}

impl Store for SqliteStore {
    fn record(&self, intent: Intent) -> Answer<'_, Result<Verdict, Unavailable>> {
        Box::pin(async move {
            let (job, answer) = RecordJob::new(intent);
            self.send(Job::Record(Box::new(job)))?;
            wait(answer).await?
        })
    }

    fn keys(&self) -> Answer<'_, Result<Vec<KeyRow>, Unavailable>> {
        Box::pin(self.ask(|connection| keys::all(connection)))
    }

    fn insert_key(
        &self,
        row: KeyRow,
        insert_by: Option<Timestamp>,
        leaf: Vec<u8>,
    ) -> Answer<'_, Result<bool, Unavailable>> {
        self.append(move |batch| {
            // On the writer's thread: what waited for its turn is late as well.
            let in_time = insert_by.is_none_or(|end| SystemClock.now() <= end);
            let inserted = in_time && keys::insert(batch.connection(), &row)?;
            if inserted {
                batch.append(&leaf)?;
            }
            Ok(inserted)
        })
    }

    fn change_keys(
        &self,
        seen: Vec<KeyRow>,
        changes: Vec<KeyChange>,
        leaf: Vec<u8>,
    ) -> Answer<'_, Result<bool, Unavailable>> {
        self.append_if(leaf, move |connection| {
            Ok(keys::all(connection)? == seen
                && all(changes, |change| keys::change(connection, change))?)
        })
    }

    fn reseal(
        &self,
        resealed: Vec<Resealed>,
        leaf: Vec<u8>,
    ) -> Answer<'_, Result<bool, Unavailable>> {
        self.append_if(leaf, move |connection| all(resealed, |one| keys::reseal(connection, one)))
    }

    fn blocks(&self) -> Answer<'_, Result<Vec<Block>, Unavailable>> {
        Box::pin(self.ask(|connection| blocks::all(connection)))
    }

    fn add_block(&self, block: Block, leaf: Vec<u8>) -> Answer<'_, Result<(), Unavailable>> {
        self.append(move |batch| {
            blocks::add(batch.connection(), &block)?;
            batch.append(&leaf).map(|_index| ())
        })
    }

    fn remove_block(&self, id: String, leaf: Vec<u8>) -> Answer<'_, Result<bool, Unavailable>> {
        self.append_if(leaf, move |connection| blocks::remove(connection, &id))
    }

    fn secret(
        &self,
        name: &'static str,
        candidate: Option<Vec<u8>>,
    ) -> Answer<'_, Result<Option<Vec<u8>>, Unavailable>> {
        Box::pin(self.ask(move |connection| keys::secret(connection, name, candidate.as_deref())))
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

    fn current_snapshot(&self) -> Answer<'_, Result<Option<String>, Unavailable>> {
        Box::pin(self.ask(|connection| rows::current_snapshot(connection)))
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

    fn prune_replay(&self, ended_before: Timestamp) -> Answer<'_, Result<u64, Unavailable>> {
        Box::pin(self.ask(move |connection| rows::prune_replay(connection, ended_before)))
    }

    fn ping(&self) -> Answer<'_, Result<(), Unavailable>> {
        Box::pin(self.ask(|connection| connection.query_row("SELECT 1", [], |_| Ok(()))))
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
