//! Uses of tokens, snapshots and entries, in and out.

use rusqlite::{Connection, OptionalExtension as _, params};
use sts_core::intent::ReplayUse;
use sts_core::ports::SnapshotRow;
use sts_core::trust::ReplayMode;
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
) -> rusqlite::Result<u64> {
    let deleted =
        connection.execute("DELETE FROM replay WHERE until_ms < ?1", [ended_before.millis()])?;
    Ok(deleted as u64)
}

/// Digest of the documents in force.
pub(super) fn current_snapshot(connection: &Connection) -> rusqlite::Result<Option<String>> {
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

pub(super) fn entries(
    connection: &Connection,
    from: u64,
    limit: u64,
) -> rusqlite::Result<Vec<(u64, Vec<u8>)>> {
    let mut query = connection
        .prepare_cached("SELECT idx, leaf FROM entries WHERE idx >= ?1 ORDER BY idx LIMIT ?2")?;
    query.query_map(params![from, limit], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}
