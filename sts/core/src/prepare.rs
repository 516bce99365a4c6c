//! The exact bytes that would be signed, built and checked before anything is recorded.
//!
//! RFC 9068 §2 (claims of a JWT access token). The entry commits to the hash of
//! these bytes, so what is not in the ledger cannot have been signed.

use crate::ids;
use crate::keys::ActiveKey;
use crate::limits::MINTED_TOKEN_BYTES_MAX;
use crate::policy::Grant;
use crate::ports::{Entropy, EntropyFault, Signer};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use sts_jose::sha256;
use sts_wire::base64url;
use sts_wire::names::{Issuer, Scope};
use sts_wire::time::{Seconds, Timestamp};

/// Claims that only the server sets; policies cannot mint them.
pub const RESERVED_CLAIMS: [&str; 20] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "client_id",
    "scope",
    "act",
    "may_act",
    "cnf",
    "azp",
    "auth_time",
    "acr",
    "amr",
    "nonce",
    "sid",
    "events",
    "roles",
];

/// Prefix of `client_id`: names the policy, as no client exists (RFC 9068 §2.2 requires the claim).
const CLIENT_ID_PREFIX: &str = "urn:sts:policy:";

/// What could not be prepared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PrepareFault {
    /// No randomness.
    #[error(transparent)]
    Entropy(#[from] EntropyFault),
    /// The token would be larger than [`MINTED_TOKEN_BYTES_MAX`].
    #[error("the token would be larger than 8192 bytes")]
    TooLarge,
    /// The key leaves the key set before a token of it could be used.
    #[error("the key leaves the key set too soon")]
    KeyEnds,
    /// The independent check of the finished claims found a fault.
    #[error("the finished claims fail their check: {0}")]
    Lint(&'static str),
}

/// A token that is complete but for its signature. Only [`prepare`] builds it.
pub struct Prepared {
    signing_input: String,
    signer: Arc<dyn Signer>,
    kid: String,
    jti: String,
    expires_in: Seconds,
    expires_at: Timestamp,
    scopes: Vec<Scope>,
}

impl Prepared {
    /// SHA-256 of what will be signed.
    #[must_use]
    pub fn signing_input_sha256(&self) -> [u8; 32] {
        sha256(self.signing_input.as_bytes())
    }

    /// The key that will sign.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The token's id.
    #[must_use]
    pub fn jti(&self) -> &str {
        &self.jti
    }

    /// The token's end.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    pub(crate) fn signing_input(&self) -> &str {
        &self.signing_input
    }

    pub(crate) fn signer(&self) -> &Arc<dyn Signer> {
        &self.signer
    }

    pub(crate) const fn expires_in(&self) -> Seconds {
        self.expires_in
    }

    pub(crate) fn scopes(&self) -> &[Scope] {
        &self.scopes
    }
}

/// Builds the signing input for a grant. `iat` is now; only `nbf` is backdated
/// by the leeway, since verifiers' clocks lag.
///
/// # Errors
/// [`PrepareFault`].
pub fn prepare(
    grant: &Grant,
    issuer: &Issuer,
    key: &ActiveKey<'_>,
    clock: (Timestamp, Seconds),
    entropy: &dyn Entropy,
) -> Result<Prepared, PrepareFault> {
    let (now, leeway) = clock;
    let ttl = key.cap(grant.ttl(), now, leeway).ok_or(PrepareFault::KeyEnds)?;
    let ActiveKey { key, .. } = key;
    let jti = ids::token_id(entropy)?;
    let mut claims = grant.claims().clone();
    let mut set = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    set("iss", json!(issuer.as_str()));
    set("sub", json!(grant.subject()));
    set("aud", json!(grant.audience().as_str()));
    set("iat", json!(now.seconds()));
    set("nbf", json!(now.minus(leeway).seconds()));
    set("exp", json!(now.plus(ttl).seconds()));
    set("jti", json!(jti));
    set("client_id", json!(format!("{CLIENT_ID_PREFIX}{}", grant.policy())));
    if !grant.scopes().is_empty() {
        let words: Vec<_> = grant.scopes().iter().map(Scope::as_str).collect();
        set("scope", json!(words.join(" ")));
    }
    lint(&claims, grant)?;
    let header =
        json!({"alg": key.row.algorithm.name(), "kid": key.row.public.kid, "typ": "at+jwt"});
    let part = |value: String| base64url::encode(value.as_bytes());
    let signing_input =
        format!("{}.{}", part(header.to_string()), part(Value::Object(claims).to_string()));
    if signing_input.len() > MINTED_TOKEN_BYTES_MAX {
        return Err(PrepareFault::TooLarge);
    }
    Ok(Prepared {
        signing_input,
        signer: Arc::clone(&key.signer),
        kid: key.row.public.kid.clone(),
        jti,
        expires_in: ttl,
        expires_at: now.plus(ttl),
        scopes: grant.scopes().to_vec(),
    })
}

/// Looks at the finished claims as a relying party would, by another path than
/// the one that built them.
fn lint(claims: &Map<String, Value>, grant: &Grant) -> Result<(), PrepareFault> {
    let number = |name: &str| claims.get(name).and_then(Value::as_i64);
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    let (Some(iat), Some(nbf), Some(exp)) = (number("iat"), number("nbf"), number("exp")) else {
        return Err(PrepareFault::Lint("a time is not a number"));
    };
    let cap = i64::try_from(grant.ttl().get()).unwrap_or(i64::MAX);
    if nbf > iat || exp <= iat || exp.saturating_sub(iat) > cap {
        return Err(PrepareFault::Lint("the times are out of order or the life too long"));
    }
    if text("aud") != grant.audience().as_str() || text("iss").is_empty() || text("jti").is_empty()
    {
        return Err(PrepareFault::Lint("iss, aud or jti is not what was granted"));
    }
    if text("sub").is_empty() || text("sub").len() > sts_expr::limits::SUBJECT_BYTES_MAX {
        return Err(PrepareFault::Lint("the subject is empty or longer than 127 bytes"));
    }
    Ok(())
}
