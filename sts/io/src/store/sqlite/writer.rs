//! The one thread that writes: commits when idle or when the batch is full,
//! never on a timer, with a verdict for each intent.

use super::{blocks, keys, rows};
use crate::clock;
use crate::limits::COMMIT_BATCH_MAX;
use rusqlite::{Connection, TransactionBehavior, params};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::mpsc::Receiver;
use std::time::Instant;
use sts_core::block::Block;
use sts_core::intent::{Guard, Intent, KeyInUse, Verdict};
use sts_core::ports::Unavailable;
use tokio::sync::oneshot;

/// Work with the connection and the index of the next entry.
type Appending = dyn FnOnce(&mut Connection, &mut u64) + Send;

/// Work for the store's thread.
pub(super) enum Job {
    /// An exchange's write.
    Record(Box<RecordJob>),
    /// A write that appends entries, in a transaction of its own.
    Append(Box<Appending>),
    /// Anything else.
    Other(Box<dyn FnOnce(&mut Connection) + Send>),
}

/// An intent and who waits for its verdict.
pub(super) struct RecordJob {
    pub(super) intent: Intent,
    /// Past it the request is abandoned: its caller has been told 503, or soon will be.
    pub(super) deadline: Option<Instant>,
    pub(super) reply: oneshot::Sender<Result<Verdict, Unavailable>>,
}

/// Runs until every sender is gone.
pub(super) fn run(mut connection: Connection, mut next_index: u64, queue: &Receiver<Job>) {
    while let Ok(first) = queue.recv() {
        let mut batch = Vec::new();
        let mut waiting = Some(first);
        while let Some(Job::Record(job)) = waiting {
            batch.push(*job);
            waiting = if batch.len() < COMMIT_BATCH_MAX { queue.try_recv().ok() } else { None };
        }
        record_all(&mut connection, &mut next_index, batch);
        match waiting {
            Some(Job::Append(work)) => work(&mut connection, &mut next_index),
            Some(Job::Other(work)) => work(&mut connection),
            Some(Job::Record(_)) | None => {}
        }
    }
}

fn record_all(connection: &mut Connection, next_index: &mut u64, batch: Vec<RecordJob>) {
    let now = clock::monotonic();
    let late = |job: &RecordJob| {
        job.reply.is_closed() || job.deadline.is_some_and(|deadline| now > deadline)
    };
    let (late, batch): (Vec<_>, Vec<_>) = batch.into_iter().partition(late);
    for job in late {
        let _unheard = job.reply.send(Err(Unavailable(
            "the store was too slow: abandoned before its commit".to_owned(),
        )));
    }
    if batch.is_empty() {
        return;
    }
    let written = transaction(connection, next_index, |open| {
        batch.iter().map(|job| open.record(&job.intent)).collect::<rusqlite::Result<Vec<_>>>()
    });
    match written {
        Ok(verdicts) => {
            for (job, verdict) in batch.into_iter().zip(verdicts) {
                let _unheard = job.reply.send(Ok(verdict));
            }
        }
        Err(error) => {
            tracing::error!(fault = %error, "the store cannot write");
            for job in batch {
                let _unheard =
                    job.reply.send(Err(Unavailable(format!("the store cannot write: {error}"))));
            }
        }
    }
}

/// Runs `work` in one durable transaction; the indices it gave out count only
/// when the commit succeeded.
pub(super) fn transaction<T>(
    connection: &mut Connection,
    next_index: &mut u64,
    work: impl FnOnce(&mut Batch<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut batch = Batch {
        connection: &transaction,
        next_index: *next_index,
        signing: BTreeMap::new(),
        snapshot: None,
        blocks: None,
    };
    let value = work(&mut batch)?;
    let reached = batch.next_index;
    transaction.commit()?;
    *next_index = reached;
    Ok(value)
}

/// One open transaction.
pub(super) struct Batch<'a> {
    connection: &'a Connection,
    next_index: u64,
    /// When the keys in use sign, in milliseconds, and the documents in force:
    /// read once, as nothing else can change them within this transaction.
    signing: BTreeMap<String, Option<Range<i64>>>,
    snapshot: Option<Option<String>>,
    /// Read once: nothing puts up another one within this transaction.
    blocks: Option<Vec<Block>>,
}

impl Batch<'_> {
    pub(super) fn connection(&self) -> &Connection {
        self.connection
    }

    /// Appends an entry; the index is its place in the ledger.
    pub(super) fn append(&mut self, leaf: &[u8]) -> rusqlite::Result<u64> {
        let index = self.next_index;
        let mut insert =
            self.connection.prepare_cached("INSERT INTO entries (idx, leaf) VALUES (?1, ?2)")?;
        insert.execute(params![index, leaf])?;
        self.next_index = index.saturating_add(1);
        Ok(index)
    }

    /// Does the work and appends its entry, or nothing when the work says that
    /// it does not apply, whatever it wrote by then.
    pub(super) fn append_if(
        &mut self,
        leaf: &[u8],
        work: impl FnOnce(&Connection) -> rusqlite::Result<bool>,
    ) -> rusqlite::Result<bool> {
        self.connection.execute_batch("SAVEPOINT attempt")?;
        let applies = work(self.connection)?;
        if applies {
            self.append(leaf)?;
        } else {
            self.connection.execute_batch("ROLLBACK TO attempt")?;
        }
        self.connection.execute_batch("RELEASE attempt")?;
        Ok(applies)
    }

    fn record(&mut self, intent: &Intent) -> rusqlite::Result<Verdict> {
        if !self.holds(&intent.guard)? {
            return Ok(Verdict::Changed);
        }
        if let Some(exchange) = &intent.blockable
            && let Some(block) = self.blocks()?.iter().find(|block| block.stops(exchange))
        {
            return Ok(Verdict::Blocked { block: block.id.clone() });
        }
        if let Some(replay) = &intent.replay {
            if rows::was_used(self.connection, replay)? {
                return Ok(Verdict::Replayed { index: self.append(&intent.replayed)? });
            }
            if replay.claim {
                rows::claim(self.connection, replay)?;
            }
        }
        Ok(Verdict::Kept { index: self.append(&intent.fresh)? })
    }

    fn blocks(&mut self) -> rusqlite::Result<&[Block]> {
        if self.blocks.is_none() {
            self.blocks = Some(blocks::all(self.connection)?);
        }
        Ok(self.blocks.as_deref().unwrap_or_default())
    }

    fn holds(&mut self, guard: &Guard) -> rusqlite::Result<bool> {
        if let Some(key) = &guard.key
            && !self.signs(key)?
        {
            return Ok(false);
        }
        let Some(digest) = &guard.snapshot else { return Ok(true) };
        if self.snapshot.is_none() {
            self.snapshot = Some(rows::current_snapshot(self.connection)?);
        }
        Ok(self.snapshot.as_ref().and_then(Option::as_ref) == Some(digest))
    }

    fn signs(&mut self, key: &KeyInUse) -> rusqlite::Result<bool> {
        let times = match self.signing.get(&key.kid) {
            Some(times) => times.clone(),
            None => {
                let times = keys::signing_time(self.connection, &key.kid)?;
                self.signing.insert(key.kid.clone(), times.clone());
                times
            }
        };
        Ok(times.is_some_and(|times| times.contains(&key.at.millis())))
    }
}
