//! Key sets: read entry by entry, and published (RFC 7517, RFC 7518 §6, RFC 8037).

use crate::base64url;
use crate::json;
use crate::limits::KEYS_MAX;
use crate::names::KeyId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Members that only a private or symmetric key has (RFC 7518 §6.2.2, §6.3.2, §6.4).
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// The parameters of a public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicParams {
    /// Modulus and exponent, big-endian.
    Rsa {
        /// Modulus.
        n: Vec<u8>,
        /// Exponent.
        e: Vec<u8>,
    },
    /// A point on a named curve.
    Ec {
        /// `P-256`, `P-384` …
        crv: String,
        /// Coordinate.
        x: Vec<u8>,
        /// Coordinate.
        y: Vec<u8>,
    },
    /// An octet key pair's public half.
    Okp {
        /// `Ed25519` …
        crv: String,
        /// Public key.
        x: Vec<u8>,
    },
}

/// One entry of a key set that may be able to verify.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicJwk {
    /// `kid`, when it has one.
    pub key_id: Option<KeyId>,
    /// `alg`, when it names one.
    pub algorithm: Option<String>,
    /// `use`, when it says so.
    pub usage: Option<String>,
    /// Whether `key_ops` is absent or permits verifying.
    pub may_verify: bool,
    /// The key.
    pub params: PublicParams,
}

/// Why a whole set is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeySetFault {
    /// Not strict JSON, or no list `keys`.
    #[error("it is not a key set: {0}")]
    Json(String),
    /// It publishes a private or a symmetric key: whoever does that must stop
    /// being trusted, not be read around (RFC 7517 §9.2).
    #[error("it publishes a private or symmetric key")]
    Private,
    /// More than [`KEYS_MAX`] entries.
    #[error("it has more than 100 keys")]
    TooMany,
}

/// A key set as it was served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKeySet {
    /// Entries that may be able to verify.
    pub keys: Vec<PublicJwk>,
    /// How many entries were not understood: they are left out one by one (RFC 7517 §5).
    pub unknown: usize,
    /// Counts the versions of a SPIFFE bundle, where its publisher does.
    pub sequence: Option<u64>,
}

/// Reads a key set.
///
/// # Errors
/// [`KeySetFault`].
pub fn parse_set(bytes: &[u8]) -> Result<PublicKeySet, KeySetFault> {
    let members =
        json::parse_object(bytes).map_err(|error| KeySetFault::Json(error.to_string()))?;
    let entries = members.get("keys").and_then(Value::as_array);
    let entries = entries.ok_or_else(|| KeySetFault::Json("no list named keys".to_owned()))?;
    if entries.len() > KEYS_MAX {
        return Err(KeySetFault::TooMany);
    }
    let mut keys = Vec::new();
    for entry in entries.iter().filter_map(Value::as_object) {
        if PRIVATE_MEMBERS.into_iter().any(|name| entry.contains_key(name)) {
            return Err(KeySetFault::Private);
        }
        keys.extend(parse_entry(entry));
    }
    let unknown = entries.len().saturating_sub(keys.len());
    let sequence = members.get("spiffe_sequence").and_then(Value::as_u64);
    Ok(PublicKeySet { keys, unknown, sequence })
}

fn parse_entry(entry: &Map<String, Value>) -> Option<PublicJwk> {
    let params = match entry.get("kty")?.as_str()? {
        "RSA" => PublicParams::Rsa { n: bytes(entry, "n")?, e: bytes(entry, "e")? },
        "EC" => PublicParams::Ec {
            crv: text(entry, "crv")?,
            x: bytes(entry, "x")?,
            y: bytes(entry, "y")?,
        },
        "OKP" => PublicParams::Okp { crv: text(entry, "crv")?, x: bytes(entry, "x")? },
        _ => return None,
    };
    Some(PublicJwk {
        key_id: optional(entry, "kid")?.map(|kid| KeyId::new(&kid)).transpose().ok()?,
        algorithm: optional(entry, "alg")?,
        usage: optional(entry, "use")?,
        may_verify: match entry.get("key_ops") {
            None => true,
            Some(operations) => {
                operations.as_array()?.iter().any(|operation| operation == "verify")
            }
        },
        params,
    })
}

fn text(entry: &Map<String, Value>, name: &str) -> Option<String> {
    entry.get(name)?.as_str().map(str::to_owned)
}

/// The member when it is a string, `Some(None)` when it is absent, `None` when it is anything else.
fn optional(entry: &Map<String, Value>, name: &str) -> Option<Option<String>> {
    match entry.get(name) {
        None => Some(None),
        Some(value) => value.as_str().map(|text| Some(text.to_owned())),
    }
}

fn bytes(entry: &Map<String, Value>, name: &str) -> Option<Vec<u8>> {
    base64url::decode(entry.get(name)?.as_str()?).ok().filter(|bytes| !bytes.is_empty())
}

/// A public key of ours, as the key set shows it and the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedJwk {
    /// The thumbprint (RFC 7638).
    pub kid: String,
    /// Always `sig`.
    #[serde(rename = "use")]
    pub usage: String,
    /// The one algorithm of this key.
    pub alg: String,
    /// The key itself.
    #[serde(flatten)]
    pub params: PublishedParams,
}

/// The parameters of a published key, base64url.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kty")]
pub enum PublishedParams {
    /// Elliptic curve (RFC 7518 §6.2).
    #[serde(rename = "EC")]
    Ec {
        /// Curve.
        crv: String,
        /// Coordinate.
        x: String,
        /// Coordinate.
        y: String,
    },
    /// RSA (RFC 7518 §6.3).
    #[serde(rename = "RSA")]
    Rsa {
        /// Modulus.
        n: String,
        /// Exponent.
        e: String,
    },
}

impl PublishedParams {
    /// The text whose SHA-256 is the thumbprint: required members only, in
    /// lexicographic order, no blanks (RFC 7638 §3.2). Base64url needs no escapes.
    #[must_use]
    pub fn thumbprint_input(&self) -> String {
        match self {
            Self::Ec { crv, x, y } => {
                format!(r#"{{"crv":"{crv}","kty":"EC","x":"{x}","y":"{y}"}}"#)
            }
            Self::Rsa { n, e } => format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#),
        }
    }
}

impl PublishedJwk {
    /// A signing key with its thumbprint as `kid`.
    #[must_use]
    pub fn new(kid: String, alg: &str, params: PublishedParams) -> Self {
        Self { kid, usage: "sig".to_owned(), alg: alg.to_owned(), params }
    }
}
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_entries_are_ignored_one_by_one() {
        let set = br#"{"keys":[{"kty":"AKP","alg":"ML-DSA-44","pub":"AA"},7,{"kty":"RSA","n":"-_8","e":"AQAB"},
            {"kty":"RSA","n":"-_8"},{"kty":"EC","crv":"P-256","x":"AQ","y":"Ag","kid":7},
            {"kty":"RSA","n":"-_8","e":"AQAB","kid":"k","use":"enc","key_ops":["encrypt"]}]}"#;
        let PublicKeySet { keys, unknown, sequence } = parse_set(set).unwrap();
        assert_eq!((keys.len(), unknown, sequence), (2, 4, None));
        assert!(keys[0].may_verify);
        assert_eq!((keys[1].usage.as_deref(), keys[1].may_verify), (Some("enc"), false));
    }

    #[test]
    fn a_set_with_a_private_or_symmetric_key_is_refused_whole() {
        for entry in [r#"{"kty":"RSA","n":"-_8","e":"AQAB","d":"AQ"}"#, r#"{"kty":"oct","k":"AQ"}"#]
        {
            let set = format!(r#"{{"keys":[{entry}]}}"#);
            assert_eq!(parse_set(set.as_bytes()), Err(KeySetFault::Private));
        }
    }

    #[test]
    fn what_is_no_set_is_refused() {
        for text in
            ["[]", "{}", r#"{"keys":{}}"#, r#"{"keys":null}"#, "<html>", r#"{"keys":[],"keys":[]}"#]
        {
            assert!(matches!(parse_set(text.as_bytes()), Err(KeySetFault::Json(_))), "{text}");
        }
        let many = format!(r#"{{"keys":[{}]}}"#, vec!["{}"; KEYS_MAX + 1].join(","));
        assert_eq!(parse_set(many.as_bytes()), Err(KeySetFault::TooMany));
        let empty = PublicKeySet { keys: vec![], unknown: 0, sequence: Some(7) };
        assert_eq!(parse_set(br#"{"keys":[],"spiffe_sequence":7}"#), Ok(empty));
    }

    #[test]
    fn the_thumbprint_input_is_that_of_the_rfc_and_a_key_survives_storage() {
        let params = PublishedParams::Rsa { n: "AQ".into(), e: "AQAB".into() };
        assert_eq!(params.thumbprint_input(), r#"{"e":"AQAB","kty":"RSA","n":"AQ"}"#);
        let key = PublishedJwk::new("k".into(), "RS256", params);
        let text = serde_json::to_string(&key).unwrap();
        assert_eq!(
            text,
            r#"{"kid":"k","use":"sig","alg":"RS256","kty":"RSA","n":"AQ","e":"AQAB"}"#
        );
        assert_eq!(serde_json::from_str::<PublishedJwk>(&text).unwrap(), key);
    }
}
