//! One policy alone, for its test cases: the same expressions, no exchange.

use super::TrustPolicy;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use sts_expr::{EvalError, Inputs};
use sts_wire::names::Scope;
use sts_wire::time::Seconds;

/// What a policy says of some claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsal {
    /// Conditions that do not hold.
    pub failed: Vec<String>,
    /// The claims that those read.
    pub read: BTreeSet<String>,
    /// The claims that its grant would mint.
    pub minted: Result<Map<String, Value>, EvalError>,
    /// The longest life that it would grant.
    pub ttl: Seconds,
}

impl TrustPolicy {
    /// Evaluates conditions and grant, pins aside.
    #[must_use]
    pub fn rehearse(&self, inputs: &Inputs<'_>) -> Rehearsal {
        let failing = self
            .conditions
            .iter()
            .filter(|condition| condition.expression.holds(inputs) != Ok(true));
        let failing: Vec<_> = failing.collect();
        let failed = failing.iter().map(|condition| condition.id.as_str().to_owned()).collect();
        let read = failing.iter().flat_map(|condition| condition.expression.claims()).cloned();
        let ttl = self
            .grant
            .audience
            .ttl_max
            .map_or(self.grant.ttl_max, |cap| cap.min(self.grant.ttl_max));
        Rehearsal { failed, read: read.collect(), minted: self.minted(inputs), ttl }
    }

    fn minted(&self, inputs: &Inputs<'_>) -> Result<Map<String, Value>, EvalError> {
        let mut claims = Map::new();
        for (name, expression) in &self.grant.claims {
            claims.insert(name.clone(), expression.value(inputs)?);
        }
        let words: Vec<_> = self.grant.scopes.iter().map(Scope::as_str).collect();
        claims.insert("sub".to_owned(), self.grant.subject.value(inputs)?);
        claims.insert("aud".to_owned(), Value::from(self.grant.audience.audience.as_str()));
        claims.insert("scope".to_owned(), Value::from(words.join(" ")));
        Ok(claims)
    }
}
