//! Strict JOSE over the cryptography library: what may verify is decided when
//! a key set is loaded, and a token changes type when its signature holds.
//!
//! RFC 7515, RFC 7517, RFC 7518, RFC 7638, RFC 8725. The library sees only keys
//! that passed our own checks, and only the signature primitive of it is used:
//! its claim checks read the system clock and accept what we refuse.

pub mod algorithm;
pub mod digest;
pub mod keyset;
mod material;
mod modulus;
pub mod signed;
#[cfg(test)]
mod vectors;

pub use algorithm::{Algorithm, SigningAlgorithm};
pub use digest::{KeyedHasher, sha256};
pub use keyset::{IgnoredKey, KeyUse, VerifyingKey, VerifyingKeySet};
pub use signed::{SignatureFault, SignedToken};
