//! One entry: who, what, when, from where, by which policy, and how it came out.
//!
//! Never a token, a secret, or an unkeyed hash of something that can be guessed.

use crate::limits::USER_AGENT_BYTES_MAX;
use crate::trust::{ClaimSpec, SpecType};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use sts_jose::KeyedHasher;
use sts_wire::base64url;
use sts_wire::time::Timestamp;

/// Which process of which environment writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// `environment` of the configuration.
    pub environment: String,
    /// This process.
    pub replica: String,
}

/// What the caller asked for, and from where. The texts are the caller's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Request {
    /// The target.
    pub audience: String,
    /// Scopes asked for, blank separated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The policy named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// Address that the connection came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// `User-Agent`, shortened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
}

impl Request {
    /// Shortens a user agent to what an entry keeps, at a character's boundary.
    #[must_use]
    pub fn shorten(user_agent: &str) -> String {
        let mut end = user_agent.len().min(USER_AGENT_BYTES_MAX);
        while !user_agent.is_char_boundary(end) {
            end = end.saturating_sub(1);
        }
        user_agent.get(..end).unwrap_or_default().to_owned()
    }
}

/// The members of a decision's entry, beside those that every entry has.
#[derive(Debug, Clone, Serialize)]
pub struct DecisionEntry<'a> {
    /// UUIDv7.
    pub decision_id: String,
    /// `permit` or `deny`.
    pub decision: &'static str,
    /// Why it was denied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// Name of the trust bundle.
    pub trust_bundle: &'a str,
    /// `iss` of the subject token.
    pub issuer: &'a str,
    /// `sub` of the subject token.
    pub subject: &'a str,
    /// Its typed claims; sensitive ones as keyed hashes.
    pub claims: Map<String, Value>,
    /// What was asked.
    pub request: &'a Request,
    /// The policy that permitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<&'a str>,
    /// Id of the block that stopped it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block: Option<&'a str>,
    /// Digest of the documents in force.
    pub snapshot: &'a str,
    /// What the decision looked at.
    pub trace: &'a crate::policy::Trace,
    /// What is granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant: Option<Value>,
    /// Key that signs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kid: Option<&'a str>,
    /// Id of the issued token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jti: Option<&'a str>,
    /// SHA-256 of exactly what is signed, base64url.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signing_input_sha256: Option<String>,
    /// Keyed hash of the subject token, base64url.
    pub subject_token_hash: String,
}

/// Something an administrator did or read.
#[derive(Debug, Clone, Serialize)]
pub struct AdminAction<'a> {
    /// The command, as `ledger.show`.
    pub action: &'a str,
    /// Who: the peer of the admin socket, or the user of an offline command.
    pub caller: Value,
}

/// Something that happened to a signing key.
#[derive(Debug, Clone, Serialize)]
pub struct KeyEvent<'a> {
    /// `created` …
    pub event: &'static str,
    /// Its thumbprint.
    pub kid: &'a str,
    /// Its algorithm.
    pub algorithm: &'static str,
    /// When it begins to sign, RFC 3339.
    pub not_before: String,
}

/// The canonical bytes of an entry of this kind.
///
/// # Errors
/// The canonicaliser refused a value, which numbers and text of ours cannot cause.
pub fn leaf(
    host: &Host,
    now: Timestamp,
    kind: &'static str,
    body: &impl Serialize,
) -> Result<Vec<u8>, serde_json::Error> {
    let mut entry = match serde_json::to_value(body)? {
        Value::Object(members) => members,
        other => Map::from_iter([("body".to_owned(), other)]),
    };
    entry.insert("time".to_owned(), json!(now.to_string()));
    entry.insert("environment".to_owned(), json!(host.environment));
    entry.insert("replica".to_owned(), json!(host.replica));
    entry.insert("kind".to_owned(), json!(kind));
    serde_json_canonicalizer::to_vec(&exact(Value::Object(entry)))
}

/// JCS spells numbers as doubles, so an integer beyond 2^53 would lose digits:
/// such an id is kept as text.
fn exact(value: Value) -> Value {
    const EXACT_MAX: u64 = 1 << 53;
    match value {
        Value::Number(ref number) => {
            let magnitude = number.as_i64().map(i64::unsigned_abs).or_else(|| number.as_u64());
            if magnitude.is_some_and(|magnitude| magnitude > EXACT_MAX) {
                json!(number.to_string())
            } else {
                value
            }
        }
        Value::Array(items) => Value::Array(items.into_iter().map(exact).collect()),
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(name, value)| (name, exact(value))).collect())
        }
        Value::Null | Value::Bool(_) | Value::String(_) => value,
    }
}

/// Claims as the ledger keeps them: sensitive ones become a keyed hash, so
/// that equal values can be recognised and none can be guessed.
#[must_use]
pub fn sensitive_hashed(
    claims: &Map<String, Value>,
    specs: &BTreeMap<String, ClaimSpec>,
    hasher: &KeyedHasher,
) -> Map<String, Value> {
    let keep = |(name, value): (&String, &Value)| {
        let kept = match specs.get(name) {
            Some(spec) if spec.sensitive => {
                let hash = hasher.hash(format!("claim:{name}:{value}").as_bytes());
                json!({"keyed_hash": base64url::encode(&hash)})
            }
            Some(ClaimSpec { claim_type: SpecType::Object(members), .. }) => match value {
                Value::Object(inner) => Value::Object(sensitive_hashed(inner, members, hasher)),
                _ => value.clone(),
            },
            _ => value.clone(),
        };
        (name.clone(), kept)
    };
    claims.iter().map(keep).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leaf_is_canonical_and_keeps_every_digit() {
        let host = Host { environment: "test".into(), replica: "r".into() };
        let body = json!({"z": 1, "a": {"y": 9_007_199_254_740_993_u64, "b": -5}});
        let bytes = leaf(&host, Timestamp::from_millis(1_795_453_480_123), "test", &body).unwrap();
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            r#"{"a":{"b":-5,"y":"9007199254740993"},"environment":"test","kind":"test","replica":"r","time":"2026-11-23T17:04:40.123Z","z":1}"#
        );
    }

    #[test]
    fn a_user_agent_is_cut_between_characters() {
        assert_eq!(Request::shorten("curl/8"), "curl/8");
        let long = "é".repeat(USER_AGENT_BYTES_MAX);
        assert_eq!(Request::shorten(&format!("x{long}")).len(), USER_AGENT_BYTES_MAX - 1);
    }
}
