//! Claims of a case that no token can have: which, where, and what to do.

use super::Case;
use crate::documents::lint::claims_where;
use crate::policy::TrustPolicy;
use crate::trust::{SpecType, TrustBundle, claim_at};
use crate::verify::{ClaimFault, fit_claims};
use serde_json::Value;
use sts_wire::diagnostic::{Diagnostic, Problems, meant};

/// Whether the claims of a case fit the bundle of its policy, so that it can run.
pub(in crate::documents) fn fits(policy: &TrustPolicy, case: &Case) -> bool {
    fit_claims(&policy.bundle, &case.claims).is_ok()
}

/// The fault with the claim's own place, and what to do.
pub(super) fn explain(bundle: &TrustBundle, case: &Case, fault: &ClaimFault) -> Option<Diagnostic> {
    let (name, help) = match fault {
        ClaimFault::Absent(name) => (
            name,
            "the bundle requires it: every token has it, so the claims of a case have it as well"
                .to_owned(),
        ),
        ClaimFault::Unknown(name) => {
            (name, meant(name, "it declares", bundle.claims.keys().map(String::as_str)))
        }
        ClaimFault::Type(name) => (name, expected(bundle, case, name)),
    };
    let place = case.claim_places.get(name).copied().unwrap_or(case.place);
    let message = format!("{} / {}: {fault}", case.policy, case.name);
    let problems = Problems::default();
    problems.add_with_help(&case.source, place, message, help);
    problems.into_sorted().pop()
}

/// What a claim is, beside what it should be.
fn expected(bundle: &TrustBundle, case: &Case, name: &str) -> String {
    let named = |path: &String| path.rsplit('.').next() == Some(name);
    let all = claims_where(bundle, |_, _| true);
    let Some((path, spec)) = all.into_iter().find(|(path, _)| named(path)) else {
        return "see its type in the trust bundle".to_owned();
    };
    let path: Vec<String> = path.split('.').map(str::to_owned).collect();
    let found = claim_at(&case.claims, &path);
    match (&spec.claim_type, found) {
        (SpecType::String(_), Some(value @ (Value::Number(_) | Value::Bool(_)))) => {
            format!("it is a string: write it in quotes, as in {name}: \"{value}\"")
        }
        (SpecType::String(Some(values)), Some(Value::String(_))) => {
            format!("it has one of {}", values.join(", "))
        }
        (SpecType::String(_), _) => "it is a string".to_owned(),
        (SpecType::Int, Some(Value::String(_))) => {
            "it is a number: write it without quotes".to_owned()
        }
        (SpecType::Int, _) => "it is a whole number".to_owned(),
        (SpecType::Bool, _) => "it is true or false, without quotes".to_owned(),
        (SpecType::List(_, max), _) => format!("it is a list of at most {max} items"),
        (SpecType::Object(_), _) => "it is a map of claims".to_owned(),
    }
}
