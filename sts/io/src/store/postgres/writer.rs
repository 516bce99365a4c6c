//! The one task that speaks to the database: commits when idle or when the
//! batch is full, never on a timer, with a verdict for each intent.

use super::link::Link;
use crate::limits::COMMIT_BATCH_MAX;
use crate::store::queue::{self, RecordJob};
use std::pin::Pin;
use tokio::sync::mpsc::Receiver;

/// Work with the connection. Its future stays on the store's thread.
type Working = dyn for<'a> FnOnce(&'a mut Link) -> Pin<Box<dyn Future<Output = ()> + 'a>> + Send;

/// Work for the store's thread.
pub(super) enum Job {
    /// An exchange's write.
    Record(Box<RecordJob>),
    /// Anything else.
    Other(Box<Working>),
}

/// Runs until every sender is gone.
pub(super) async fn run(mut link: Link, mut jobs: Receiver<Job>) {
    while let Some(first) = jobs.recv().await {
        let mut batch = Vec::new();
        let mut waiting = Some(first);
        while let Some(Job::Record(job)) = waiting {
            batch.push(*job);
            waiting = if batch.len() < COMMIT_BATCH_MAX { jobs.try_recv().ok() } else { None };
        }
        record_all(&mut link, batch).await;
        if let Some(Job::Other(work)) = waiting {
            work(&mut link).await;
        }
    }
}

async fn record_all(link: &mut Link, batch: Vec<RecordJob>) {
    let mut batch = queue::in_time(batch);
    if batch.is_empty() {
        return;
    }
    let written = link.run(async |session| session.record(&mut batch).await).await;
    queue::answer_all(batch, written);
}
