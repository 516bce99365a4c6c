//! What waits for a store's thread, whatever the store is.

use crate::clock;
use crate::limits::{COMMIT_GRACE, RECORD_DEADLINE};
use std::fmt::Display;
use std::time::Instant;
use sts_core::intent::{Intent, Verdict};
use sts_core::ports::Unavailable;
use tokio::sync::oneshot;

/// An intent and who waits for its verdict.
pub(super) struct RecordJob {
    pub(super) intent: Intent,
    /// Past it the request is abandoned: its caller has been told 503, or soon will be.
    deadline: Option<Instant>,
    reply: oneshot::Sender<Result<Verdict, Unavailable>>,
}

impl RecordJob {
    /// The job, and where its verdict will come.
    pub(super) fn new(intent: Intent) -> (Self, oneshot::Receiver<Result<Verdict, Unavailable>>) {
        let (reply, answer) = oneshot::channel();
        (Self { intent, deadline: clock::monotonic().checked_add(RECORD_DEADLINE), reply }, answer)
    }

    /// Answers it. Nobody listens any more when the request was given up: fine.
    pub(super) fn answer(self, verdict: Result<Verdict, Unavailable>) {
        let _unheard = self.reply.send(verdict);
    }
}

/// Leaves out those that nobody waits for any more, and tells them so.
pub(super) fn in_time(batch: Vec<RecordJob>) -> Vec<RecordJob> {
    let now = clock::monotonic();
    let late = |job: &RecordJob| {
        job.reply.is_closed() || job.deadline.is_some_and(|deadline| now > deadline)
    };
    let (late, batch): (Vec<_>, Vec<_>) = batch.into_iter().partition(late);
    for job in late {
        let slow = "the store was too slow: abandoned before its commit";
        job.answer(Err(Unavailable(slow.to_owned())));
    }
    batch
}

/// Tells each of a batch its verdict, or all of them why there is none.
pub(super) fn answer_all(batch: Vec<RecordJob>, written: Result<Vec<Verdict>, impl Display>) {
    match written {
        Ok(verdicts) => {
            for (job, verdict) in batch.into_iter().zip(verdicts) {
                job.answer(Ok(verdict));
            }
        }
        Err(error) => {
            tracing::error!(fault = %error, "the store cannot write");
            for job in batch {
                job.answer(Err(Unavailable(format!("the store cannot write: {error}"))));
            }
        }
    }
}

/// What a job came to; the thread goes on when nobody waits any more.
pub(super) async fn wait<T>(answer: oneshot::Receiver<T>) -> Result<T, Unavailable> {
    let time_max = RECORD_DEADLINE.saturating_add(COMMIT_GRACE);
    match tokio::time::timeout(time_max, answer).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(_)) => Err(Unavailable("the store's thread has ended".to_owned())),
        Err(_) => Err(Unavailable("the store did not answer in time".to_owned())),
    }
}
