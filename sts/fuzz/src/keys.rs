//! What issuers publish: key sets and discovery documents.

use crate::tokens::agreed;
use serde_json::Value;
use sts_jose::{Algorithm, KeyUse, VerifyingKeySet};
use sts_testkit::{FakeIssuer, ISSUER};
use sts_wire::json;
use sts_wire::jwk::parse_set;
use sts_wire::limits::KEYS_MAX;
use sts_wire::metadata::Discovery;

/// A set that is accepted gives no secret away, and each of its keys has one
/// algorithm and a name of its own.
pub(crate) fn key_set(input: &[u8]) -> bool {
    let Ok(set) = parse_set(input) else { return false };
    let Ok(members) = json::parse_object(input) else { return false };
    let members = agreed(input, &members);
    let entries = members.get("keys").and_then(Value::as_array).cloned().unwrap_or_default();
    assert_eq!(set.keys.len() + set.unknown, entries.len(), "each entry is counted");
    assert!(entries.len() <= KEYS_MAX);
    for name in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        assert!(entries.iter().all(|entry| entry.get(name).is_none()), "{name} is a secret");
    }
    let mut used = false;
    for usage in [KeyUse::Signature, KeyUse::JwtSvid] {
        let (keys, ignored) = VerifyingKeySet::load_for(usage, &set.keys, &Algorithm::ALL);
        assert_eq!(keys.len() + ignored.len(), set.keys.len(), "each key is accounted for");
        let ids: Vec<_> = keys.iter().map(|key| key.id().as_str()).collect();
        assert!(ids.iter().all(|id| ids.iter().filter(|other| *other == id).count() == 1));
        used |= !keys.is_empty();
    }
    used
}

/// Two readers agree on the issuer and on where its keys are.
pub(crate) fn discovery(input: &[u8]) -> bool {
    let Ok(discovery) = Discovery::parse(input) else { return false };
    let Ok(members) = json::parse_object(input) else { return false };
    let members = agreed(input, &members);
    assert_eq!(members.get("issuer").and_then(Value::as_str), Some(discovery.issuer.as_str()));
    assert_eq!(members.get("jwks_uri").and_then(Value::as_str), Some(discovery.jwks_uri.as_str()));
    true
}

pub(crate) fn key_set_seeds() -> Vec<Vec<u8>> {
    let keys = [1, 2].map(|number| FakeIssuer::new(ISSUER, number).public());
    let plain = serde_json::json!({ "keys": keys });
    let mut svid = serde_json::json!({"keys": [&keys[0]], "spiffe_sequence": 7});
    if let Some(usage) = svid.pointer_mut("/keys/0/use") {
        *usage = Value::from("jwt-svid");
    }
    let edwards = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"e","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},{"kty":"AKP"},7]}"#;
    vec![plain.to_string().into_bytes(), svid.to_string().into_bytes(), edwards.into()]
}

pub(crate) fn discovery_seeds() -> Vec<Vec<u8>> {
    [
        r#"{"issuer":"https://a.example","jwks_uri":"https://a.example/jwks"}"#,
        r#"{"issuer":"https://a.example/","jwks_uri":"https://a.example:8443/k?v=1","x":[true,null]}"#,
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}
