//! Declared claims of a trust bundle as parts of its shape.

use super::shape::Shape;
use crate::trust::{ClaimSpec, SpecType, Trust};
use std::collections::BTreeMap;

/// Each claim by its path; `above` is that of the object which they are members of, with a dot.
pub(super) fn of_claims(shape: &mut Shape<'_>, above: &str, claims: &BTreeMap<String, ClaimSpec>) {
    for (name, spec) in claims {
        of_claim(shape, &format!("{above}{name}"), spec);
    }
}

fn of_claim(shape: &mut Shape<'_>, path: &str, spec: &ClaimSpec) {
    let ClaimSpec { wire_name, claim_type, required, trust, identity, actor, outside, sensitive } =
        spec;
    let trust = match trust {
        Trust::Platform => "platform",
        Trust::Writer => "writer",
        Trust::Caller => "caller",
    };
    let mut said = vec![type_name(claim_type).to_owned(), format!("trust {trust}")];
    if path.rsplit('.').next() != Some(wire_name) {
        said.push(format!("read from {wire_name}"));
    }
    let marks = [("identity", identity), ("actor", actor), ("sensitive", sensitive)];
    said.extend(marks.iter().filter(|(_, set)| **set).map(|(mark, _)| (*mark).to_owned()));
    if !outside.is_empty() {
        let mut values: Vec<_> = outside.iter().map(String::as_str).collect();
        values.sort_unstable();
        said.push(format!("outside [{}]", values.join(", ")));
    }
    shape.text(format!("claim {path}"), said.join(", "));
    if *required {
        shape.rule(format!("requires the claim {path}"), "");
    }
    of_values(shape, path, claim_type);
}

/// What a claim may hold.
fn of_values(shape: &mut Shape<'_>, path: &str, claim_type: &SpecType) {
    match claim_type {
        SpecType::String(Some(values)) => {
            shape.choice(format!("lets the claim {path} be"), values.iter().cloned());
        }
        SpecType::List(items, max) => {
            shape.limit(
                format!("items of the claim {path}"),
                i64::try_from(*max).unwrap_or(i64::MAX),
                max.to_string(),
            );
            of_values(shape, path, items);
        }
        SpecType::Object(members) => of_claims(shape, &format!("{path}."), members),
        SpecType::String(None) | SpecType::Bool | SpecType::Int => {}
    }
}

fn type_name(claim_type: &SpecType) -> &'static str {
    match claim_type {
        SpecType::String(_) => "string",
        SpecType::Bool => "bool",
        SpecType::Int => "int",
        SpecType::List(items, _) => match items.as_ref() {
            SpecType::String(_) => "list of string",
            SpecType::Bool => "list of bool",
            SpecType::Int => "list of int",
            SpecType::List(..) | SpecType::Object(_) => "list",
        },
        SpecType::Object(_) => "object",
    }
}
