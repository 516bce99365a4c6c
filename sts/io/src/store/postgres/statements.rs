//! The statements of a transaction that writes entries: parsed once a connection,
//! so that those of one step are sent together.

use super::fault::PostgresFault;
use tokio_postgres::{Client, Statement};

/// Parsed statements.
pub(super) struct Statements {
    pub(super) lock_head: Statement,
    pub(super) signing_times: Statement,
    pub(super) blocks: Statement,
    pub(super) uses: Statement,
    pub(super) insert_uses: Statement,
    pub(super) insert_entries: Statement,
    pub(super) move_head: Statement,
}

const LOCK_HEAD: &str = "SELECT next_index, snapshot FROM head WHERE only_row = 1 FOR UPDATE";
const SIGNS: &str = "SELECT own.kid, own.not_before_ms, (
        SELECT min(other.not_before_ms) FROM keys AS other
        WHERE other.algorithm = own.algorithm AND other.slot > own.slot
            AND (other.revoked_ms IS NULL OR other.revoked_ms > other.not_before_ms)
    )
    FROM keys AS own WHERE own.kid = ANY ($1::text[]) AND own.revoked_ms IS NULL";
const BLOCKS: &str =
    "SELECT id, target, reason, since_ms, until_ms FROM blocks ORDER BY since_ms, id";
const USES: &str = "SELECT bundle, token, audience FROM replay
    JOIN unnest($1::text[], $2::bytea[]) AS asked (bundle, token) USING (bundle, token)";
const INSERT_USES: &str = "INSERT INTO replay (bundle, token, audience, until_ms)
    SELECT * FROM unnest($1::text[], $2::bytea[], $3::bytea[], $4::bigint[])";
const INSERT_ENTRIES: &str = "INSERT INTO entries (idx, leaf)
    SELECT $1::bigint + place - 1, leaf FROM unnest($2::bytea[]) WITH ORDINALITY AS new (leaf, place)";
const MOVE_HEAD: &str = "UPDATE head SET next_index = $1 WHERE only_row = 1";

impl Statements {
    pub(super) async fn prepare(client: &Client) -> Result<Self, PostgresFault> {
        let (lock_head, signing_times, blocks, uses, insert_uses, insert_entries, move_head) = tokio::try_join!(
            client.prepare(LOCK_HEAD),
            client.prepare(SIGNS),
            client.prepare(BLOCKS),
            client.prepare(USES),
            client.prepare(INSERT_USES),
            client.prepare(INSERT_ENTRIES),
            client.prepare(MOVE_HEAD),
        )?;
        Ok(Self { lock_head, signing_times, blocks, uses, insert_uses, insert_entries, move_head })
    }
}
