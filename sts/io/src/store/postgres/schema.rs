//! The tables, made and brought up to date by whichever replica comes first.

use super::fault::PostgresFault;
use crate::limits::STORE_MIGRATION_TIME_MAX;
use tokio_postgres::Client;

/// Version of the tables, in `schema_version`.
pub(super) const SCHEMA_VERSION: i64 = 1;

/// From each version to the next one; an empty database has version 0.
///
/// `head` is the one row that whoever writes entries locks first. `entries.leaf`
/// are the ledger's bytes. `replay.token` and `replay.audience` are hashes, as
/// their texts may hold what the database's texts cannot, and may be longer
/// than its indices take; an empty audience is a use that counts for all.
const MIGRATIONS: [&str; 1] = ["
    CREATE TABLE head (
        only_row INT PRIMARY KEY CHECK (only_row = 1), next_index BIGINT NOT NULL, snapshot TEXT
    ) WITH (fillfactor = 10);
    INSERT INTO head VALUES (1, 0, NULL);
    CREATE TABLE entries (idx BIGINT PRIMARY KEY, leaf BYTEA NOT NULL);
    CREATE TABLE replay (
        bundle TEXT NOT NULL, token BYTEA NOT NULL, audience BYTEA NOT NULL, until_ms BIGINT NOT NULL,
        PRIMARY KEY (bundle, token, audience)
    );
    CREATE INDEX replay_until ON replay (until_ms);
    CREATE TABLE keys (
        algorithm TEXT COLLATE \"C\" NOT NULL, slot BIGINT NOT NULL, kid TEXT NOT NULL UNIQUE, public TEXT NOT NULL,
        created_ms BIGINT NOT NULL, not_before_ms BIGINT NOT NULL, revoked_ms BIGINT, revoked_because TEXT, sealed BYTEA NOT NULL,
        retention_s BIGINT NOT NULL,
        PRIMARY KEY (algorithm, slot)
    );
    CREATE TABLE secrets (name TEXT PRIMARY KEY, sealed BYTEA NOT NULL);
    CREATE TABLE snapshots (digest TEXT PRIMARY KEY, documents TEXT NOT NULL);
    CREATE TABLE blocks (
        id TEXT COLLATE \"C\" PRIMARY KEY, target TEXT NOT NULL, reason TEXT NOT NULL,
        since_ms BIGINT NOT NULL, until_ms BIGINT
    );
"];

/// Of the lock that one replica at a time migrates under: any number that nobody else takes.
const MIGRATION_LOCK: i64 = 0x7374_735f_6d69;

/// Makes the tables what this program knows; another replica that does so is waited for.
///
/// # Errors
/// [`PostgresFault`]; the tables are as they were then.
pub(super) async fn migrate(client: &mut Client) -> Result<(), PostgresFault> {
    let transaction = client.transaction().await?;
    let time_max = STORE_MIGRATION_TIME_MAX.as_millis();
    let patience =
        format!("SET LOCAL statement_timeout = {time_max}; SET LOCAL lock_timeout = {time_max};");
    transaction.batch_execute(&patience).await?;
    transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&MIGRATION_LOCK]).await?;
    let found = match version(transaction.client()).await {
        Err(PostgresFault::Empty) => {
            let table = "CREATE TABLE schema_version (version BIGINT NOT NULL);
                 INSERT INTO schema_version VALUES (0)";
            transaction.batch_execute(table).await?;
            0
        }
        found => found?,
    };
    for (from, step) in (0..).zip(MIGRATIONS) {
        if found <= from {
            transaction.batch_execute(step).await?;
        }
    }
    if found < SCHEMA_VERSION {
        transaction.execute("UPDATE schema_version SET version = $1", &[&SCHEMA_VERSION]).await?;
    }
    Ok(transaction.commit().await?)
}

/// Whether the tables are those that this program knows.
///
/// # Errors
/// [`PostgresFault`].
pub(super) async fn check(client: &Client) -> Result<(), PostgresFault> {
    match version(client).await? {
        SCHEMA_VERSION => Ok(()),
        found => Err(PostgresFault::Version(found)),
    }
}

async fn version(client: &Client) -> Result<i64, PostgresFault> {
    let there = client.query_one("SELECT to_regclass('schema_version') IS NOT NULL", &[]).await?;
    if !there.try_get::<_, bool>(0)? {
        return Err(PostgresFault::Empty);
    }
    Ok(client.query_one("SELECT version FROM schema_version", &[]).await?.try_get(0)?)
}
