//! Blocks, in and out.

use rusqlite::types::Type;
use rusqlite::{Connection, Row, params};
use sts_core::block::{Block, BlockTarget};
use sts_wire::time::Timestamp;

/// Every block, oldest first.
pub(super) fn all(connection: &Connection) -> rusqlite::Result<Vec<Block>> {
    let mut query = connection.prepare_cached(
        "SELECT id, target, reason, since_ms, until_ms FROM blocks ORDER BY since_ms, id",
    )?;
    query.query_map([], block)?.collect()
}

fn block(row: &Row<'_>) -> rusqlite::Result<Block> {
    let target: String = row.get(1)?;
    let target = BlockTarget::from_json(&target).ok_or_else(|| {
        let unknown = format!("a block stops {target}, which this program does not know");
        rusqlite::Error::FromSqlConversionFailure(1, Type::Text, unknown.into())
    })?;
    Ok(Block {
        id: row.get(0)?,
        target,
        reason: row.get(2)?,
        since: Timestamp::from_millis(row.get(3)?),
        until: row.get::<_, Option<i64>>(4)?.map(Timestamp::from_millis),
    })
}

pub(super) fn add(connection: &Connection, block: &Block) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT INTO blocks (id, target, reason, since_ms, until_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            block.id,
            block.target.to_json().to_string(),
            block.reason,
            block.since.millis(),
            block.until.map(Timestamp::millis),
        ],
    )?;
    Ok(())
}

/// Removes a block; says whether there was one.
pub(super) fn remove(connection: &Connection, id: &str) -> rusqlite::Result<bool> {
    Ok(connection.execute("DELETE FROM blocks WHERE id = ?1", [id])? == 1)
}
