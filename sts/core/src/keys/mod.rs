//! The key ring: states are derived from times, so nothing has to be promoted
//! and a crash finds nothing half done.
//!
//! A key is published from the moment it exists, signs from `not_before` until
//! its successor's, and stays published until the last token it may have
//! signed has expired everywhere.

mod operate;
mod outlook;
mod plan;
mod ring;
mod state;

pub use operate::{KeyChange, KeyRefusal, compromise, retain, revoke, rotate, rotate_now};
pub use outlook::runs_out;
pub use plan::{KeySchedule, PlannedKey, plan};
pub use ring::{ActiveKey, Ring, RingKey};
pub use state::{KeyState, KeyTimes};

use sts_jose::SigningAlgorithm;
use sts_wire::jwk::PublishedJwk;
use sts_wire::time::{Seconds, Timestamp};

/// Why a key was revoked, in the words of OpenID Federation 1.0 §8.7.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RevocationReason {
    /// Somebody else may have it.
    Compromised,
    /// It was replaced, and shall not come back.
    Superseded,
}

impl RevocationReason {
    /// The word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Compromised => "compromised",
            Self::Superseded => "superseded",
        }
    }

    /// From the word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Compromised, Self::Superseded].into_iter().find(|reason| reason.word() == word)
    }
}

/// A key as the store keeps it. The private half is sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRow {
    /// Its algorithm.
    pub algorithm: SigningAlgorithm,
    /// Its place in the sequence of its algorithm: one key per slot, whoever creates it.
    pub slot: u64,
    /// Its public half; `kid` is the thumbprint.
    pub public: PublishedJwk,
    /// When it was created, and so published.
    pub created_at: Timestamp,
    /// When it begins to sign.
    pub not_before: Timestamp,
    /// For how long it stays published after its successor took over, at least:
    /// what the longest-lived token needed that it may have signed.
    pub retention: Seconds,
    /// When it was revoked; it neither signs nor is published since.
    pub revoked_at: Option<Timestamp>,
    /// Why it was revoked.
    pub revoked_because: Option<RevocationReason>,
    /// The private half, sealed under the key-encryption key.
    pub sealed_private: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use sts_wire::jwk::PublishedParams;

    pub(super) fn public(kid: String) -> PublishedJwk {
        let params =
            PublishedParams::Ec { crv: "P-256".into(), x: String::new(), y: String::new() };
        PublishedJwk::new(kid, "ES256", params)
    }
}
