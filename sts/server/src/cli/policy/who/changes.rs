//! What changed policies change of who can reach an audience.

use super::lines;
use crate::output::{clean, line};
use serde_json::{Value, json};

/// Shows policies that came, went, or say something else, in the order of their names.
pub(super) fn show(now: &[Value], then: &[Value], as_json: bool) {
    let find = |all: &[Value], name: &Value| -> Option<Value> {
        all.iter().find(|one| one.get("policy") == Some(name)).cloned()
    };
    let mut names: Vec<_> = now.iter().chain(then).filter_map(|one| one.get("policy")).collect();
    names.sort_by_key(|name| name.as_str());
    names.dedup();
    for name in names {
        let (old, new) = (find(now, name), find(then, name));
        if old == new {
            continue;
        }
        if as_json {
            rows(old.as_ref(), new.as_ref());
        } else {
            let texts = |policy: &Option<Value>| policy.as_ref().map(lines).unwrap_or_default();
            let texts = difference(&texts(&old), &texts(&new));
            texts.iter().for_each(|text| line(clean(text, false)));
        }
    }
}

/// Both whole, for scripts; `differs` names what they do not have in common.
fn rows(old: Option<&Value>, new: Option<&Value>) {
    let members = |one: Option<&Value>| one.and_then(Value::as_object).cloned().unwrap_or_default();
    let differs: Vec<_> = match (old, new) {
        (Some(old), Some(_)) => {
            let new = members(new);
            let other = members(Some(old)).into_iter();
            other
                .filter(|(name, value)| new.get(name) != Some(value))
                .map(|(name, _)| name)
                .collect()
        }
        _ => Vec::new(),
    };
    for (sign, policy) in [("-", old), ("+", new)] {
        let Some(mut row) = policy.cloned() else { continue };
        if let Some(members) = row.as_object_mut() {
            members.insert("change".to_owned(), json!(sign));
            members.insert("differs".to_owned(), json!(differs));
        }
        line(row.to_string());
    }
}

/// Only the lines that differ, below the first one, which names the policy.
fn difference(old: &[String], new: &[String]) -> Vec<String> {
    let mut shown = Vec::new();
    match (old.first(), new.first()) {
        (Some(old), Some(new)) if old == new => shown.push(format!("  {new}")),
        (old, new) => {
            shown.extend(old.map(|text| format!("- {text}")));
            shown.extend(new.map(|text| format!("+ {text}")));
        }
    }
    let without = |some: &[String], others: &[String], sign: &str| -> Vec<String> {
        let rest = some.iter().skip(1).filter(|text| !others.contains(text));
        rest.map(|text| format!("{sign} {text}")).collect()
    };
    shown.extend(without(old, new, "-"));
    shown.extend(without(new, old, "+"));
    shown
}
