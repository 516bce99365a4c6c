//! Which numbers make a sound public key; the rest is weak, malformed or out of
//! bounds, and found out once, when a key set is loaded.

use crate::algorithm::Algorithm;
use crate::keyset::IgnoredKey;
use crate::modulus::is_factored_at_sight;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, ParsedPublicKey,
};
use jsonwebtoken::DecodingKey;

/// Smallest RSA modulus in bits (RFC 7518 §3.3).
const RSA_BITS_MIN: usize = 2048;
/// Largest RSA modulus in bits: larger ones cost more to verify than a request may cost.
const RSA_BITS_MAX: usize = 8192;
/// Bytes of a P-256 coordinate (RFC 7518 §6.2.1.2): full width, never stripped.
const P256_COORDINATE_BYTES: usize = 32;

/// Bytes of a P-384 coordinate.
const P384_COORDINATE_BYTES: usize = 48;
/// Bytes of an Ed25519 key (RFC 8032 §5.1.5).
const ED25519_BYTES: usize = 32;

/// RFC 7518 §6.2.1.2: coordinates in full width, never stripped; RFC 8725 §3.4:
/// a point off the curve is no key, and is known as such at once.
pub(crate) fn ec_key(algorithm: Algorithm, x: &[u8], y: &[u8]) -> Result<DecodingKey, IgnoredKey> {
    let (parameters, width) = match algorithm {
        Algorithm::Es384 => (&ECDSA_P384_SHA384_FIXED, P384_COORDINATE_BYTES),
        _ => (&ECDSA_P256_SHA256_FIXED, P256_COORDINATE_BYTES),
    };
    if x.len() != width || y.len() != width {
        return Err(IgnoredKey::Material);
    }
    ParsedPublicKey::new(parameters, [&[4], x, y].concat()).map_err(|_| IgnoredKey::Material)?;
    let (x, y) = (sts_wire::base64url::encode(x), sts_wire::base64url::encode(y));
    DecodingKey::from_ec_components(&x, &y).map_err(|_| IgnoredKey::Material)
}

/// The y coordinates of points whose order divides 8, little-endian, without
/// the sign: under such a key one signature fits many messages.
pub(crate) const ED25519_SMALL_ORDER: [&str; 7] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

/// RFC 8032 §5.1.3: 32 bytes that are a point, and one of large order.
pub(crate) fn check_ed25519(x: &[u8]) -> Result<(), IgnoredKey> {
    ParsedPublicKey::new(&ED25519, x).map_err(|_| IgnoredKey::Material)?;
    let mut hex: String = x.iter().map(|byte| format!("{byte:02x}")).collect();
    if let Some(last) = x.last() {
        hex.truncate(hex.len().saturating_sub(2));
        hex.push_str(&format!("{:02x}", last & 0x7f));
    }
    let small = x.len() != ED25519_BYTES || ED25519_SMALL_ORDER.contains(&hex.as_str());
    if small { Err(IgnoredKey::Material) } else { Ok(()) }
}

/// RFC 7518 §3.3 and §6.3.1: at least 2048 bits, minimal octets, an odd
/// modulus, and an exponent of 65537 to 2^32 so that low-exponent forgeries
/// and slow verifications are both out of reach.
pub(crate) fn check_rsa(n: &[u8], e: &[u8]) -> Result<(), IgnoredKey> {
    let minimal = |bytes: &[u8]| bytes.first().is_some_and(|first| *first != 0);
    let odd = |bytes: &[u8]| bytes.last().is_some_and(|last| last % 2 == 1);
    let leading = n.first().map_or(0, |first| first.leading_zeros() as usize);
    let bits = n.len().saturating_mul(8).saturating_sub(leading);
    let exponent =
        e.iter().fold(0_u64, |sum, byte| sum.saturating_mul(256).saturating_add(u64::from(*byte)));
    let sound = minimal(n)
        && minimal(e)
        && odd(n)
        && odd(e)
        && (RSA_BITS_MIN..=RSA_BITS_MAX).contains(&bits)
        && (65_537..=1 << 32).contains(&exponent)
        && !is_factored_at_sight(n);
    if sound { Ok(()) } else { Err(IgnoredKey::Material) }
}
