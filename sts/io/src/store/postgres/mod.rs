//! The shared store: replicas on one PostgreSQL, each with one thread, one
//! connection, and one durable transaction for everything that waits.

mod batch;
mod blocks;
mod durability;
mod fault;
mod keys;
mod link;
mod rows;
mod schema;
mod session;
mod settings;
mod statements;
mod transaction;
mod writer;

pub use fault::{PostgresFault, PostgresOpenFault};
pub use settings::{PostgresSettings, PostgresTls};

use super::queue::{RecordJob, wait};
use crate::limits::{PRUNE_BATCH_MAX, READ_BATCH_MAX, STORE_QUEUE_MAX};
use link::Link;
use session::{Session, Tables};
use std::thread::JoinHandle;
use sts_core::block::Block;
use sts_core::intent::{Intent, Verdict};
use sts_core::keys::{KeyChange, KeyRow};
use sts_core::ports::{Answer, Entries, Resealed, SnapshotRow, Store, Unavailable};
use sts_wire::time::Timestamp;
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::sync::oneshot;
use writer::Job;

/// A PostgreSQL database behind the port.
pub struct PostgresStore {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl PostgresStore {
    /// Connects to the database, and makes its tables where they are not there yet.
    ///
    /// # Errors
    /// [`PostgresOpenFault`].
    pub async fn open(settings: PostgresSettings) -> Result<Self, PostgresOpenFault> {
        Self::named(settings, Tables::Made).await
    }

    /// Connects to a database that a server has used.
    ///
    /// # Errors
    /// [`PostgresOpenFault`], also when there are no tables, or other ones.
    pub async fn open_used(settings: PostgresSettings) -> Result<Self, PostgresOpenFault> {
        Self::named(settings, Tables::Needed).await
    }

    async fn named(settings: PostgresSettings, tables: Tables) -> Result<Self, PostgresOpenFault> {
        let database = settings.to_string();
        let opened = Self::begin(settings, tables).await;
        opened.map_err(|cause| PostgresOpenFault { database, cause })
    }

    async fn begin(settings: PostgresSettings, tables: Tables) -> Result<Self, PostgresFault> {
        let (jobs, queue) = mpsc::channel(STORE_QUEUE_MAX);
        let (opened, opening) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| PostgresFault::Thread(error.to_string()))?;
        let work = async move || match Session::open(&settings, tables).await {
            Ok(session) => {
                let _unheard = opened.send(Ok(()));
                writer::run(Link::new(settings, session), queue).await;
            }
            Err(fault) => {
                let _unheard = opened.send(Err(fault));
            }
        };
        let thread = std::thread::Builder::new().name("store".into());
        let thread = thread.spawn(move || runtime.block_on(work()));
        let thread = thread.map_err(|error| PostgresFault::Thread(error.to_string()))?;
        let opened = opening.await;
        opened.unwrap_or_else(|_| Err(PostgresFault::Thread("it has ended".to_owned())))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    fn send(&self, job: Job) -> Result<(), Unavailable> {
        let jobs =
            self.jobs.as_ref().ok_or_else(|| Unavailable("the store is closed".to_owned()))?;
        jobs.try_send(job).map_err(|error| {
            Unavailable(match error {
                TrySendError::Full(_) => "too much waits for the store".to_owned(),
                TrySendError::Closed(_) => "the store's thread has ended".to_owned(),
            })
        })
    }

    /// Runs work on the store's thread. Its turn is what it was when this returned.
    fn ask<T: Send + 'static>(
        &self,
        work: impl AsyncFnOnce(&Session) -> Result<T, PostgresFault> + Send + 'static,
    ) -> Answer<'_, Result<T, Unavailable>> {
        let (reply, answer) = oneshot::channel();
        let sent = self.send(Job::Other(Box::new(move |link: &mut Link| {
            Box::pin(async move {
                // Nobody listens any more when the request was given up: fine.
                let _unheard = reply.send(link.run(work).await);
            })
        })));
        Box::pin(async move {
            sent?;
            wait(answer).await?.map_err(|fault| Unavailable(format!("the store failed: {fault}")))
        })
    }
}

impl Store for PostgresStore {
    fn record(&self, intent: Intent) -> Answer<'_, Result<Verdict, Unavailable>> {
        Box::pin(async move {
            let (job, answer) = RecordJob::new(intent);
            self.send(Job::Record(Box::new(job)))?;
            wait(answer).await?
        })
    }

    fn keys(&self) -> Answer<'_, Result<Vec<KeyRow>, Unavailable>> {
        self.ask(async |session| session.keys().await)
    }

    fn insert_key(
        &self,
        row: KeyRow,
        insert_by: Option<Timestamp>,
        leaf: Vec<u8>,
    ) -> Answer<'_, Result<bool, Unavailable>> {
        self.ask(async move |session| {
            session
                .append_if(&leaf, async |session, _| session.insert_key(&row, insert_by).await)
                .await
        })
    }

    fn change_keys(
        &self,
        seen: Vec<KeyRow>,
        changes: Vec<KeyChange>,
        leaf: Vec<u8>,
    ) -> Answer<'_, Result<bool, Unavailable>> {
        self.ask(async move |session| {
            session
                .append_if(&leaf, async |session, _| session.change_keys(&seen, &changes).await)
                .await
        })
    }

    fn reseal(
        &self,
        resealed: Vec<Resealed>,
        leaf: Vec<u8>,
    ) -> Answer<'_, Result<bool, Unavailable>> {
        self.ask(async move |session| {
            session.append_if(&leaf, async |session, _| session.reseal(&resealed).await).await
        })
    }

    fn blocks(&self) -> Answer<'_, Result<Vec<Block>, Unavailable>> {
        self.ask(async |session| session.blocks().await)
    }

    fn add_block(&self, block: Block, leaf: Vec<u8>) -> Answer<'_, Result<(), Unavailable>> {
        self.ask(async move |session| {
            let added = session.append_if(&leaf, async |session, _| {
                session.insert_block(&block).await.map(|()| true)
            });
            added.await.map(drop)
        })
    }

    fn remove_block(&self, id: String, leaf: Vec<u8>) -> Answer<'_, Result<bool, Unavailable>> {
        self.ask(async move |session| {
            session.append_if(&leaf, async |session, _| session.delete_block(&id).await).await
        })
    }

    fn secret(
        &self,
        name: &'static str,
        candidate: Option<Vec<u8>>,
    ) -> Answer<'_, Result<Option<Vec<u8>>, Unavailable>> {
        self.ask(async move |session| session.secret(name, candidate.as_deref()).await)
    }

    fn adopt_snapshot(
        &self,
        row: SnapshotRow,
        leaf: Vec<u8>,
    ) -> Answer<'_, Result<(), Unavailable>> {
        self.ask(async move |session| {
            let adopted = session
                .append_if(&leaf, async |session, head| session.adopt_snapshot(head, &row).await);
            adopted.await.map(drop)
        })
    }

    fn current_snapshot(&self) -> Answer<'_, Result<Option<String>, Unavailable>> {
        self.ask(async |session| session.current_snapshot().await)
    }

    fn snapshot(
        &self,
        digest: Option<String>,
    ) -> Answer<'_, Result<Option<SnapshotRow>, Unavailable>> {
        self.ask(async move |session| session.snapshot(digest).await)
    }

    fn entries(&self, from: u64, limit: u64) -> Answer<'_, Result<Entries, Unavailable>> {
        self.ask(async move |session| session.entries(from, limit.min(READ_BATCH_MAX)).await)
    }

    fn prune_replay(&self, ended_before: Timestamp) -> Answer<'_, Result<u64, Unavailable>> {
        Box::pin(async move {
            let mut forgotten = 0_u64;
            loop {
                let some = self.ask(async move |session| session.prune_replay(ended_before).await);
                let some = some.await?;
                forgotten = forgotten.saturating_add(some);
                if some < PRUNE_BATCH_MAX {
                    return Ok(forgotten);
                }
            }
        })
    }

    fn ping(&self) -> Answer<'_, Result<(), Unavailable>> {
        self.ask(async |session| session.ping().await)
    }
}

/// Everything that was accepted is written before the process goes on.
impl Drop for PostgresStore {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}
