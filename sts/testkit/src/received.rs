//! What a relying party makes of an issued token, by code of its own: it
//! shares nothing with what signs.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::Value;
use sts_wire::base64url;
use sts_wire::jwk::{PublishedJwk, PublishedParams};

/// An issued token whose signature holds under a published key.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// Its header.
    pub header: Value,
    /// Its claims.
    pub claims: Value,
    /// What was signed.
    pub signing_input: String,
}

impl Received {
    /// Verifies with the published key that the header names; None when there
    /// is no such key, or the signature does not hold.
    #[must_use]
    pub fn verify(token: &str, published: &[PublishedJwk]) -> Option<Self> {
        let (signing_input, signature) = token.rsplit_once('.')?;
        let (header, claims) = signing_input.split_once('.')?;
        let read = |part: &str| serde_json::from_slice(&base64url::decode(part).ok()?).ok();
        let (header, claims): (Value, Value) = (read(header)?, read(claims)?);
        let kid = header.get("kid")?.as_str()?;
        let jwk = published.iter().find(|jwk| jwk.kid == kid)?;
        let PublishedParams::Ec { x, y, .. } = &jwk.params else {
            return None;
        };
        let coordinates = [base64url::decode(x).ok()?, base64url::decode(y).ok()?].concat();
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, [vec![4], coordinates].concat());
        key.verify(signing_input.as_bytes(), &base64url::decode(signature).ok()?).ok()?;
        Some(Self { header, claims, signing_input: signing_input.to_owned() })
    }
}
