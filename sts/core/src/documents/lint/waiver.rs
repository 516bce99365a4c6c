//! Waivers: a document says why a lint is let pass, and until when.

use super::{Finding, Rank};
use crate::documents::head::date;
use std::sync::Arc;
use sts_wire::diagnostic::{Place, Problems, Source};
use sts_wire::time::Timestamp;
use sts_wire::yaml::{Lower, Node};

/// First number that is no lint.
const LINTS_END: u32 = 23;

/// Lints that say nothing of a waiver when they find nothing: whether they apply is not known
/// when documents are loaded, or depends on marks that a bundle may not have yet.
const NOT_ALWAYS_LOOKED_FOR: [&str; 5] = ["L005", "L013", "L015", "L021", "L022"];

/// A waiver: until when a lint is let pass.
pub(in crate::documents) struct Waiver {
    pub(in crate::documents) id: String,
    place: Place,
    ends: Timestamp,
    needed: bool,
    /// Whether it lets pass for good: its document was in force before.
    for_good: bool,
}

/// Reads `waive`.
pub(in crate::documents) fn waivers(
    lower: Lower<'_>,
    nodes: &[Node],
    for_good: bool,
) -> Vec<Waiver> {
    let read = nodes.iter().filter_map(|node| waiver(lower, node));
    read.map(|waiver| Waiver { for_good, ..waiver }).collect()
}

fn waiver(lower: Lower<'_>, node: &Node) -> Option<Waiver> {
    let mut fields = lower.fields(node, "a waiver")?;
    let id_node = fields.required("lint");
    let reason = fields.required("reason").and_then(|node| lower.string(node, "reason"));
    let expires = fields.required("expires");
    fields.finish();
    let id = id_node.and_then(|node| lower.string(node, "lint"))?;
    let number = id.strip_prefix('L').filter(|digits| digits.len() == 3);
    let number = number.and_then(|digits| digits.parse::<u32>().ok());
    if !number.is_some_and(|number| (1..LINTS_END).contains(&number)) {
        lower.fault_with_help(
            id_node?.place,
            format!("there is no lint {id}"),
            "lints are L001 and so on",
        );
    }
    let ends = date(lower, expires?, "expires")?;
    if reason.is_some_and(|reason| reason.trim().is_empty()) {
        lower.fault(node.place, "the reason of a waiver is a sentence");
        return None;
    }
    reason.map(|_| Waiver {
        id: id.to_owned(),
        place: node.place,
        ends,
        needed: false,
        for_good: false,
    })
}

impl Waiver {
    /// Whether it lets a lint pass at this time.
    pub(super) fn covers(&self, id: &str, now: Timestamp) -> bool {
        self.id == id && (self.for_good || now < self.ends)
    }
}

/// Notes that a lint applies, so that its waivers are not called idle.
///
/// Whether one of them lets it pass, or else whether there is one that has ended.
pub(super) fn consult(waivers: &mut [Waiver], id: &str, now: Timestamp) -> (bool, bool) {
    let mut answer = (false, false);
    for waiver in waivers.iter_mut().filter(|waiver| waiver.id == id) {
        waiver.needed = true;
        if waiver.covers(id, now) { answer.0 = true } else { answer.1 = true }
    }
    answer
}

/// Where findings of one document go.
pub(in crate::documents) struct Outlet<'a> {
    pub(in crate::documents) source: &'a Arc<Source>,
    pub(in crate::documents) problems: &'a Problems,
    pub(in crate::documents) warnings: &'a Problems,
    pub(in crate::documents) now: Timestamp,
}

impl Outlet<'_> {
    /// Reports what is not waived. What is unsound is let pass until the time
    /// that comes back: the document ends with its waivers.
    pub(in crate::documents) fn report(
        &self,
        findings: Vec<Finding>,
        waivers: &mut [Waiver],
    ) -> Option<Timestamp> {
        let mut end: Option<Timestamp> = None;
        for finding in findings {
            match consult(waivers, finding.id, self.now) {
                (false, ended) => self.add(finding, ended),
                (true, _) if finding.rank == Rank::Unsound => {
                    let own = waivers.iter().filter(|waiver| waiver.covers(finding.id, self.now));
                    let own = own.map(|waiver| waiver.ends).max();
                    end = end.into_iter().chain(own).min();
                }
                (true, _) => {}
            }
        }
        end
    }

    pub(super) fn add(&self, finding: Finding, waiver_ended: bool) {
        let ended = if waiver_ended { "its waiver has ended; " } else { "" };
        let help = format!("{ended}{}", finding.help);
        let problems = match finding.rank {
            Rank::Unsound => self.problems,
            Rank::Quality => self.warnings,
        };
        problems.add_with_code(
            self.source,
            finding.place,
            (finding.id, finding.message, Some(help)),
        );
    }

    /// L021. A waiver outlives its reason unseen, and would let the next mistake pass.
    pub(super) fn report_idle(&self, waivers: &mut [Waiver], looked_for: impl Fn(&str) -> bool) {
        let idle = |waiver: &&Waiver| {
            let known = !NOT_ALWAYS_LOOKED_FOR.contains(&waiver.id.as_str());
            known && looked_for(&waiver.id) && !waiver.needed
        };
        let finding = |waiver: &Waiver| {
            let message = format!("the lint {} does not apply, so nothing is waived", waiver.id);
            Finding::quality("L021", waiver.place, message, "remove the waiver")
        };
        let found: Vec<_> = waivers.iter().filter(idle).map(finding).collect();
        let _quality = self.report(found, waivers);
    }
}
