//! One connection: made, checked, and given up as a whole when anything about it is unclear.

use super::durability;
use super::fault::PostgresFault;
use super::schema;
use super::settings::{PostgresSettings, PostgresTls};
use super::statements::Statements;
use crate::files;
use crate::limits::{
    COMMIT_GRACE, RECORD_DEADLINE, STORE_CONNECT_TIME_MAX, STORE_STALL_MAX,
    STORE_STATEMENT_TIME_MAX,
};
use crate::tls;
use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::Severity;
use tokio_postgres::tls::TlsStream;
use tokio_postgres::{AsyncMessage, Client, Connection, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Silence after which the network asks whether the other end is there.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(10);

/// A connection in use.
pub(super) struct Session {
    pub(super) client: Client,
    pub(super) statements: Statements,
    /// What moves its bytes.
    driver: JoinHandle<()>,
    /// Whether the database warned of something.
    warned: Arc<AtomicBool>,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// What becomes of tables that are not there, or older.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tables {
    /// They are made.
    Made,
    /// They are needed as they are.
    Needed,
}

impl Session {
    /// Connects, and makes sure of everything that what is written rests on:
    /// another server may have the address since the last time.
    ///
    /// # Errors
    /// [`PostgresFault`].
    pub(super) async fn open(
        settings: &PostgresSettings,
        tables: Tables,
    ) -> Result<Self, PostgresFault> {
        let (mut client, driver, warned) = within(connect(settings)).await?;
        if tables == Tables::Made {
            schema::migrate(&mut client).await?;
        }
        let statements = within(async {
            schema::check(&client).await?;
            durability::check(&client, settings.development).await?;
            Statements::prepare(&client).await
        });
        let statements = statements.await?;
        Ok(Self { client, statements, driver, warned })
    }

    /// Whether the other end is gone.
    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Whether nothing was warned of.
    ///
    /// # Errors
    /// [`PostgresFault::Unconfirmed`]: a commit whose wait for the standby was
    /// cancelled succeeds with a warning, and so does one without a transaction.
    pub(super) fn unwarned(&self) -> Result<(), PostgresFault> {
        if self.warned.load(Ordering::Acquire) {
            return Err(PostgresFault::Unconfirmed);
        }
        Ok(())
    }
}

async fn within<T>(
    work: impl Future<Output = Result<T, PostgresFault>>,
) -> Result<T, PostgresFault> {
    let done = tokio::time::timeout(STORE_CONNECT_TIME_MAX, work).await;
    done.unwrap_or(Err(PostgresFault::Silent))
}

/// A client that is connected, the task that moves its bytes, and its warnings.
type Connected = (Client, JoinHandle<()>, Arc<AtomicBool>);

async fn connect(settings: &PostgresSettings) -> Result<Connected, PostgresFault> {
    let mut config = tokio_postgres::Config::new();
    config
        .host(&settings.host)
        .port(settings.port)
        .user(&settings.user)
        .dbname(&settings.database)
        .application_name("sts")
        .keepalives_idle(KEEPALIVE_IDLE)
        .tcp_user_timeout(RECORD_DEADLINE.saturating_add(COMMIT_GRACE));
    if let Some(file) = &settings.password_file {
        config.password(files::read_text(file)?.trim_end_matches(['\r', '\n']));
    }
    let (mode, roots) = match &settings.tls {
        PostgresTls::Off => (SslMode::Disable, None),
        PostgresTls::Verified { ca_file } => (SslMode::Require, ca_file.as_deref()),
    };
    let tls = MakeRustlsConnect::new(tls::client(roots)?);
    let (client, connection) = config.ssl_mode(mode).connect(tls).await?;
    let warned = Arc::new(AtomicBool::new(false));
    let driver = tokio::spawn(drive(connection, Arc::clone(&warned)));
    let (statement, stall) = (STORE_STATEMENT_TIME_MAX.as_millis(), STORE_STALL_MAX.as_millis());
    let limits = format!(
        "SET statement_timeout = {statement}; SET lock_timeout = {};
         SET idle_in_transaction_session_timeout = {stall}; SET standard_conforming_strings = on",
        RECORD_DEADLINE.as_millis(),
    );
    client.batch_execute(&limits).await?;
    Ok((client, driver, warned))
}

async fn drive(
    mut connection: Connection<Socket, impl TlsStream + Unpin>,
    warned: Arc<AtomicBool>,
) {
    loop {
        match poll_fn(|context| connection.poll_message(context)).await {
            Some(Ok(AsyncMessage::Notice(notice))) => {
                if notice.parsed_severity() == Some(Severity::Warning) {
                    // Before the answer that it belongs to is handed on: they come in order.
                    warned.store(true, Ordering::Release);
                    tracing::warn!(warning = notice.message(), "the database warns");
                }
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => {
                tracing::warn!(fault = %PostgresFault::from(error), "the connection to the database broke");
                return;
            }
            None => return,
        }
    }
}
