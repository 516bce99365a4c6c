//! The key ring on its store: what is missing is made, sealed and added; what
//! is there is unsealed; both become one immutable [`Ring`].

use serde_json::json;
use std::sync::Arc;
use sts_core::keys::{KeyChange, KeyRow, KeySchedule, PlannedKey, Ring, RingKey, plan, retain};
use sts_core::ledger::{Host, KeyEvent, leaf};
use sts_core::ports::{Entropy, Store, Unavailable};
use sts_io::seal::{FileSeal, SealFault};
use sts_io::signer::{KeyFault, LocalSigner, generate};
use sts_jose::{KeyedHasher, SigningAlgorithm};
use sts_wire::time::Timestamp;
use zeroize::Zeroizing;

/// Name of the secret that keyed hashes of the ledger are made with.
const LEDGER_HASH: &str = "ledger-hash";

/// The ring cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyringFault {
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
    /// A secret cannot be sealed or unsealed.
    #[error(transparent)]
    Seal(#[from] SealFault),
    /// A key cannot be made or used.
    #[error(transparent)]
    Key(#[from] KeyFault),
    /// No entry could be written about it.
    #[error("the entry cannot be written: {0}")]
    Entry(#[from] serde_json::Error),
}

/// What keeping keys needs.
pub(crate) struct Keyring {
    pub store: Arc<dyn Store>,
    pub seal: FileSeal,
    pub entropy: Arc<dyn Entropy>,
    pub host: Host,
    pub algorithms: Vec<SigningAlgorithm>,
    pub schedule: KeySchedule,
}

impl Keyring {
    /// Makes the keys that are missing and reads the ring back: what signs was
    /// durable before it was ever seen.
    ///
    /// # Errors
    /// [`KeyringFault`]; never a silent new key in place of one that does not open.
    pub(crate) async fn refresh(&self, now: Timestamp) -> Result<Ring, KeyringFault> {
        let mut rows = self.store.keys().await?;
        // Those that are there must open before another is made beside them.
        let mut ring = self.unseal(rows, now)?;
        let mut planned_any = self.retain(&ring, now).await?;
        for algorithm in &self.algorithms {
            let present: Vec<KeyRow> = ring.rows().cloned().collect();
            for planned in plan(now, &present, *algorithm, &self.schedule) {
                self.create(&planned, now).await?;
                planned_any = true;
            }
        }
        // Also when another replica was faster: its key is the one that signs.
        if planned_any {
            rows = self.store.keys().await?;
            ring = self.unseal(rows, now)?;
        }
        Ok(ring)
    }

    /// Writes down that keys signed under longer durations than before; says whether they did.
    async fn retain(&self, ring: &Ring, now: Timestamp) -> Result<bool, KeyringFault> {
        let rows: Vec<KeyRow> = ring.rows().cloned().collect();
        let changes = retain(&rows, &self.schedule, now);
        if changes.is_empty() {
            return Ok(false);
        }
        let kids: Vec<&str> = changes.iter().map(KeyChange::kid).collect();
        let retention = self.schedule.retention().get();
        let event = json!({"event": "retained", "kids": kids, "retention_s": retention});
        let entry = leaf(&self.host, now, "key", &event)?;
        // Another process may have been faster, which is as good.
        Ok(self.store.change_keys(rows, changes, entry).await?)
    }

    /// Whether a ring is still what the store holds, and no key is missing now:
    /// then nothing has to be unsealed.
    ///
    /// # Errors
    /// The store does not answer.
    pub(crate) async fn is_current(
        &self,
        ring: &Ring,
        now: Timestamp,
    ) -> Result<bool, Unavailable> {
        let rows = self.store.keys().await?;
        let missing = |algorithm| !plan(now, &rows, algorithm, &self.schedule).is_empty();
        Ok(rows.len() == ring.rows().count()
            && rows.iter().all(|row| ring.rows().any(|known| known == row))
            && !self.algorithms.iter().copied().any(missing))
    }

    fn unseal(&self, rows: Vec<KeyRow>, now: Timestamp) -> Result<Ring, KeyringFault> {
        let mut keys = Vec::new();
        for row in rows {
            let private = self.seal.open_sealed(&purpose(&row.public.kid), &row.sealed_private)?;
            let signer = Arc::new(LocalSigner::from_pkcs8(row.algorithm, &private)?);
            keys.push(RingKey { row, signer });
        }
        Ok(Ring::new(keys, self.schedule, now))
    }

    /// Adds one key; another process may have filled the slot meanwhile, which is as good.
    async fn create(&self, planned: &PlannedKey, now: Timestamp) -> Result<(), KeyringFault> {
        let key = generate(planned.algorithm)?;
        let kid = key.public.kid.clone();
        let sealed_private = self.seal.seal(&purpose(&kid), &key.private, self.entropy.as_ref())?;
        let event = KeyEvent {
            event: "created",
            kid: &kid,
            algorithm: planned.algorithm.name(),
            not_before: planned.not_before.to_string(),
        };
        let entry = leaf(&self.host, now, "key", &event)?;
        let row = KeyRow {
            algorithm: planned.algorithm,
            slot: planned.slot,
            public: key.public,
            created_at: now,
            not_before: planned.not_before,
            retention: self.schedule.retention(),
            revoked_at: None,
            sealed_private,
        };
        let added = self.store.insert_key(row, planned.insert_by, entry).await?;
        if added {
            tracing::info!(kid = %kid, algorithm = %planned.algorithm, not_before = %planned.not_before, "signing key created");
        }
        Ok(())
    }

    /// The hasher of this environment's ledger; its secret is made once.
    ///
    /// # Errors
    /// [`KeyringFault`].
    pub(crate) async fn hasher(&self) -> Result<KeyedHasher, KeyringFault> {
        let found = self.store.secret(LEDGER_HASH, None).await?;
        let sealed = match found {
            Some(sealed) => sealed,
            None => {
                let mut fresh = Zeroizing::new([0; 32]);
                self.entropy.fill(fresh.as_mut()).map_err(SealFault::from)?;
                let candidate =
                    self.seal.seal(LEDGER_HASH, fresh.as_ref(), self.entropy.as_ref())?;
                let kept = self.store.secret(LEDGER_HASH, Some(candidate)).await?;
                kept.ok_or_else(|| Unavailable("the store lost a secret".to_owned()))?
            }
        };
        let opened = self.seal.open_sealed(LEDGER_HASH, &sealed)?;
        let secret: &[u8; 32] = opened.as_slice().try_into().map_err(|_| KeyFault)?;
        Ok(KeyedHasher::new(secret))
    }
}

fn purpose(kid: &str) -> String {
    format!("the signing key {kid}")
}
