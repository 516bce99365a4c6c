//! Who is let in: L001, L002, L008, L011, L012, L013.

use super::{Finding, Subject, claim_of, claims_where};
use crate::trust::{Pin, PinValue, TrustBundle};
use std::collections::BTreeSet;

/// L001. A pin that every admitted token meets leaves all of them candidates.
pub(super) fn no_pins(subject: &Subject<'_>) -> Option<Finding> {
    let help = "pin the claims that say who the caller is: pins: {repository_id: \"…\"}";
    let found = |place, message: &str| Finding::unsound("L001", place, message.to_owned(), help);
    if subject.policy.pins.is_empty() {
        let message = "the policy pins nothing, so every token of the bundle is its candidate";
        return Some(found(subject.node.place, message));
    }
    pins_nothing_more(subject).then(|| {
        let message = "the policy pins only what admit of its bundle demands, so every token of the bundle is its candidate";
        found(subject.place("pins"), message)
    })
}

/// Whether its pins leave every admitted token a candidate, though tokens say more of their caller.
fn pins_nothing_more(subject: &Subject<'_>) -> bool {
    let policy = subject.policy;
    policy.pins.iter().all(|pin| is_demanded(&policy.bundle, pin))
        && !subject.identities_beyond_admit().is_empty()
}

/// Whether `admit` lets in no token without this pin.
fn is_demanded(bundle: &TrustBundle, pin: &Pin<PinValue>) -> bool {
    bundle.admit.iter().any(|rule| rule.path == pin.path && rule.value == [pin.value.clone()])
}

/// L002, where others than we can get tokens and names are theirs to choose; L011 elsewhere.
pub(super) fn names_only(subject: &Subject<'_>) -> Option<Finding> {
    let policy = subject.policy;
    if pins_nothing_more(subject) || subject.tells_identity_beyond_admit(|_| true) {
        return None;
    }
    let beyond = subject.identities_beyond_admit();
    // What only denies one of them has a lint of its own.
    let denied = |claim: &String| {
        policy.conditions.iter().any(|one| one.expression.claims().contains(claim))
    };
    let admitted = subject.told_specs().find(|(_, spec)| spec.identity).map(|(claim, _)| claim);
    let known = claims_where(&policy.bundle, |spec, _| spec.identity);
    let known = known.iter().map(|(path, _)| path.as_str());
    let (message, known) = match admitted {
        // Every token of the bundle tells no more than that, so it has to do.
        Some(_) if beyond.is_empty() || beyond.iter().any(denied) => return None,
        Some(admitted) => {
            let message = format!(
                "{admitted} is what the bundle admits, so all of its callers there are let in; beyond that it has {}",
                beyond.join(", ")
            );
            (message, beyond)
        }
        None => {
            let known: Vec<String> = known.map(str::to_owned).collect();
            let message = format!(
                "only names say who the caller is; of what is never given to somebody else the bundle has {}",
                known.join(", ")
            );
            (message, known)
        }
    };
    if known.is_empty() {
        return None;
    }
    let place = subject.place("pins");
    Some(if policy.bundle.admit.is_empty() {
        let help = "pin one of them: what is deleted can be made again under its name";
        Finding::quality("L011", place, message, help)
    } else if admitted.is_some() {
        let help = "pin one of them, or say in a waiver why everybody is meant who is admitted";
        Finding::unsound("L002", place, message, help)
    } else {
        let help = "pin one of them: a name can be given up, and taken by others";
        Finding::unsound("L002", place, message, help)
    })
}

/// L008.
pub(super) fn denied_only(subject: &Subject<'_>) -> Vec<Finding> {
    let policy = subject.policy;
    let mut found = Vec::new();
    for condition in &policy.conditions {
        let mut loose = condition.expression.claims().iter().filter(|claim| {
            !subject.settled.contains(*claim)
                && claim_of(&policy.bundle, claim).is_some_and(|spec| spec.identity)
        });
        if let Some(claim) = loose.next() {
            found.push(Finding::unsound(
                "L008",
                subject.expression(condition).place,
                format!("it does not say what {claim} is, only what it is not, or a part of it: others are let in"),
                "say what it is: pin it, or compare it with == or in",
            ));
        }
    }
    found
}

/// L012. Whoever opens an account may write any address there, until somebody looks.
pub(super) fn unverified_address(subject: &Subject<'_>) -> Vec<Finding> {
    let told = subject.told.iter();
    let addresses = told.filter(|claim| claim.rsplit('.').next() == Some("email"));
    addresses.filter_map(|claim| unverified(subject, claim)).collect()
}

fn unverified(subject: &Subject<'_>, claim: &str) -> Option<Finding> {
    let policy = subject.policy;
    let flag = format!("{claim}_verified");
    let (message, help) = if claim_of(&policy.bundle, &flag).is_some() {
        let pinned = policy.pins.iter().any(|pin| {
            let yes = pin.value == PinValue::Bool(true);
            pin.path.join(".") == flag && (yes || pin.value == PinValue::String("true".to_owned()))
        });
        let only = BTreeSet::from(["true".to_owned()]);
        let demanded =
            policy.conditions.iter().map(|one| one.expression.facts()).any(|facts| {
                facts.demanded.contains(&flag) || facts.limited.get(&flag) == Some(&only)
            });
        if pinned || demanded {
            return None;
        }
        (format!("{claim} counts, also where nobody verified it"), format!("pin {flag}: true"))
    } else {
        // Beside an identity it only narrows.
        if subject.tells_identity_beyond_admit(|_| true) {
            return None;
        }
        let help = "declare it in the trust bundle and pin it, or pin an identity";
        (format!("the bundle has no {flag}, so {claim} may be anybody's"), help.to_owned())
    };
    Some(Finding::unsound("L012", subject.place_of(claim), message, &help))
}

/// L013. Who started a workload is not the workload: any that they can start would do.
pub(super) fn actor_only(subject: &Subject<'_>) -> Option<Finding> {
    let spec_of = |claim| claim_of(&subject.policy.bundle, claim);
    let actor = subject.told.iter().find(|claim| spec_of(claim).is_some_and(|spec| spec.actor))?;
    if subject.tells_identity_beyond_admit(|spec| !spec.actor) {
        return None;
    }
    Some(Finding::quality(
        "L013",
        subject.place_of(actor),
        format!("only {actor}, who started it, is looked at: whatever they can start is let in"),
        "pin what they start as well: its repository, project or pipeline",
    ))
}
