//! L022: what nobody uses. Found where a ledger is at hand, never at load.

use super::{Finding, Outlet};
use crate::documents::Loaded;
use std::collections::BTreeSet;
use sts_wire::diagnostic::{Diagnostic, Problems};
use sts_wire::time::Seconds;

/// Policies that could have permitted for all of a time, as they were `known`
/// at its beginning, and are not among those `used`; in the order of files and places.
#[must_use]
pub fn unused(
    loaded: &Loaded,
    (known, used): (&BTreeSet<String>, &BTreeSet<String>),
    time: Seconds,
) -> Vec<Diagnostic> {
    let now = loaded.now;
    let problems = Problems::default();
    for policy in loaded.snapshot.policies() {
        let name = policy.name.as_str();
        let Some(origin) = loaded.origins.get(name) else { continue };
        let live = !policy.shadow && !policy.has_ended(now);
        let waived = origin.waivers.iter().any(|waiver| waiver.covers("L022", now));
        if !live || waived || !known.contains(name) || used.contains(name) {
            continue;
        }
        let message = format!("nobody was permitted by this policy for {time}");
        let help = "remove it, or waive it where it is for a rare case: what nobody uses is what nobody watches";
        let outlet =
            Outlet { source: &origin.source, problems: &problems, warnings: &problems, now };
        outlet.add(Finding::quality("L022", origin.place, message, help), false);
    }
    problems.into_sorted()
}
