//! What would keep a token from being believed, all at once, with near misses.

use serde_json::Value;
use sts_core::snapshot::Snapshot;
use sts_core::trust::TrustBundle;
use sts_core::verify::{Limits, Validity, find_bundle, fit_wire_claims};
use sts_jose::Algorithm;
use sts_wire::jws::UnverifiedToken;
use sts_wire::near::differs_only_by;
use sts_wire::time::{Seconds, Timestamp};

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Name of the trust bundle.
    pub(super) bundle: Option<String>,
    /// Policies whose pins match, for any audience; none when the claims do not fit the bundle.
    pub(super) policies: Option<Vec<String>>,
    /// What is wrong, in sentences.
    pub(super) problems: Vec<String>,
}

/// Looks at everything that can be seen without the issuer's keys.
pub(super) fn find(
    token: &UnverifiedToken,
    snapshot: Option<&Snapshot>,
    now: Timestamp,
    leeway: Seconds,
) -> Found {
    let mut found = Found::default();
    let bundle = snapshot.and_then(|snapshot| match find_bundle(token, snapshot.bundles(), now) {
        Ok(bundle) => Some(bundle.as_ref()),
        Err(_) => candidate(token, snapshot, &mut found),
    });
    let algorithm = Algorithm::from_name(token.unverified_algorithm());
    let permitted =
        bundle.map_or_else(|| Algorithm::ALL.to_vec(), |bundle| bundle.algorithms.clone());
    if !algorithm.is_some_and(|algorithm| permitted.contains(&algorithm)) {
        let names: Vec<_> = permitted.iter().map(|algorithm| algorithm.name()).collect();
        found.problems.push(format!(
            "the algorithm {:?} is not among {}",
            token.unverified_algorithm(),
            names.join(", ")
        ));
    }
    if token.unverified_key_id().is_none() {
        found.problems.push("the header names no key (kid)".to_owned());
    }
    let lifetime = bundle.map_or(Seconds::new(86_400), |bundle| bundle.max_lifetime);
    let iat = bundle.is_none_or(|bundle| bundle.trust_domain().is_none());
    let limits = Limits { leeway, max_lifetime: lifetime, iat };
    if let Err(fault) = Validity::check(token.unverified_claims(), now, limits) {
        found.problems.push(fault.to_string());
    }
    if let (Some(bundle), Some(snapshot)) = (bundle, snapshot) {
        found.bundle = Some(bundle.name.as_str().to_owned());
        match fit_wire_claims(bundle, token.unverified_claims()) {
            Err(fault) => found.problems.push(fault.to_string()),
            Ok(claims) => {
                let refused = bundle.admit.iter().filter(|rule| !rule.admits(&claims));
                found.problems.extend(refused.map(|rule| {
                    format!("the trust bundle does not admit this {}", rule.path.join("."))
                }));
                let matching = snapshot.policies().iter().filter(|policy| {
                    policy.bundle.name == bundle.name
                        && policy.pins.iter().all(|pin| pin.matches(&claims))
                });
                let names = matching.map(|policy| policy.name.as_str().to_owned());
                found.policies = Some(names.collect());
            }
        }
    }
    found
}

/// The bundle that the token would belong to; what is near but not equal is a problem.
fn candidate<'a>(
    token: &UnverifiedToken,
    snapshot: &'a Snapshot,
    found: &mut Found,
) -> Option<&'a TrustBundle> {
    let Some(issuer) = token.unverified_issuer() else {
        found.problems.push("iss is not a string".to_owned());
        return None;
    };
    let bundles = || snapshot.bundles().iter();
    let Some(bundle) = bundles().find(|bundle| bundle.issuer.as_str() == issuer) else {
        let near = bundles().find_map(|bundle| near(bundle.issuer.as_str(), issuer));
        found
            .problems
            .push(format!("no trust bundle has the issuer {issuer:?}{}", near.unwrap_or_default()));
        return None;
    };
    let audiences = match token.unverified_claims().get("aud") {
        Some(Value::String(audience)) => vec![audience.as_str()],
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let [audience] = audiences.as_slice() else {
        found.problems.push("aud is not exactly one audience".to_owned());
        return Some(bundle);
    };
    let own = bundles().find(|bundle| {
        bundle.issuer.as_str() == issuer
            && bundle.audiences.iter().any(|own| own.as_str() == *audience)
    });
    if own.is_none() {
        let expected = bundles()
            .filter(|bundle| bundle.issuer.as_str() == issuer)
            .flat_map(|bundle| &bundle.audiences);
        let expected: Vec<_> = expected.map(|audience| audience.as_str()).collect();
        let near = expected.iter().find_map(|own| near(own, audience));
        let near = near.unwrap_or_default();
        found
            .problems
            .push(format!("aud is {audience:?}, expected is {}{near}", expected.join(" or ")));
    }
    Some(own.unwrap_or(bundle))
}

/// How a text differs from the expected one, when it nearly is it.
fn near(expected: &str, found: &str) -> Option<String> {
    let differs = differs_only_by(expected, found)?;
    Some(format!("; it differs from {expected:?} only by {differs}"))
}
