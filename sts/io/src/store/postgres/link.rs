//! The connection of a replica, made again when it broke.

use super::fault::PostgresFault;
use super::session::{Session, Tables};
use super::settings::PostgresSettings;
use crate::clock;
use crate::limits::{
    COMMIT_GRACE, RECORD_DEADLINE, STORE_CONNECT_PAUSE_MAX, STORE_CONNECT_PAUSE_MIN,
};
use std::time::{Duration, Instant};

/// A connection, or none and since when there may be another attempt.
pub(super) struct Link {
    settings: PostgresSettings,
    session: Option<Session>,
    /// Pause after the next failed attempt.
    pause: Duration,
    retry_at: Option<Instant>,
    /// Why the last attempt failed.
    trouble: String,
}

impl Link {
    pub(super) const fn new(settings: PostgresSettings, session: Session) -> Self {
        Self {
            settings,
            session: Some(session),
            pause: STORE_CONNECT_PAUSE_MIN,
            retry_at: None,
            trouble: String::new(),
        }
    }

    /// Runs work on the connection; one that broke is made again before.
    /// Whatever goes wrong, the session ends with it: what was open in it is
    /// rolled back, and the work of the next one begins afresh.
    ///
    /// # Errors
    /// For operators. What was written by then may be, or may not.
    pub(super) async fn run<T>(
        &mut self,
        work: impl AsyncFnOnce(&Session) -> Result<T, PostgresFault>,
    ) -> Result<T, String> {
        let session = self.take().await?;
        let time_max = RECORD_DEADLINE.saturating_add(COMMIT_GRACE);
        let done = tokio::time::timeout(time_max, work(&session)).await;
        match done.unwrap_or(Err(PostgresFault::Silent)) {
            Ok(value) => {
                self.session = Some(session);
                Ok(value)
            }
            Err(fault) => Err(fault.to_string()),
        }
    }

    async fn take(&mut self) -> Result<Session, String> {
        if let Some(session) = self.session.take().filter(|session| !session.is_closed()) {
            return Ok(session);
        }
        // Those who come in between are told at once: nobody waits for a database that is away.
        if self.retry_at.is_some_and(|at| clock::monotonic() < at) {
            return Err(format!("the database cannot be reached: {}", self.trouble));
        }
        match Session::open(&self.settings, Tables::Needed).await {
            Ok(session) => {
                self.pause = STORE_CONNECT_PAUSE_MIN;
                self.retry_at = None;
                tracing::info!(database = %self.settings, "connected to the database again");
                Ok(session)
            }
            Err(fault) => {
                self.trouble = fault.to_string();
                tracing::error!(database = %self.settings, %fault, "the database cannot be reached");
                self.retry_at = clock::monotonic().checked_add(self.pause);
                self.pause = self.pause.saturating_mul(2).min(STORE_CONNECT_PAUSE_MAX);
                Err(format!("the database cannot be reached: {}", self.trouble))
            }
        }
    }
}
