//! What a decision looked at: the ledger keeps it, `failed` is taken from it,
//! and explanations print it. There is one trace, so they cannot disagree.

use super::LeftOut;
use serde::Serialize;
use std::fmt;
use sts_expr::EvalError;
use sts_wire::answer::FailedPolicy;
use sts_wire::names::Name;

/// How one condition came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// True.
    Holds,
    /// False.
    Fails,
    /// It could not be evaluated, which never helps the caller.
    Error(EvalError),
}

impl From<Result<bool, EvalError>> for Verdict {
    fn from(result: Result<bool, EvalError>) -> Self {
        match result {
            Ok(true) => Self::Holds,
            Ok(false) => Self::Fails,
            Err(error) => Self::Error(error),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Holds => formatter.write_str("true"),
            Self::Fails => formatter.write_str("false"),
            Self::Error(error) => write!(formatter, "error:{error}"),
        }
    }
}

impl Serialize for Verdict {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One condition of one policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConditionTrace {
    /// Its id.
    pub id: String,
    /// How it came out.
    pub result: Verdict,
}

/// One candidate policy: its pins matched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyTrace {
    /// Its name.
    pub policy: String,
    /// Whether it only watches.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub shadow: bool,
    /// All of its conditions.
    pub conditions: Vec<ConditionTrace>,
}

/// One guardrail that applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GuardrailTrace {
    /// Its name.
    pub guardrail: String,
    /// All of its conditions; one that holds or errs denies.
    pub deny_if: Vec<ConditionTrace>,
}

/// Everything that a decision looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Trace {
    /// Guardrails that applied.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub guardrails: Vec<GuardrailTrace>,
    /// Policies whose pins matched.
    pub policies: Vec<PolicyTrace>,
    /// Teams with more policies for the token than are weighed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
}

impl PolicyTrace {
    /// Whether every condition holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.conditions.iter().all(|condition| condition.result == Verdict::Holds)
    }
}

impl GuardrailTrace {
    /// Whether it denies: a condition that cannot be evaluated denies too.
    #[must_use]
    pub fn denies(&self) -> bool {
        self.deny_if.iter().any(|condition| condition.result != Verdict::Fails)
    }
}

/// What a policy that only watches would have done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// Its name.
    pub policy: String,
    /// Whether everything held, and no guardrail denied.
    pub permits: bool,
}

impl Trace {
    /// What the policies that only watch would have done.
    #[must_use]
    pub fn watched(&self) -> Vec<Watched> {
        let guarded = self.guarded();
        let watching = self.policies.iter().filter(|policy| policy.shadow);
        let watched = watching.map(|policy| Watched {
            policy: policy.policy.clone(),
            permits: policy.holds() && !guarded,
        });
        watched.collect()
    }

    /// The conditions that did not hold, policy by policy.
    #[must_use]
    pub fn failed(&self) -> Vec<FailedPolicy> {
        let failing = |trace: &PolicyTrace| {
            let ids =
                trace.conditions.iter().filter(|condition| condition.result != Verdict::Holds);
            let conditions: Vec<_> = ids.map(|condition| condition.id.clone()).collect();
            (!conditions.is_empty() && !trace.shadow)
                .then(|| FailedPolicy { policy: trace.policy.clone(), conditions })
        };
        self.policies.iter().filter_map(failing).collect()
    }

    /// Whether the pins of no policy matched.
    #[must_use]
    pub const fn is_unmatched(&self) -> bool {
        self.policies.is_empty() && self.left_out.is_empty()
    }

    /// Whether a guardrail denies.
    #[must_use]
    pub fn guarded(&self) -> bool {
        self.guardrails.iter().any(GuardrailTrace::denies)
    }
}

pub(super) fn condition(id: &Name, result: Result<bool, EvalError>) -> ConditionTrace {
    ConditionTrace { id: id.as_str().to_owned(), result: result.into() }
}
