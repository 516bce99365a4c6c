//! The key pairs in a token, by their `CKA_ID`.

use super::super::public;
use cryptoki::error::Error;
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use sts_jose::SigningAlgorithm;
use sts_wire::jwk::PublishedJwk;

/// P-256 as `CKA_EC_PARAMS` wants it: the DER of 1.2.840.10045.3.1.7.
const P256: [u8; 10] = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
/// What DER puts before a point of P-256: an octet string of 65 bytes.
const POINT_HEAD: [u8; 2] = [0x04, 0x41];
/// Bytes of an uncompressed point of P-256.
const POINT_BYTES: usize = 65;
/// Bits of an RSA key: what keys in process have.
const RSA_BITS: u64 = 2048;
/// 65537.
const RSA_EXPONENT: [u8; 3] = [1, 0, 1];

/// Generates a pair whose private half can neither be read nor wrapped.
pub(super) fn generate(
    session: &Session,
    algorithm: SigningAlgorithm,
    label: &str,
    id: &[u8],
) -> Result<(), Error> {
    let named = [
        Attribute::Token(true),
        Attribute::Label(label.as_bytes().to_vec()),
        Attribute::Id(id.to_vec()),
    ];
    let (mechanism, kind) = match algorithm {
        SigningAlgorithm::Es256 => {
            (Mechanism::EccKeyPairGen, vec![Attribute::EcParams(P256.to_vec())])
        }
        SigningAlgorithm::Rs256 => (
            Mechanism::RsaPkcsKeyPairGen,
            vec![
                Attribute::ModulusBits(RSA_BITS.into()),
                Attribute::PublicExponent(RSA_EXPONENT.to_vec()),
            ],
        ),
    };
    let public = [&named, kind.as_slice(), &[Attribute::Verify(true)]].concat();
    let private = [
        &named,
        [
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Sign(true),
        ]
        .as_slice(),
    ]
    .concat();
    session.generate_key_pair(&mechanism, &public, &private).map(|_| ())
}

/// The private key of an id.
pub(super) fn private(session: &Session, id: &[u8]) -> Result<Option<ObjectHandle>, Error> {
    let wanted = [
        Attribute::Class(ObjectClass::PRIVATE_KEY),
        Attribute::Token(true),
        Attribute::Id(id.to_vec()),
    ];
    Ok(session.find_objects(&wanted)?.first().copied())
}

/// The public key of an id, where it is there and of a form that we know.
pub(super) fn public(
    session: &Session,
    algorithm: SigningAlgorithm,
    id: &[u8],
) -> Result<Option<PublishedJwk>, Error> {
    let wanted = [
        Attribute::Class(ObjectClass::PUBLIC_KEY),
        Attribute::Token(true),
        Attribute::Id(id.to_vec()),
    ];
    let found = session.find_objects(&wanted)?;
    let Some(key) = found.first() else { return Ok(None) };
    let read = published(session, *key)?;
    Ok(read.filter(|public| public.alg == algorithm.name()))
}

/// Every `kid` under a label.
pub(super) fn kids(session: &Session, label: &str) -> Result<Vec<String>, Error> {
    let wanted = [
        Attribute::Class(ObjectClass::PUBLIC_KEY),
        Attribute::Token(true),
        Attribute::Label(label.as_bytes().to_vec()),
    ];
    let mut kids = Vec::new();
    for key in session.find_objects(&wanted)? {
        kids.extend(published(session, key)?.map(|public| public.kid));
    }
    Ok(kids)
}

/// Destroys both halves.
pub(super) fn destroy(session: &Session, id: &[u8]) -> Result<(), Error> {
    for class in [ObjectClass::PRIVATE_KEY, ObjectClass::PUBLIC_KEY] {
        let wanted = [Attribute::Class(class), Attribute::Token(true), Attribute::Id(id.to_vec())];
        for key in session.find_objects(&wanted)? {
            session.destroy_object(key)?;
        }
    }
    Ok(())
}

fn published(session: &Session, key: ObjectHandle) -> Result<Option<PublishedJwk>, Error> {
    let wanted = [AttributeType::EcPoint, AttributeType::Modulus, AttributeType::PublicExponent];
    let (mut point, mut modulus, mut exponent) = (None, None, None);
    for attribute in session.get_attributes(key, &wanted)? {
        match attribute {
            Attribute::EcPoint(bytes) => point = Some(bytes),
            Attribute::Modulus(bytes) => modulus = Some(bytes),
            Attribute::PublicExponent(bytes) => exponent = Some(bytes),
            _ => {}
        }
    }
    Ok(match (point, modulus, exponent) {
        // PKCS #11 §6.3 wants it in DER; some tokens leave that out.
        (Some(point), ..) => {
            let inner = point.strip_prefix(POINT_HEAD.as_slice());
            // Only a whole point may follow: a bare one may begin with the same bytes.
            public::ec(inner.filter(|inner| inner.len() == POINT_BYTES).unwrap_or(&point)).ok()
        }
        (None, Some(n), Some(e)) => Some(public::rsa(trimmed(&n), trimmed(&e))),
        _ => None,
    })
}

/// Without leading zeros, as RFC 7518 §6.3.1 wants integers.
fn trimmed(integer: &[u8]) -> &[u8] {
    let zeros = integer.iter().take_while(|byte| **byte == 0).count();
    integer.get(zeros..).unwrap_or_default()
}
