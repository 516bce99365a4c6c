//! Rows in and out.

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use sts_core::intent::{Guard, ReplayUse};
use sts_core::keys::KeyRow;
use sts_core::ports::SnapshotRow;
use sts_core::trust::ReplayMode;
use sts_jose::SigningAlgorithm;
use sts_wire::time::Timestamp;

/// In place of an audience: the use counts for all of them.
const EVERY_AUDIENCE: &str = "*";

/// Whether a token was used in a way that forbids this use.
pub(super) fn was_used(connection: &Connection, replay: &ReplayUse) -> rusqlite::Result<bool> {
    let any = replay.mode == ReplayMode::SingleUse;
    let audience = match replay.mode {
        ReplayMode::Reusable => EVERY_AUDIENCE,
        ReplayMode::OncePerAudience | ReplayMode::SingleUse => &replay.audience,
    };
    let mut query = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM replay WHERE bundle = ?1 AND token_id = ?2 AND (?3 OR audience IN (?4, '*')))",
    )?;
    query.query_row(params![replay.bundle, replay.token_id, any, audience], |row| row.get(0))
}

/// Leaves a use; the primary key makes a second one impossible.
pub(super) fn claim(connection: &Connection, replay: &ReplayUse) -> rusqlite::Result<()> {
    let audience = match replay.mode {
        ReplayMode::SingleUse => EVERY_AUDIENCE,
        ReplayMode::OncePerAudience | ReplayMode::Reusable => &replay.audience,
    };
    let mut insert = connection.prepare_cached(
        "INSERT INTO replay (bundle, token_id, audience, until_ms) VALUES (?1, ?2, ?3, ?4)",
    )?;
    insert.execute(params![
        replay.bundle,
        replay.token_id,
        audience,
        replay.remembered_until.millis()
    ])?;
    Ok(())
}

pub(super) fn prune_replay(
    connection: &Connection,
    ended_before: Timestamp,
) -> rusqlite::Result<usize> {
    connection.execute("DELETE FROM replay WHERE until_ms < ?1", params![ended_before.millis()])
}

/// Whether what an exchange relied on is still so.
pub(super) fn holds(connection: &Connection, guard: &Guard) -> rusqlite::Result<bool> {
    if let Some(kid) = &guard.kid {
        let mut query =
            connection.prepare_cached("SELECT revoked_ms IS NULL FROM keys WHERE kid = ?1")?;
        if query.query_row([kid], |row| row.get(0)).optional()? != Some(true) {
            return Ok(false);
        }
    }
    match &guard.snapshot {
        None => Ok(true),
        Some(digest) => Ok(current_snapshot(connection)?.as_ref() == Some(digest)),
    }
}

fn current_snapshot(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let mut query = connection.prepare_cached("SELECT snapshot FROM current")?;
    query.query_row([], |row| row.get(0)).optional()
}

/// Makes a snapshot current; says whether it was not before.
pub(super) fn adopt_snapshot(
    connection: &Connection,
    snapshot: &SnapshotRow,
) -> rusqlite::Result<bool> {
    if current_snapshot(connection)?.as_ref() == Some(&snapshot.digest) {
        return Ok(false);
    }
    connection.execute(
        "INSERT INTO snapshots (digest, documents) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        params![snapshot.digest, snapshot.documents],
    )?;
    connection.execute(
        "INSERT INTO current (only, snapshot) VALUES (1, ?1) ON CONFLICT DO UPDATE SET snapshot = excluded.snapshot",
        params![snapshot.digest],
    )?;
    Ok(true)
}

/// The snapshot of a digest, or the current one.
pub(super) fn snapshot(
    connection: &Connection,
    digest: Option<String>,
) -> rusqlite::Result<Option<SnapshotRow>> {
    let Some(digest) =
        digest.map_or_else(|| current_snapshot(connection), |named| Ok(Some(named)))?
    else {
        return Ok(None);
    };
    let mut query =
        connection.prepare_cached("SELECT documents FROM snapshots WHERE digest = ?1")?;
    let documents: Option<String> = query.query_row([&digest], |row| row.get(0)).optional()?;
    Ok(documents.map(|documents| SnapshotRow { digest, documents }))
}

/// The secret of this name, after adding the candidate when there was none.
pub(super) fn secret(
    connection: &Connection,
    name: &str,
    candidate: Option<&[u8]>,
) -> rusqlite::Result<Option<Vec<u8>>> {
    if let Some(sealed) = candidate {
        connection.execute(
            "INSERT INTO secrets (name, sealed) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            params![name, sealed],
        )?;
    }
    connection
        .query_row("SELECT sealed FROM secrets WHERE name = ?1", [name], |row| row.get(0))
        .optional()
}

pub(super) fn entries(
    connection: &Connection,
    from: u64,
    limit: u64,
) -> rusqlite::Result<Vec<(u64, Vec<u8>)>> {
    let mut query = connection
        .prepare_cached("SELECT idx, leaf FROM entries WHERE idx >= ?1 ORDER BY idx LIMIT ?2")?;
    query.query_map(params![from, limit], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

pub(super) fn insert_key(connection: &Connection, row: &KeyRow) -> rusqlite::Result<bool> {
    let public = serde_json::to_string(&row.public)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    let inserted = connection.execute(
        "INSERT INTO keys (algorithm, slot, kid, public, created_ms, not_before_ms, revoked_ms, sealed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING",
        params![
            row.algorithm.name(),
            row.slot,
            row.public.kid,
            public,
            row.created_at.millis(),
            row.not_before.millis(),
            row.revoked_at.map(Timestamp::millis),
            row.sealed_private,
        ],
    )?;
    Ok(inserted > 0)
}

pub(super) fn keys(connection: &Connection) -> rusqlite::Result<Vec<KeyRow>> {
    let mut query = connection.prepare_cached(
        "SELECT algorithm, slot, public, created_ms, not_before_ms, revoked_ms, sealed FROM keys ORDER BY algorithm, slot",
    )?;
    query.query_map([], key)?.collect()
}

fn key(row: &Row<'_>) -> rusqlite::Result<KeyRow> {
    let corrupt = |column: usize, message: String| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, message.into())
    };
    let algorithm: String = row.get(0)?;
    let public: String = row.get(2)?;
    Ok(KeyRow {
        algorithm: SigningAlgorithm::from_name(&algorithm)
            .ok_or_else(|| corrupt(0, format!("unknown algorithm {algorithm}")))?,
        slot: row.get(1)?,
        public: serde_json::from_str(&public).map_err(|error| corrupt(2, error.to_string()))?,
        created_at: Timestamp::from_millis(row.get(3)?),
        not_before: Timestamp::from_millis(row.get(4)?),
        revoked_at: row.get::<_, Option<i64>>(5)?.map(Timestamp::from_millis),
        sealed_private: row.get(6)?,
    })
}
