//! What every policy of a bundle says of some claims, for a person who asks why:
//! all pins and all conditions, nearest miss first. Nothing is granted by it.

use super::crowd::choose;
use super::decide::held;
use super::trace::{ConditionTrace, GuardrailTrace, Verdict};
use super::{LeftOut, TrustPolicy};
use crate::snapshot::Snapshot;
use crate::trust::{Claims, PinValue, claim_at};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use sts_expr::Inputs;
use sts_wire::names::{Audience, Name};
use sts_wire::near::differs_only_by;
use sts_wire::time::Timestamp;

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
    /// Why it is not weighed, though its pins match: its team has too many of them.
    pub left_out: Option<LeftOut>,
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
    now: Timestamp,
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
            left_out: None,
        })
        .collect();
    leave_out(&mut found, now);
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

/// Says of those that are not weighed why.
fn leave_out(found: &mut [Examination], now: Timestamp) {
    let mut matching: BTreeMap<Audience, Vec<Arc<TrustPolicy>>> = BTreeMap::new();
    for one in found.iter() {
        let ended = one.policy.has_ended(now) || one.policy.grant.audience.has_ended(now);
        if !ended && one.pins.iter().all(|pin| pin.matches) {
            let audience = one.policy.grant.audience.audience.clone();
            matching.entry(audience).or_default().push(Arc::clone(&one.policy));
        }
    }
    let mut left_out: BTreeMap<Name, LeftOut> = BTreeMap::new();
    for mut policies in matching.into_values() {
        policies.sort_by(|one, other| one.name.cmp(&other.name));
        let (weighed, crowds) = choose(policies.clone());
        let is_weighed = |policy: &TrustPolicy| weighed.iter().any(|one| one.name == policy.name);
        for policy in policies.iter().filter(|policy| !is_weighed(policy)) {
            let of_it = crowds.iter().find(|crowd| crowd.team == policy.team).cloned();
            left_out.extend(of_it.map(|crowd| (policy.name.clone(), crowd)));
        }
    }
    for one in found {
        one.left_out = left_out.remove(&one.policy.name);
    }
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
