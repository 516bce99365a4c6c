//! Lints: policies that load, decide as they say, and are unsound, or poor work, all the same.
//! What is unsound refuses to load unless the document waives it, with a reason, for a time;
//! the rest is a warning, which fails `policy check`.
//! `policies/LINTS.md` shows a wrong and a right example of each.

mod crowd;
mod dates;
mod grant;
mod identity;
mod overlap;
mod parts;
mod reach;
mod untested;
mod unused;
mod waiver;
mod workflows;

pub use untested::untested;
pub use unused::unused;

pub(super) use dates::look as dates;
pub(super) use waiver::{Outlet, Waiver, waivers};

use super::expression::inside;
use crate::policy::{Condition, TrustPolicy};
use crate::trust::{ClaimSpec, SpecType, TrustBundle};
use reach::values;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use sts_wire::diagnostic::{Place, Source};
use sts_wire::yaml::{Kind, Node};

/// What a finding does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rank {
    /// The set does not load.
    Unsound,
    /// It warns at load, and fails `policy check`.
    Quality,
}

/// A lint that applies.
pub(super) struct Finding {
    rank: Rank,
    id: &'static str,
    place: Place,
    message: String,
    help: String,
}

impl Finding {
    fn unsound(id: &'static str, place: Place, message: String, help: &str) -> Self {
        Self { rank: Rank::Unsound, id, place, message, help: help.to_owned() }
    }

    fn quality(id: &'static str, place: Place, message: String, help: &str) -> Self {
        Self { rank: Rank::Quality, ..Self::unsound(id, place, message, help) }
    }
}

/// Where a policy stands: for what is found only once the set is whole, or its tests run.
pub(super) struct Origin {
    pub(super) source: Arc<Source>,
    pub(super) place: Place,
    /// Which policy of the set it is, as they were loaded.
    pub(super) order: usize,
    /// Whether its document was in force before.
    pub(super) was_good: bool,
    /// Where the id of each condition stands.
    pub(super) conditions: Vec<Place>,
    pub(super) waivers: Vec<Waiver>,
}

/// What a policy is looked at with.
pub(super) struct Subject<'a> {
    policy: &'a TrustPolicy,
    /// The document.
    node: &'a Node,
    /// Whether it grants our own issuer, which no bundle trusts.
    for_ourselves: bool,
    /// Claims that a pin or a condition says something positive of, as dotted paths.
    told: BTreeSet<String>,
    /// Those of which it says so closely what they are that nobody else has them.
    settled: BTreeSet<String>,
}

impl<'a> Subject<'a> {
    pub(super) fn new(policy: &'a TrustPolicy, node: &'a Node, for_ourselves: bool) -> Self {
        let facts = || policy.conditions.iter().map(|one| one.expression.facts());
        let limited = facts().flat_map(|facts| facts.told.iter().chain(facts.limited.keys()));
        let pinned = || policy.pins.iter().map(|pin| pin.path.join("."));
        let told = pinned().chain(limited.cloned()).collect();
        let settled = facts().flat_map(|facts| &facts.settled);
        let settled = pinned().chain(settled.cloned()).collect();
        Self { policy, node, for_ourselves, told, settled }
    }

    /// Everything found in this document alone.
    pub(super) fn find(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        found.extend(identity::no_pins(self));
        found.extend(parts::open(self));
        found.extend(parts::either(self));
        found.extend(grant::own_audience(self));
        found.extend(grant::cut_lifetime(self));
        found.extend(reach::constant(self));
        // What a faulty pin or condition would have said is not held against the others.
        let conditions = self.node.get("conditions").map_or(0, |node| node.items().len());
        let pins = match self.node.get("pins").map(|node| &node.kind) {
            Some(Kind::Map(entries)) => entries.len(),
            _ => 0,
        };
        if (pins, conditions) == (self.policy.pins.len(), self.policy.conditions.len()) {
            found.extend(identity::names_only(self));
            found.extend(identity::denied_only(self));
            found.extend(identity::unverified_address(self));
            found.extend(identity::actor_only(self));
            found.extend(reach::any_version(self));
            found.extend(reach::outsiders(self));
            found.extend(workflows::moving(self));
        }
        found
    }

    /// The value of a key, or the document.
    fn place(&self, key: &str) -> Place {
        self.node.get(key).map_or(self.node.place, |node| node.place)
    }

    /// Where the expression of a condition stands; looked for only once something is found in it.
    fn expression(&self, condition: &Condition) -> &'a Node {
        let conditions = self.node.get("conditions").map(Node::items).unwrap_or_default();
        let of_it =
            |item: &&Node| item.get("id").and_then(Node::scalar) == Some(condition.id.as_str());
        let found = conditions.iter().find(of_it).and_then(|item| item.get("expr"));
        found.unwrap_or(self.node)
    }

    fn inside(&self, condition: &Condition, offset: usize) -> Place {
        inside(self.expression(condition), offset, condition.expression.source())
    }

    /// Where a claim is spoken of: the pins, or the first condition that tells it.
    fn place_of(&self, claim: &str) -> Place {
        if self.policy.pins.iter().any(|pin| pin.path.join(".") == claim) {
            return self.place("pins");
        }
        let tells = |one: &&Condition| one.expression.claims().contains(claim);
        let condition = self.policy.conditions.iter().find(tells);
        condition.map_or(self.node.place, |one| self.expression(one).place)
    }

    /// The claims that the policy says something positive of, as the bundle declares them. An
    /// identity is told only when nobody else can have it.
    fn told_specs(&self) -> impl Iterator<Item = (&str, &ClaimSpec)> {
        let bundle = &self.policy.bundle;
        let told = self.told.union(&self.settled);
        let specs = told.filter_map(|claim| Some((claim.as_str(), claim_of(bundle, claim)?)));
        specs.filter(|(claim, spec)| !spec.identity || self.settled.contains(*claim))
    }

    /// Whether it says by an identity who the caller is, more closely than `admit` does.
    fn tells_identity_beyond_admit(&self, counts: impl Fn(&ClaimSpec) -> bool) -> bool {
        let admit = &self.policy.bundle.admit;
        let admitted = |claim: &str| admit.iter().any(|rule| rule.path.join(".") == claim);
        self.told_specs().any(|(claim, spec)| spec.identity && !admitted(claim) && counts(spec))
    }

    /// The identities that every token of the bundle has, beside those of `admit` and of actors.
    fn identities_beyond_admit(&self) -> Vec<String> {
        let bundle = &self.policy.bundle;
        let wanted = |spec: &ClaimSpec, present| present && spec.identity && !spec.actor;
        let found = claims_where(bundle, wanted).into_iter().map(|(path, _)| path);
        let admitted =
            |claim: &String| bundle.admit.iter().any(|rule| rule.path.join(".") == *claim);
        found.filter(|claim| !admitted(claim)).collect()
    }
}

/// A claim by its dotted path.
fn claim_of<'a>(bundle: &'a TrustBundle, path: &str) -> Option<&'a ClaimSpec> {
    let path: Vec<String> = path.split('.').map(str::to_owned).collect();
    bundle.claim(&path)
}

/// The claims of a bundle that are wanted, with their dotted paths; `wanted` is told whether
/// every token has the claim.
pub(super) fn claims_where(
    bundle: &TrustBundle,
    wanted: impl Fn(&ClaimSpec, bool) -> bool,
) -> Vec<(String, &ClaimSpec)> {
    fn collect<'a>(
        claims: &'a BTreeMap<String, ClaimSpec>,
        before: (&str, bool),
        wanted: &dyn Fn(&ClaimSpec, bool) -> bool,
        into: &mut Vec<(String, &'a ClaimSpec)>,
    ) {
        let (around, around_present) = before;
        for (name, spec) in claims {
            let present = around_present && spec.required;
            if let SpecType::Object(members) = &spec.claim_type {
                collect(members, (&format!("{around}{name}."), present), wanted, into);
            }
            if wanted(spec, present) {
                into.push((format!("{around}{name}"), spec));
            }
        }
    }
    let mut found = Vec::new();
    collect(&bundle.claims, ("", true), &wanted, &mut found);
    found
}
