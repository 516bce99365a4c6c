//! A decision's own trace, for a person: which condition came out how, and on
//! which claims. Everything is taken from the entry, nothing is evaluated again.

use crate::output::text;
use serde_json::{Map, Value};
use std::sync::Arc;
use sts_core::policy::{Condition, Location, TrustPolicy};
use sts_core::snapshot::Snapshot;

/// The lines that explain an entry.
#[must_use]
pub(crate) fn explain(entry: &Value, snapshot: &Snapshot) -> Vec<String> {
    let mut lines = Vec::new();
    let trace = entry.get("trace");
    for guardrail in members(trace, "guardrails") {
        let name = text(guardrail, "guardrail");
        let bundle = text(entry, "trust_bundle");
        let found = snapshot.guardrails().iter().find(|found| {
            found.name.as_str() == name
                && (bundle.is_empty() || found.bundle.name.as_str() == bundle)
        });
        let at = located(found.map(|found| &found.location));
        lines.push(format!("guardrail {name}{at}: denies what matches"));
        let source = |id: &str| found?.deny_if.iter().find(|c| c.id.as_str() == id);
        lines.extend(conditions(
            ("DENIES", "silent"),
            members(Some(guardrail), "deny_if"),
            source,
            entry,
        ));
    }
    for left_out in members(trace, "left_out") {
        let number = |name| left_out.get(name).and_then(Value::as_u64).unwrap_or_default();
        let (team, live, watching) = (text(left_out, "team"), number("live"), number("watching"));
        lines.push(format!(
            "team {team}: it had more policies for this token than are weighed; left out were {live}, and {watching} that only watch"
        ));
    }
    for policy in members(trace, "policies") {
        let name = text(policy, "policy");
        let found = snapshot.policy(name);
        lines.push(format!(
            "policy {name}{}: its pins matched{}",
            located(found.map(|found| &found.location)),
            if policy.get("shadow").is_some() { "; it only watches" } else { "" }
        ));
        let pins = found.iter().flat_map(|policy| policy.pins.iter().zip(&policy.pin_places));
        for (pin, place) in pins {
            let at = format!("({}:{})", place.line, place.column);
            let value = pin.value.to_claim();
            lines.push(format!("  holds   pin {} = {value}  {at}", pin.path.join(".")));
        }
        lines.extend(of_policy(found.map(Arc::as_ref), members(Some(policy), "conditions"), entry));
    }
    lines
}

/// The lines of a policy's conditions.
#[must_use]
pub(crate) fn conditions_of(policy: &TrustPolicy, traces: &[Value], entry: &Value) -> Vec<String> {
    of_policy(Some(policy), traces, entry)
}

fn of_policy(policy: Option<&TrustPolicy>, traces: &[Value], entry: &Value) -> Vec<String> {
    let source = |id: &str| policy?.conditions.iter().find(|condition| condition.id.as_str() == id);
    conditions(("holds", "FAILS"), traces, source, entry)
}

/// `words` say what true and false mean here.
fn conditions<'a>(
    words: (&'static str, &'static str),
    traces: &[Value],
    source: impl Fn(&str) -> Option<&'a Condition>,
    entry: &Value,
) -> Vec<String> {
    let line = |trace: &Value| {
        let id = text(trace, "id");
        let verdict = match text(trace, "result") {
            "true" => words.0,
            "false" => words.1,
            other => other,
        };
        let found = source(id);
        let shown =
            found.map(|one| format!("{}  ({})", one.expression.source(), one.shown_range()));
        let mut line = format!("  {verdict:6}  {id}: {}", shown.unwrap_or_default());
        for path in found.into_iter().flat_map(|one| one.expression.claims()) {
            line.push_str(&format!("\n           {path} = {}", claim(entry, path)));
        }
        line
    };
    traces.iter().map(line).collect()
}

/// Where a document stands, behind its name.
pub(crate) fn located(location: Option<&Location>) -> String {
    location.map(|location| format!(" ({location})")).unwrap_or_default()
}

fn members<'a>(value: Option<&'a Value>, name: &str) -> &'a [Value] {
    value.and_then(|value| value.get(name)).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn claim(entry: &Value, path: &str) -> String {
    let absent = Value::Object(Map::new());
    let claims = entry.get("claims").unwrap_or(&absent);
    let found = path.split('.').try_fold(claims, |value, name| value.get(name));
    found.map_or_else(|| "(absent)".to_owned(), Value::to_string)
}
