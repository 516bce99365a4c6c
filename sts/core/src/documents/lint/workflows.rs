//! Files that workflows are defined in: L010.

use super::{Finding, Subject};
use crate::trust::PinValue;
use std::collections::BTreeMap;
use sts_expr::{Home, Reference, reference_in};
use sts_wire::diagnostic::Place;

/// What a pin or a condition says of the workflow in a claim.
struct Said {
    reference: Reference,
    home: Home,
    place: Place,
}

/// L010. Whoever can write to the branch of a workflow decides what it does, and a path alone is
/// anybody's.
pub(super) fn moving(subject: &Subject<'_>) -> Vec<Finding> {
    let mut claims: BTreeMap<String, Vec<Said>> = BTreeMap::new();
    for (pin, place) in subject.policy.pins.iter().zip(&subject.policy.pin_places) {
        if let PinValue::String(text) = &pin.value
            && let Some(reference) = reference_in(text)
        {
            let said = Said { reference, home: Home::Told, place: *place };
            claims.entry(pin.path.join(".")).or_default().push(said);
        }
    }
    for condition in &subject.policy.conditions {
        for fact in &condition.expression.facts().workflows {
            let place = subject.inside(condition, fact.offset);
            let said = Said { reference: fact.reference, home: fact.home, place };
            claims.entry(fact.claim.clone()).or_default().push(said);
        }
    }
    claims
        .iter()
        .filter_map(|(claim, said)| version(claim, said).or_else(|| home(claim, said)))
        .collect()
}

fn version(claim: &str, said: &[Said]) -> Option<Finding> {
    let first = |wanted| said.iter().find(|one| one.reference == wanted);
    let untold = first(Reference::Untold).filter(|_| first(Reference::Fixed).is_none());
    let found = first(Reference::Moving).or(untold)?;
    Some(Finding::quality(
        "L010",
        found.place,
        format!("the workflow in {claim} is not held to a tag or commit: its branch can change it"),
        "write its version, as in …/deploy.yml@refs/tags/v1, or the commit",
    ))
}

fn home(claim: &str, said: &[Said]) -> Option<Finding> {
    let told = said.iter().any(|one| one.home == Home::Told);
    let found = said.first().filter(|_| !told)?;
    Some(Finding::quality(
        "L010",
        found.place,
        format!(
            "the workflow in {claim} may lie in anybody's repository: its path says nothing of that"
        ),
        "tell its repo as well, as in gh.workflow(…).repo == 'octo-org/shared'",
    ))
}
