//! What operators do to keys and exchanges, with a running server or straight
//! on a store that no server holds: one way for both.

mod blocks;
mod export;
mod keys;
mod tokens;

pub(crate) use tokens::live_tokens;

use crate::config::Config;
use crate::keyring::{Keyring, KeyringFault};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;
use sts_core::ids::DecisionId;
use sts_core::keys::{KeyRefusal, KeySchedule};
use sts_core::ledger::{Host, leaf};
use sts_core::ports::{Entropy, Store, Unavailable};
use sts_core::snapshot::Snapshot;
use sts_jose::SigningAlgorithm;
use sts_wire::time::Timestamp;

/// What an operator asks for. Verbs that change something only tell what they
/// would do, unless `yes`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Order {
    /// Every key, and what happens next.
    ListKeys,
    /// The next key signs.
    RotateKeys { algorithm: Option<String>, now: bool, reason: String, yes: bool },
    /// A key that does not sign leaves the set.
    RevokeKey { kid: String, reason: String, yes: bool },
    /// A key that somebody else may have leaves the set, the next one signs at once.
    CompromiseKey { kid: String, reason: String, yes: bool },
    /// Everything sealed is sealed anew, under the key that seals now.
    RewrapKeys { yes: bool },
    /// The key set and discovery as files.
    ExportKeys,
    /// Every block.
    ListBlocks,
    /// A block is put up.
    AddBlock { target: Map<String, Value>, reason: String, seconds: Option<u64>, yes: bool },
    /// A block is removed.
    RemoveBlock { id: String, reason: String, yes: bool },
}

impl Order {
    /// As entries name it.
    pub(crate) const fn action(&self) -> &'static str {
        match self {
            Self::ListKeys => "keys.list",
            Self::RotateKeys { .. } => "keys.rotate",
            Self::RevokeKey { .. } => "keys.revoke",
            Self::CompromiseKey { .. } => "keys.compromise",
            Self::RewrapKeys { .. } => "keys.rewrap",
            Self::ExportKeys => "keys.export",
            Self::ListBlocks => "block.list",
            Self::AddBlock { .. } => "block.add",
            Self::RemoveBlock { .. } => "block.remove",
        }
    }

    /// Whether the ring must be read again afterwards.
    pub(crate) const fn changes_keys(&self) -> bool {
        matches!(
            self,
            Self::RotateKeys { yes: true, .. }
                | Self::RevokeKey { yes: true, .. }
                | Self::CompromiseKey { yes: true, .. }
        )
    }
}

/// An order was not carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OrderFault {
    /// The ring stays as it is.
    #[error(transparent)]
    Key(#[from] KeyRefusal),
    /// It makes no sense as given.
    #[error("{0}")]
    Refused(String),
    /// Not written.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Where orders are carried out.
pub(crate) struct Operator {
    /// The store.
    pub store: Arc<dyn Store>,
    /// Who writes entries.
    pub host: Host,
    /// The durations that rotation obeys.
    pub schedule: KeySchedule,
    /// The algorithms that are signed with.
    pub algorithms: Vec<SigningAlgorithm>,
    /// Randomness, for ids.
    pub entropy: Arc<dyn Entropy>,
    /// The documents in force, as far as they are known: names of theirs may be misspelt.
    pub snapshot: Option<Arc<Snapshot>>,
    /// The configuration, for orders that need more of it.
    pub config: Config,
    /// The key ring of a running server.
    pub keyring: Option<Arc<Keyring>>,
}

/// Who asks, and when.
pub(crate) struct Asked {
    /// The peer of the admin socket, or the user of an offline command.
    pub caller: Value,
    /// Now.
    pub now: Timestamp,
}

impl Operator {
    /// An operator of this configuration's store.
    pub(crate) fn new(
        config: &Config,
        store: Arc<dyn Store>,
        host: Host,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        let (schedule, algorithms) = (config.schedule, config.algorithms.clone());
        let (config, keyring) = (config.clone(), None);
        Self { store, host, schedule, algorithms, entropy, config, keyring, snapshot: None }
    }

    /// Carries out an order; what it came to, or would come to.
    ///
    /// # Errors
    /// [`OrderFault`]; nothing was changed then, or it is not known.
    pub(crate) async fn carry_out(
        &self,
        order: &Order,
        asked: &Asked,
    ) -> Result<Value, OrderFault> {
        match order {
            Order::ListKeys => self.list_keys(asked.now).await,
            Order::RotateKeys { .. } | Order::RevokeKey { .. } | Order::CompromiseKey { .. } => {
                self.change_keys(order, asked).await
            }
            Order::RewrapKeys { yes } => {
                let keyring = self.keyring().await?;
                keyring.rewrap(asked, *yes).await.map_err(keyring_fault)
            }
            Order::ExportKeys => self.export_keys(asked).await,
            Order::ListBlocks => self.list_blocks(asked.now).await,
            Order::AddBlock { target, reason, seconds, yes } => {
                let block = self.block(target, reason, *seconds, asked.now)?;
                self.add_block(block, *yes, asked).await
            }
            Order::RemoveBlock { id, reason, yes } => {
                self.remove_block(id, reason, *yes, asked).await
            }
        }
    }

    /// The key ring at hand, or one that is opened for this.
    async fn keyring(&self) -> Result<Arc<Keyring>, OrderFault> {
        if let Some(keyring) = &self.keyring {
            return Ok(Arc::clone(keyring));
        }
        let (store, host) = (Arc::clone(&self.store), self.host.clone());
        let opened = Keyring::open(&self.config, store, host, Arc::clone(&self.entropy)).await;
        opened.map(Arc::new).map_err(keyring_fault)
    }

    fn leaf(
        &self,
        kind: &'static str,
        now: Timestamp,
        body: &Value,
    ) -> Result<Vec<u8>, OrderFault> {
        let bytes = leaf(&self.host, now, kind, body);
        bytes.map_err(|error| Unavailable(format!("the entry cannot be written: {error}")).into())
    }

    fn id(&self, now: Timestamp) -> Result<String, OrderFault> {
        let id = DecisionId::new(now, self.entropy.as_ref());
        Ok(id.map_err(|error| Unavailable(error.to_string()))?.to_string())
    }
}

fn keyring_fault(fault: KeyringFault) -> OrderFault {
    match fault {
        KeyringFault::Store(fault) => fault.into(),
        fault if fault.is_outage() => Unavailable(fault.to_string()).into(),
        fault => OrderFault::Refused(fault.to_string()),
    }
}

/// Refuses an order that says not why.
fn reasoned(reason: &str) -> Result<&str, OrderFault> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(OrderFault::Refused(
            "--reason is empty: say in a few words why; the ledger keeps it".to_owned(),
        ));
    }
    Ok(reason)
}
