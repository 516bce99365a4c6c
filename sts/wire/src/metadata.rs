//! Discovery documents: the one we read and the two we publish
//! (OIDC Discovery §4, RFC 8414 §2).

use crate::json;
use crate::names::Issuer;
use crate::token_exchange::GRANT_TYPE;
use serde_json::{Value, json};

/// What an issuer's discovery document says that we use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovery {
    /// Must equal the configured issuer byte for byte (RFC 8414 §3.3).
    pub issuer: String,
    /// Where the key set is.
    pub jwks_uri: String,
}

/// The document cannot be used; the message is for an operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiscoveryFault {
    /// Not strict JSON or not an object.
    #[error("the discovery document is not acceptable JSON: {0}")]
    Json(#[from] json::NotStrictJson),
    /// A member is absent or not a string.
    #[error("the discovery document has no string member {0}")]
    Missing(&'static str),
}

impl Discovery {
    /// Reads a discovery document; members that we do not use are ignored.
    ///
    /// # Errors
    /// [`DiscoveryFault`].
    pub fn parse(bytes: &[u8]) -> Result<Self, DiscoveryFault> {
        let members = json::parse_object(bytes)?;
        let text = |name: &'static str| {
            let value = members.get(name).and_then(Value::as_str);
            value.map(str::to_owned).ok_or(DiscoveryFault::Missing(name))
        };
        Ok(Self { issuer: text("issuer")?, jwks_uri: text("jwks_uri")? })
    }
}

/// Where our endpoints are, as published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Our issuer identifier, exactly as in every token.
    pub issuer: Issuer,
    /// URL of the token endpoint.
    pub token_endpoint: String,
    /// URL of the key set.
    pub jwks_uri: String,
    /// Algorithms that the ring signs with, by their JOSE names.
    pub algorithms: Vec<String>,
}

/// The document at both well-known paths: they must agree (RFC 8414 §3.3),
/// so there is one. No authorization endpoint exists, hence the single
/// response type that relying parties want to see present.
#[must_use]
pub fn publish(published: &Published) -> Value {
    json!({
        "issuer": published.issuer.as_str(),
        "token_endpoint": published.token_endpoint,
        "jwks_uri": published.jwks_uri,
        "grant_types_supported": [GRANT_TYPE],
        "token_endpoint_auth_methods_supported": ["none"],
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": published.algorithms,
        "claims_supported": ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "client_id", "scope"],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_discovery_document_is_read_and_a_lax_one_is_not() {
        let good = br#"{"issuer":"https://a.example","jwks_uri":"https://a.example/k","x":[1]}"#;
        assert_eq!(Discovery::parse(good).unwrap().jwks_uri, "https://a.example/k");
        for bad in [
            r#"{"issuer":"https://a.example"}"#,
            r#"{"issuer":7,"jwks_uri":"https://a.example/k"}"#,
            r#"{"issuer":"a","issuer":"b","jwks_uri":"https://a.example/k"}"#,
            "<html>",
        ] {
            assert!(Discovery::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
