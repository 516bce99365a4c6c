//! Parts of conditions: L004, L007, L009, L010.

use super::{Finding, Subject, claim_of};
use crate::trust::{PinValue, SpecType};
use std::collections::BTreeMap;
use sts_expr::{Alternative, OpenPart, Reference, reference_in};
use sts_wire::diagnostic::Place;

/// L004, and L007 of patterns.
pub(super) fn open(subject: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for condition in &subject.policy.conditions {
        for part in &condition.expression.facts().open_parts {
            let place = subject.inside(condition, part.offset);
            found.push(if part.function == "fullMatch" {
                boundless(part, place)
            } else {
                open_part(part, place)
            });
        }
    }
    found
}

fn boundless(part: &OpenPart, place: Place) -> Finding {
    let message = format!("the pattern {:?} runs over anything", part.literal);
    let help = "name the characters, as [0-9A-Za-z._-]+, or [^/]+ for all up to a slash";
    Finding::unsound("L007", place, message, help)
}

fn open_part(part: &OpenPart, place: Place) -> Finding {
    let message = format!("{} {:?} fits other names as well", part.function, part.literal);
    let help = match part.function.as_str() {
        "startsWith" => "end it at a delimiter, as in 'octo-org/', or use fullMatch",
        "endsWith" => "begin it at a delimiter, as in '/octo-repo', or use fullMatch",
        "glob" => "let each * follow a delimiter, as in 'octo-org/*', or use fullMatch",
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

/// L010. Whoever can write to the branch of a workflow decides what it does.
pub(super) fn moving_workflows(subject: &Subject<'_>) -> Vec<Finding> {
    let mut claims: BTreeMap<String, Vec<(Reference, Place)>> = BTreeMap::new();
    for pin in &subject.policy.pins {
        if let PinValue::String(text) = &pin.value
            && let Some(reference) = reference_in(text)
        {
            let said = (reference, subject.place("pins"));
            claims.entry(pin.path.join(".")).or_default().push(said);
        }
    }
    for condition in &subject.policy.conditions {
        for fact in &condition.expression.facts().workflows {
            let said = (fact.reference, subject.inside(condition, fact.offset));
            claims.entry(fact.claim.clone()).or_default().push(said);
        }
    }
    claims.iter().filter_map(|(claim, said)| moving(claim, said)).collect()
}

fn moving(claim: &str, said: &[(Reference, Place)]) -> Option<Finding> {
    let is = |wanted: Reference| move |one: &&(Reference, Place)| one.0 == wanted;
    let untold = said.iter().find(is(Reference::Untold));
    let untold = untold.filter(|_| !said.iter().any(|one| one.0 == Reference::Fixed));
    let (_, place) = said.iter().find(is(Reference::Moving)).or(untold)?;
    Some(Finding::quality(
        "L010",
        *place,
        format!("the workflow in {claim} is not held to a tag or commit: its branch can change it"),
        "write its version, as in …/deploy.yml@refs/tags/v1, or the commit",
    ))
}
