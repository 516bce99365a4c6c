//! Keys and secrets, in and out. What is private is sealed.

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use std::ops::Range;
use sts_core::keys::{KeyChange, KeyRow, RevocationReason};
use sts_core::ports::{Resealed, Sealed};
use sts_jose::SigningAlgorithm;
use sts_wire::time::{Seconds, Timestamp};

const COLUMNS: &str = "algorithm, slot, public, created_ms, not_before_ms, revoked_ms, sealed, retention_s, revoked_because";

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

/// Adds a key unless its slot or its `kid` is taken; says whether it did.
pub(super) fn insert(connection: &Connection, row: &KeyRow) -> rusqlite::Result<bool> {
    let public = serde_json::to_string(&row.public)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    let inserted = connection.execute(
        "INSERT INTO keys (algorithm, slot, kid, public, created_ms, not_before_ms, revoked_ms, sealed, retention_s, revoked_because)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO NOTHING",
        params![
            row.algorithm.name(),
            row.slot,
            row.public.kid,
            public,
            row.created_at.millis(),
            row.not_before.millis(),
            row.revoked_at.map(Timestamp::millis),
            row.sealed_private,
            row.retention.get(),
            row.revoked_because.map(RevocationReason::word),
        ],
    )?;
    Ok(inserted > 0)
}

/// Every key.
pub(super) fn all(connection: &Connection) -> rusqlite::Result<Vec<KeyRow>> {
    let mut query =
        connection.prepare(&format!("SELECT {COLUMNS} FROM keys ORDER BY algorithm, slot"))?;
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
        retention: Seconds::new(row.get(7)?),
        revoked_because: row
            .get::<_, Option<String>>(8)?
            .and_then(|word| RevocationReason::from_word(&word)),
    })
}

/// Changes a key; says whether the change still applied. The caller holds the transaction.
pub(super) fn change(connection: &Connection, change: &KeyChange) -> rusqlite::Result<bool> {
    let mut query = connection.prepare(&format!("SELECT {COLUMNS} FROM keys WHERE kid = ?1"))?;
    let Some(mut row) = query.query_row([change.kid()], key).optional()? else {
        return Ok(false);
    };
    if !change.apply(&mut row) {
        return Ok(false);
    }
    connection.execute(
        "UPDATE keys SET not_before_ms = ?2, revoked_ms = ?3, retention_s = ?4, revoked_because = ?5 WHERE kid = ?1",
        params![
            change.kid(),
            row.not_before.millis(),
            row.revoked_at.map(Timestamp::millis),
            row.retention.get(),
            row.revoked_because.map(RevocationReason::word),
        ],
    )?;
    Ok(true)
}

/// Replaces what is sealed when it is what it was.
pub(super) fn reseal(connection: &Connection, resealed: &Resealed) -> rusqlite::Result<bool> {
    let (statement, name) = match &resealed.what {
        Sealed::Key(kid) => ("UPDATE keys SET sealed = ?3 WHERE kid = ?1 AND sealed = ?2", &**kid),
        Sealed::Secret(name) => {
            ("UPDATE secrets SET sealed = ?3 WHERE name = ?1 AND sealed = ?2", *name)
        }
    };
    Ok(connection.execute(statement, params![name, resealed.old, resealed.new])? == 1)
}

/// When a key signs, by the rows: `KeyRow::signs_at` of the key ring as a
/// question to them. The contract suite holds both to the same answers.
const SIGNS: &str = "
    SELECT own.not_before_ms, (
        SELECT min(other.not_before_ms) FROM keys AS other
        WHERE other.algorithm = own.algorithm AND other.slot > own.slot
            AND (other.revoked_ms IS NULL OR other.revoked_ms > other.not_before_ms)
    )
    FROM keys AS own WHERE own.kid = ?1 AND own.revoked_ms IS NULL";

/// From when until when a key signs; none for one that is revoked or unknown.
pub(super) fn signing_time(
    connection: &Connection,
    kid: &str,
) -> rusqlite::Result<Option<Range<i64>>> {
    let mut query = connection.prepare_cached(SIGNS)?;
    let times = |row: &Row<'_>| {
        let until: Option<i64> = row.get(1)?;
        Ok(row.get(0)?..until.unwrap_or(i64::MAX))
    };
    query.query_row([kid], times).optional()
}
