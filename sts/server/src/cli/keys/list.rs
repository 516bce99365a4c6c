//! `sts keys list`: a timeline that a person can read.

use crate::output::{line, rough, text};
use serde_json::Value;
use sts_wire::time::Timestamp;

/// The keys of an answer, as lines of JSON or as a timeline.
pub(super) fn show(answer: &Value, all: bool, json: bool) {
    let keys = answer.get("keys").and_then(Value::as_array).into_iter().flatten();
    let keys: Vec<&Value> = keys.filter(|key| all || text(key, "state") != "removed").collect();
    if json {
        keys.iter().for_each(|key| line(key.to_string()));
        return;
    }
    timeline(&keys, answer).iter().for_each(line);
}

/// The lines for a person: a group for each algorithm, then what happens next.
fn timeline(keys: &[&Value], answer: &Value) -> Vec<String> {
    let Some(now) = instant(answer, "now") else { return Vec::new() };
    if keys.is_empty() {
        return vec!["there are no keys: a server makes them when it starts".to_owned()];
    }
    let mut lines = Vec::new();
    let mut algorithm = "";
    for key in keys {
        if text(key, "algorithm") != algorithm {
            algorithm = text(key, "algorithm");
            lines.push(algorithm.to_owned());
        }
        lines.push(format!("  {:8} {}  {}", text(key, "state"), text(key, "kid"), state(key, now)));
    }
    let mut next: Vec<(Timestamp, String)> =
        keys.iter().flat_map(|key| events(key)).filter(|(at, _)| *at > now).collect();
    next.sort();
    if !next.is_empty() {
        lines.push("what happens next".to_owned());
    }
    lines.extend(next.iter().map(|(at, event)| format!("  {}  {event}", when(*at, now))));
    lines
}

/// Since when and until when, in a sentence.
fn state(key: &Value, now: Timestamp) -> String {
    let at = |name: &str| instant(key, name).map_or_else(|| "?".to_owned(), |at| when(at, now));
    match text(key, "state") {
        "next" => format!("published since {}, signs from {}", at("created_at"), at("signs_from")),
        "active" if instant(key, "signs_until").is_none() => {
            format!("signs since {}, until a key follows it", at("signs_from"))
        }
        "active" => format!("signs since {}, until {}", at("signs_from"), at("signs_until")),
        "retired" => {
            format!("signed until {}, published until {}", at("signs_until"), at("published_until"))
        }
        "removed" => format!("signed until {}", at("signs_until")),
        _ => format!("revoked {}", at("revoked_at")),
    }
}

/// What happens to a key, and when.
fn events(key: &Value) -> Vec<(Timestamp, String)> {
    let kid = text(key, "kid");
    let events = match text(key, "state") {
        "next" => vec![("signs_from", "begins to sign, and a key to follow it is made")],
        "active" | "retired" => vec![("published_until", "leaves the key set")],
        _ => Vec::new(),
    };
    let told = |(name, event): (&str, &str)| Some((instant(key, name)?, format!("{kid} {event}")));
    events.into_iter().filter_map(told).collect()
}

/// An instant to the second, and how far it is from now.
fn when(at: Timestamp, now: Timestamp) -> String {
    let exact = Timestamp::from_seconds(at.seconds()).to_string().replace(".000Z", "Z");
    let distance = at.seconds_since(now);
    let far = rough(distance.unsigned_abs());
    if distance > 0 { format!("{exact} (in {far})") } else { format!("{exact} ({far} ago)") }
}

fn instant(value: &Value, name: &str) -> Option<Timestamp> {
    Timestamp::from_rfc3339(value.get(name)?.as_str()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_key_says_what_it_is_until_when_and_what_happens_next() {
        let key = |state: &str, kid: &str, times: [&str; 4]| {
            json!({"algorithm": "ES256", "state": state, "kid": kid, "created_at": times[0],
                "signs_from": times[1], "signs_until": times[2], "published_until": times[3]})
        };
        let keys = [
            key(
                "retired",
                "a",
                [
                    "2026-11-01T00:00:00.000Z",
                    "2026-11-01T00:00:00.000Z",
                    "2026-11-09T22:00:00.000Z",
                    "2026-11-10T01:00:00.000Z",
                ],
            ),
            key(
                "active",
                "b",
                [
                    "2026-11-01T00:00:00.000Z",
                    "2026-11-09T22:00:00.000Z",
                    "2026-11-13T00:00:00.000Z",
                    "2026-11-13T02:00:00.000Z",
                ],
            ),
            key("next", "c", ["2026-11-09T22:00:00.000Z", "2026-11-13T00:00:00.000Z", "", ""]),
        ];
        let keys: Vec<&Value> = keys.iter().collect();
        let lines = timeline(&keys, &json!({"now": "2026-11-10T00:00:00.000Z"}));
        assert_eq!(
            lines,
            [
                "ES256",
                "  retired  a  signed until 2026-11-09T22:00:00Z (2 hours ago), published until 2026-11-10T01:00:00Z (in 60 minutes)",
                "  active   b  signs since 2026-11-09T22:00:00Z (2 hours ago), until 2026-11-13T00:00:00Z (in 3 days)",
                "  next     c  published since 2026-11-09T22:00:00Z (2 hours ago), signs from 2026-11-13T00:00:00Z (in 3 days)",
                "what happens next",
                "  2026-11-10T01:00:00Z (in 60 minutes)  a leaves the key set",
                "  2026-11-13T00:00:00Z (in 3 days)  c begins to sign, and a key to follow it is made",
                "  2026-11-13T02:00:00Z (in 3 days)  b leaves the key set",
            ]
        );
        assert_eq!(timeline(&[], &json!({"now": "2026-11-10T00:00:00.000Z"})).len(), 1);
    }
}
