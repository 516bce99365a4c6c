//! What of a document decides who may have what, in an order that can be compared.

use super::Effect;
use crate::policy::{AudienceSpec, Condition, Guardrail, TrustPolicy};
use crate::snapshot::Snapshot;
use crate::trust::{ClaimSpec, ReplayMode, TrustBundle};
use std::collections::{BTreeMap, BTreeSet};
use sts_wire::time::{Seconds, Timestamp};

/// A document, reduced to what it means.
pub(super) struct Shape {
    /// What its being there does.
    pub(super) meaning: Effect,
    /// What holds back: without one of them more is let in.
    pub(super) rules: BTreeMap<String, String>,
    /// What lets in.
    pub(super) gains: BTreeSet<String>,
    /// The more, the wider; absent is widest.
    pub(super) limits: BTreeMap<String, Limit>,
    /// What has no order.
    pub(super) texts: BTreeMap<String, String>,
}

/// A size, and how a person reads it.
#[derive(PartialEq, Eq)]
pub(super) struct Limit {
    pub(super) size: i64,
    pub(super) shown: String,
}

/// Every document of a set, by kind and name.
pub(super) fn all(snapshot: &Snapshot) -> BTreeMap<(&'static str, String), Shape> {
    let mut shapes = BTreeMap::new();
    for bundle in snapshot.bundles().iter() {
        shapes.insert(("trust bundle", bundle.name.to_string()), of_bundle(bundle));
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

impl Shape {
    const fn new(meaning: Effect) -> Self {
        Self {
            meaning,
            rules: BTreeMap::new(),
            gains: BTreeSet::new(),
            limits: BTreeMap::new(),
            texts: BTreeMap::new(),
        }
    }

    fn rule(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.rules.insert(name.into(), value.into());
    }

    fn text(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.texts.insert(name.into(), value.into());
    }

    fn limit(&mut self, name: &str, size: i64, shown: String) {
        self.limits.insert(name.to_owned(), Limit { size, shown });
    }

    fn lifetime(&mut self, name: &str, lifetime: Option<Seconds>) {
        if let Some(lifetime) = lifetime {
            self.limit(name, lifetime.millis(), lifetime.to_string());
        }
    }

    fn expiry(&mut self, expires: Option<Timestamp>) {
        if let Some(end) = expires {
            self.limit("expires", end.millis(), end.to_string());
        }
    }

    fn replay(&mut self, mode: ReplayMode) {
        let (size, shown) = match mode {
            ReplayMode::SingleUse => (0, "single_use"),
            ReplayMode::OncePerAudience => (1, "once_per_audience"),
            ReplayMode::Reusable => (2, "reusable"),
        };
        self.limit("replay", size, shown.to_owned());
    }

    fn conditions(&mut self, conditions: &[Condition], word: &str) {
        for condition in conditions {
            self.rule(format!("{word} {}", condition.id), condition.expression.source());
        }
    }
}

fn of_policy(policy: &TrustPolicy) -> Shape {
    let mut shape = Shape::new(if policy.shadow { Effect::Narrows } else { Effect::Widens });
    for pin in &policy.pins {
        shape.rule(format!("pins {}", pin.path.join(".")), pin.value.to_claim().to_string());
    }
    shape.conditions(&policy.conditions, "demands");
    if policy.shadow {
        shape.rule("mode", "shadow");
    }
    if policy.grant.within_subject_token {
        shape.rule("within_subject_token", "true");
    }
    shape.gains.extend(policy.grant.scopes.iter().map(|scope| format!("grants the scope {scope}")));
    shape.lifetime("ttl", Some(policy.grant.ttl_max));
    shape.expiry(policy.expires);
    if let Some(mode) = policy.replay {
        shape.replay(mode);
    }
    shape.text("trust_bundle", policy.bundle.name.as_str());
    shape.text("audience", policy.grant.audience.audience.as_str());
    shape.text("subject", policy.grant.subject.source());
    for (name, expression) in &policy.grant.claims {
        shape.text(format!("claim {name}"), expression.source());
    }
    shape
}

fn of_guardrail(shape: &mut Shape, guardrail: &Guardrail) {
    let bundle = &guardrail.bundle.name;
    match &guardrail.audiences {
        None => shape.rule(format!("guards {bundle} for"), "every audience"),
        Some(audiences) => {
            for audience in audiences {
                shape.rule(format!("guards {bundle} for {audience}"), "");
            }
        }
    }
    shape.conditions(&guardrail.deny_if, "denies");
}

fn of_audience(audience: &AudienceSpec) -> Shape {
    let mut shape = Shape::new(Effect::Widens);
    let folders = audience.granted_by.iter().map(|folder| format!("may be granted by {folder}"));
    shape.gains.extend(folders);
    shape.gains.extend(audience.scopes.iter().map(|scope| format!("has the scope {scope}")));
    let callers = audience.introspection.iter();
    shape.gains.extend(callers.map(|policy| format!("lets tokens of {policy} introspect")));
    shape.lifetime("token.ttl_max", audience.ttl_max);
    shape.expiry(audience.expires);
    shape.text("audience", audience.audience.as_str());
    shape.text("token.algorithm", audience.algorithm.to_string());
    shape
}

fn of_bundle(bundle: &TrustBundle) -> Shape {
    let mut shape = Shape::new(Effect::Widens);
    for rule in &bundle.admit {
        let claim = rule.path.join(".");
        shape.rule("admits only by", claim.clone());
        shape.gains.extend(
            rule.value.iter().map(|value| format!("admits {claim} = {}", value.to_claim())),
        );
    }
    shape
        .gains
        .extend(bundle.audiences.iter().map(|audience| format!("takes tokens for {audience}")));
    shape.gains.extend(bundle.algorithms.iter().map(|algorithm| format!("takes {algorithm}")));
    shape.lifetime("subject_token.max_lifetime", Some(bundle.max_lifetime));
    shape.replay(bundle.replay);
    shape.expiry(bundle.expires);
    shape.text("issuer", bundle.issuer.as_str());
    shape.text("profile", format!("{:?}", bundle.profile));
    shape.text("id_claim", format!("{:?}", bundle.id_claim));
    shape.text("keys", format!("{:?}", bundle.keys));
    for (name, claim) in &bundle.claims {
        shape.text(format!("claim {name}"), describe(claim));
    }
    shape
}

fn describe(claim: &ClaimSpec) -> String {
    let marks = [
        ("required", claim.required),
        ("identity", claim.identity),
        ("sensitive", claim.sensitive),
    ];
    let marks = marks.iter().filter(|(_, set)| *set).map(|(mark, _)| format!(" {mark}"));
    let marks: String = marks.collect();
    format!("{} {:?} {:?}{marks}", claim.wire_name, claim.claim_type, claim.trust)
}
