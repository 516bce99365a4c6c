//! How far a policy reaches: L003, L005, and L016 of a condition.

use super::{Finding, Subject, claim_of, claims_where};
use crate::trust::{ClaimSpec, PinValue, SpecType, Trust};
use sts_wire::names::Scope;

/// Words of a scope that only reads.
const READING: [&str; 7] = ["read", "readonly", "view", "viewer", "pull", "list", "get"];

/// Words of a scope that does more than reading, whatever stands beside them.
const WRITING: [&str; 30] = [
    "admin",
    "all",
    "append",
    "approve",
    "assume",
    "create",
    "delete",
    "deploy",
    "destroy",
    "edit",
    "execute",
    "full",
    "grant",
    "impersonate",
    "maintain",
    "manage",
    "modify",
    "patch",
    "post",
    "publish",
    "push",
    "put",
    "readwrite",
    "remove",
    "rw",
    "sudo",
    "update",
    "upload",
    "write",
    "writer",
];

/// L003. Where writers choose what runs, somebody has to say which of it is meant.
pub(super) fn any_version(subject: &Subject<'_>) -> Option<Finding> {
    let bundle = &subject.policy.bundle;
    let narrows = |spec: &ClaimSpec| {
        !spec.actor && (spec.trust != Trust::Platform || !values(spec).is_empty())
    };
    let told = subject.told_specs().any(|(_, spec)| narrows(spec));
    if subject.policy.pins.is_empty() || told {
        return None;
    }
    let chosen = claims_where(bundle, |spec, present| present && spec.trust == Trust::Writer);
    let chosen: Vec<_> = chosen.iter().map(|(path, _)| path.as_str()).collect();
    if chosen.is_empty() {
        return None;
    }
    Some(Finding::unsound(
        "L003",
        subject.place("pins"),
        "anything that a writer runs there is let in: any branch, any event".to_owned(),
        &format!(
            "say which of it is meant: pin or compare {}, or a claim that lists its values",
            chosen.join(", ")
        ),
    ))
}

/// L005. A guardrail is not credited: whoever removes it does not see this policy.
pub(super) fn outsiders(subject: &Subject<'_>) -> Vec<Finding> {
    let policy = subject.policy;
    let scopes = &policy.grant.scopes;
    if !scopes.is_empty() && scopes.iter().all(only_reads) {
        return Vec::new();
    }
    let excluded = |claim: &str, value: &str| {
        let pin = policy.pins.iter().find(|pin| pin.path.join(".") == claim);
        pin.is_some_and(|pin| pin.value != PinValue::String(value.to_owned()))
            || policy.conditions.iter().any(|one| one.expression.under(claim, value) == Some(false))
    };
    let mut found = Vec::new();
    for (claim, spec) in claims_where(&policy.bundle, |spec, _| !spec.outside.is_empty()) {
        let open = spec.outside.iter().filter(|value| !excluded(&claim, value));
        let open: Vec<_> = open.map(String::as_str).collect();
        if !open.is_empty() {
            found.push(Finding::unsound(
                "L005",
                subject.place("conditions"),
                format!("outsiders bring about {claim} {}, and more than reading is granted", open.join(", ")),
                &format!("say which are meant, as in assertion.{claim} in ['…']; a guardrail alone can be removed"),
            ));
        }
    }
    found
}

/// Whether a scope has a word for reading, none for more, and no star.
fn only_reads(scope: &Scope) -> bool {
    let words = words(scope.as_str());
    let has = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    has(&READING) && !has(&WRITING) && !scope.as_str().contains('*')
}

/// `Mail.ReadWrite` as mail, read, write.
fn words(scope: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_small = false;
    for c in scope.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && after_small) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
        after_small = c.is_lowercase();
    }
    words
}

/// L016. What holds for every value there is says nothing.
pub(super) fn constant(subject: &Subject<'_>) -> Vec<Finding> {
    let policy = subject.policy;
    let mut found = Vec::new();
    for condition in &policy.conditions {
        let expression = &condition.expression;
        let holds_for_all = |claim: &&String| {
            let listed = claim_of(&policy.bundle, claim).map(values).unwrap_or_default();
            let holds = |value: &String| expression.under(claim, value) == Some(true);
            !listed.is_empty() && listed.iter().all(holds) && subject.is_present(claim)
        };
        if let Some(claim) = expression.claims().iter().find(holds_for_all) {
            found.push(Finding::quality(
                "L016",
                subject.expression(condition).place,
                format!("it holds for every value that the trust bundle lists for {claim}"),
                "leave out the values that are not meant, or the condition",
            ));
        }
    }
    found
}

impl Subject<'_> {
    /// Whether every token that the policy speaks of has the claim.
    fn is_present(&self, claim: &str) -> bool {
        let path: Vec<String> = claim.split('.').map(str::to_owned).collect();
        let policy = self.policy;
        let required = (1..=path.len()).all(|length| {
            let part = path.get(..length).unwrap_or_default();
            policy.bundle.claim(part).is_some_and(|spec| spec.required)
        });
        required || policy.pins.iter().any(|pin| pin.path == path)
    }
}

/// The values that a bundle lists for a claim.
pub(super) fn values(spec: &ClaimSpec) -> &[String] {
    match &spec.claim_type {
        SpecType::String(Some(values)) => values,
        SpecType::String(None)
        | SpecType::Bool
        | SpecType::Int
        | SpecType::List(..)
        | SpecType::Object(_) => &[],
    }
}
