//! A token whose signature holds under a key of the right issuer.

use crate::algorithm::Algorithm;
use crate::digest::sha256;
use crate::keyset::VerifyingKey;
use serde_json::{Map, Value};
use sts_wire::jws::UnverifiedToken;
use sts_wire::names::KeyId;

/// Why a signature does not make a token believable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFault {
    /// `alg` is not among the bundle's algorithms, or is not that of the key.
    #[error("the algorithm is not permitted")]
    Algorithm,
    /// The token names no key; guessing one would mean trying them all.
    #[error("the token has no kid")]
    NoKeyId,
    /// The signature does not verify.
    #[error("the signature does not verify")]
    Signature,
}

/// A token that the holder of `key_id` signed. Its claims are the signer's
/// words; whether they are to be believed, for us and now, is not yet decided.
pub struct SignedToken {
    claims: Map<String, Value>,
    key_id: KeyId,
    signing_input_sha256: [u8; 32],
}

impl SignedToken {
    /// Checks that the algorithm is permitted, before any key is looked for
    /// (RFC 8725 §3.1), and says which key the token names.
    ///
    /// # Errors
    /// [`SignatureFault::Algorithm`] or [`SignatureFault::NoKeyId`].
    pub fn key_id_of<'a>(
        token: &'a UnverifiedToken,
        allowed: &[Algorithm],
    ) -> Result<&'a KeyId, SignatureFault> {
        let algorithm = Algorithm::from_name(token.unverified_algorithm());
        if !algorithm.is_some_and(|algorithm| allowed.contains(&algorithm)) {
            return Err(SignatureFault::Algorithm);
        }
        token.unverified_key_id().ok_or(SignatureFault::NoKeyId)
    }

    /// Verifies the signature. `key` must come from the set of the token's own
    /// issuer: the caller looked it up there.
    ///
    /// # Errors
    /// [`SignatureFault`].
    pub fn verify(token: UnverifiedToken, key: &VerifyingKey) -> Result<Self, SignatureFault> {
        if token.unverified_algorithm() != key.algorithm().name() {
            return Err(SignatureFault::Algorithm);
        }
        if token.unverified_key_id() != Some(key.id()) {
            return Err(SignatureFault::NoKeyId);
        }
        if !key.verifies(token.signing_input(), token.signature_text()) {
            return Err(SignatureFault::Signature);
        }
        let signing_input_sha256 = sha256(token.signing_input());
        Ok(Self {
            key_id: key.id().clone(),
            signing_input_sha256,
            claims: token.into_unverified_claims(),
        })
    }

    /// The claims.
    #[must_use]
    pub const fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// The key that signed.
    #[must_use]
    pub const fn key_id(&self) -> &KeyId {
        &self.key_id
    }

    /// SHA-256 of what was signed: names a token where the platform gives it no id.
    #[must_use]
    pub const fn signing_input_sha256(&self) -> &[u8; 32] {
        &self.signing_input_sha256
    }
}
