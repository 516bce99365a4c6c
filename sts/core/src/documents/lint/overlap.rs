//! Two policies that permit the same: L017, L016 of a whole policy, and then L021.

mod permits;

use self::permits::Permits;
use super::waiver::consult;
use super::{Finding, Origin};
use crate::documents::Loader;
use crate::limits::{CANDIDATES_MAX, OVERLAPS_LOOKED_AT_MAX};
use crate::policy::{PolicyIndex, TrustPolicy};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use sts_wire::diagnostic::Place;
use sts_wire::names::{Audience, Name};

/// Bundle, audience, and an identity with its value.
type Caller<'a> = (&'a Name, &'a Audience, &'a str, &'a str);

/// A policy of which every token, or some, are permitted by another one as well.
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
    /// L017 between two teams that speak of one caller, of whom nothing tells apart what is whose.
    Possible,
}

impl Loader<'_> {
    /// Looks at policies beside each other, and then at waivers that none of the lints needed.
    pub(in crate::documents) fn compare(
        &mut self,
        policies: &[Arc<TrustPolicy>],
        index: &PolicyIndex,
    ) {
        // Crowds of the same pins come alone: what lies between so many would be told of each pair.
        if self.report_crowds(policies, index) {
            return;
        }
        let mut origins = std::mem::take(&mut self.origins);
        let live = policies.iter().filter(|policy| self.is_live(policy));
        let live: BTreeMap<&str, Permits<'_>> =
            live.map(|policy| (policy.name.as_str(), Permits::of(policy))).collect();
        let mut proven = BTreeSet::new();
        for narrow in live.values() {
            let (bundle, audience) = reach(narrow.policy);
            let wide = index.candidates(bundle, audience, &narrow.claims);
            let wide = wide.iter().filter_map(|policy| live.get(policy.name.as_str()));
            let wide: Vec<_> = wide.filter(|wide| contains(wide, narrow)).collect();
            proven.extend(wide.iter().map(|wide| pair(narrow, wide)));
            let overlaps =
                wide.iter().map(|wide| Overlap::new(narrow.policy, wide.policy, &origins));
            let worst = overlaps.min_by_key(|overlap| overlap.kind);
            worst.and_then(|worst| self.report_overlap(&worst, &mut origins));
        }
        for (one, other) in of_one_caller(&live) {
            let overlap = Overlap::possible(one.policy, other.policy, &origins);
            let apart = || proven.contains(&pair(one, other)) || one.excludes(other);
            if let Some(overlap) = overlap.filter(|_| !apart()) {
                self.report_overlap(&overlap, &mut origins);
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

    fn is_live(&self, policy: &TrustPolicy) -> bool {
        !policy.shadow && self.is_in_force(policy)
    }

    /// Whether it is weighed: one that only watches is as well.
    pub(super) fn is_in_force(&self, policy: &TrustPolicy) -> bool {
        let now = self.target.now;
        !policy.has_ended(now) && !policy.grant.audience.has_ended(now)
    }

    /// Reports an overlap that is not waived: within a team by either document, between two by both.
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
        // What makes a policy needless is no concern of the other one's document.
        let others = if overlap.kind == Kind::Needless { None } else { Some(other) };
        let (mut in_force, mut any_ended) = (Vec::new(), false);
        for name in std::iter::once(blamed).chain(others) {
            let waivers = &mut origins.get_mut(name.as_str())?.waivers;
            let (waives, ended) = consult(waivers, finding.id, self.target.now);
            in_force.push(waives);
            any_ended |= ended;
        }
        // SECURITY: a team cannot agree for another one to what makes that one's requests ambiguous.
        let waived = match overlap.kind {
            Kind::BetweenTeams | Kind::Possible => in_force.iter().all(|waives| *waives),
            Kind::Needless | Kind::WithinTeam => in_force.contains(&true),
        };
        if !waived {
            self.outlet(&source).add(finding, any_ended);
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

    /// Of two teams; within one that may be meant, and would be found at once.
    fn possible(
        one: &'a TrustPolicy,
        other: &'a TrustPolicy,
        origins: &BTreeMap<String, Origin>,
    ) -> Option<Self> {
        let overlap = Self::new(one, other, origins);
        let apart = overlap.kind == Kind::BetweenTeams;
        apart.then_some(Self { kind: Kind::Possible, ..overlap })
    }

    /// Whose document the finding stands in, and the other policy: what is needless, what came to
    /// a team's that was there before, or else the later by name.
    fn blamed(&self) -> (&'a Name, &'a Name) {
        let (narrow, wide) = (&self.narrow.name, &self.wide.name);
        let narrow_is_blamed = match self.kind {
            Kind::Needless => true,
            Kind::BetweenTeams | Kind::Possible => self.narrow_is_later,
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
                "agree with the other team on one policy, or tell the two apart by pins; a waiver stands in both documents",
            ),
            Kind::Needless => Finding::quality(
                "L016",
                place,
                format!(
                    "{wide} grants the same, to these tokens and perhaps to others (it is in {file})"
                ),
                "remove this policy, or the other",
            ),
            Kind::Possible => Finding::quality(
                "L017",
                place,
                format!(
                    "a token may be permitted by {narrow} and by {wide}: a request that names neither is ambiguous then ({other} is in {file})"
                ),
                "tell the two apart: by a pin, or by a claim that both compare",
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

fn reach(policy: &TrustPolicy) -> (&Name, &Audience) {
    (&policy.bundle.name, &policy.grant.audience.audience)
}

/// Whether `wide` permits whatever `narrow` permits. Of two that permit the same, the later by
/// name is the narrow one.
fn contains(wide: &Permits<'_>, narrow: &Permits<'_>) -> bool {
    let first = wide.policy.name < narrow.policy.name;
    wide.covers(narrow) && (first || !narrow.covers(wide))
}

/// The two names, in their order.
fn pair<'a>(one: &Permits<'a>, other: &Permits<'a>) -> (&'a Name, &'a Name) {
    let (one, other) = (&one.policy.name, &other.policy.name);
    if one < other { (one, other) } else { (other, one) }
}

/// Pairs of policies for one audience that speak of one caller, each pair once.
fn of_one_caller<'l, 'a>(
    live: &'l BTreeMap<&str, Permits<'a>>,
) -> Vec<(&'l Permits<'a>, &'l Permits<'a>)> {
    let mut speaking: BTreeMap<Caller<'_>, Vec<&Permits<'a>>> = BTreeMap::new();
    for permits in live.values() {
        let (bundle, audience) = reach(permits.policy);
        for (claim, value) in permits.callers() {
            speaking.entry((bundle, audience, claim, value)).or_default().push(permits);
        }
    }
    let mut seen = BTreeSet::new();
    let mut pairs = beside_anybodys(live);
    seen.extend(pairs.iter().map(|(one, other)| pair(one, other)));
    for together in speaking.values() {
        for (index, one) in together.iter().enumerate() {
            let others = together.iter().skip(index.saturating_add(1));
            let others =
                others.filter(|other| other.policy.team != one.policy.team).take(CANDIDATES_MAX);
            let new = others.filter(|other| seen.insert(pair(one, other)));
            pairs.extend(new.map(|other| (*one, *other)));
        }
    }
    pairs
}

/// A policy that says nothing of its caller that is understood may speak of anybody's tokens.
fn beside_anybodys<'l, 'a>(
    live: &'l BTreeMap<&str, Permits<'a>>,
) -> Vec<(&'l Permits<'a>, &'l Permits<'a>)> {
    let mut together: BTreeMap<_, Vec<&Permits<'a>>> = BTreeMap::new();
    for permits in live.values() {
        together.entry(reach(permits.policy)).or_default().push(permits);
    }
    let anybodys = live.values().filter(|one| one.may_be_anybodys());
    let pairs = anybodys.flat_map(|one| {
        let others = together.get(&reach(one.policy)).into_iter().flatten();
        let of_others = others.filter(|other| other.policy.team != one.policy.team);
        of_others.map(move |other| (one, *other))
    });
    pairs.take(OVERLAPS_LOOKED_AT_MAX).collect()
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
