//! Key pairs for tests: the same in every run, and worth nothing.

use crate::broken::{broken, sound};
use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use sts_jose::{Algorithm, sha256};
use sts_wire::base64url;
use sts_wire::jwk::{PublishedJwk, PublishedParams};

/// A P-256 key whose private half is the hash of its number: anyone can
/// compute it, which is why it signs in tests only.
pub struct TestKey(EcdsaKeyPair);

impl TestKey {
    /// The key of this number.
    #[must_use]
    pub fn numbered(number: u64) -> Self {
        let scalar = sha256(format!("sts test key {number}").as_bytes());
        let private = sound(PrivateKey::from_private_key(&ECDH_P256, &scalar));
        let point = sound(private.compute_public_key());
        let pair = EcdsaKeyPair::from_private_key_and_public_key(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            &scalar,
            point.as_ref(),
        );
        Self(sound(pair))
    }

    /// The public half, its thumbprint as `kid` (RFC 7638).
    #[must_use]
    pub fn public(&self) -> PublishedJwk {
        // SEC 1 §2.3.3: 0x04, then both coordinates in full width.
        let Some((x, y)) =
            self.0.public_key().as_ref().get(1..).and_then(|point| point.split_at_checked(32))
        else {
            broken("a P-256 point has two coordinates of 32 bytes");
        };
        let (x, y) = (base64url::encode(x), base64url::encode(y));
        let params = PublishedParams::Ec { crv: "P-256".to_owned(), x, y };
        let kid = base64url::encode(&sha256(params.thumbprint_input().as_bytes()));
        PublishedJwk::new(kid, Algorithm::Es256.name(), params)
    }

    /// A signature in the form of JWS (RFC 7518 §3.4).
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        sound(self.0.sign(&SystemRandom::new(), message)).as_ref().to_vec()
    }
}
