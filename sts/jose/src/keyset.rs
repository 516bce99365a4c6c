//! The keys of one issuer that may verify: checked once, when they are loaded
//! (RFC 7517 §4, RFC 7518 §3.3 and §6, RFC 8725 §3.1 and §3.4).

use crate::algorithm::Algorithm;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};
use jsonwebtoken::DecodingKey;
use sts_wire::jwk::{PublicJwk, PublicParams};
use sts_wire::names::KeyId;

/// Smallest RSA modulus in bits (RFC 7518 §3.3).
const RSA_BITS_MIN: usize = 2048;
/// Largest RSA modulus in bits: larger ones cost more to verify than a request may cost.
const RSA_BITS_MAX: usize = 8192;
/// Bytes of a P-256 coordinate (RFC 7518 §6.2.1.2): full width, never stripped.
const P256_COORDINATE_BYTES: usize = 32;

/// A key that may verify one algorithm.
pub struct VerifyingKey {
    id: KeyId,
    algorithm: Algorithm,
    key: DecodingKey,
}

/// Why a key of a set is not used; an operator may want to know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IgnoredKey {
    /// Nothing to find it by.
    #[error("it has no kid")]
    NoKeyId,
    /// `use` or `key_ops` speak of something else than verifying.
    #[error("its use or key_ops do not permit verifying signatures")]
    Usage,
    /// Its type, curve or `alg` is not among the bundle's algorithms.
    #[error("its algorithm is not among those of the bundle")]
    Algorithm,
    /// The modulus, exponent or coordinates are out of bounds.
    #[error("its numbers are weak, malformed or out of bounds")]
    Material,
    /// Another key has the same `kid`.
    #[error("another key has the same kid")]
    Duplicate,
}

/// The usable keys of one issuer. Looked up by issuer first, so that a `kid`
/// of one issuer never finds the key of another (RFC 8725 §3.8).
#[derive(Default)]
pub struct VerifyingKeySet {
    keys: Vec<VerifyingKey>,
}

impl VerifyingKeySet {
    /// Keeps the keys that may verify one of `allowed`; says of each other why not.
    #[must_use]
    pub fn load(published: &[PublicJwk], allowed: &[Algorithm]) -> (Self, Vec<IgnoredKey>) {
        let mut ignored = Vec::new();
        let mut keys: Vec<VerifyingKey> = Vec::new();
        for jwk in published {
            match load_key(jwk, allowed) {
                Ok(key) => keys.push(key),
                Err(reason) => ignored.push(reason),
            }
        }
        // Which of two keys with one kid was meant cannot be known: neither is used.
        let unique =
            |key: &VerifyingKey| keys.iter().filter(|other| other.id == key.id).count() == 1;
        let verdicts: Vec<bool> = keys.iter().map(unique).collect();
        ignored.extend(verdicts.iter().filter(|unique| !**unique).map(|_| IgnoredKey::Duplicate));
        let keys = keys.into_iter().zip(verdicts).filter_map(|(key, unique)| unique.then_some(key));
        (Self { keys: keys.collect() }, ignored)
    }

    /// The key with this identifier, compared byte by byte.
    #[must_use]
    pub fn find(&self, id: &KeyId) -> Option<&VerifyingKey> {
        self.keys.iter().find(|key| key.id == *id)
    }

    /// How many keys may verify.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether nothing can be verified.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

impl VerifyingKey {
    /// Its identifier.
    #[must_use]
    pub const fn id(&self) -> &KeyId {
        &self.id
    }

    /// Its one algorithm.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub(crate) fn verifies(&self, signing_input: &[u8], signature: &str) -> bool {
        let verdict = jsonwebtoken::crypto::verify(
            signature,
            signing_input,
            &self.key,
            self.algorithm.library(),
        );
        verdict.unwrap_or(false)
    }
}

fn load_key(jwk: &PublicJwk, allowed: &[Algorithm]) -> Result<VerifyingKey, IgnoredKey> {
    let usable = jwk.usage.as_deref().is_none_or(|usage| usage == "sig");
    if !usable || !jwk.may_verify {
        return Err(IgnoredKey::Usage);
    }
    let algorithm = algorithm_of(jwk, allowed).ok_or(IgnoredKey::Algorithm)?;
    let key = match &jwk.params {
        PublicParams::Rsa { n, e } => {
            check_rsa(n, e)?;
            DecodingKey::from_rsa_raw_components(n, e)
        }
        PublicParams::Ec { x, y, .. } => {
            if x.len() != P256_COORDINATE_BYTES || y.len() != P256_COORDINATE_BYTES {
                return Err(IgnoredKey::Material);
            }
            // RFC 8725 §3.4: a point off the curve is no key, and is known as such at once.
            let point = [&[4], x.as_slice(), y.as_slice()].concat();
            ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                .map_err(|_| IgnoredKey::Material)?;
            let (x, y) = (sts_wire::base64url::encode(x), sts_wire::base64url::encode(y));
            DecodingKey::from_ec_components(&x, &y).map_err(|_| IgnoredKey::Material)?
        }
        PublicParams::Okp { .. } => return Err(IgnoredKey::Algorithm),
    };
    let id = jwk.key_id.clone().ok_or(IgnoredKey::NoKeyId)?;
    Ok(VerifyingKey { id, algorithm, key })
}

/// The one algorithm of a key: what it names, or the only one of the bundle
/// that fits its type. A key that would fit several is used for none.
fn algorithm_of(jwk: &PublicJwk, allowed: &[Algorithm]) -> Option<Algorithm> {
    let fits = |algorithm: Algorithm| match (&jwk.params, algorithm) {
        (PublicParams::Rsa { .. }, Algorithm::Rs256) => true,
        (PublicParams::Ec { crv, .. }, Algorithm::Es256) => crv == "P-256",
        (PublicParams::Rsa { .. } | PublicParams::Ec { .. } | PublicParams::Okp { .. }, _) => false,
    };
    let named = |algorithm: &Algorithm| {
        jwk.algorithm.as_deref().is_none_or(|name| name == algorithm.name())
    };
    let mut candidates = allowed.iter().copied().filter(named).filter(|algorithm| fits(*algorithm));
    match (candidates.next(), candidates.next()) {
        (Some(algorithm), None) => Some(algorithm),
        _ => None,
    }
}

/// RFC 7518 §3.3 and §6.3.1: at least 2048 bits, minimal octets, an odd
/// modulus, and an exponent of 65537 to 2^32 so that low-exponent forgeries
/// and slow verifications are both out of reach.
fn check_rsa(n: &[u8], e: &[u8]) -> Result<(), IgnoredKey> {
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
        && !has_roca_fingerprint(n);
    if sound { Ok(()) } else { Err(IgnoredKey::Material) }
}

/// Primes whose residues tell keys of the flawed Infineon generator from others.
const ROCA_PRIMES: [u64; 17] =
    [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157];

/// CVE-2017-15361: primes of such a key are powers of 65537 modulo small primes,
/// and so is the modulus; it can be factored. A sound modulus passes all 17 by a
/// chance of less than 2^-27.
fn has_roca_fingerprint(n: &[u8]) -> bool {
    ROCA_PRIMES.into_iter().all(|prime| {
        let residue = n.iter().fold(0, |rest, byte| (rest * 256 + u64::from(*byte)) % prime);
        let powers = std::iter::successors(Some(1), |power| {
            Some(power * 65_537 % prime).filter(|p| *p != 1)
        });
        powers.take(usize::try_from(prime).unwrap_or(usize::MAX)).any(|power| power == residue)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rsa(n: Vec<u8>, e: Vec<u8>) -> PublicJwk {
        PublicJwk {
            key_id: KeyId::new("k").ok(),
            algorithm: None,
            usage: None,
            may_verify: true,
            params: PublicParams::Rsa { n, e },
        }
    }

    fn good() -> PublicJwk {
        rsa(vec![0xff; 256], vec![1, 0, 1])
    }

    fn reason(jwk: PublicJwk) -> Option<IgnoredKey> {
        VerifyingKeySet::load(&[jwk], &Algorithm::ALL).1.pop()
    }

    #[test]
    fn a_sound_key_is_used() {
        assert_eq!(reason(good()), None);
        assert_eq!(
            reason(PublicJwk {
                usage: Some("sig".into()),
                algorithm: Some("RS256".into()),
                ..good()
            }),
            None
        );
    }

    #[test]
    fn weak_or_malformed_numbers_are_not_used() {
        for (n, e) in [
            (vec![0xff; 255], vec![1, 0, 1]),
            (vec![0x7f; 256], vec![1, 0, 1]),
            (vec![0xff; 1025], vec![1, 0, 1]),
            ([vec![0], vec![0xff; 256]].concat(), vec![1, 0, 1]),
            (vec![0xfe; 256], vec![1, 0, 1]),
            (vec![0xff; 256], vec![3]),
            (vec![0xff; 256], vec![1, 0, 2]),
            (vec![0xff; 256], vec![0, 1, 0, 1]),
            (vec![0xff; 256], vec![1; 9]),
        ] {
            assert_eq!(reason(rsa(n, e)), Some(IgnoredKey::Material));
        }
    }

    #[test]
    fn metadata_is_honoured() {
        assert_eq!(
            reason(PublicJwk { usage: Some("enc".into()), ..good() }),
            Some(IgnoredKey::Usage)
        );
        assert_eq!(reason(PublicJwk { may_verify: false, ..good() }), Some(IgnoredKey::Usage));
        assert_eq!(
            reason(PublicJwk { algorithm: Some("RS512".into()), ..good() }),
            Some(IgnoredKey::Algorithm)
        );
        assert_eq!(reason(PublicJwk { key_id: None, ..good() }), Some(IgnoredKey::NoKeyId));
    }

    #[test]
    fn of_two_keys_with_one_kid_neither_is_used() {
        let (keys, ignored) = VerifyingKeySet::load(&[good(), good()], &Algorithm::ALL);
        assert!(keys.is_empty());
        assert_eq!(ignored, [IgnoredKey::Duplicate, IgnoredKey::Duplicate]);
    }
}
