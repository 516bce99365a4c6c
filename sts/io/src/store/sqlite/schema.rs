//! Opening: the lock, the pragmas that durability rests on, and the tables.

use crate::files::{self, FileFault};
use rusqlite::{Connection, ErrorCode};
use std::path::Path;
use std::time::Duration;

/// Version of the tables, in `user_version`.
const SCHEMA_VERSION: i64 = 2;

/// The store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenFault {
    /// Its folder cannot be made, or its permissions not be set.
    #[error(
        "{0}\n    help: the store is there (store.url, or --state-dir of sts dev); this user must be able to write the file and its folder"
    )]
    File(#[from] FileFault),
    /// Another process has it.
    #[error(
        "the store {0} is in use by another process: is a server running on it?\n    help: stop it, or use another store (sts dev: another --state-dir)"
    )]
    InUse(String),
    /// It was written by another version.
    #[error(
        "the store {path} has schema {found}, this program knows {SCHEMA_VERSION}: run the program that wrote it, or a newer one"
    )]
    Version {
        /// The file.
        path: String,
        /// The version found.
        found: i64,
    },
    /// It holds something else, or is damaged.
    #[error(
        "{0} is no store, or a damaged one\n    help: name another file (store.url), or put a copy of the store back"
    )]
    Alien(String),
    /// SQLite refuses it.
    #[error(
        "the store {path} cannot be opened: {cause}\n    help: this user must be able to write the file and its folder"
    )]
    Sqlite {
        /// The file.
        path: String,
        /// SQLite's words.
        cause: rusqlite::Error,
    },
    /// No thread could be started.
    #[error("no thread for the store: {0}")]
    Thread(String),
    /// The shared database cannot be used.
    #[error(transparent)]
    Postgres(#[from] crate::store::postgres::PostgresOpenFault),
}

impl From<rusqlite::Error> for OpenFault {
    fn from(cause: rusqlite::Error) -> Self {
        Self::Sqlite { path: String::new(), cause }
    }
}

/// `entries.leaf` are the ledger's bytes. `replay.audience` is `*` for a use
/// that counts for every audience.
const TABLES: &str = "
    CREATE TABLE entries (idx INTEGER PRIMARY KEY, leaf BLOB NOT NULL) STRICT;
    CREATE TABLE replay (
        bundle TEXT NOT NULL, token_id TEXT NOT NULL, audience TEXT NOT NULL, until_ms INTEGER NOT NULL,
        PRIMARY KEY (bundle, token_id, audience)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX replay_until ON replay (until_ms);
    CREATE TABLE keys (
        algorithm TEXT NOT NULL, slot INTEGER NOT NULL, kid TEXT NOT NULL UNIQUE, public TEXT NOT NULL,
        created_ms INTEGER NOT NULL, not_before_ms INTEGER NOT NULL, revoked_ms INTEGER, sealed BLOB NOT NULL,
        PRIMARY KEY (algorithm, slot)
    ) STRICT;
    CREATE TABLE secrets (name TEXT PRIMARY KEY, sealed BLOB NOT NULL) STRICT;
    CREATE TABLE snapshots (digest TEXT PRIMARY KEY, documents TEXT NOT NULL) STRICT;
    CREATE TABLE current (only INTEGER PRIMARY KEY CHECK (only = 1), snapshot TEXT NOT NULL) STRICT;
";

/// From each version to the next one, from version 1 on.
const MIGRATIONS: [&str; 1] = ["
    ALTER TABLE keys ADD COLUMN retention_s INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE keys ADD COLUMN revoked_because TEXT;
    CREATE TABLE blocks (
        id TEXT PRIMARY KEY, target TEXT NOT NULL, reason TEXT NOT NULL, since_ms INTEGER NOT NULL, until_ms INTEGER
    ) STRICT;
"];

/// Opens the file, and takes its lock for as long as the connection lives.
pub(super) fn open(path: &Path) -> Result<Connection, OpenFault> {
    if let Some(folder) = path.parent() {
        files::create_folder(folder)?;
    }
    let shown = path.display().to_string();
    let named = |cause: rusqlite::Error| match cause.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            OpenFault::InUse(shown.clone())
        }
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            OpenFault::Alien(shown.clone())
        }
        _ => OpenFault::Sqlite { path: shown.clone(), cause },
    };
    let mut connection = Connection::open(path).map_err(named)?;
    files::restrict(path)?;
    prepare(&mut connection).map_err(named)?;
    let found: i64 =
        connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(named)?;
    if found != SCHEMA_VERSION {
        return Err(OpenFault::Version { path: shown.clone(), found });
    }
    Ok(connection)
}

/// `EXCLUSIVE` keeps the lock from the first write on, so that two writers can
/// never meet; `FULL` makes every commit durable before it returns.
fn prepare(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::ZERO)?;
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let version: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version == 0 {
        transaction.execute_batch(TABLES)?;
    }
    // An empty file begins as version 1 and takes every step, as any older one does.
    for (from, step) in (1..).zip(MIGRATIONS) {
        if version <= from {
            transaction.execute_batch(step)?;
        }
    }
    if version < SCHEMA_VERSION {
        transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    }
    transaction.commit()
}

/// The index of the next entry.
pub(super) fn next_index(connection: &Connection) -> rusqlite::Result<u64> {
    connection.query_row("SELECT coalesce(max(idx) + 1, 0) FROM entries", [], |row| row.get(0))
}
