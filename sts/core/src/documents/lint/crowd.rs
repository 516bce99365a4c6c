//! More policies for the same tokens than one request weighs: it would be denied, and nobody would know why.

use super::Origin;
use crate::documents::Loader;
use crate::limits::CANDIDATES_MAX;
use crate::policy::TrustPolicy;
use std::collections::{BTreeMap, BTreeSet};

/// Policies that were told: one that belongs to several crowds is told once.
#[derive(Default)]
pub(super) struct Crowds(BTreeSet<String>);

impl Crowds {
    pub(super) fn are_none(&self) -> bool {
        self.0.is_empty()
    }
}

impl Loader<'_> {
    /// Reports those beyond the limit among policies that match the same tokens: the later ones, in
    /// the order of the set, in which what a team adds comes after what was there before.
    pub(super) fn limit(
        &self,
        alike: &[&TrustPolicy],
        origins: &BTreeMap<String, Origin>,
        crowds: &mut Crowds,
    ) {
        if alike.len() <= CANDIDATES_MAX {
            return;
        }
        let placed =
            |policy: &&TrustPolicy| Some((origins.get(policy.name.as_str())?, policy.name.clone()));
        let mut placed: Vec<_> = alike.iter().filter_map(placed).collect();
        placed.sort_by_key(|(origin, _)| origin.order);
        for (origin, name) in placed.into_iter().skip(CANDIDATES_MAX) {
            // What was in force before grants no more by going on, and taking it away would stop the set.
            if origin.was_good || !crowds.0.insert(name.as_str().to_owned()) {
                continue;
            }
            let message = format!(
                "{} policies match the same tokens for the same audience, and at most {CANDIDATES_MAX} may: a request that names none of them would be denied",
                alike.len()
            );
            let help = "make one policy of several, or tell them apart by pins; one in mode shadow counts as well";
            self.problems.add_with_help(&origin.source, origin.place, message, help);
        }
    }
}
