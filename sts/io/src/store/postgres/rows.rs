//! Uses of tokens, snapshots and entries, in and out.

use super::fault::PostgresFault;
use super::session::Session;
use super::transaction::Head;
use crate::limits::{PRUNE_BATCH_MAX, REPLAY_MARGIN};
use aws_lc_rs::digest::{SHA256, digest};
use sts_core::intent::ReplayUse;
use sts_core::ports::{Entries, SnapshotRow};
use sts_core::trust::ReplayMode;
use sts_wire::time::Timestamp;

/// A count as the database has it.
pub(super) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A count from the database, which holds none below zero.
pub(super) fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// What stands for a text of the caller's.
pub(super) fn hash(text: &str) -> Vec<u8> {
    digest(&SHA256, text.as_bytes()).as_ref().to_vec()
}

/// In place of a hash: the use counts for every audience.
const EVERY_AUDIENCE: Vec<u8> = Vec::new();

/// What a use of this mode is kept for.
pub(super) fn used_audience(mode: ReplayMode, audience: &str) -> Vec<u8> {
    match mode {
        ReplayMode::SingleUse => EVERY_AUDIENCE,
        ReplayMode::OncePerAudience | ReplayMode::Reusable => hash(audience),
    }
}

/// What an earlier use must have been kept for to forbid this one.
pub(super) fn wanted_audience(replay: &ReplayUse) -> Vec<u8> {
    match replay.mode {
        ReplayMode::Reusable => EVERY_AUDIENCE,
        ReplayMode::OncePerAudience | ReplayMode::SingleUse => hash(&replay.audience),
    }
}

/// What somebody else deletes is left to them, so that two replicas never wait
/// for each other. The database's own clock has the last word: a replica that
/// is a year ahead forgets nothing that still counts.
const PRUNE: &str = "DELETE FROM replay WHERE (bundle, token, audience) IN (
    SELECT bundle, token, audience FROM replay
    WHERE until_ms < least($1::bigint, (extract(epoch FROM clock_timestamp()) * 1000)::bigint - $2::bigint)
    LIMIT $3 FOR UPDATE SKIP LOCKED)";

impl Session {
    /// Forgets some uses of tokens that ended long ago; how many they were.
    pub(super) async fn prune_replay(&self, ended_before: Timestamp) -> Result<u64, PostgresFault> {
        let margin = signed(REPLAY_MARGIN.get().saturating_mul(1000));
        let limit = signed(PRUNE_BATCH_MAX);
        Ok(self.client.execute(PRUNE, &[&ended_before.millis(), &margin, &limit]).await?)
    }

    /// Makes a snapshot current; says whether it was not before.
    pub(super) async fn adopt_snapshot(
        &self,
        head: &Head,
        snapshot: &SnapshotRow,
    ) -> Result<bool, PostgresFault> {
        if head.snapshot.as_ref() == Some(&snapshot.digest) {
            return Ok(false);
        }
        let insert =
            "INSERT INTO snapshots (digest, documents) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        self.client.execute(insert, &[&snapshot.digest, &snapshot.documents]).await?;
        let update = "UPDATE head SET snapshot = $1 WHERE only_row = 1";
        self.client.execute(update, &[&snapshot.digest]).await?;
        Ok(true)
    }

    /// The digest of the current snapshot.
    pub(super) async fn current_snapshot(&self) -> Result<Option<String>, PostgresFault> {
        Ok(self.client.query_one("SELECT snapshot FROM head", &[]).await?.try_get(0)?)
    }

    /// The snapshot of a digest, or the current one.
    pub(super) async fn snapshot(
        &self,
        digest: Option<String>,
    ) -> Result<Option<SnapshotRow>, PostgresFault> {
        let digest = match digest {
            Some(named) => Some(named),
            None => self.current_snapshot().await?,
        };
        let Some(digest) = digest else {
            return Ok(None);
        };
        let query = "SELECT documents FROM snapshots WHERE digest = $1";
        let found = self.client.query_opt(query, &[&digest]).await?;
        let documents = found.map(|row| row.try_get(0)).transpose()?;
        Ok(documents.map(|documents| SnapshotRow { digest, documents }))
    }

    pub(super) async fn entries(&self, from: u64, limit: u64) -> Result<Entries, PostgresFault> {
        let query = "SELECT idx, leaf FROM entries WHERE idx >= $1 ORDER BY idx LIMIT $2";
        let rows = self.client.query(query, &[&signed(from), &signed(limit)]).await?;
        let entry = |row: &tokio_postgres::Row| Ok((unsigned(row.try_get(0)?), row.try_get(1)?));
        rows.iter().map(entry).collect()
    }

    pub(super) async fn ping(&self) -> Result<(), PostgresFault> {
        Ok(self.client.batch_execute("SELECT 1").await?)
    }
}
