//! The key ring on its store: what is missing is made, sealed and added; what
//! is there is unsealed once; both become one immutable [`Ring`].

mod health;
mod maker;
mod rewrap;
mod signers;

pub(crate) use health::KeyHealth;

use crate::config::Config;
use maker::Maker;
use serde_json::json;
use signers::Signers;
use std::sync::Arc;
use sts_core::keys::{
    KeyChange, KeyRow, KeySchedule, KeyState, PlannedKey, Ring, RingKey, plan, retain, runs_out,
};
use sts_core::ledger::{Host, KeyEvent, leaf};
use sts_core::ports::{Entropy, Signer, Store, Unavailable};
use sts_io::seal::{Seal, SealFault, Secret};
use sts_io::signer::{KeyFault, NewKey, TokenKeyFault};
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
    /// A key in a token cannot be made or used.
    #[error(transparent)]
    Token(#[from] TokenKeyFault),
    /// The private half is elsewhere, and nobody said where.
    #[error(
        "the private half of the signing key {0} is in a PKCS #11 token, and the configuration names none\n    help: keys.signer names the token"
    )]
    NoToken(String),
    /// What was unsealed is not the private half of the key.
    #[error(
        "the private half of the signing key {0} belongs to another key: restore the store from a backup"
    )]
    Mismatch(String),
    /// Somebody else changed what is sealed.
    #[error("what is sealed changed meanwhile, and stays as it is: run sts keys rewrap again")]
    Changed,
    /// No entry could be written about it.
    #[error("the entry cannot be written: {0}")]
    Entry(#[from] serde_json::Error),
}

impl KeyringFault {
    /// Whether it may pass by itself: an outage, and no fault of configuration or store.
    pub(crate) const fn is_outage(&self) -> bool {
        match self {
            Self::Seal(fault) => fault.is_outage(),
            Self::Token(fault) => fault.is_outage(),
            Self::NoToken(_) | Self::Mismatch(_) | Self::Changed => false,
            Self::Store(_) | Self::Key(_) | Self::Entry(_) => true,
        }
    }
}

/// What keeping keys needs.
pub(crate) struct Keyring {
    store: Arc<dyn Store>,
    seal: Seal,
    maker: Maker,
    entropy: Arc<dyn Entropy>,
    host: Host,
    algorithms: Vec<SigningAlgorithm>,
    schedule: KeySchedule,
    signers: Signers,
    health: Arc<KeyHealth>,
}

impl Keyring {
    /// Opens the key-encryption keys of a configuration; one is made only
    /// where nothing in the store rests on it.
    ///
    /// # Errors
    /// [`KeyringFault`].
    pub(crate) async fn open(
        config: &Config,
        store: Arc<dyn Store>,
        host: Host,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, KeyringFault> {
        let mut stored: Vec<_> =
            store.keys().await?.into_iter().map(|row| row.sealed_private).collect();
        stored.extend(store.secret(LEDGER_HASH, None).await?);
        let seal =
            Seal::open_keys(&config.seal, &host.environment, &stored, Arc::clone(&entropy)).await?;
        let maker = Maker::open(config, &host.environment, Arc::clone(&entropy))?;
        Ok(Self {
            store,
            seal,
            maker,
            entropy,
            host,
            algorithms: config.algorithms.clone(),
            schedule: config.schedule,
            signers: Signers::default(),
            health: Arc::default(),
        })
    }

    /// How the seal is, and how long keys last.
    pub(crate) fn health(&self) -> Arc<KeyHealth> {
        Arc::clone(&self.health)
    }

    /// Makes the keys that are missing and reads the ring back: what signs was
    /// durable before it was ever seen. At a start every key must open. Later
    /// those that are open go on signing, and what the seal did not do is
    /// shown, and done at a later refresh.
    ///
    /// # Errors
    /// [`KeyringFault`]; never a silent new key in place of one that does not open.
    pub(crate) async fn refresh(&self, now: Timestamp) -> Result<Ring, KeyringFault> {
        let starting = self.signers.is_empty();
        match self.advance(now).await {
            Ok(()) => {}
            Err(KeyringFault::Seal(fault)) if !starting => self.health.failed(&fault),
            Err(fault) if !starting && !matches!(fault, KeyringFault::Store(_)) => {
                tracing::error!(%fault, "a signing key cannot be made or used; the others go on");
            }
            Err(fault) => return Err(fault),
        }
        let mut rows = self.store.keys().await?;
        if self.retain(&rows, now).await? {
            rows = self.store.keys().await?;
        }
        if starting {
            self.maker.tell_orphans(&rows).await?;
        }
        self.signers.forget_all_but(&rows, &self.schedule, now);
        let usable = |kid: &str| self.signers.get(kid).is_some();
        let last_until = self.algorithms.iter().filter_map(|algorithm| {
            let end = runs_out(&rows, *algorithm, &self.schedule, now, usable)?;
            Some((*algorithm, end))
        });
        self.health.last_until(last_until.collect());
        let keys = rows.into_iter().map(|row| RingKey { signer: self.signers.of(&row), row });
        Ok(Ring::new(keys.collect(), self.schedule, now))
    }

    /// Writes down that keys signed under longer durations than before; says whether they did.
    async fn retain(&self, rows: &[KeyRow], now: Timestamp) -> Result<bool, KeyringFault> {
        let changes = retain(rows, &self.schedule, now);
        if changes.is_empty() {
            return Ok(false);
        }
        let kids: Vec<&str> = changes.iter().map(KeyChange::kid).collect();
        let retention = self.schedule.retention().get();
        let event = json!({"event": "retained", "kids": kids, "retention_s": retention});
        let entry = leaf(&self.host, now, "key", &event)?;
        // Another process may have been faster, which is as good.
        Ok(self.store.change_keys(rows.to_vec(), changes, entry).await?)
    }

    /// Unseals what signs or will, and makes what is missing.
    async fn advance(&self, now: Timestamp) -> Result<(), KeyringFault> {
        let rows = self.store.keys().await?;
        // Those that are there must open before another is made beside them.
        self.unseal(&rows, now).await?;
        let missing: Vec<_> = self
            .algorithms
            .iter()
            .flat_map(|algorithm| plan(now, &rows, *algorithm, &self.schedule))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        self.probe().await?;
        for planned in &missing {
            self.create(planned, now).await?;
        }
        self.unseal(&self.store.keys().await?, now).await
    }

    /// Unseals each row once that signs or will; the first fault, after the others were tried.
    async fn unseal(&self, rows: &[KeyRow], now: Timestamp) -> Result<(), KeyringFault> {
        let mut first = Ok(());
        for row in rows {
            let state = row.times(rows.iter(), &self.schedule, now).state;
            let signs = matches!(state, KeyState::Active | KeyState::Next);
            if !signs || self.signers.get(&row.public.kid).is_some() {
                continue;
            }
            match self.signer(row).await {
                Ok(signer) => self.signers.keep(&row.public.kid, signer),
                // Each further one would wait as long, and in vain.
                Err(fault) if fault.is_outage() => return Err(fault),
                Err(fault) => first = first.and(Err(fault)),
            }
        }
        first
    }

    async fn signer(&self, row: &KeyRow) -> Result<Arc<dyn Signer>, KeyringFault> {
        let kid = &row.public.kid;
        let private = self.seal.open(&purpose(kid), &row.sealed_private).await?;
        self.maker.signer(row, &private).await
    }

    /// Whether the private half of a key is at hand.
    pub(crate) fn is_unsealed(&self, kid: &str) -> bool {
        self.signers.get(kid).is_some()
    }

    /// Asks the seal to open what it sealed, so that an outage is known before a key is due.
    ///
    /// # Errors
    /// [`KeyringFault`].
    pub(crate) async fn probe(&self) -> Result<(), KeyringFault> {
        if let Some(sealed) = self.store.secret(LEDGER_HASH, None).await? {
            let opened = self.seal.open(LEDGER_HASH, &sealed).await;
            opened.inspect_err(|fault| self.health.failed(fault))?;
            self.health.answered();
        }
        Ok(())
    }

    /// Adds one key; another process may have filled the slot meanwhile, which is as good.
    async fn create(&self, planned: &PlannedKey, now: Timestamp) -> Result<(), KeyringFault> {
        let NewKey { private, public } = self.maker.generate(planned.algorithm).await?;
        let kid = public.kid.clone();
        let sealed_private = self.seal.seal(&purpose(&kid), &private).await;
        let sealed_private = sealed_private.inspect_err(|_| self.maker.told_orphan(&kid))?;
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
            public,
            created_at: now,
            not_before: planned.not_before,
            retention: self.schedule.retention(),
            revoked_at: None,
            revoked_because: None,
            sealed_private,
        };
        let inserted = self.store.insert_key(row, planned.insert_by, entry).await;
        if inserted.inspect_err(|_| self.maker.told_orphan(&kid))? {
            tracing::info!(kid = %kid, algorithm = %planned.algorithm, not_before = %planned.not_before, "signing key created");
            return Ok(());
        }
        self.maker.discard(&kid, &private).await;
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
                let candidate = self.seal.seal(LEDGER_HASH, fresh.as_ref()).await?;
                let kept = self.store.secret(LEDGER_HASH, Some(candidate)).await?;
                kept.ok_or_else(|| Unavailable("the store lost a secret".to_owned()))?
            }
        };
        let opened: Secret = self.seal.open(LEDGER_HASH, &sealed).await?;
        let secret: &[u8; 32] = opened.as_slice().try_into().map_err(|_| KeyFault)?;
        Ok(KeyedHasher::new(secret))
    }
}

fn purpose(kid: &str) -> String {
    format!("the signing key {kid}")
}

#[cfg(test)]
mod tests;
