//! More policies of one team for a token than one request weighs.
//!
//! SECURITY: the limit is each team's own. What a team writes, and what only watches, takes no place
//! of anybody else's policies that grant.

use super::TrustPolicy;
use crate::limits::CANDIDATES_MAX;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Policies of a team that match a token and are not weighed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// The team folder.
    pub team: String,
    /// Policies that would grant: all that the team has for the token, or none.
    pub live: usize,
    /// Policies that only watch.
    pub watching: usize,
}

/// How many a team has, and may have.
#[derive(Default)]
struct Places {
    live: usize,
    watching: usize,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { team, live, watching } = self;
        let limit = format!("and at most {CANDIDATES_MAX} of a team are weighed");
        if *live > 0 {
            return write!(
                formatter,
                "team {team}: {live} policies match, {limit}: none of them is"
            );
        }
        let shadow = "in mode shadow are not watched";
        write!(formatter, "team {team}: more policies match, {limit}: {watching} {shadow}")
    }
}

/// Those that are weighed, in their order, and the teams whose others are not: of a team that has
/// more than [`CANDIDATES_MAX`] that grant, none is; those that only watch have the places left.
pub(super) fn choose(mut matching: Vec<Arc<TrustPolicy>>) -> (Vec<Arc<TrustPolicy>>, Vec<LeftOut>) {
    if matching.len() <= CANDIDATES_MAX {
        return (matching, Vec::new());
    }
    let mut free: BTreeMap<String, Places> = BTreeMap::new();
    for policy in &matching {
        let places = free.entry(policy.team.clone()).or_default();
        let place = if policy.shadow { &mut places.watching } else { &mut places.live };
        *place = place.saturating_add(1);
    }
    let left_out = free.iter().filter_map(|(team, has)| has.left_out(team)).collect();
    for places in free.values_mut() {
        let granting = places.live <= CANDIDATES_MAX;
        places.watching = CANDIDATES_MAX.saturating_sub(places.live);
        places.live = if granting { places.live } else { 0 };
    }
    matching
        .retain(|policy| free.get_mut(&policy.team).is_some_and(|free| free.take(policy.shadow)));
    (matching, left_out)
}

impl Places {
    fn left_out(&self, team: &str) -> Option<LeftOut> {
        let crowded = self.live > CANDIDATES_MAX;
        let live = if crowded { self.live } else { 0 };
        let watching = if crowded {
            self.watching
        } else {
            self.watching.saturating_sub(CANDIDATES_MAX.saturating_sub(self.live))
        };
        let left_out = LeftOut { team: team.to_owned(), live, watching };
        (live > 0 || watching > 0).then_some(left_out)
    }

    /// Takes a place, where one is free.
    fn take(&mut self, shadow: bool) -> bool {
        let free = if shadow { &mut self.watching } else { &mut self.live };
        let taken = *free > 0;
        *free = free.saturating_sub(1);
        taken
    }
}
