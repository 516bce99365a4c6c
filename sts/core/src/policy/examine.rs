//! What every policy of a bundle says of some claims, for a person who asks why:
//! all pins and all conditions, nearest miss first. Nothing is granted by it.

use super::TrustPolicy;
use super::decide::held;
use super::trace::{ConditionTrace, GuardrailTrace, Verdict};
use crate::snapshot::Snapshot;
use crate::trust::{Claims, PinValue, claim_at};
use serde_json::Value;
use std::sync::Arc;
use sts_expr::Inputs;
use sts_wire::names::{Audience, Name};
use sts_wire::near::differs_only_by;

/// One pin, held against the claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinResult {
    /// The path in expressions.
    pub path: String,
    /// The value that the policy wants.
    pub wanted: PinValue,
    /// What the token has.
    pub found: Option<Value>,
    /// Whether that is it.
    pub matches: bool,
    /// How it differs, when it nearly is it.
    pub near: Option<&'static str>,
}

/// What one policy says.
#[derive(Debug)]
pub struct Examination {
    /// The policy.
    pub policy: Arc<TrustPolicy>,
    /// All of its pins.
    pub pins: Vec<PinResult>,
    /// All of its conditions, also when pins do not match.
    pub conditions: Vec<ConditionTrace>,
}

impl Examination {
    /// How many pins and conditions do not hold.
    #[must_use]
    pub fn misses(&self) -> usize {
        let pins = self.pins.iter().filter(|pin| !pin.matches).count();
        let conditions = self.conditions.iter().filter(|one| one.result != Verdict::Holds).count();
        pins.saturating_add(conditions)
    }
}

/// Every policy of the bundle, and of the audience when one is named, nearest
/// miss first; and the guardrails that would apply.
#[must_use]
pub fn examine(
    snapshot: &Snapshot,
    bundle: &Name,
    claims: &Claims,
    audience: Option<&Audience>,
) -> (Vec<GuardrailTrace>, Vec<Examination>) {
    let inputs = Inputs::new(snapshot.engine(), claims);
    let wanted = snapshot.policies().iter().filter(|policy| {
        policy.bundle.name == *bundle
            && audience.is_none_or(|audience| policy.grant.audience.audience == *audience)
    });
    let mut found: Vec<_> = wanted
        .map(|policy| Examination {
            policy: Arc::clone(policy),
            pins: policy.pins.iter().map(|pin| hold(&pin.path, &pin.value, claims)).collect(),
            conditions: held(&policy.conditions, &inputs),
        })
        .collect();
    found.sort_by_key(Examination::misses);
    let guardrails = snapshot.guardrails().iter().filter(|guardrail| {
        let applies = |audiences: &Vec<Audience>| {
            audience.is_none_or(|audience| audiences.contains(audience))
        };
        guardrail.bundle.name == *bundle && guardrail.audiences.as_ref().is_none_or(applies)
    });
    let guardrails = guardrails.map(|guardrail| GuardrailTrace {
        guardrail: guardrail.name.as_str().to_owned(),
        deny_if: held(&guardrail.deny_if, &inputs),
    });
    (guardrails.collect(), found)
}

fn hold(path: &[String], wanted: &PinValue, claims: &Claims) -> PinResult {
    let found = claim_at(claims, path);
    let near = match (wanted, found) {
        (PinValue::String(wanted), Some(Value::String(found))) => differs_only_by(wanted, found),
        _ => None,
    };
    PinResult {
        path: path.join("."),
        wanted: wanted.clone(),
        matches: found.is_some_and(|found| wanted.equals(found)),
        found: found.cloned(),
        near,
    }
}
