//! The tests of a drafted policy: what was seen is permitted, and each pin and condition is told
//! apart from the others by a case that only it denies.

use super::claims::{Chosen, Leaf};
use crate::cli::quoting::{flow, plain};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use sts_core::trust::{ClaimSpec, SpecType};

/// The lines below `tests:`; `ids` are those of the conditions, in their order.
pub(super) fn text(
    chosen: &Chosen<'_>,
    ids: &[String],
    specs: &BTreeMap<String, ClaimSpec>,
    claims: &Map<String, Value>,
) -> String {
    let mut shown = required(specs, claims);
    for leaf in chosen.pins.iter().chain(&chosen.conditions) {
        put(&mut shown, &leaf.path, leaf.value.clone());
    }
    let mut text =
        format!("  - {{name: as seen, claims: {}, expect: permit}}\n", flow(&Value::Object(shown)));
    let pins = chosen.pins.iter().map(|leaf| (leaf, format!("pins.{}", leaf.dotted())));
    let conditions = chosen.conditions.iter().zip(ids.iter().cloned());
    for (leaf, failed) in pins.chain(conditions) {
        let Some(other) = another(leaf) else { continue };
        let mut set = Map::new();
        put(&mut set, &leaf.path, other);
        let name = plain(&format!("another {}", leaf.dotted()));
        let (set, failed) = (flow(&Value::Object(set)), flow(&json!([failed])));
        let _always =
            writeln!(text, "  - {{name: {name}, set: {set}, expect: deny, failed: {failed}}}");
    }
    text
}

/// The claims without which a token of the bundle would be refused. What is sensitive stands as a value
/// of its type.
fn required(
    specs: &BTreeMap<String, ClaimSpec>,
    claims: &Map<String, Value>,
) -> Map<String, Value> {
    let mut found = Map::new();
    for (name, spec) in specs.iter().filter(|(_, spec)| spec.required) {
        let value = match (&spec.claim_type, claims.get(name)) {
            (SpecType::Object(specs), Some(Value::Object(inner))) => {
                Value::Object(required(specs, inner))
            }
            (SpecType::Object(specs), _) => Value::Object(required(specs, &Map::new())),
            (_, Some(value)) if !spec.sensitive => value.clone(),
            (SpecType::String(values), _) => {
                let first = values.as_ref().and_then(|values| values.first());
                json!(first.map_or("not shown", String::as_str))
            }
            (SpecType::Bool, _) => json!(false),
            (SpecType::Int, _) => json!(0),
            (SpecType::List(..), _) => json!([]),
        };
        found.insert(name.clone(), value);
    }
    found
}

/// Another value that the claim may have.
fn another(leaf: &Leaf<'_>) -> Option<Value> {
    match leaf.value {
        Value::Bool(flag) => Some(json!(!flag)),
        Value::Number(number) => {
            let number = number.as_i64()?;
            Some(json!(number.checked_add(1).unwrap_or(0)))
        }
        Value::String(text) => match leaf.listed() {
            Some(values) => values.iter().find(|value| *value != text).map(|value| json!(value)),
            None => {
                let others: [&str; 2] = if text.starts_with("refs/heads/") {
                    ["refs/heads/other", "refs/heads/another"]
                } else if text.bytes().all(|byte| byte.is_ascii_digit()) {
                    ["1", "2"]
                } else {
                    ["other", "another"]
                };
                others.into_iter().find(|other| other != text).map(Value::from)
            }
        },
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Sets a claim at its path.
fn put(claims: &mut Map<String, Value>, path: &[String], value: Value) {
    match path.split_first() {
        None => {}
        Some((name, [])) => {
            claims.insert(name.clone(), value);
        }
        Some((name, rest)) => {
            let inner = claims.entry(name.clone()).or_insert_with(|| json!({}));
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}
