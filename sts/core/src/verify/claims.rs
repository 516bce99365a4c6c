//! The declared claims, typed: what a bundle does not name does not exist for
//! policies, and nothing is coerced.

use crate::limits::CLAIM_BYTES_MAX;
use crate::trust::{ClaimSpec, SpecType};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A declared claim is absent or does not have its type. The name is the bundle's, not the token's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimFault {
    /// A required claim is absent.
    #[error("the required claim {0} is absent")]
    Absent(String),
    /// A claim has another type, is too large, or has a value that is not listed.
    #[error("the claim {0} does not have the type, size or values that the trust bundle declares")]
    Type(String),
    /// A test case names a claim that the bundle does not declare.
    #[error("the trust bundle declares no claim {0}")]
    Unknown(String),
}

/// Which name a claim is looked up by.
#[derive(Clone, Copy)]
enum By {
    Wire,
    Alias,
}

/// Picks the declared claims out of a token's.
pub(super) fn typed(
    specs: &BTreeMap<String, ClaimSpec>,
    claims: &Map<String, Value>,
) -> Result<Map<String, Value>, ClaimFault> {
    pick(By::Wire, specs, claims)
}

/// The same for claims that are already named as in expressions; one that is
/// not declared is a slip of the pen there.
pub(super) fn typed_by_alias(
    specs: &BTreeMap<String, ClaimSpec>,
    claims: &Map<String, Value>,
) -> Result<Map<String, Value>, ClaimFault> {
    match claims.keys().find(|name| !specs.contains_key(*name)) {
        Some(unknown) => Err(ClaimFault::Unknown(unknown.clone())),
        None => pick(By::Alias, specs, claims),
    }
}

fn pick(
    by: By,
    specs: &BTreeMap<String, ClaimSpec>,
    claims: &Map<String, Value>,
) -> Result<Map<String, Value>, ClaimFault> {
    let mut typed = Map::new();
    for (alias, spec) in specs {
        let name = match by {
            By::Wire => &spec.wire_name,
            By::Alias => alias,
        };
        match claims.get(name) {
            Some(value) => {
                let value = fit(by, &spec.claim_type, value)?
                    .ok_or_else(|| ClaimFault::Type(alias.clone()))?;
                typed.insert(alias.clone(), value);
            }
            None if spec.required => return Err(ClaimFault::Absent(alias.clone())),
            None => {}
        }
    }
    Ok(typed)
}

/// The value when it has the type; None when it has not.
fn fit(by: By, spec: &SpecType, value: &Value) -> Result<Option<Value>, ClaimFault> {
    let fits = match (spec, value) {
        (SpecType::String(values), Value::String(text)) => {
            let listed = values.as_ref().is_none_or(|values| values.contains(text));
            listed && text.len() <= CLAIM_BYTES_MAX
        }
        (SpecType::Bool, Value::Bool(_)) => true,
        (SpecType::Int, Value::Number(number)) => number.as_i64().is_some(),
        (SpecType::List(item, max), Value::Array(items)) => {
            let few = u64::try_from(items.len()).is_ok_and(|count| count <= *max);
            few && items.iter().all(|value| matches!(fit(by, item, value), Ok(Some(_))))
        }
        (SpecType::Object(members), Value::Object(claims)) => {
            return pick(by, members, claims).map(|typed| Some(Value::Object(typed)));
        }
        _ => false,
    };
    Ok(fits.then(|| value.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust::Trust;
    use serde_json::json;

    fn spec(wire_name: &str, claim_type: SpecType, required: bool) -> ClaimSpec {
        ClaimSpec {
            actor: false,
            outside: Vec::new(),
            wire_name: wire_name.into(),
            claim_type,
            required,
            trust: Trust::Caller,
            identity: false,
            sensitive: false,
        }
    }

    fn read(claims: Value) -> Result<Value, ClaimFault> {
        let inner = BTreeMap::from([(
            "namespace".to_owned(),
            spec("namespace", SpecType::String(None), true),
        )]);
        let specs = BTreeMap::from([
            ("id".to_owned(), spec("id", SpecType::String(None), true)),
            ("event".to_owned(), spec("event", SpecType::String(Some(vec!["push".into()])), false)),
            ("number".to_owned(), spec("number", SpecType::Int, false)),
            ("flag".to_owned(), spec("flag", SpecType::Bool, false)),
            (
                "groups".to_owned(),
                spec("groups", SpecType::List(Box::new(SpecType::String(None)), 2), false),
            ),
            ("k8s".to_owned(), spec("kubernetes.io", SpecType::Object(inner), false)),
        ]);
        typed(&specs, claims.as_object().unwrap()).map(Value::Object)
    }

    #[test]
    fn declared_claims_are_kept_under_their_alias_and_others_dropped() {
        let claims = json!({"id": "65", "other": 1, "kubernetes.io": {"namespace": "a", "pod": {}}, "number": 9_007_199_254_740_993_i64});
        assert_eq!(
            read(claims),
            Ok(json!({"id": "65", "k8s": {"namespace": "a"}, "number": 9_007_199_254_740_993_i64}))
        );
    }

    #[test]
    fn nothing_is_coerced() {
        for claims in [
            json!({"id": 65}),
            json!({"id": null}),
            json!({"id": ["65"]}),
            json!({"id": "1", "number": "1"}),
            json!({"id": "1", "number": 1.5}),
            json!({"id": "1", "flag": "true"}),
            json!({"id": "1", "event": "pull_request"}),
            json!({"id": "1", "groups": "a"}),
            json!({"id": "1", "groups": ["a", 1]}),
            json!({"id": "1", "groups": ["a", "b", "c"]}),
            json!({"id": "x".repeat(CLAIM_BYTES_MAX + 1)}),
        ] {
            assert!(matches!(read(claims.clone()), Err(ClaimFault::Type(_))), "{claims}");
        }
        assert!(
            read(
                json!({"id": "1", "number": 1, "flag": true, "event": "push", "groups": ["a", "b"]})
            )
            .is_ok()
        );
    }

    #[test]
    fn required_claims_are_required_also_inside() {
        assert_eq!(read(json!({})), Err(ClaimFault::Absent("id".into())));
        assert_eq!(
            read(json!({"id": "1", "kubernetes.io": {}})),
            Err(ClaimFault::Absent("namespace".into()))
        );
    }
}
