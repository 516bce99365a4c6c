//! Documents as shapes.
//!
//! SECURITY: each is taken apart without `..`: what is added to a document does not compile until it is
//! told here.

use super::Effect;
use super::claims::of_claims;
use super::shape::Shape;
use crate::policy::{AudienceSpec, GrantSpec, Guardrail, TrustPolicy};
use crate::snapshot::Snapshot;
use crate::trust::{IdClaim, KeyLocation, KeySetSource, Pin, Profile, TrustBundle};
use std::collections::BTreeMap;

/// What trust bundles are called.
pub(super) const BUNDLE: &str = "trust bundle";

/// Every document of a set, by kind and name.
pub(super) fn all(snapshot: &Snapshot) -> BTreeMap<(&'static str, String), Shape<'_>> {
    let mut shapes = BTreeMap::new();
    for bundle in snapshot.bundles().iter() {
        shapes.insert((BUNDLE, bundle.name.to_string()), of_bundle(bundle));
    }
    for audience in snapshot.audiences() {
        shapes.insert(("audience", audience.name.to_string()), of_audience(audience));
    }
    for policy in snapshot.policies() {
        shapes.insert(("policy", policy.name.to_string()), of_policy(policy));
    }
    for guardrail in snapshot.guardrails() {
        // One document, once for each bundle.
        let shape = shapes.entry(("guardrail", guardrail.name.to_string()));
        of_guardrail(shape.or_insert_with(|| Shape::new(Effect::Narrows)), guardrail);
    }
    shapes
}

fn of_policy(policy: &TrustPolicy) -> Shape<'_> {
    let TrustPolicy {
        name: _,
        bundle,
        pins,
        conditions,
        grant,
        shadow,
        replay,
        expires,
        team,
        waives,
        care,
        location: _,
        pin_places: _,
    } = policy;
    // One that only watches gives nobody anything.
    let mut shape = Shape::new(if *shadow { Effect::Changes } else { Effect::Widens });
    for Pin { path, value } in pins {
        shape.rule(format!("pins {}", path.join(".")), value.to_claim().to_string());
    }
    shape.conditions(conditions, false);
    if *shadow {
        shape.rule("mode", "shadow");
    }
    shape.expiry(*expires);
    replay.iter().for_each(|mode| shape.replay(*mode));
    shape.text("trust_bundle", bundle.name.as_str());
    // Who may write to the folder may write the policy.
    shape.text("team folder", team.as_str());
    waives.iter().for_each(|lint| shape.text(format!("waives {lint}"), "yes"));
    shape.care(care);
    of_grant(&mut shape, grant);
    shape
}

fn of_grant(shape: &mut Shape<'_>, grant: &GrantSpec) {
    let GrantSpec { audience, subject, scopes, ttl_max, within_subject_token, claims } = grant;
    shape.text("audience", audience.audience.as_str());
    shape.text("subject", subject.source());
    shape.gains("grants the scope", scopes);
    shape.lifetime("ttl", Some(*ttl_max));
    if *within_subject_token {
        shape.rule("within_subject_token", "true");
    }
    for (name, expression) in claims {
        shape.text(format!("claim {name}"), expression.source());
    }
}

fn of_guardrail<'a>(shape: &mut Shape<'a>, guardrail: &'a Guardrail) {
    let Guardrail { name: _, bundle, audiences, deny_if, care, location: _ } = guardrail;
    let bundle = &bundle.name;
    match audiences {
        None => shape.rule(format!("guards {bundle} for"), "every audience"),
        Some(audiences) => {
            for audience in audiences {
                shape.rule(format!("guards {bundle} for {audience}"), "");
            }
        }
    }
    shape.conditions(deny_if, true);
    shape.care(care);
}

fn of_audience(spec: &AudienceSpec) -> Shape<'_> {
    let AudienceSpec {
        name: _,
        audience,
        granted_by,
        scopes,
        algorithm,
        ttl_max,
        introspection,
        expires,
        care,
    } = spec;
    let mut shape = Shape::new(Effect::Widens);
    shape.text("audience", audience.as_str());
    shape.gains("may be granted by", granted_by);
    shape.gains("has the scope", scopes);
    shape.gains("is introspected by tokens of", introspection);
    shape.text("token.algorithm", algorithm.to_string());
    shape.lifetime("token.ttl_max", *ttl_max);
    shape.expiry(*expires);
    shape.care(care);
    shape
}

fn of_bundle(bundle: &TrustBundle) -> Shape<'_> {
    let TrustBundle {
        name: _,
        issuer,
        audiences,
        keys,
        algorithms,
        profile,
        admit,
        max_lifetime,
        replay,
        id_claim,
        claims,
        expires,
        care,
    } = bundle;
    let mut shape = Shape::new(Effect::Widens);
    shape.text("issuer", issuer.as_str());
    shape.gains("takes tokens for", audiences);
    of_keys(&mut shape, keys);
    shape.gains("takes", algorithms);
    let profile = match profile {
        Profile::Generic => "generic",
        Profile::GithubActions => "github-actions",
    };
    shape.text("profile", profile);
    for Pin { path, value } in admit {
        let values = value.iter().map(|value| value.to_claim().to_string());
        shape.choice(format!("admits {} =", path.join(".")), values);
    }
    shape.lifetime("subject_token.max_lifetime", Some(*max_lifetime));
    shape.replay(*replay);
    let id_claim = match id_claim {
        IdClaim::Jti => "jti",
        IdClaim::SigningInput => "signing_input",
    };
    shape.text("subject_token.id_claim", id_claim);
    of_claims(&mut shape, "", claims);
    shape.expiry(*expires);
    shape.care(care);
    shape
}

fn of_keys(shape: &mut Shape<'_>, keys: &KeyLocation) {
    let KeyLocation { source, hosts, ca_file, max_stale, network, token_file } = keys;
    let source = match source {
        KeySetSource::Discovery => "discovery".to_owned(),
        KeySetSource::Url(url) => format!("jwks_uri {url}"),
        KeySetSource::File(path) => format!("file {path}"),
    };
    shape.text("keys", source);
    shape.gains("takes keys from the host", hosts);
    for (name, file) in [("keys.ca_file", ca_file), ("keys.token_file", token_file)] {
        file.iter().for_each(|file| shape.text(name, file.as_str()));
    }
    shape.lifetime("keys.max_stale", Some(*max_stale));
    shape.gains("takes keys from the network", network);
}
