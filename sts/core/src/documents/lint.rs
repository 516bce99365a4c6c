//! Lints: policies that load, decide as they say, and are unsound all the same.
//! Each refuses to load unless the document waives it, with a reason, for a time.
//! `policies/LINTS.md` shows a wrong and a right example of each.

use super::expression::inside;
use super::head::date;
use crate::policy::{Condition, TrustPolicy};
use crate::trust::{ClaimSpec, SpecType, TrustBundle};
use std::collections::BTreeMap;
use sts_wire::diagnostic::Place;
use sts_wire::time::Timestamp;
use sts_wire::yaml::{Lower, Node};

/// Highest number of a lint that documents may waive: what is not checked yet may be waived already.
const LINTS_END: u32 = 18;

/// A lint that applies.
pub(super) struct Finding {
    pub(super) id: &'static str,
    pub(super) place: Place,
    pub(super) message: String,
    pub(super) help: &'static str,
}

/// A waiver: until when a lint is let pass.
pub(super) struct Waiver {
    id: String,
    ends: Timestamp,
}

/// What a policy is looked at with.
pub(super) struct Subject<'a> {
    pub(super) policy: &'a TrustPolicy,
    /// The document.
    pub(super) node: &'a Node,
    /// Whether it grants our own issuer, which no bundle trusts.
    pub(super) for_ourselves: bool,
}

/// Reads `waive`.
pub(super) fn waivers(lower: Lower<'_>, nodes: &[Node]) -> Vec<Waiver> {
    nodes.iter().filter_map(|node| waiver(lower, node)).collect()
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
    reason.map(|_| Waiver { id: id.to_owned(), ends })
}

/// Reports what is found and not waived.
pub(super) fn report(lower: Lower<'_>, subject: &Subject<'_>, waivers: &[Waiver], now: Timestamp) {
    for finding in find(subject) {
        let waiver = waivers.iter().filter(|waiver| waiver.id == finding.id).max_by_key(|w| w.ends);
        match waiver {
            Some(waiver) if now < waiver.ends => {}
            Some(_) => {
                let help = format!("its waiver has ended; {}", finding.help);
                lower.fault_with_code(finding.place, finding.id, finding.message, Some(help));
            }
            None => {
                let help = Some(finding.help.to_owned());
                lower.fault_with_code(finding.place, finding.id, finding.message, help);
            }
        }
    }
}

fn find(subject: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(no_pins(subject));
    found.extend(names_only(subject));
    found.extend(open_parts(subject));
    found.extend(own_audience(subject));
    found.extend(denied_only(subject));
    found
}

/// L001.
fn no_pins(subject: &Subject<'_>) -> Option<Finding> {
    subject.policy.pins.is_empty().then(|| Finding {
        id: "L001",
        place: subject.node.place,
        message: "the policy pins nothing, so every token of the bundle is its candidate"
            .to_owned(),
        help: "pin the claims that say who the caller is: pins: {repository_id: \"…\"}",
    })
}

/// L002. Where others than we can get tokens, names are theirs to choose.
fn names_only(subject: &Subject<'_>) -> Option<Finding> {
    let policy = subject.policy;
    let shared = !policy.bundle.admit.is_empty();
    let pinned = || policy.pins.iter().any(|pin| is_identity(&policy.bundle, &pin.path.join(".")));
    let limited = || {
        let facts = policy.conditions.iter().flat_map(|one| one.expression.facts().limited.keys());
        facts.into_iter().any(|claim| is_identity(&policy.bundle, claim))
    };
    if !shared || policy.pins.is_empty() || pinned() || limited() {
        return None;
    }
    let known = identities(&policy.bundle);
    if known.is_empty() {
        return None;
    }
    Some(Finding {
        id: "L002",
        place: subject.node.get("pins").map_or(subject.node.place, |pins| pins.place),
        message: format!(
            "only names say who the caller is; of what is never given to somebody else the bundle has {}",
            known.join(", ")
        ),
        help: "pin one of them: a name can be given up, and taken by others",
    })
}

/// L004.
fn open_parts(subject: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for condition in &subject.policy.conditions {
        for part in &condition.expression.facts().open_parts {
            found.push(Finding {
                id: "L004",
                place: inside(
                    expression(subject, condition),
                    part.offset,
                    condition.expression.source(),
                ),
                message: format!("{} {:?} fits other names as well", part.function, part.literal),
                help: match part.function.as_str() {
                    "startsWith" => "end it at a delimiter, as in 'octo-org/', or use fullMatch",
                    "endsWith" => "begin it at a delimiter, as in '/octo-repo', or use fullMatch",
                    "glob" => "let each * follow a delimiter, as in 'octo-org/*', or use fullMatch",
                    _ => "a part may stand anywhere: compare the whole, by ==, glob or fullMatch",
                },
            });
        }
    }
    found
}

/// L006. A token for ourselves could be exchanged again, where nobody meant it.
fn own_audience(subject: &Subject<'_>) -> Option<Finding> {
    subject.for_ourselves.then(|| Finding {
        id: "L006",
        place: subject.node.get("grant").map_or(subject.node.place, |grant| grant.place),
        message: "the policy grants a token for this server itself, which no trust bundle accepts"
            .to_owned(),
        help: "grant the audience of whoever is to receive the token",
    })
}

/// L008.
fn denied_only(subject: &Subject<'_>) -> Vec<Finding> {
    let policy = subject.policy;
    let settled = |claim: &String| {
        let pinned = policy.pins.iter().any(|pin| pin.path.join(".") == *claim);
        pinned || policy.conditions.iter().any(|one| one.expression.facts().told.contains(claim))
    };
    let mut found = Vec::new();
    for condition in &policy.conditions {
        let mut read = condition.expression.claims().iter();
        let loose = read.find(|claim| is_identity(&policy.bundle, claim) && !settled(claim));
        if let Some(claim) = loose {
            found.push(Finding {
                id: "L008",
                place: expression(subject, condition).place,
                message: format!(
                    "it does not say what {claim} is, only what it is not: others are let in"
                ),
                help: "say what it is: pin it, or compare it with == or in",
            });
        }
    }
    found
}

/// Whether a claim, by its dotted path, says who the caller is, for good.
fn is_identity(bundle: &TrustBundle, path: &str) -> bool {
    let path: Vec<String> = path.split('.').map(str::to_owned).collect();
    bundle.claim(&path).is_some_and(|claim| claim.identity)
}

/// All of these claims.
fn identities(bundle: &TrustBundle) -> Vec<String> {
    fn collect(claims: &BTreeMap<String, ClaimSpec>, before: &str, into: &mut Vec<String>) {
        for (name, spec) in claims {
            let path = format!("{before}{name}");
            if let SpecType::Object(members) = &spec.claim_type {
                collect(members, &format!("{path}."), into);
            }
            if spec.identity {
                into.push(path);
            }
        }
    }
    let mut found = Vec::new();
    collect(&bundle.claims, "", &mut found);
    found
}

/// Where the expression of a condition stands; looked for only once something is found in it.
fn expression<'a>(subject: &Subject<'a>, condition: &Condition) -> &'a Node {
    let conditions = subject.node.get("conditions").map(Node::items).unwrap_or_default();
    let of_it = |item: &&Node| item.get("id").and_then(Node::scalar) == Some(condition.id.as_str());
    let found = conditions.iter().find(of_it).and_then(|item| item.get("expr"));
    found.unwrap_or(subject.node)
}
