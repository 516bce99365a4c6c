//! What is known of the tokens that a policy permits, by its pins and conditions: enough to say that two
//! policies speak of the same ones, in whatever words each says it.

use crate::documents::lint::{claim_of, claims_where, values};
use crate::policy::TrustPolicy;
use crate::trust::{Claims, PinValue, set_claim};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use sts_expr::{Compiled, Known};

/// A policy, and what is known of its tokens.
pub(super) struct Permits<'a> {
    pub(super) policy: &'a TrustPolicy,
    known: Known,
    /// What functions make of claims, and the texts that it may be.
    derived: BTreeMap<String, BTreeSet<String>>,
    /// Claims that match what is known to be one value.
    pub(super) claims: Claims,
}

impl<'a> Permits<'a> {
    pub(super) fn of(policy: &'a TrustPolicy) -> Self {
        let mut known = Known::default();
        let mut derived = BTreeMap::new();
        for pin in &policy.pins {
            let claim = pin.path.join(".");
            match &pin.value {
                PinValue::String(text) => {
                    narrow(&mut known.texts, claim, &BTreeSet::from([text.clone()]))
                }
                PinValue::Bool(true) => drop(known.demanded.insert(claim)),
                PinValue::Bool(false) | PinValue::Int(_) => {}
            }
        }
        for facts in policy.conditions.iter().map(|one| one.expression.facts()) {
            for (claim, texts) in &facts.limited {
                narrow(&mut known.texts, claim.clone(), texts);
            }
            for (what, texts) in &facts.derived {
                narrow(&mut derived, what.clone(), texts);
            }
            known.demanded.extend(facts.demanded.iter().cloned());
            for (claim, beginning) in &facts.begun {
                let longest = known.begun.entry(claim.clone()).or_default();
                if beginning.len() > longest.len() {
                    longest.clone_from(beginning);
                }
            }
        }
        let read: BTreeSet<&String> =
            policy.conditions.iter().flat_map(|one| one.expression.claims()).collect();
        for (claim, spec) in claims_where(&policy.bundle, |_, present| present) {
            if read.contains(&claim) && !values(spec).is_empty() {
                narrow(&mut known.texts, claim, &values(spec).iter().cloned().collect());
            }
        }
        let mut permits = Self { policy, known, derived, claims: Map::new() };
        permits.leave_out_what_is_denied();
        permits.claims = permits.single_values();
        permits
    }

    fn expressions(&self) -> impl Iterator<Item = &'a Compiled> {
        self.policy.conditions.iter().map(|one| &one.expression)
    }

    fn leave_out_what_is_denied(&mut self) {
        let expressions: Vec<_> = self.expressions().collect();
        for (claim, texts) in &mut self.known.texts {
            texts.retain(|text| {
                !expressions.iter().any(|one| one.under(claim, text) == Some(false))
            });
        }
    }

    fn single_values(&self) -> Claims {
        let mut claims = Map::new();
        for (claim, texts) in &self.known.texts {
            if let (Some(text), 1) = (texts.first(), texts.len()) {
                set_claim(&mut claims, &path(claim), Value::from(text.as_str()));
            }
        }
        for claim in &self.known.demanded {
            set_claim(&mut claims, &path(claim), Value::Bool(true));
        }
        for pin in &self.policy.pins {
            set_claim(&mut claims, &pin.path, pin.value.to_claim());
        }
        claims
    }

    /// Whether whatever `other` permits this one permits as well, as far as that can be proven.
    pub(super) fn covers(&self, other: &Self) -> bool {
        let others: Vec<_> = other.expressions().collect();
        self.policy.name != other.policy.name
            && self.policy.pins.iter().all(|pin| pin.matches(&other.claims))
            && self.expressions().all(|one| one.follows_from(&other.known, &others))
    }

    /// Whether a claim keeps the two apart: no token is permitted by both.
    pub(super) fn excludes(&self, other: &Self) -> bool {
        let mut spoken = self.known.texts.keys().chain(other.known.texts.keys());
        let begun = |(claim, mine): (&String, &String)| {
            let theirs = other.known.begun.get(claim);
            theirs.is_some_and(|theirs| {
                !mine.starts_with(theirs.as_str()) && !theirs.starts_with(mine.as_str())
            })
        };
        let differs = |(what, mine): (&String, &BTreeSet<String>)| {
            other.derived.get(what).is_some_and(|theirs| mine.is_disjoint(theirs))
        };
        spoken.any(|claim| !self.agrees(other, claim))
            || self.derived.iter().any(differs)
            || self.known.begun.iter().any(begun)
            || self.policy.pins.iter().any(|pin| pin.contradicts(&other.claims))
            || other.policy.pins.iter().any(|pin| pin.contradicts(&self.claims))
    }

    /// Whether a claim, of which one of the two is known to have some text, can have one for both.
    fn agrees(&self, other: &Self, claim: &str) -> bool {
        let (mine, theirs) = (self.known.texts.get(claim), other.known.texts.get(claim));
        let denied = |text: &String| {
            let mut all = self.expressions().chain(other.expressions());
            all.any(|one| one.under(claim, text) == Some(false))
        };
        mine.or(theirs).into_iter().flatten().any(|text| {
            [mine, theirs].into_iter().flatten().all(|texts| texts.contains(text)) && !denied(text)
        })
    }

    /// Whether nobody knows by an identity whom it speaks of, though its bundle has one that could say.
    pub(super) fn may_be_anybodys(&self) -> bool {
        let bundle = &self.policy.bundle;
        let admitted = |claim: &str| bundle.admit.iter().any(|rule| rule.path.join(".") == claim);
        let identities = claims_where(bundle, |spec, _| spec.identity && !spec.actor);
        identities.iter().any(|(claim, _)| !admitted(claim)) && self.callers().next().is_none()
    }

    /// Which callers it speaks of: identities, of no actor, and beyond those of `admit`.
    pub(super) fn callers(&self) -> impl Iterator<Item = (&str, &str)> {
        let bundle = &self.policy.bundle;
        let admitted = |claim: &str| bundle.admit.iter().any(|rule| rule.path.join(".") == claim);
        let counts = move |claim: &str| {
            claim_of(bundle, claim).is_some_and(|spec| spec.identity && !spec.actor)
                && !admitted(claim)
        };
        let told = self.known.texts.iter().filter(move |(claim, _)| counts(claim));
        told.flat_map(|(claim, texts)| texts.iter().map(|text| (claim.as_str(), text.as_str())))
    }
}

/// A claim has one of these texts, beside what was known of it.
fn narrow(known: &mut BTreeMap<String, BTreeSet<String>>, claim: String, texts: &BTreeSet<String>) {
    let entry = known.entry(claim);
    entry
        .and_modify(|known| known.retain(|text| texts.contains(text)))
        .or_insert_with(|| texts.clone());
}

fn path(claim: &str) -> Vec<String> {
    claim.split('.').map(str::to_owned).collect()
}
