//! From bytes to a token that is to be believed, for us and now.
//!
//! RFC 7519 §7.2, RFC 8725 §3.8–§3.10. The bundle is found by exact issuer and
//! audience before anything is fetched; audience and times are checked here
//! and never by a policy.

mod claims;
mod validity;

use crate::trust::{IdClaim, ReplayMode, TrustBundle, TrustBundleSet};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::sync::Arc;
use sts_jose::{SignatureFault, SignedToken};
use sts_wire::base64url;
use sts_wire::jws::{TokenFault, UnverifiedToken};
use sts_wire::limits::{SUBJECT_BYTES_MAX, TOKEN_ID_BYTES_MAX};
use sts_wire::names::Audience;
use sts_wire::spiffe::SpiffeId;
use sts_wire::time::{Seconds, Timestamp};

pub use claims::ClaimFault;
pub use validity::{Limits, TimeFault, Validity};

/// Why a subject token is not believed. Callers learn only that it was not;
/// the variants are for `sts inspect`, metrics and tests.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyFault {
    /// It cannot be parsed.
    #[error(transparent)]
    Token(#[from] TokenFault),
    /// `iss` is absent or not a string.
    #[error("iss is not a string")]
    Issuer,
    /// No trust bundle has this issuer.
    #[error("no trust bundle has this issuer")]
    UnknownIssuer,
    /// `aud` is not exactly one audience of the bundle.
    #[error("aud is not exactly one audience of the trust bundle")]
    Audience,
    /// The trust bundle has ended.
    #[error("the trust bundle has expired")]
    BundleEnded,
    /// Algorithm, key or signature.
    #[error(transparent)]
    Signature(#[from] SignatureFault),
    /// The issuer publishes no such key.
    #[error("the issuer's key set has no usable key with this kid")]
    UnknownKey,
    /// Times are wrong.
    #[error(transparent)]
    Time(#[from] TimeFault),
    /// `sub` is absent or malformed.
    #[error("sub is not a string of 1 to 2048 bytes without control characters")]
    Subject,
    /// The token has no id that replay could be kept by.
    #[error("jti is not a string of 1 to 256 bytes")]
    TokenId,
    /// The token is bound to a key that nobody has proven (RFC 9449 §6, RFC 8705 §3),
    /// or is a security event and no token of a subject (RFC 8417).
    #[error("the token has a claim {0}, so it is more than a bearer's identity")]
    NotBearer(&'static str),
    /// A declared claim does not fit.
    #[error(transparent)]
    Claim(#[from] ClaimFault),
}

/// A token that is to be believed. Only [`verify`] builds it.
#[derive(Debug)]
pub struct VerifiedToken {
    bundle: Arc<TrustBundle>,
    subject: String,
    audience: Audience,
    token_id: Option<String>,
    validity: Validity,
    claims: Map<String, Value>,
    signing_input_sha256: [u8; 32],
}

impl VerifiedToken {
    /// SHA-256 of what its issuer signed. Keyed before it is kept anywhere.
    #[must_use]
    pub const fn signing_input_sha256(&self) -> &[u8; 32] {
        &self.signing_input_sha256
    }

    /// The bundle that vouches for it.
    #[must_use]
    pub const fn bundle(&self) -> &Arc<TrustBundle> {
        &self.bundle
    }

    /// `sub`.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The audience it was made for: one of ours.
    #[must_use]
    pub const fn audience(&self) -> &Audience {
        &self.audience
    }

    /// What replay is kept by; absent when the bundle's tokens are reusable.
    #[must_use]
    pub fn token_id(&self) -> Option<&str> {
        self.token_id.as_deref()
    }

    /// Its times.
    #[must_use]
    pub const fn validity(&self) -> Validity {
        self.validity
    }

    /// The declared claims, typed, by their names in expressions.
    #[must_use]
    pub const fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }
}

/// Finds the bundle of an unverified token. Nothing was fetched yet, and for
/// an issuer that is in no bundle nothing ever is.
///
/// # Errors
/// [`VerifyFault`].
pub fn find_bundle<'a>(
    token: &UnverifiedToken,
    bundles: &'a TrustBundleSet,
    now: Timestamp,
) -> Result<&'a Arc<TrustBundle>, VerifyFault> {
    let claims = token.unverified_claims();
    let issuer = bundle_issuer(claims, bundles)?;
    let audience = sole_audience(claims).ok_or(VerifyFault::Audience)?;
    let bundle = bundles.find(&issuer, audience).ok_or(VerifyFault::Audience)?;
    if bundle.has_ended(now) {
        return Err(VerifyFault::BundleEnded);
    }
    // JWT-SVID §2: the header of an SVID holds nothing else.
    let known = |name: &String| ["alg", "kid", "typ"].contains(&name.as_str());
    if bundle.trust_domain().is_some() && !token.unverified_header().keys().all(known) {
        return Err(TokenFault::Extension.into());
    }
    Ok(bundle)
}

/// The issuer whose bundle a token belongs to: its `iss`, exactly. A token
/// whose `iss` no bundle has, or that has none, may be an SVID: then it is the
/// trust domain of its `sub` (SPIRE adds an `iss` of its own when told to).
fn bundle_issuer<'a>(
    claims: &'a Map<String, Value>,
    bundles: &TrustBundleSet,
) -> Result<Cow<'a, str>, VerifyFault> {
    let issuer = match claims.get("iss") {
        None => None,
        Some(Value::String(issuer)) => Some(issuer.as_str()),
        Some(_) => return Err(VerifyFault::Issuer),
    };
    if let Some(known) = issuer.filter(|issuer| bundles.knows(issuer)) {
        return Ok(Cow::Borrowed(known));
    }
    let subject = claims.get("sub").and_then(Value::as_str).and_then(SpiffeId::parse);
    let domain = subject.map(|id| format!("spiffe://{}", id.trust_domain()));
    match domain.filter(|domain| bundles.knows(domain)) {
        Some(domain) => Ok(Cow::Owned(domain)),
        None if issuer.is_none() => Err(VerifyFault::Issuer),
        None => Err(VerifyFault::UnknownIssuer),
    }
}

/// Believes a signed token of this bundle, or says why not.
///
/// # Errors
/// [`VerifyFault`].
pub fn verify(
    signed: &SignedToken,
    bundle: &Arc<TrustBundle>,
    now: Timestamp,
    leeway: Seconds,
) -> Result<VerifiedToken, VerifyFault> {
    let claims = signed.claims();
    check_origin(claims, bundle)?;
    if let Some(claim) = ["cnf", "events"].into_iter().find(|name| claims.contains_key(*name)) {
        return Err(VerifyFault::NotBearer(claim));
    }
    let audience = sole_audience(claims).ok_or(VerifyFault::Audience)?;
    let audience = bundle
        .audiences
        .iter()
        .find(|own| own.as_str() == audience)
        .ok_or(VerifyFault::Audience)?;
    // JWT-SVID §3 requires no `iat`; every platform with an issuer sends one.
    let limits =
        Limits { leeway, max_lifetime: bundle.max_lifetime, iat: bundle.trust_domain().is_none() };
    let validity = Validity::check(claims, now, limits)?;
    let subject = claims.get("sub").and_then(Value::as_str).unwrap_or_default();
    if subject.is_empty()
        || subject.len() > SUBJECT_BYTES_MAX
        || subject.chars().any(char::is_control)
    {
        return Err(VerifyFault::Subject);
    }
    Ok(VerifiedToken {
        bundle: Arc::clone(bundle),
        subject: subject.to_owned(),
        audience: audience.clone(),
        token_id: token_id(signed, bundle)?,
        validity,
        claims: claims::typed(&bundle.claims, claims)?,
        signing_input_sha256: *signed.signing_input_sha256(),
    })
}

/// The issuer is the bundle's; an SVID is told by the trust domain of its subject.
fn check_origin(claims: &Map<String, Value>, bundle: &TrustBundle) -> Result<(), VerifyFault> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let Some(trust_domain) = bundle.trust_domain() else {
        let same = text("iss") == Some(bundle.issuer.as_str());
        return if same { Ok(()) } else { Err(VerifyFault::UnknownIssuer) };
    };
    let subject = text("sub").and_then(SpiffeId::parse).ok_or(VerifyFault::Subject)?;
    let inside = subject.trust_domain() == trust_domain && !subject.path().is_empty();
    if inside { Ok(()) } else { Err(VerifyFault::Subject) }
}

/// Typed claims as a test case writes them, by their names in expressions.
///
/// # Errors
/// [`ClaimFault`]: a real token with these claims would be refused.
pub fn fit_claims(
    bundle: &TrustBundle,
    claims: &Map<String, Value>,
) -> Result<Map<String, Value>, ClaimFault> {
    claims::typed_by_alias(&bundle.claims, claims)
}

/// The declared claims of a token that nobody verified, for a person to look at.
///
/// # Errors
/// [`ClaimFault`]: the token would be refused.
pub fn fit_wire_claims(
    bundle: &TrustBundle,
    claims: &Map<String, Value>,
) -> Result<Map<String, Value>, ClaimFault> {
    claims::typed(&bundle.claims, claims)
}

/// `aud` as a single string, or a list of exactly one (RFC 7519 §4.1.3). More
/// than one audience means that others hold the same token.
fn sole_audience(claims: &Map<String, Value>) -> Option<&str> {
    match claims.get("aud")? {
        Value::String(audience) => Some(audience),
        Value::Array(audiences) => match audiences.as_slice() {
            [audience] => audience.as_str(),
            _ => None,
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

fn token_id(signed: &SignedToken, bundle: &TrustBundle) -> Result<Option<String>, VerifyFault> {
    match bundle.id_claim {
        IdClaim::SigningInput => Ok(Some(base64url::encode(signed.signing_input_sha256()))),
        IdClaim::Jti => match signed.claims().get("jti") {
            None if bundle.replay == ReplayMode::Reusable => Ok(None),
            Some(Value::String(id)) if !id.is_empty() && id.len() <= TOKEN_ID_BYTES_MAX => {
                Ok(Some(id.clone()))
            }
            _ => Err(VerifyFault::TokenId),
        },
    }
}
