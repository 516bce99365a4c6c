//! Hashes: plain ones of what is not secret, keyed ones of what could be guessed.

use aws_lc_rs::{digest, hmac};

/// SHA-256.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    out
}

/// HMAC-SHA-256 under a secret of this environment: the ledger can tell that
/// two entries speak of the same token, and nobody can try guesses against it.
pub struct KeyedHasher(hmac::Key);

impl KeyedHasher {
    /// Takes a secret of 32 bytes.
    #[must_use]
    pub fn new(secret: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// The keyed hash.
    #[must_use]
    pub fn hash(&self, bytes: &[u8]) -> [u8; 32] {
        let mut out = [0; 32];
        out.copy_from_slice(hmac::sign(&self.0, bytes).as_ref());
        out
    }
}
