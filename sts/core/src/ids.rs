//! Identifiers from time and randomness that were handed in.

use crate::ports::{Entropy, EntropyFault};
use std::fmt;
use sts_wire::base64url;
use sts_wire::time::Timestamp;

/// Identifies one decision: a UUIDv7 (RFC 9562 §5.7), so that ids sort by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DecisionId(uuid::Uuid);

impl DecisionId {
    /// A fresh id.
    ///
    /// # Errors
    /// No randomness could be had.
    pub fn new(now: Timestamp, entropy: &dyn Entropy) -> Result<Self, EntropyFault> {
        let mut random = [0; 10];
        entropy.fill(&mut random)?;
        let millis = u64::try_from(now.millis()).unwrap_or_default();
        Ok(Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()))
    }
}

impl fmt::Display for DecisionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A `jti` of 128 random bits (RFC 7519 §4.1.7; RFC 6749 §10.10 asks for that much).
///
/// # Errors
/// No randomness could be had.
pub fn token_id(entropy: &dyn Entropy) -> Result<String, EntropyFault> {
    let mut random = [0; 16];
    entropy.fill(&mut random)?;
    Ok(base64url::encode(&random))
}
