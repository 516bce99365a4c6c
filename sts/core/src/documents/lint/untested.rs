//! L015: what no test looks at. Found where tests run, never at load.

use super::{Finding, Origin, Outlet};
use crate::documents::{Case, Loaded, failed_conditions, fits};
use crate::policy::TrustPolicy;
use std::collections::BTreeMap;
use sts_wire::diagnostic::{Diagnostic, Place, Problems};
use sts_wire::names::Name;

/// Which of the wanted policies have tests that would not notice that a condition is gone, in
/// the order of files and places.
#[must_use]
pub fn untested(loaded: &Loaded, wanted: impl Fn(&Name) -> bool) -> Vec<Diagnostic> {
    let now = loaded.now;
    let mut cases: BTreeMap<&Name, Vec<&Case>> = BTreeMap::new();
    for case in &loaded.cases {
        cases.entry(case.policy()).or_default().push(case);
    }
    let problems = Problems::default();
    for policy in loaded.snapshot.policies().iter().filter(|policy| wanted(&policy.name)) {
        let Some(origin) = loaded.origins.get(policy.name.as_str()) else { continue };
        if origin.waivers.iter().any(|waiver| waiver.covers("L015", now)) {
            continue;
        }
        let own = cases.get(&policy.name).map(Vec::as_slice).unwrap_or_default();
        let outlet =
            Outlet { source: &origin.source, problems: &problems, warnings: &problems, now };
        for (place, message, help) in look(loaded, policy, origin, own) {
            outlet.add(Finding::quality("L015", place, message, help), false);
        }
    }
    problems.into_sorted()
}

type Missing = (Place, String, &'static str);

fn look(loaded: &Loaded, policy: &TrustPolicy, origin: &Origin, cases: &[&Case]) -> Vec<Missing> {
    if cases.is_empty() {
        let help = "add tests: one that is permitted, and for each condition one that it denies";
        return vec![(origin.place, "the policy has no test".to_owned(), help)];
    }
    // What a case that could not run would have shown is not held against the others.
    if cases.iter().any(|case| !fits(policy, case)) {
        return Vec::new();
    }
    let denials = cases.iter().filter(|case| case.expects_denial());
    let denials: Vec<_> =
        denials.map(|case| (case, failed_conditions(&loaded.snapshot, policy, case))).collect();
    if denials.is_empty() {
        let help = "add one for what must not come in";
        return vec![(origin.place, "no test of the policy expects deny".to_owned(), help)];
    }
    // Were the condition true, such a case would permit, or miss one that it names.
    let falsified = |id: &str| {
        denials.iter().any(|(case, failed)| {
            failed.iter().any(|one| one == id) && (failed.len() == 1 || case.names_failed())
        })
    };
    let conditions = policy.conditions.iter().zip(&origin.conditions);
    let unseen = conditions.filter(|(condition, _)| !falsified(condition.id.as_str()));
    unseen
        .map(|(condition, place)| {
            let message = format!("no test would notice if {} were gone", condition.id);
            (*place, message, "add a case that only this condition denies")
        })
        .collect()
}
