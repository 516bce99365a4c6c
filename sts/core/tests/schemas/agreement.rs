//! The readers of documents say which keys a map has when they are given one that it has not. For every map of
//! every schema, that is what the schema says.

use crate::{bundle, platform, policy};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use sts_core::documents::{DocumentFile, Folder, Target, load};
use sts_jose::SigningAlgorithm;
use sts_wire::names::Issuer;
use sts_wire::time::Timestamp;

/// Near to no key that there is, so that the fault lists all of them.
const UNKNOWN: &str = "qqqqqqqqqqqqqqqq";

/// A set in which every map of every schema occurs.
fn samples() -> [(&'static str, Value, Value); 5] {
    let head = |kind: &str, own: Value| {
        let mut document =
            json!({"apiVersion": "sts/v1", "kind": kind, "metadata": {"name": "x", "owner": "x"}});
        document.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
        document
    };
    let claims = json!({
        "id": {"type": "string", "required": true, "trust": "platform", "identity": true},
        "k8s": {"type": "object", "claims": {"namespace": {"type": "string"}}},
    });
    let condition = json!([{"id": "a", "expr": "assertion.id == '1'"}]);
    let tests = json!([{"name": "a", "claims": {"id": "1"}, "expect": "permit"}]);
    [
        (
            "trust-bundles/x.yaml",
            head(
                "TrustBundle",
                json!({"issuer": "https://a.example", "keys": {"discovery": true}, "algorithms": ["RS256"],
                       "subject_token": {"replay": "reusable"}, "claims": claims}),
            ),
            bundle::schema(),
        ),
        (
            "policies/audience.yaml",
            head(
                "Audience",
                json!({"audience": "https://b.example", "granted_by": ["x"], "token": {"ttl_max": "15m"}}),
            ),
            platform::audiences(),
        ),
        (
            "policies/guardrail.yaml",
            head(
                "Guardrail",
                json!({"applies_to": {"trust_bundles": ["x"], "audiences": ["*"]},
                       "deny_if": [{"id": "b", "expr": "assertion.id == '2'"}]}),
            ),
            platform::guardrail(),
        ),
        (
            "policies/x/x.yaml",
            head(
                "TrustPolicy",
                json!({"trust_bundle": "x", "pins": {"id": "1"}, "conditions": condition, "tests": tests,
                       "grant": {"audience": "https://b.example", "subject": "subject('x', assertion.id)", "ttl": {"max": "5m"}},
                       "waive": [{"lint": "L002", "reason": "a test", "expires": "2999-01-01"}]}),
            ),
            policy::schema(),
        ),
        ("policies/x/x.cases.yaml", json!({"policy": "x", "tests": tests}), policy::cases()),
    ]
}

/// Compiles documents that are JSON, which is YAML.
fn faults(documents: &[(&str, Value)]) -> Vec<(String, Option<String>)> {
    let file = |(path, document): &(&str, Value)| {
        let (folder, relative) = path.split_once('/').unwrap();
        let folder = if folder == "policies" { Folder::Policies } else { Folder::TrustBundles };
        let text = document.to_string();
        DocumentFile::new(folder, relative.to_owned(), (*path).to_owned(), text)
    };
    let files: Vec<_> = documents.iter().map(file).collect();
    let target = Target {
        now: Timestamp::from_seconds(0),
        issuer: Issuer::new("https://sts.example.com").unwrap(),
        development: false,
        algorithms: vec![SigningAlgorithm::Es256, SigningAlgorithm::Rs256],
    };
    let found = load(&files, &target).err().unwrap_or_default();
    found.iter().map(|one| (one.message().to_owned(), one.help().map(str::to_owned))).collect()
}

/// Every closed map of a schema: where it stands in a document, and its keys.
fn maps(
    schema: &Value,
    root: &Value,
    at: &str,
    depth: usize,
    into: &mut Vec<(String, BTreeSet<String>)>,
) {
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        // Claims hold claims: once is enough to see both.
        if depth < 2 {
            let target = root.pointer(target.trim_start_matches('#')).unwrap();
            maps(target, root, at, depth + 1, into);
        }
        return;
    }
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        assert_eq!(schema["additionalProperties"], json!(false), "{at}");
        into.push((at.to_owned(), properties.keys().cloned().collect()));
        for (key, inner) in properties {
            maps(inner, root, &format!("{at}/{key}"), depth, into);
        }
    }
    if let Some(items) = schema.get("items") {
        maps(items, root, &format!("{at}/0"), depth, into);
    }
    if let Some(any @ Value::Object(_)) = schema.get("additionalProperties") {
        maps(any, root, &format!("{at}/*"), depth, into);
    }
}

/// The map at a path, where `*` is whichever member leads on.
fn at<'a>(document: &'a mut Value, path: &[&str]) -> Option<&'a mut Value> {
    let Some((first, rest)) = path.split_first() else { return Some(document) };
    match document {
        Value::Array(items) => at(items.first_mut()?, rest),
        Value::Object(members) => match *first {
            "*" => members.values_mut().find_map(|member| at(member, rest)),
            key => at(members.get_mut(key)?, rest),
        },
        _ => None,
    }
}

#[test]
fn every_map_has_the_keys_in_its_schema_that_its_reader_knows() {
    let all: Vec<_> = samples().into_iter().map(|(path, document, _)| (path, document)).collect();
    assert_eq!(faults(&all), [], "the samples are sound");
    let mut looked_at = 0;
    for (index, (file, _, schema)) in samples().into_iter().enumerate() {
        let mut found = Vec::new();
        maps(&schema, &schema, "", 0, &mut found);
        for (path, keys) in found {
            let mut changed = all.clone();
            let steps: Vec<_> = path.split('/').skip(1).collect();
            let map = at(&mut changed[index].1, &steps);
            map.unwrap_or_else(|| panic!("no sample has {file}{path}"))[UNKNOWN] = json!(1);
            let faults = faults(&changed);
            let fault = faults
                .iter()
                .find(|(message, _)| message.ends_with(&format!("has no key {UNKNOWN}")));
            let help = fault
                .and_then(|(_, help)| help.as_deref())
                .unwrap_or_else(|| panic!("{file}{path}: {faults:?}"));
            let known = help.strip_prefix("its keys are ").unwrap().split(", ").map(str::to_owned);
            assert_eq!(known.collect::<BTreeSet<_>>(), keys, "{file}{path}");
            looked_at += 1;
        }
    }
    assert_eq!(looked_at, 22, "maps of all schemas");
}

#[test]
fn every_key_that_a_schema_requires_is_required_by_its_reader() {
    let all: Vec<_> = samples().into_iter().map(|(path, document, _)| (path, document)).collect();
    for (index, (file, document, schema)) in samples().into_iter().enumerate() {
        for key in schema["required"].as_array().unwrap() {
            let key = key.as_str().unwrap();
            let mut changed = all.clone();
            let mut less = document.clone();
            less.as_object_mut().unwrap().remove(key);
            changed[index].1 = less;
            assert!(!faults(&changed).is_empty(), "{file} without {key}");
        }
        for key in schema["properties"].as_object().unwrap().keys() {
            let required = schema["required"].as_array().unwrap().contains(&json!(key));
            let loads = {
                let mut changed = all.clone();
                changed[index].1.as_object_mut().unwrap().remove(key);
                faults(&changed)
                    .iter()
                    .all(|(message, _)| !message.ends_with(&format!("needs the key {key}")))
            };
            assert!(loads || required, "{file}: {key} is required by its reader alone");
        }
    }
}
