//! The published form of a public key, and the test that a signer has its private half.

use super::KeyFault;
use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
};
use sts_jose::{SigningAlgorithm, sha256};
use sts_wire::base64url;
use sts_wire::jwk::{PublishedJwk, PublishedParams};

/// An uncompressed point of P-256 (SEC 1 §2.3.3): 0x04, then both coordinates in full width.
pub(super) fn ec(point: &[u8]) -> Result<PublishedJwk, KeyFault> {
    let (form, point) = point.split_first().ok_or(KeyFault)?;
    let (x, y) =
        point.split_at_checked(32).filter(|(_, y)| *form == 4 && y.len() == 32).ok_or(KeyFault)?;
    let params = PublishedParams::Ec {
        crv: "P-256".to_owned(),
        x: base64url::encode(x),
        y: base64url::encode(y),
    };
    Ok(published(SigningAlgorithm::Es256, params))
}

/// Modulus and exponent, big-endian, without leading zeros.
pub(super) fn rsa(n: &[u8], e: &[u8]) -> PublishedJwk {
    let params = PublishedParams::Rsa { n: base64url::encode(n), e: base64url::encode(e) };
    published(SigningAlgorithm::Rs256, params)
}

/// Its thumbprint is its `kid` (RFC 7638).
fn published(algorithm: SigningAlgorithm, params: PublishedParams) -> PublishedJwk {
    let kid = base64url::encode(&sha256(params.thumbprint_input().as_bytes()));
    PublishedJwk::new(kid, algorithm.name(), params)
}

/// Verifies a signature of ours, as whoever reads our key set would.
///
/// # Errors
/// The signature is not by this key.
pub(super) fn verify(key: &PublishedJwk, message: &[u8], signature: &[u8]) -> Result<(), KeyFault> {
    let decode = |text: &str| base64url::decode(text).map_err(|_| KeyFault);
    let verified = match &key.params {
        PublishedParams::Ec { x, y, .. } => {
            let point = [&[4], decode(x)?.as_slice(), decode(y)?.as_slice()].concat();
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature)
        }
        PublishedParams::Rsa { n, e } => PublicKeyComponents { n: decode(n)?, e: decode(e)? }
            .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature),
    };
    verified.map_err(|_| KeyFault)
}
