//! What the exchange needs from the world, in words of the domain. Each port
//! has a production adapter in `io` and a deterministic one in `testkit`.

use crate::block::Block;
use crate::documents::DocumentFile;
use crate::intent::{Intent, Verdict};
use crate::keys::{KeyChange, KeyRow};
use crate::trust::TrustBundle;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use sts_jose::VerifyingKeySet;
use sts_wire::names::KeyId;
use sts_wire::time::Timestamp;

/// A future that an object-safe port can return.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// We could not, through no fault of the caller. The text is for operators.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unavailable(pub String);

/// No randomness could be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no randomness could be had")]
pub struct EntropyFault;

/// What time it is.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// Randomness that nobody can predict.
pub trait Entropy: Send + Sync {
    /// Fills the bytes.
    ///
    /// # Errors
    /// [`EntropyFault`].
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyFault>;
}

/// The keys of issuers that we trust.
pub trait KeySource: Send + Sync {
    /// The key set of a bundle, refreshed when it does not hold `wanted` and
    /// the cool-down permits. How old it is, is the adapter's affair: caches
    /// must not follow a wall clock that is set.
    ///
    /// # Errors
    /// Neither a fresh nor a fresh enough set can be had.
    fn keys<'a>(
        &'a self,
        bundle: &'a Arc<TrustBundle>,
        wanted: &'a KeyId,
    ) -> Answer<'a, Result<Arc<VerifyingKeySet>, Unavailable>>;
}

/// Holder of one private signing key.
pub trait Signer: Send + Sync {
    /// Signs; the form is that of JWS (RFC 7518 §3.3 and §3.4).
    ///
    /// # Errors
    /// The key cannot be used now.
    fn sign<'a>(&'a self, signing_input: &'a [u8]) -> Answer<'a, Result<Vec<u8>, Unavailable>>;
}

/// What this process decides by, kept up with what the store says is in force:
/// another replica may have changed it.
pub trait CatchUp: Send + Sync {
    /// Returns when documents and keys have been compared with the store once
    /// since this was asked, and taken from there, or when that takes too long.
    fn catch_up(&self) -> Answer<'_, ()>;
}

/// Entries with their indices.
pub type Entries = Vec<(u64, Vec<u8>)>;

/// A snapshot of documents as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotRow {
    /// Its digest, in hex.
    pub digest: String,
    /// The documents: JSON, path to text.
    pub documents: String,
}

impl SnapshotRow {
    /// The files that it was compiled from.
    ///
    /// # Errors
    /// The row is not what [`crate::snapshot::Snapshot::to_row`] wrote.
    pub fn files(&self) -> Result<Vec<DocumentFile>, Unavailable> {
        let unreadable =
            || Unavailable(format!("the documents of the snapshot {} cannot be read", self.digest));
        let texts: BTreeMap<String, String> =
            serde_json::from_str(&self.documents).map_err(|_| unreadable())?;
        texts
            .into_iter()
            .map(|(path, text)| {
                DocumentFile::from_path(&path, text)
                    .map(DocumentFile::was_in_force)
                    .ok_or_else(unreadable)
            })
            .collect()
    }
}

/// What is sealed in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sealed {
    /// The private half of the key with this `kid`.
    Key(String),
    /// The secret of this name.
    Secret(&'static str),
}

/// Something sealed anew, under another key-encryption key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resealed {
    /// What.
    pub what: Sealed,
    /// What was read.
    pub old: Vec<u8>,
    /// What takes its place.
    pub new: Vec<u8>,
}

/// Keys, replay and ledger: one transaction for what belongs together.
pub trait Store: Send + Sync {
    /// Writes one entry, with the replay claim and the checks it depends on,
    /// durably, or not at all.
    ///
    /// # Errors
    /// Not written, or not known to be written: nothing may leave the process.
    fn record(&self, intent: Intent) -> Answer<'_, Result<Verdict, Unavailable>>;

    /// Every row of the key ring.
    ///
    /// # Errors
    /// The store cannot be read.
    fn keys(&self) -> Answer<'_, Result<Vec<KeyRow>, Unavailable>>;

    /// Adds a key and its entry unless its slot is taken, or it is later than
    /// `insert_by` by the store's clock; says whether it did.
    ///
    /// # Errors
    /// Not written.
    fn insert_key(
        &self,
        row: KeyRow,
        insert_by: Option<Timestamp>,
        leaf: Vec<u8>,
    ) -> Answer<'_, Result<bool, Unavailable>>;

    /// Changes keys, all of them and with their entry, or none when the rows are
    /// no longer those that were seen, or one of the changes does not apply;
    /// says whether it did. A key is revoked once, starts only earlier than it
    /// would have and not when it is revoked, and is retained only longer.
    ///
    /// # Errors
    /// Not written.
    fn change_keys(
        &self,
        seen: Vec<KeyRow>,
        changes: Vec<KeyChange>,
        leaf: Vec<u8>,
    ) -> Answer<'_, Result<bool, Unavailable>>;

    /// Replaces what is sealed, all of it and with its entry, or nothing when
    /// any of it is not what it was; says whether it did.
    ///
    /// # Errors
    /// Not written.
    fn reseal(
        &self,
        resealed: Vec<Resealed>,
        leaf: Vec<u8>,
    ) -> Answer<'_, Result<bool, Unavailable>>;

    /// Every block that was not removed, oldest first.
    ///
    /// # Errors
    /// The store cannot be read.
    fn blocks(&self) -> Answer<'_, Result<Vec<Block>, Unavailable>>;

    /// Puts up a block, with its entry: exchanges that are recorded later are stopped.
    ///
    /// # Errors
    /// Not written.
    fn add_block(&self, block: Block, leaf: Vec<u8>) -> Answer<'_, Result<(), Unavailable>>;

    /// Removes a block, with its entry; says whether there was one.
    ///
    /// # Errors
    /// Not written.
    fn remove_block(&self, id: String, leaf: Vec<u8>) -> Answer<'_, Result<bool, Unavailable>>;

    /// The sealed secret of this name; adds `candidate` first when there is none.
    ///
    /// # Errors
    /// The store cannot be read or written.
    fn secret(
        &self,
        name: &'static str,
        candidate: Option<Vec<u8>>,
    ) -> Answer<'_, Result<Option<Vec<u8>>, Unavailable>>;

    /// Makes a snapshot the current one, keeps its documents, and adds the
    /// entry when it was not current before. What is asked of the store after
    /// this returned its future, and before that was awaited, comes after it.
    ///
    /// # Errors
    /// Not written.
    fn adopt_snapshot(
        &self,
        row: SnapshotRow,
        leaf: Vec<u8>,
    ) -> Answer<'_, Result<(), Unavailable>>;

    /// The digest of the current snapshot; none before the first adoption.
    ///
    /// # Errors
    /// The store cannot be read.
    fn current_snapshot(&self) -> Answer<'_, Result<Option<String>, Unavailable>>;

    /// The snapshot of a digest, or the current one; none that was never adopted.
    ///
    /// # Errors
    /// The store cannot be read.
    fn snapshot(
        &self,
        digest: Option<String>,
    ) -> Answer<'_, Result<Option<SnapshotRow>, Unavailable>>;

    /// Entries from an index on, at most `limit`, in order.
    ///
    /// # Errors
    /// The store cannot be read.
    fn entries(&self, from: u64, limit: u64) -> Answer<'_, Result<Entries, Unavailable>>;

    /// Forgets uses of tokens that ended long ago; how many they were. A store
    /// that has a clock of its own forgets nothing that is too young by that.
    ///
    /// # Errors
    /// Not written.
    fn prune_replay(&self, ended_before: Timestamp) -> Answer<'_, Result<u64, Unavailable>>;

    /// Whether the store answers within its deadline.
    ///
    /// # Errors
    /// It does not.
    fn ping(&self) -> Answer<'_, Result<(), Unavailable>>;
}
