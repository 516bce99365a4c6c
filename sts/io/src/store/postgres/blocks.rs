//! Blocks, in and out.

use super::fault::PostgresFault;
use super::session::Session;
use sts_core::block::{Block, BlockTarget};
use sts_wire::time::Timestamp;
use tokio_postgres::Row;

pub(super) fn read(row: &Row) -> Result<Block, PostgresFault> {
    let target: String = row.try_get(1)?;
    let target = BlockTarget::from_json(&target)
        .ok_or_else(|| PostgresFault::Unknown(format!("a block that stops {target}")))?;
    Ok(Block {
        id: row.try_get(0)?,
        target,
        reason: row.try_get(2)?,
        since: Timestamp::from_millis(row.try_get(3)?),
        until: row.try_get::<_, Option<i64>>(4)?.map(Timestamp::from_millis),
    })
}

impl Session {
    /// Every block, oldest first.
    pub(super) async fn blocks(&self) -> Result<Vec<Block>, PostgresFault> {
        self.client.query(&self.statements.blocks, &[]).await?.iter().map(read).collect()
    }

    pub(super) async fn insert_block(&self, block: &Block) -> Result<(), PostgresFault> {
        let target = block.target.to_json().to_string();
        let (since, until) = (block.since.millis(), block.until.map(Timestamp::millis));
        let insert = "INSERT INTO blocks (id, target, reason, since_ms, until_ms) VALUES ($1, $2, $3, $4, $5)";
        self.client.execute(insert, &[&block.id, &target, &block.reason, &since, &until]).await?;
        Ok(())
    }

    /// Removes a block; says whether there was one.
    pub(super) async fn delete_block(&self, id: &str) -> Result<bool, PostgresFault> {
        Ok(self.client.execute("DELETE FROM blocks WHERE id = $1", &[&id]).await? == 1)
    }
}
