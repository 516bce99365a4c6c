//! The transactions that write entries.
//!
//! Each begins by locking the one row of `head`, whose number is the index of
//! the next entry, and keeps it until its commit. So those of all replicas come
//! one after the other, and under READ COMMITTED, where each statement sees what
//! was committed before it began, whatever is read after the lock was had is all
//! that any of them committed, and stays so until this one ends: a key that was
//! revoked, a block that was put up and a use that was claimed are seen by every
//! transaction that commits later. SERIALIZABLE would promise no more, and would
//! end one of two replicas that meet. The row cannot be locked last: indices
//! without a gap are given out under it anyway, and what was read before would
//! have to be locked as well. With one lock, taken first, nothing can deadlock.

use super::fault::PostgresFault;
use super::rows::signed;
use super::session::Session;
use tokio_postgres::types::ToSql;

/// Whatever the database's default is: see above.
pub(super) const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

/// What the locked row says.
pub(super) struct Head {
    /// Index of the next entry.
    pub(super) next_index: u64,
    /// Digest of the current snapshot.
    pub(super) snapshot: Option<String>,
}

impl Head {
    pub(super) fn read(row: &tokio_postgres::Row) -> Result<Self, PostgresFault> {
        let next: i64 = row.try_get(0)?;
        let next_index = u64::try_from(next)
            .map_err(|_| PostgresFault::Unknown(format!("the index {next} in head")))?;
        Ok(Self { next_index, snapshot: row.try_get(1)? })
    }
}

/// Uses of tokens to write, a column each.
#[derive(Debug, Default)]
pub(super) struct NewUses {
    pub(super) bundles: Vec<String>,
    pub(super) tokens: Vec<Vec<u8>>,
    pub(super) audiences: Vec<Vec<u8>>,
    pub(super) until: Vec<i64>,
}

impl Session {
    /// Begins a transaction that may write entries: nobody else can until it ends.
    pub(super) async fn begin(&self) -> Result<Head, PostgresFault> {
        let (_, row) = tokio::try_join!(
            biased;
            self.client.batch_execute(BEGIN),
            self.client.query_one(&self.statements.lock_head, &[]),
        )?;
        Head::read(&row)
    }

    /// Writes the entries in order, from this index on, with the uses, and
    /// commits. The steps are sent together: the first that fails fails all.
    pub(super) async fn finish(
        &self,
        from: u64,
        leaves: &[&[u8]],
        uses: &NewUses,
    ) -> Result<(), PostgresFault> {
        let next = signed(from.saturating_add(leaves.len() as u64));
        let from = signed(from);
        let statements = &self.statements;
        let entries: [&(dyn ToSql + Sync); 2] = [&from, &leaves];
        let moved: [&(dyn ToSql + Sync); 1] = [&next];
        let used: [&(dyn ToSql + Sync); 4] =
            [&uses.bundles, &uses.tokens, &uses.audiences, &uses.until];
        tokio::try_join!(
            biased;
            self.client.execute(&statements.insert_uses, &used),
            self.client.execute(&statements.insert_entries, &entries),
            self.client.execute(&statements.move_head, &moved),
            self.client.batch_execute("COMMIT"),
        )?;
        self.unwarned()
    }

    /// Ends a transaction that changes nothing.
    pub(super) async fn leave(&self) -> Result<(), PostgresFault> {
        Ok(self.client.batch_execute("ROLLBACK").await?)
    }

    /// Does the work and appends its entry, or leaves nothing when the work
    /// says that it does not apply, whatever it wrote by then.
    pub(super) async fn append_if(
        &self,
        leaf: &[u8],
        work: impl AsyncFnOnce(&Self, &Head) -> Result<bool, PostgresFault>,
    ) -> Result<bool, PostgresFault> {
        let head = self.begin().await?;
        let applies = work(self, &head).await?;
        if applies {
            self.finish(head.next_index, &[leaf], &NewUses::default()).await?;
        } else {
            self.leave().await?;
        }
        Ok(applies)
    }
}
