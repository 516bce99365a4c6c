//! Permit or deny. Default deny, an error denies, a guardrail beats every policy.

use super::crowd::{LeftOut, choose};
use super::trace::{ConditionTrace, GuardrailTrace, PolicyTrace, Trace, condition};
use super::{Condition, Guardrail, PolicyIndex, TrustPolicy};
use crate::admit::Principal;
use crate::limits::{TTL_CAP, TTL_MIN};
use crate::reason::Reason;
use crate::trust::{Claims, ReplayMode};
use serde_json::{Map, Value};
use std::sync::Arc;
use sts_expr::{Engine, Inputs};
use sts_jose::SigningAlgorithm;
use sts_wire::answer::FailedPolicy;
use sts_wire::names::{Audience, Name, Scope};
use sts_wire::time::{Seconds, Timestamp};

/// A sealed permission to mint: only [`decide`] builds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    policy: Name,
    audience: Audience,
    subject: String,
    scopes: Vec<Scope>,
    ttl: Seconds,
    claims: Map<String, Value>,
    algorithm: SigningAlgorithm,
    replay: ReplayMode,
}

impl Grant {
    /// Name of the policy that grants.
    #[must_use]
    pub const fn policy(&self) -> &Name {
        &self.policy
    }

    /// The one audience.
    #[must_use]
    pub const fn audience(&self) -> &Audience {
        &self.audience
    }

    /// The subject.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The scopes.
    #[must_use]
    pub fn scopes(&self) -> &[Scope] {
        &self.scopes
    }

    /// The life, from now.
    #[must_use]
    pub const fn ttl(&self) -> Seconds {
        self.ttl
    }

    /// Further claims.
    #[must_use]
    pub const fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// What to sign with.
    #[must_use]
    pub const fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }

    /// How often the subject token may be used.
    #[must_use]
    pub const fn replay(&self) -> ReplayMode {
        self.replay
    }
}

/// A refusal by policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// Why.
    pub reason: Reason,
    /// Which conditions did not hold, for a token that matched pins.
    pub failed: Vec<FailedPolicy>,
}

/// Permit or deny.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Exactly one policy permits.
    Permit(Grant),
    /// Anything else.
    Deny(Denial),
}

/// An outcome with everything that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Permit or deny.
    pub outcome: Outcome,
    /// The trace; its policies are those whose pins matched.
    pub trace: Trace,
    /// The tightest replay among bundle and candidates: a use that forbids any
    /// of them is looked up before a denial says more.
    pub replay: ReplayMode,
}

/// What a decision is about, beside the principal.
pub struct Question<'a> {
    /// The target.
    pub audience: &'a Audience,
    /// Scopes asked for; none means all.
    pub scopes: Option<&'a [Scope]>,
    /// The policy that the caller names.
    pub policy: Option<&'a Name>,
    /// The instant of the exchange.
    pub now: Timestamp,
    /// The server's own cap on lifetimes.
    pub ttl_max: Seconds,
}

/// Decides.
#[must_use]
pub fn decide(
    engine: &Engine,
    index: &PolicyIndex,
    principal: &Principal,
    question: &Question<'_>,
) -> Decision {
    let case = Case { bundle: &principal.bundle().name, claims: principal.claims(), question };
    let candidates = candidates(index, &case);
    let replay = tightest(principal, &candidates.weighed);
    if candidates.are_none() {
        let denial = Denial { reason: Reason::Denied, failed: Vec::new() };
        return Decision { outcome: Outcome::Deny(denial), trace: Trace::default(), replay };
    }
    let inputs = Inputs::new(engine, principal.claims());
    let Weighed { trace, verdict } = weigh(index, &candidates, &inputs, &case);
    let permitted = verdict.and_then(|policy| grant(&policy, &inputs, principal, question));
    let outcome = match permitted {
        Ok(grant) => Outcome::Permit(grant),
        Err(reason) => Outcome::Deny(Denial { reason, failed: trace.failed() }),
    };
    Decision { outcome, trace, replay }
}

/// What is weighed: whose claims, and what is asked for.
pub(super) struct Case<'a> {
    pub(super) bundle: &'a Name,
    pub(super) claims: &'a Claims,
    pub(super) question: &'a Question<'a>,
}

/// What policies and guardrails make of a case.
pub(super) struct Weighed {
    pub(super) trace: Trace,
    /// The one that permits, or why none does.
    pub(super) verdict: Result<Arc<TrustPolicy>, Reason>,
}

/// The policies whose pins match, and that have not ended.
pub(super) struct Candidates {
    /// Those that may speak.
    pub(super) weighed: Vec<Arc<TrustPolicy>>,
    /// Teams that have more of them than are weighed.
    pub(super) left_out: Vec<LeftOut>,
}

impl Candidates {
    const fn are_none(&self) -> bool {
        self.weighed.is_empty() && self.left_out.is_empty()
    }
}

/// Looks them up.
pub(super) fn candidates(index: &PolicyIndex, case: &Case<'_>) -> Candidates {
    let question = case.question;
    let mut candidates = index.candidates(case.bundle, question.audience, case.claims);
    candidates.retain(|policy| {
        !policy.has_ended(question.now) && !policy.grant.audience.has_ended(question.now)
    });
    candidates.retain(|policy| question.policy.is_none_or(|name| *name == policy.name));
    let (weighed, left_out) = choose(candidates);
    Candidates { weighed, left_out }
}

/// Holds the candidates, and the guardrails, against the claims.
pub(super) fn weigh(
    index: &PolicyIndex,
    candidates: &Candidates,
    inputs: &Inputs<'_>,
    case: &Case<'_>,
) -> Weighed {
    let guardrails = index.guardrails(case.bundle, case.question.audience);
    let trace = Trace {
        guardrails: guardrails.map(|guardrail| trace_guardrail(guardrail, inputs)).collect(),
        policies: candidates.weighed.iter().map(|policy| trace_policy(policy, inputs)).collect(),
        left_out: candidates.left_out.clone(),
    };
    let verdicts = candidates.weighed.iter().zip(&trace.policies);
    let mut permitting = verdicts
        .filter(|(_, verdict)| verdict.holds() && !verdict.shadow)
        .map(|(policy, _)| policy);
    let verdict = match (permitting.next(), permitting.next()) {
        _ if trace.guarded() => Err(Reason::Guardrail),
        (Some(policy), None) => Ok(Arc::clone(policy)),
        (None, _) if trace.failed().is_empty() => Err(Reason::Denied),
        (None, _) => Err(Reason::ConditionsFailed),
        (Some(_), Some(_)) => Err(Reason::AmbiguousPolicy),
    };
    Weighed { trace, verdict }
}

fn tightest(principal: &Principal, candidates: &[Arc<TrustPolicy>]) -> ReplayMode {
    let own = candidates.iter().filter_map(|policy| policy.replay);
    own.fold(principal.bundle().replay, ReplayMode::max)
}

fn trace_policy(policy: &Arc<TrustPolicy>, inputs: &Inputs<'_>) -> PolicyTrace {
    PolicyTrace {
        policy: policy.name.as_str().to_owned(),
        shadow: policy.shadow,
        conditions: held(&policy.conditions, inputs),
    }
}

fn trace_guardrail(guardrail: &Guardrail, inputs: &Inputs<'_>) -> GuardrailTrace {
    let guardrail_name = guardrail.name.as_str().to_owned();
    GuardrailTrace { guardrail: guardrail_name, deny_if: held(&guardrail.deny_if, inputs) }
}

/// How each condition comes out.
pub(super) fn held(conditions: &[Condition], inputs: &Inputs<'_>) -> Vec<ConditionTrace> {
    conditions.iter().map(|one| condition(&one.id, one.expression.holds(inputs))).collect()
}

/// Evaluates the grant of a policy whose conditions hold. Anything that goes
/// wrong here denies: there is no partial grant.
fn grant(
    policy: &Arc<TrustPolicy>,
    inputs: &Inputs<'_>,
    principal: &Principal,
    question: &Question<'_>,
) -> Result<Grant, Reason> {
    let spec = &policy.grant;
    let scopes = granted_scopes(&spec.scopes, question.scopes)?;
    let replay = tightest(principal, std::slice::from_ref(policy));
    // What must be used once needs something to be known by.
    if replay != ReplayMode::Reusable && principal.token_id().is_none() {
        return Err(Reason::Denied);
    }
    let subject = match spec.subject.value(inputs) {
        Ok(Value::String(subject)) => subject,
        Ok(_) | Err(_) => return Err(Reason::Denied),
    };
    let mut claims = Map::new();
    for (name, expression) in &spec.claims {
        let value = expression.value(inputs).map_err(|_| Reason::Denied)?;
        claims.insert(name.clone(), value);
    }
    Ok(Grant {
        policy: policy.name.clone(),
        audience: spec.audience.audience.clone(),
        subject,
        scopes,
        ttl: lifetime(policy, principal, question).ok_or(Reason::Denied)?,
        claims,
        algorithm: spec.audience.algorithm,
        replay,
    })
}

pub(super) fn granted_scopes(
    granted: &[Scope],
    asked: Option<&[Scope]>,
) -> Result<Vec<Scope>, Reason> {
    match asked {
        None => Ok(granted.to_vec()),
        Some(asked) if asked.iter().all(|scope| granted.contains(scope)) => Ok(asked.to_vec()),
        Some(_) => Err(Reason::ScopeNotGranted),
    }
}

/// Policy ≤ audience ≤ server ≤ [`TTL_CAP`], and the subject token's own end
/// where the policy ties the two. None when nothing worth issuing is left.
fn lifetime(
    policy: &TrustPolicy,
    principal: &Principal,
    question: &Question<'_>,
) -> Option<Seconds> {
    let audience = policy.grant.audience.ttl_max.unwrap_or(TTL_CAP);
    let ttl = policy.grant.ttl_max.min(audience).min(question.ttl_max).min(TTL_CAP);
    if !policy.grant.within_subject_token {
        return Some(ttl);
    }
    let left = principal.validity().expires_at.seconds_since(question.now);
    let left = u64::try_from(left).ok().map(Seconds::new)?;
    (left >= TTL_MIN).then(|| ttl.min(left))
}
