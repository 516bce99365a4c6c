//! More policies of one team for the same tokens than one request weighs: none would be, or some that watch would not.

use super::Origin;
use crate::documents::Loader;
use crate::limits::CANDIDATES_MAX;
use crate::policy::{PolicyIndex, TrustPolicy};
use crate::trust::{Claims, PinValue, set_claim};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use sts_wire::names::{Audience, Name};

/// Team, bundle, audience and pins: what decides for which tokens a policy is asked.
type Reach<'a> = (&'a str, &'a Name, &'a Audience, BTreeMap<&'a [String], &'a PinValue>);

/// Policies that were told: one that belongs to several crowds is told once.
#[derive(Default)]
pub(super) struct Crowds(BTreeSet<String>);

impl Loader<'_> {
    /// Reports every crowd; says whether policies of the very same pins are one.
    pub(super) fn report_crowds(&self, policies: &[Arc<TrustPolicy>], index: &PolicyIndex) -> bool {
        let mut crowds = Crowds::default();
        let alike = self.by_reach(policies);
        alike.values().for_each(|alike| self.limit(alike, &self.origins, &mut crowds));
        if !crowds.0.is_empty() {
            return true;
        }
        for first in alike.values().filter_map(|alike| alike.first()) {
            let audience = &first.grant.audience.audience;
            let candidates = index.candidates(&first.bundle.name, audience, &claims_of(first));
            let mut wide: Vec<_> = candidates.iter().map(Arc::as_ref).collect();
            wide.retain(|policy| policy.team == first.team && self.is_in_force(policy));
            self.limit(&wide, &self.origins, &mut crowds);
        }
        false
    }

    /// Policies in force that speak of the same tokens, so that the index is asked once for them.
    fn by_reach<'a>(
        &self,
        policies: &'a [Arc<TrustPolicy>],
    ) -> BTreeMap<Reach<'a>, Vec<&'a TrustPolicy>> {
        let mut found: BTreeMap<Reach<'a>, Vec<&'a TrustPolicy>> = BTreeMap::new();
        for policy in policies.iter().filter(|policy| self.is_in_force(policy)) {
            let pins = policy.pins.iter().map(|pin| (pin.path.as_slice(), &pin.value)).collect();
            let reach =
                (policy.team.as_str(), &policy.bundle.name, &policy.grant.audience.audience, pins);
            found.entry(reach).or_default().push(policy);
        }
        found
    }

    /// Reports those beyond the limit among policies of a team that match the same tokens: those that
    /// watch, then the later ones in the order of the set, in which what a team adds comes last.
    fn limit(
        &self,
        alike: &[&TrustPolicy],
        origins: &BTreeMap<String, Origin>,
        crowds: &mut Crowds,
    ) {
        if alike.len() <= CANDIDATES_MAX {
            return;
        }
        let placed = |policy: &&TrustPolicy| {
            Some((policy.shadow, origins.get(policy.name.as_str())?, policy.name.clone()))
        };
        let mut placed: Vec<_> = alike.iter().filter_map(placed).collect();
        placed.sort_by_key(|(shadow, origin, _)| (*shadow, origin.order));
        for (_, origin, name) in placed.into_iter().skip(CANDIDATES_MAX) {
            // What was in force before grants no more by going on, and taking it away would stop the set.
            if origin.was_good || !crowds.0.insert(name.as_str().to_owned()) {
                continue;
            }
            let message = format!(
                "{} policies of the team match the same tokens for the same audience, and at most {CANDIDATES_MAX} may: a request that names none of them would be decided without them",
                alike.len()
            );
            let help = "make one policy of several, or tell them apart by pins; one in mode shadow counts as well";
            self.problems.add_with_help(&origin.source, origin.place, message, help);
        }
    }
}

/// The claims of a token that has just what the policy pins.
fn claims_of(policy: &TrustPolicy) -> Claims {
    let mut claims = Claims::new();
    for pin in &policy.pins {
        set_claim(&mut claims, &pin.path, pin.value.to_claim());
    }
    claims
}
