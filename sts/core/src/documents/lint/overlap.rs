//! Two policies that permit the same: L017, L016 of a whole policy, and then L021.

use super::crowd::Crowds;
use super::waiver::consult;
use super::{Finding, Origin};
use crate::documents::Loader;
use crate::limits::CANDIDATES_MAX;
use crate::policy::{PolicyIndex, TrustPolicy};
use crate::trust::{Claims, PinValue};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use sts_wire::diagnostic::Place;
use sts_wire::names::{Audience, Name};

/// Bundle, audience, and pins in the order of their paths.
type Reach<'a> = (&'a Name, &'a Audience, BTreeMap<&'a [String], &'a PinValue>);

/// A policy of which every token is permitted by another one as well.
struct Overlap<'a> {
    kind: Kind,
    narrow: &'a TrustPolicy,
    wide: &'a TrustPolicy,
    /// Whether the narrow one came later.
    narrow_is_later: bool,
}

/// What an overlap means, the worst first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// L017 between two teams.
    BetweenTeams,
    /// L016: the wide one grants the same.
    Needless,
    /// L017 within a team.
    WithinTeam,
}

impl Loader<'_> {
    /// Looks at policies beside each other, and then at waivers that none of the lints needed.
    pub(in crate::documents) fn compare(
        &mut self,
        policies: &[Arc<TrustPolicy>],
        index: &PolicyIndex,
    ) {
        let mut crowds = Crowds::default();
        let alike = self.by_reach(policies);
        alike.values().for_each(|alike| self.limit(alike, &self.origins, &mut crowds));
        // Crowds of the same pins come alone: what lies between so many would be told of each pair.
        if !crowds.are_none() {
            return;
        }
        let mut origins = std::mem::take(&mut self.origins);
        for alike in alike.values() {
            let Some(first) = alike.first() else { continue };
            let audience = &first.grant.audience.audience;
            let candidates = index.candidates(&first.bundle.name, audience, &claims_of(first));
            let mut wide: Vec<_> = candidates.iter().map(Arc::as_ref).collect();
            wide.retain(|policy| self.is_in_force(policy));
            self.limit(&wide, &origins, &mut crowds);
            wide.retain(|policy| !policy.shadow);
            wide.truncate(CANDIDATES_MAX);
            for narrow in alike.iter().filter(|policy| !policy.shadow) {
                let overlaps = wide.iter().filter(|wide| contains(wide, narrow));
                let overlaps = overlaps.map(|wide| Overlap::new(narrow, wide, &origins));
                let worst = overlaps.min_by_key(|overlap| overlap.kind);
                worst.and_then(|worst| self.report_overlap(&worst, &mut origins));
            }
        }
        for policy in policies {
            let Some(origin) = origins.get_mut(policy.name.as_str()) else { continue };
            let compared = self.is_live(policy);
            let looked_for = |id: &str| compared || !matches!(id, "L016" | "L017");
            let mut waivers = std::mem::take(&mut origin.waivers);
            self.outlet(&origin.source).report_idle(&mut waivers, looked_for);
            origin.waivers = waivers;
        }
        self.origins = origins;
    }

    /// Policies in force that speak of the same tokens, so that the index is asked once for them.
    fn by_reach<'a>(
        &self,
        policies: &'a [Arc<TrustPolicy>],
    ) -> BTreeMap<Reach<'a>, Vec<&'a TrustPolicy>> {
        let mut found: BTreeMap<Reach<'a>, Vec<&'a TrustPolicy>> = BTreeMap::new();
        for policy in policies.iter().filter(|policy| self.is_in_force(policy)) {
            let pins = policy.pins.iter().map(|pin| (pin.path.as_slice(), &pin.value)).collect();
            let reach = (&policy.bundle.name, &policy.grant.audience.audience, pins);
            found.entry(reach).or_default().push(policy);
        }
        found
    }

    fn is_live(&self, policy: &TrustPolicy) -> bool {
        !policy.shadow && self.is_in_force(policy)
    }

    /// Whether it is weighed: one that only watches is as well.
    fn is_in_force(&self, policy: &TrustPolicy) -> bool {
        let now = self.target.now;
        !policy.has_ended(now) && !policy.grant.audience.has_ended(now)
    }

    /// Reports an overlap that neither document waives.
    fn report_overlap(
        &self,
        overlap: &Overlap<'_>,
        origins: &mut BTreeMap<String, Origin>,
    ) -> Option<()> {
        let (blamed, other) = overlap.blamed();
        let file = &origins.get(other.as_str())?.source.name;
        let origin = origins.get(blamed.as_str())?;
        let finding = overlap.finding(origin.place, other, file);
        let source = Arc::clone(&origin.source);
        let mut waived = (false, false);
        // What makes a policy needless is no concern of the other one's document.
        let others = if overlap.kind == Kind::Needless { None } else { Some(other) };
        for name in std::iter::once(blamed).chain(others) {
            let waivers = &mut origins.get_mut(name.as_str())?.waivers;
            let (in_force, ended) = consult(waivers, finding.id, self.target.now);
            waived = (waived.0 || in_force, waived.1 || ended);
        }
        if !waived.0 {
            self.outlet(&source).add(finding, waived.1);
        }
        Some(())
    }
}

impl<'a> Overlap<'a> {
    fn new(
        narrow: &'a TrustPolicy,
        wide: &'a TrustPolicy,
        origins: &BTreeMap<String, Origin>,
    ) -> Self {
        let kind = match (narrow.team == wide.team, same_grant(narrow, wide)) {
            (false, _) => Kind::BetweenTeams,
            (true, true) => Kind::Needless,
            (true, false) => Kind::WithinTeam,
        };
        let order = |policy: &TrustPolicy| origins.get(policy.name.as_str()).map(|one| one.order);
        let narrow_is_later = order(narrow) > order(wide);
        Self { kind, narrow, wide, narrow_is_later }
    }

    /// Whose document the finding stands in, and the other policy: what is needless, what came to
    /// a team's that was there before, or else the later by name.
    fn blamed(&self) -> (&'a Name, &'a Name) {
        let (narrow, wide) = (&self.narrow.name, &self.wide.name);
        let narrow_is_blamed = match self.kind {
            Kind::Needless => true,
            Kind::BetweenTeams => self.narrow_is_later,
            Kind::WithinTeam => narrow > wide,
        };
        if narrow_is_blamed { (narrow, wide) } else { (wide, narrow) }
    }

    fn finding(&self, place: Place, other: &Name, file: &str) -> Finding {
        let (narrow, wide) = (&self.narrow.name, &self.wide.name);
        let both = format!(
            "what {narrow} permits, {wide} permits as well: a request that names neither is ambiguous ({other} is in {file})"
        );
        match self.kind {
            Kind::BetweenTeams => Finding::unsound(
                "L017",
                place,
                both,
                "agree with the other team on one policy, or tell the two apart by pins",
            ),
            Kind::Needless => Finding::quality(
                "L016",
                place,
                format!(
                    "{wide} grants the same, to these tokens and perhaps to others (it is in {file})"
                ),
                "remove this policy, or the other",
            ),
            Kind::WithinTeam => Finding::quality(
                "L017",
                place,
                both,
                "name one with the parameter policy, or tell the two apart by pins",
            ),
        }
    }
}

/// Whether `wide`, whose pins are among those of `narrow`, permits whatever `narrow` permits.
/// Of two that permit the same, the later by name is the narrow one.
fn contains(wide: &TrustPolicy, narrow: &TrustPolicy) -> bool {
    if wide.name == narrow.name {
        return false;
    }
    let texts = |policy: &TrustPolicy| -> BTreeSet<String> {
        policy.conditions.iter().map(|one| one.expression.source().to_owned()).collect()
    };
    let (asked_by_wide, asked_by_narrow) = (texts(wide), texts(narrow));
    let equal = wide.pins.len() == narrow.pins.len() && asked_by_wide == asked_by_narrow;
    asked_by_wide.is_subset(&asked_by_narrow) && (!equal || wide.name < narrow.name)
}

fn same_grant(one: &TrustPolicy, other: &TrustPolicy) -> bool {
    let said = |policy: &TrustPolicy| {
        let grant = &policy.grant;
        let scopes: BTreeSet<String> =
            grant.scopes.iter().map(|scope| scope.as_str().to_owned()).collect();
        let claims: BTreeMap<String, String> = grant
            .claims
            .iter()
            .map(|(name, value)| (name.clone(), value.source().to_owned()))
            .collect();
        (scopes, claims, grant.subject.source().to_owned(), policy.replay)
    };
    let ends = |policy: &TrustPolicy| (policy.grant.ttl_max, policy.grant.within_subject_token);
    ends(one) == ends(other) && said(one) == said(other)
}

/// A token's claims that match the pins, and no more.
fn claims_of(policy: &TrustPolicy) -> Claims {
    let mut claims = Map::new();
    for pin in &policy.pins {
        insert(&mut claims, &pin.path, pin.value.to_claim());
    }
    claims
}

fn insert(claims: &mut Map<String, Value>, path: &[String], value: Value) {
    match path {
        [] => {}
        [name] => drop(claims.insert(name.clone(), value)),
        [name, rest @ ..] => {
            let inner = claims.entry(name.clone()).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}
