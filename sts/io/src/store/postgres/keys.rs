//! Keys and secrets, in and out. What is private is sealed.

use super::fault::PostgresFault;
use super::rows::{signed, unsigned};
use super::session::Session;
use sts_core::keys::{KeyChange, KeyRow, RevocationReason};
use sts_core::ports::{Resealed, Sealed};
use sts_jose::SigningAlgorithm;
use sts_wire::time::{Seconds, Timestamp};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

const COLUMNS: &str = "algorithm, slot, public, created_ms, not_before_ms, revoked_ms, sealed, retention_s, revoked_because";

fn read(row: &Row) -> Result<KeyRow, PostgresFault> {
    let algorithm: String = row.try_get(0)?;
    let public: String = row.try_get(2)?;
    Ok(KeyRow {
        algorithm: SigningAlgorithm::from_name(&algorithm)
            .ok_or_else(|| PostgresFault::Unknown(format!("a key for {algorithm}")))?,
        slot: unsigned(row.try_get(1)?),
        public: serde_json::from_str(&public)
            .map_err(|error| PostgresFault::Unknown(format!("a public key: {error}")))?,
        created_at: Timestamp::from_millis(row.try_get(3)?),
        not_before: Timestamp::from_millis(row.try_get(4)?),
        revoked_at: row.try_get::<_, Option<i64>>(5)?.map(Timestamp::from_millis),
        sealed_private: row.try_get(6)?,
        retention: Seconds::new(unsigned(row.try_get(7)?)),
        revoked_because: row
            .try_get::<_, Option<String>>(8)?
            .and_then(|word| RevocationReason::from_word(&word)),
    })
}

impl Session {
    /// Every key.
    pub(super) async fn keys(&self) -> Result<Vec<KeyRow>, PostgresFault> {
        let query = format!("SELECT {COLUMNS} FROM keys ORDER BY algorithm, slot");
        self.client.query(&query, &[]).await?.iter().map(read).collect()
    }

    /// Adds a key unless its slot or its `kid` is taken, or it comes too late by
    /// the database's clock; says whether it did.
    pub(super) async fn insert_key(
        &self,
        row: &KeyRow,
        insert_by: Option<Timestamp>,
    ) -> Result<bool, PostgresFault> {
        let public = serde_json::to_string(&row.public)
            .map_err(|error| PostgresFault::Unknown(format!("a public key: {error}")))?;
        let insert = "INSERT INTO keys
                (algorithm, slot, kid, public, created_ms, not_before_ms, revoked_ms, sealed, retention_s, revoked_because)
            SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $11
            WHERE $10::bigint IS NULL OR extract(epoch FROM clock_timestamp()) * 1000 <= $10::bigint
            ON CONFLICT DO NOTHING";
        let values: [&(dyn ToSql + Sync); 11] = [
            &row.algorithm.name(),
            &signed(row.slot),
            &row.public.kid,
            &public,
            &row.created_at.millis(),
            &row.not_before.millis(),
            &row.revoked_at.map(Timestamp::millis),
            &row.sealed_private,
            &signed(row.retention.get()),
            &insert_by.map(Timestamp::millis),
            &row.revoked_because.map(RevocationReason::word),
        ];
        Ok(self.client.execute(insert, &values).await? == 1)
    }

    /// Changes keys until one of the changes no longer applies; says whether all
    /// did. None does when the rows are not those that were seen.
    pub(super) async fn change_keys(
        &self,
        seen: &[KeyRow],
        changes: &[KeyChange],
    ) -> Result<bool, PostgresFault> {
        if self.keys().await? != seen {
            return Ok(false);
        }
        let query = format!("SELECT {COLUMNS} FROM keys WHERE kid = $1");
        let update = "UPDATE keys SET not_before_ms = $2, revoked_ms = $3, retention_s = $4, revoked_because = $5 WHERE kid = $1";
        for change in changes {
            let kid = change.kid();
            let Some(found) = self.client.query_opt(&query, &[&kid]).await? else {
                return Ok(false);
            };
            let mut row = read(&found)?;
            if !change.apply(&mut row) {
                return Ok(false);
            }
            let (starts, retention) = (row.not_before.millis(), signed(row.retention.get()));
            let revoked = row.revoked_at.map(Timestamp::millis);
            let because = row.revoked_because.map(RevocationReason::word);
            self.client.execute(update, &[&kid, &starts, &revoked, &retention, &because]).await?;
        }
        Ok(true)
    }

    /// Replaces what is sealed until something is not what it was; says whether all was.
    pub(super) async fn reseal(&self, resealed: &[Resealed]) -> Result<bool, PostgresFault> {
        for one in resealed {
            let (update, name) = match &one.what {
                Sealed::Key(kid) => {
                    ("UPDATE keys SET sealed = $3 WHERE kid = $1 AND sealed = $2", kid.as_str())
                }
                Sealed::Secret(name) => {
                    ("UPDATE secrets SET sealed = $3 WHERE name = $1 AND sealed = $2", *name)
                }
            };
            if self.client.execute(update, &[&name, &one.old, &one.new]).await? != 1 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The secret of this name, after adding the candidate when there was none.
    pub(super) async fn secret(
        &self,
        name: &str,
        candidate: Option<&[u8]>,
    ) -> Result<Option<Vec<u8>>, PostgresFault> {
        if let Some(sealed) = candidate {
            let insert =
                "INSERT INTO secrets (name, sealed) VALUES ($1, $2) ON CONFLICT DO NOTHING";
            self.client.execute(insert, &[&name, &sealed]).await?;
        }
        let query = "SELECT sealed FROM secrets WHERE name = $1";
        let found = self.client.query_opt(query, &[&name]).await?;
        Ok(found.map(|row| row.try_get(0)).transpose()?)
    }
}
