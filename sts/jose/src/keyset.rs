//! The keys of one issuer that may verify: checked once, when they are loaded
//! (RFC 7517 §4, RFC 7518 §3.3 and §6, RFC 8725 §3.1 and §3.4).

use crate::algorithm::Algorithm;
use crate::material::{check_ed25519, check_rsa, ec_key};
use jsonwebtoken::DecodingKey;
use sts_wire::jwk::{PublicJwk, PublicParams};
use sts_wire::names::KeyId;

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

/// What a key of a set must say it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyUse {
    /// `sig`, or nothing (RFC 7517 §4.2).
    Signature,
    /// `jwt-svid`, said out loud: the other keys of a SPIFFE bundle sign certificates (SPIFFE bundle §4.2).
    JwtSvid,
}

impl KeyUse {
    fn permits(self, usage: Option<&str>) -> bool {
        match self {
            Self::Signature => usage.is_none_or(|usage| usage == "sig"),
            Self::JwtSvid => usage == Some("jwt-svid"),
        }
    }
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
        Self::load_for(KeyUse::Signature, published, allowed)
    }

    /// The same for keys that say they are for this use.
    #[must_use]
    pub fn load_for(
        wanted: KeyUse,
        published: &[PublicJwk],
        allowed: &[Algorithm],
    ) -> (Self, Vec<IgnoredKey>) {
        let mut ignored = Vec::new();
        let mut keys: Vec<VerifyingKey> = Vec::new();
        for jwk in published {
            match load_key(wanted, jwk, allowed) {
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

    /// Every key that may verify.
    pub fn iter(&self) -> impl Iterator<Item = &VerifyingKey> {
        self.keys.iter()
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

fn load_key(
    wanted: KeyUse,
    jwk: &PublicJwk,
    allowed: &[Algorithm],
) -> Result<VerifyingKey, IgnoredKey> {
    if !wanted.permits(jwk.usage.as_deref()) || !jwk.may_verify {
        return Err(IgnoredKey::Usage);
    }
    let algorithm = algorithm_of(jwk, allowed).ok_or(IgnoredKey::Algorithm)?;
    let key = match &jwk.params {
        PublicParams::Rsa { n, e } => {
            check_rsa(n, e)?;
            DecodingKey::from_rsa_raw_components(n, e)
        }
        PublicParams::Ec { x, y, .. } => ec_key(algorithm, x, y)?,
        PublicParams::Okp { x, .. } => {
            check_ed25519(x)?;
            DecodingKey::from_ed_der(x)
        }
    };
    let id = jwk.key_id.clone().ok_or(IgnoredKey::NoKeyId)?;
    Ok(VerifyingKey { id, algorithm, key })
}

/// The one algorithm of a key: what it names, or the only one of the bundle
/// that fits its type. A key that would fit several is used for none.
fn algorithm_of(jwk: &PublicJwk, allowed: &[Algorithm]) -> Option<Algorithm> {
    let fits = |algorithm: Algorithm| match (&jwk.params, algorithm) {
        (
            PublicParams::Rsa { .. },
            Algorithm::Rs256 | Algorithm::Rs384 | Algorithm::Rs512 | Algorithm::Ps256,
        ) => true,
        (PublicParams::Ec { crv, .. }, Algorithm::Es256) => crv == "P-256",
        (PublicParams::Ec { crv, .. }, Algorithm::Es384) => crv == "P-384",
        (PublicParams::Okp { crv, .. }, Algorithm::EdDsa) => crv == "Ed25519",
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modulus::is_factored_at_sight;

    fn rsa(n: Vec<u8>, e: Vec<u8>) -> PublicJwk {
        PublicJwk {
            key_id: KeyId::new("k").ok(),
            algorithm: None,
            usage: None,
            may_verify: true,
            params: PublicParams::Rsa { n, e },
        }
    }

    /// A modulus of so many bytes that begins and ends like this, and is not factored at sight.
    fn modulus(bytes: usize, first: u8, last: u8) -> Vec<u8> {
        let candidate = |salt: u8| {
            let mut n = vec![0xff; bytes];
            n[0] = first;
            n[1] = salt;
            n[bytes - 1] = last;
            n
        };
        (0..=255).map(candidate).find(|n| !is_factored_at_sight(n)).unwrap()
    }

    fn good() -> PublicJwk {
        rsa(modulus(256, 0xff, 0xff), vec![1, 0, 1])
    }

    fn reason(jwk: PublicJwk) -> Option<IgnoredKey> {
        VerifyingKeySet::load(&[jwk], &[Algorithm::Rs256]).1.pop()
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
            (modulus(255, 0xff, 0xff), vec![1, 0, 1]),
            (modulus(256, 0x7f, 0xff), vec![1, 0, 1]),
            (modulus(1025, 0xff, 0xff), vec![1, 0, 1]),
            ([vec![0], modulus(256, 0xff, 0xff)].concat(), vec![1, 0, 1]),
            (modulus(256, 0xff, 0xfe), vec![1, 0, 1]),
            (vec![0xff; 256], vec![1, 0, 1]),
            (modulus(256, 0xff, 0xff), vec![3]),
            (modulus(256, 0xff, 0xff), vec![1, 0, 2]),
            (modulus(256, 0xff, 0xff), vec![0, 1, 0, 1]),
            (modulus(256, 0xff, 0xff), vec![1; 9]),
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
    fn an_svid_is_verified_by_keys_that_say_so_and_by_no_other() {
        let keys = |wanted, usage: Option<&str>| {
            let jwk = PublicJwk { usage: usage.map(str::to_owned), ..good() };
            VerifyingKeySet::load_for(wanted, &[jwk], &[Algorithm::Rs256]).0.len()
        };
        let of = |usage| (keys(KeyUse::JwtSvid, usage), keys(KeyUse::Signature, usage));
        assert_eq!(of(Some("jwt-svid")), (1, 0));
        assert_eq!(of(Some("x509-svid")), (0, 0));
        assert_eq!(of(Some("sig")), (0, 1));
        assert_eq!(of(None), (0, 1));
    }

    #[test]
    fn an_rsa_key_that_names_no_algorithm_serves_only_a_bundle_with_one() {
        let load = |allowed: &[Algorithm]| VerifyingKeySet::load(&[good()], allowed).0.len();
        assert_eq!(load(&[Algorithm::Rs256, Algorithm::Es256]), 1);
        assert_eq!(load(&[Algorithm::Rs256, Algorithm::Ps256]), 0);
    }

    #[test]
    fn ed25519_points_of_small_order_are_not_used() {
        let load = |hex: &str, sign: u8| {
            let digits = |pair: &[u8]| std::str::from_utf8(pair).unwrap().to_owned();
            let pairs = hex.as_bytes().chunks(2);
            let mut x: Vec<u8> =
                pairs.map(|pair| u8::from_str_radix(&digits(pair), 16).unwrap()).collect();
            x[31] |= sign;
            let jwk =
                PublicJwk { params: PublicParams::Okp { crv: "Ed25519".into(), x }, ..good() };
            VerifyingKeySet::load(&[jwk], &Algorithm::ALL).0.len()
        };
        for point in crate::material::ED25519_SMALL_ORDER {
            assert_eq!((load(point, 0), load(point, 0x80)), (0, 0), "{point}");
        }
        // RFC 8032 §7.1, the public key of the first test.
        let sound = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        assert_eq!(load(sound, 0), 1);
    }

    #[test]
    fn of_two_keys_with_one_kid_neither_is_used() {
        let (keys, ignored) = VerifyingKeySet::load(&[good(), good()], &[Algorithm::Rs256]);
        assert!(keys.is_empty());
        assert_eq!(ignored, [IgnoredKey::Duplicate, IgnoredKey::Duplicate]);
    }
}
