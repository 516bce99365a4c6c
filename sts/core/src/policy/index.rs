//! Which policies may speak for a token: looked up, never scanned.
//!
//! Each policy is filed under one of its pins, the one with the most distinct
//! values for its (bundle, audience), so that 10,000 policies cost what 10 do.

use super::{Guardrail, TrustPolicy};
use crate::trust::{PinValue, claim_at};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use sts_wire::names::{Audience, Name};

type Policies = Vec<Arc<TrustPolicy>>;

/// All policies and guardrails, by what a request brings along.
#[derive(Default)]
pub struct PolicyIndex {
    buckets: HashMap<(Name, Audience), Bucket>,
    guardrails: HashMap<Name, Vec<Arc<Guardrail>>>,
}

/// Policies of one (bundle, audience), by the value of one pinned claim.
#[derive(Default)]
struct Bucket {
    by_pin: Vec<(Vec<String>, HashMap<PinValue, Policies>)>,
    unpinned: Policies,
}

impl PolicyIndex {
    /// Files every policy and guardrail.
    #[must_use]
    pub fn new(policies: &[Arc<TrustPolicy>], guardrails: &[Arc<Guardrail>]) -> Self {
        let mut grouped: HashMap<(Name, Audience), Policies> = HashMap::new();
        for policy in policies {
            let key = (policy.bundle.name.clone(), policy.grant.audience.audience.clone());
            grouped.entry(key).or_default().push(Arc::clone(policy));
        }
        let mut by_bundle: HashMap<Name, Vec<Arc<Guardrail>>> = HashMap::new();
        for guardrail in guardrails {
            by_bundle.entry(guardrail.bundle.name.clone()).or_default().push(Arc::clone(guardrail));
        }
        let buckets = grouped.into_iter().map(|(key, policies)| (key, Bucket::new(policies)));
        Self { buckets: buckets.collect(), guardrails: by_bundle }
    }

    /// The policies for this bundle and audience whose pins all match, in the order of their names.
    #[must_use]
    pub fn candidates(
        &self,
        bundle: &Name,
        audience: &Audience,
        claims: &Map<String, Value>,
    ) -> Policies {
        let Some(bucket) = self.buckets.get(&(bundle.clone(), audience.clone())) else {
            return Vec::new();
        };
        let filed = bucket.by_pin.iter().filter_map(|(path, values)| {
            let value = claim_at(claims, path).and_then(PinValue::from_claim)?;
            values.get(&value)
        });
        let matching =
            |policy: &&Arc<TrustPolicy>| policy.pins.iter().all(|pin| pin.matches(claims));
        let mut found: Policies =
            filed.flatten().chain(&bucket.unpinned).filter(matching).cloned().collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found
    }

    /// The guardrails that apply to this bundle and audience.
    pub fn guardrails<'a>(
        &'a self,
        bundle: &Name,
        audience: &'a Audience,
    ) -> impl Iterator<Item = &'a Guardrail> {
        let all = self.guardrails.get(bundle).into_iter().flatten();
        all.map(Arc::as_ref).filter(move |guardrail| {
            guardrail.audiences.as_ref().is_none_or(|audiences| audiences.contains(audience))
        })
    }
}

impl Bucket {
    fn new(policies: Policies) -> Self {
        let mut distinct: BTreeMap<&Vec<String>, BTreeSet<&PinValue>> = BTreeMap::new();
        for pin in policies.iter().flat_map(|policy| &policy.pins) {
            distinct.entry(&pin.path).or_default().insert(&pin.value);
        }
        let mut by_pin: BTreeMap<Vec<String>, HashMap<PinValue, Policies>> = BTreeMap::new();
        let mut unpinned = Vec::new();
        for policy in &policies {
            let selectivity = |path: &Vec<String>| distinct.get(path).map_or(0, BTreeSet::len);
            match policy.pins.iter().max_by_key(|pin| selectivity(&pin.path)) {
                Some(pin) => {
                    let values = by_pin.entry(pin.path.clone()).or_default();
                    values.entry(pin.value.clone()).or_default().push(Arc::clone(policy));
                }
                None => unpinned.push(Arc::clone(policy)),
            }
        }
        Self { by_pin: by_pin.into_iter().collect(), unpinned }
    }
}
