//! What a set of documents would say of an exchange that was recorded under
//! another: for those who change policies, before they do.

use super::decide::{Case, Question, candidates, granted_scopes, weigh};
use super::{Condition, LeftOut, TrustPolicy, Watched};
use crate::reason::Reason;
use crate::snapshot::Snapshot;
use crate::trust::{Claims, claim_at};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;
use sts_expr::Inputs;
use sts_wire::names::Name;

/// The verdict of another set of documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reconsidered {
    /// This policy would permit.
    Permit(Name),
    /// None would.
    Deny(Reason),
    /// It depends on claims of which the ledger keeps a hash only.
    Unknown(Vec<String>),
}

/// What another set of documents makes of an exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reconsideration {
    /// Its verdict.
    pub verdict: Reconsidered,
    /// What its policies that only watch would have done.
    pub watched: Vec<Watched>,
    /// Teams with more policies for the token than are weighed.
    pub left_out: Vec<LeftOut>,
}

/// Weighs the claims of an entry again. Grants are not evaluated: what would be
/// minted may differ, who gets it does not.
#[must_use]
pub fn reconsider(
    snapshot: &Snapshot,
    bundle: &Name,
    claims: &Claims,
    question: &Question<'_>,
) -> Reconsideration {
    let hashed = hashed_claims(snapshot, bundle, claims, question);
    if !hashed.is_empty() {
        let verdict = Reconsidered::Unknown(hashed);
        return Reconsideration { verdict, watched: Vec::new(), left_out: Vec::new() };
    }
    let case = Case { bundle, claims, question };
    let candidates = candidates(snapshot.index(), &case);
    let inputs = Inputs::new(snapshot.engine(), claims);
    let weighed = weigh(snapshot.index(), &candidates, &inputs, &case);
    let permitted = weighed.verdict.and_then(|policy| {
        granted_scopes(&policy.grant.scopes, question.scopes)?;
        Ok(policy.name.clone())
    });
    let verdict = permitted.map_or_else(Reconsidered::Deny, Reconsidered::Permit);
    Reconsideration { verdict, watched: weighed.trace.watched(), left_out: weighed.trace.left_out }
}

/// The hashed claims that some policy or guardrail of the case reads, unless
/// another pin of that policy settles it.
fn hashed_claims(
    snapshot: &Snapshot,
    bundle: &Name,
    claims: &Claims,
    question: &Question<'_>,
) -> Vec<String> {
    if !claims.values().any(holds_hash) {
        return Vec::new();
    }
    let is_hashed = |path: &str| {
        let path: Vec<String> = path.split('.').map(str::to_owned).collect();
        claim_at(claims, &path).is_some_and(|value| value.get("keyed_hash").is_some())
    };
    let read = |conditions: &[Condition]| -> Vec<String> {
        conditions.iter().flat_map(|one| one.expression.claims()).cloned().collect()
    };
    let may_match = |policy: &&Arc<TrustPolicy>| {
        policy.bundle.name == *bundle
            && policy.grant.audience.audience == *question.audience
            && policy.pins.iter().all(|pin| pin.matches(claims) || is_hashed(&pin.path.join(".")))
    };
    let policies: Vec<_> = snapshot.policies().iter().filter(may_match).collect();
    if policies.is_empty() {
        return Vec::new();
    }
    let guardrails = snapshot.index().guardrails(bundle, question.audience);
    let mut needed: BTreeSet<String> =
        guardrails.flat_map(|guardrail| read(&guardrail.deny_if)).collect();
    for policy in policies {
        needed.extend(policy.pins.iter().map(|pin| pin.path.join(".")));
        needed.extend(read(&policy.conditions));
    }
    needed.into_iter().filter(|path| is_hashed(path)).collect()
}

/// Whether a claim, or a member of it, is kept as a hash: most entries have none.
fn holds_hash(claim: &Value) -> bool {
    let members = claim.as_object();
    members.is_some_and(|members| {
        members.contains_key("keyed_hash") || members.values().any(holds_hash)
    })
}
