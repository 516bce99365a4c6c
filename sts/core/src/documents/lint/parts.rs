//! Parts of conditions: L004, L007, L009.

use super::{Finding, Subject, claim_of};
use crate::trust::SpecType;
use sts_expr::{Alternative, OpenPart, Openness};
use sts_wire::diagnostic::Place;

/// L004, and L007 of patterns.
pub(super) fn open(subject: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for condition in &subject.policy.conditions {
        for part in &condition.expression.facts().open_parts {
            let place = subject.inside(condition, part.offset);
            found.push(match part.openness {
                Openness::Boundless => boundless(part, place),
                Openness::Name => open_part(part, place),
            });
        }
    }
    found
}

fn boundless(part: &OpenPart, place: Place) -> Finding {
    let pattern = part.literal.as_deref().unwrap_or_default();
    let message = format!("the pattern {pattern:?} runs over anything");
    let help =
        "name the characters, as [0-9A-Za-z._-]+, or take all up to the next delimiter, as [^/@]+";
    Finding::unsound("L007", place, message, help)
}

fn open_part(part: &OpenPart, place: Place) -> Finding {
    let function = part.function.as_str();
    let message = match &part.literal {
        Some(literal) => format!("{function} {literal:?} fits other names as well"),
        None => format!("{function} takes what is no literal, and nobody knows where it ends"),
    };
    let help = match (function, &part.literal) {
        (_, None) => "compare the whole, by ==, or write the part in quotes",
        ("startsWith", _) => "end it at a delimiter, as in 'octo-org/', or use fullMatch",
        ("endsWith", _) => "begin it at a delimiter, as in '/octo-repo', or use fullMatch",
        ("glob", _) => "let each * follow a delimiter, as in 'octo-org/*', or use fullMatch",
        ("fullMatch", _) => {
            "end the name at a delimiter, as in 'octo-org/[^/]+', or say what may follow, as [0-9]+"
        }
        _ => "a part may stand anywhere: compare the whole, by ==, glob or fullMatch",
    };
    Finding::unsound("L004", place, message, help)
}

/// L009.
pub(super) fn either(subject: &Subject<'_>) -> Vec<Finding> {
    let bundle = &subject.policy.bundle;
    let is_name = |claim: &&String| {
        let spec = claim_of(bundle, claim);
        spec.is_some_and(|spec| spec.identity || spec.claim_type == SpecType::String(None))
    };
    let is_identity = |claim: &&String| claim_of(bundle, claim).is_some_and(|spec| spec.identity);
    let apart = |found: &Alternative| {
        let one = found.differing.iter().find(is_name).map(|claim| (claim.clone(), claim.clone()));
        let left = found.left.iter().find(is_identity).cloned();
        one.or_else(|| left.zip(found.right.iter().find(is_identity).cloned()))
    };
    let mut found = Vec::new();
    for condition in &subject.policy.conditions {
        for alternative in &condition.expression.facts().alternatives {
            let Some((left, right)) = apart(alternative) else { continue };
            let (message, help) = if left == right {
                let help = format!("write assertion.{left} in ['…', '…'], or a policy for each");
                (format!("one condition lets in two, told apart by {left}"), help)
            } else {
                let message =
                    format!("one condition lets in two, one by {left} and one by {right}");
                (
                    message,
                    "write a policy for each: each is granted, and shown, by itself".to_owned(),
                )
            };
            let place = subject.inside(condition, alternative.offset);
            found.push(Finding::quality("L009", place, message, &help));
        }
    }
    found
}
