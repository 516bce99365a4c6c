//! What the store is asked to write in one transaction, and what it answers.

use crate::block::Blockable;
use crate::trust::ReplayMode;
use sts_wire::time::Timestamp;

/// What is written, and what it depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// What must still be so inside the transaction.
    pub guard: Guard,
    /// What no block must stop: a permit; denials and other entries are always written.
    pub blockable: Option<Blockable>,
    /// The use of the subject token.
    pub replay: Option<ReplayUse>,
    /// The entry when the token was not used before.
    pub fresh: Vec<u8>,
    /// The entry when it was.
    pub replayed: Vec<u8>,
}

impl Intent {
    /// An entry that depends on nothing.
    #[must_use]
    pub fn entry(leaf: Vec<u8>) -> Self {
        Self {
            guard: Guard::default(),
            blockable: None,
            replay: None,
            fresh: leaf,
            replayed: Vec::new(),
        }
    }
}

/// What an exchange relied on; the transaction checks it again, since a key
/// may have been revoked or the documents changed since.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Guard {
    /// The key that will sign.
    pub key: Option<KeyInUse>,
    /// The documents in force.
    pub snapshot: Option<String>,
}

/// A key that is to sign: at that time it must be the one that does, by the
/// rows in the store. A process that stood still while another rotated the
/// keys would sign with one that is about to leave the key set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyInUse {
    /// The key.
    pub kid: String,
    /// When the exchange was decided.
    pub at: Timestamp,
}

/// A use of a subject token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayUse {
    /// Trust bundle: ids of different issuers never meet.
    pub bundle: String,
    /// The token's id.
    pub token_id: String,
    /// The audience it is used for.
    pub audience: String,
    /// How often it may be used.
    pub mode: ReplayMode,
    /// Until when the use is remembered: `exp` plus the leeway that the
    /// verifier grants, or a token could come back in between.
    pub remembered_until: Timestamp,
    /// Whether the use is claimed, or only looked up: a denial never burns a token.
    pub claim: bool,
}

/// What the transaction found and kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The fresh entry was kept, at this index.
    Kept {
        /// Index of the entry.
        index: u64,
    },
    /// The token was used before; that entry was kept, at this index.
    Replayed {
        /// Index of the entry.
        index: u64,
    },
    /// A block stops it; nothing was written.
    Blocked {
        /// The block's id.
        block: String,
    },
    /// What the exchange relied on has changed; nothing was written.
    Changed,
}
