//! Running cases: the policy alone, without guardrails or other policies.

use super::{Case, Expectation, misfit};
use crate::policy::{Rehearsal, TrustPolicy};
use crate::snapshot::Snapshot;
use crate::trust::claim_at;
use crate::verify::{ClaimFault, fit_claims};
use serde_json::Value;
use std::fmt;
use sts_expr::Inputs;
use sts_wire::diagnostic::{Diagnostic, Place};

/// A case whose expectation did not come true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseFailure {
    /// Name of the policy.
    pub policy: String,
    /// Name of the case.
    pub case: String,
    /// What was expected and what came.
    pub message: String,
    /// The file.
    pub file: String,
    /// Where in the file.
    pub place: Place,
    /// What to do, where that is known.
    pub help: Option<String>,
    /// The line with a caret, where the claims fit no token.
    shown: Option<Diagnostic>,
}

impl fmt::Display for CaseFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(shown) = &self.shown {
            return shown.fmt(formatter);
        }
        let Place { line, column } = self.place;
        write!(
            formatter,
            "{}:{line}:{column}: {} / {}: {}",
            self.file, self.policy, self.case, self.message
        )
    }
}

/// Runs every case against its policy; returns the failures.
#[must_use]
pub fn run_cases(snapshot: &Snapshot, cases: &[Case]) -> Vec<CaseFailure> {
    cases.iter().filter_map(|case| run_case(snapshot, case)).collect()
}

/// Runs one case against its policy; returns its failure.
#[must_use]
pub fn run_case(snapshot: &Snapshot, case: &Case) -> Option<CaseFailure> {
    let policy = snapshot.policy(case.policy.as_str())?;
    let (message, shown) = match rehearse(snapshot, policy, case) {
        Ok(rehearsal) => {
            let message = compare(&case.expect, &rehearsal)?;
            (message + &values(&rehearsal, case), None)
        }
        Err(fault) => (fault.to_string(), misfit::explain(&policy.bundle, case, &fault)),
    };
    Some(CaseFailure {
        policy: case.policy.as_str().to_owned(),
        case: case.name.clone(),
        message,
        file: case.source.name.clone(),
        place: shown.as_ref().map_or(case.place, Diagnostic::place),
        help: shown.as_ref().and_then(Diagnostic::help).map(str::to_owned),
        shown,
    })
}

/// The conditions and pins that do not hold in a case; none when its claims fit no token.
pub(in crate::documents) fn failed_conditions(
    snapshot: &Snapshot,
    policy: &TrustPolicy,
    case: &Case,
) -> Vec<String> {
    rehearse(snapshot, policy, case).map(|rehearsal| rehearsal.failed).unwrap_or_default()
}

/// What the policy says of the claims, pins included as `pins.NAME`.
fn rehearse(
    snapshot: &Snapshot,
    policy: &TrustPolicy,
    case: &Case,
) -> Result<Rehearsal, ClaimFault> {
    let claims = fit_claims(&policy.bundle, &case.claims)?;
    let inputs = Inputs::new(snapshot.engine(), &claims);
    let mut rehearsal = policy.rehearse(&inputs);
    let unmatched = policy.pins.iter().filter(|pin| !pin.matches(&claims));
    rehearsal.failed.extend(unmatched.map(|pin| format!("pins.{}", pin.path.join("."))));
    Ok(rehearsal)
}

/// The claims that decided: what a person would look up next.
fn values(rehearsal: &Rehearsal, case: &Case) -> String {
    let shown = rehearsal.read.iter().map(|name| {
        let path: Vec<String> = name.split('.').map(str::to_owned).collect();
        let value =
            claim_at(&case.claims, &path).map_or_else(|| "(absent)".to_owned(), Value::to_string);
        format!("\n    {name} = {value}")
    });
    shown.collect()
}

fn compare(expect: &Expectation, found: &Rehearsal) -> Option<String> {
    match expect {
        Expectation::Permit { .. } if !found.failed.is_empty() => {
            Some(format!("expected permit, but these did not hold: {}", found.failed.join(", ")))
        }
        Expectation::Permit { minted, ttl } => {
            let wrong_ttl = ttl
                .filter(|ttl| *ttl != found.ttl)
                .map(|ttl| format!("expected ttl {ttl}, found {}", found.ttl));
            wrong_ttl.or_else(|| match &found.minted {
                Err(fault) => Some(format!("the grant cannot be evaluated: {fault}")),
                Ok(claims) => minted.iter().flatten().find_map(|(name, wanted)| {
                    let value = claims.get(name).unwrap_or(&Value::Null);
                    (value != wanted).then(|| {
                        format!("expected the minted claim {name} to be {wanted}, found {value}")
                    })
                }),
            })
        }
        Expectation::Deny { .. } if found.failed.is_empty() => {
            Some("expected deny, but everything holds".to_owned())
        }
        Expectation::Deny { failed: None } => None,
        Expectation::Deny { failed: Some(wanted) } => {
            let (mut wanted, mut found) = (wanted.clone(), found.failed.clone());
            wanted.sort();
            found.sort();
            let show = |ids: &[String]| {
                if ids.is_empty() { "nothing".to_owned() } else { ids.join(", ") }
            };
            (wanted != found)
                .then(|| format!("expected {} to fail, but it was {}", show(&wanted), show(&found)))
        }
    }
}
