//! The text of a drafted policy.

use super::cases;
use super::claims::{Chosen, Leaf};
use crate::cli::quoting::{cel, flow, plain, quoted};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use sts_core::policy::AudienceSpec;
use sts_core::trust::TrustBundle;
use sts_expr::limits::{SUBJECT_BYTES_MAX, SUBJECT_SEGMENTS_MAX};
use sts_wire::names::{Name, Scope};
use sts_wire::time::Seconds;

/// Longest life that a draft asks for: a credential lives for minutes.
const TTL: Seconds = Seconds::new(600);

/// Longest name of a condition, in characters, that is taken from a claim.
const ID_CHARS_MAX: usize = 90;

/// What a policy is made of.
pub(super) struct Draft<'a> {
    pub(super) name: &'a Name,
    pub(super) owner: &'a str,
    pub(super) bundle: &'a TrustBundle,
    pub(super) claims: &'a Map<String, Value>,
    pub(super) chosen: Chosen<'a>,
    pub(super) audience: &'a AudienceSpec,
    pub(super) scopes: Vec<&'a Scope>,
    /// Longest life that the server gives.
    pub(super) ttl_max: Seconds,
}

impl Draft<'_> {
    /// The document.
    pub(super) fn text(&self) -> String {
        let ids = self.ids();
        let pins: Vec<_> = self.chosen.pins.iter().map(pin).collect();
        let conditions = self.chosen.conditions.iter().zip(&ids).map(|(leaf, id)| {
            format!("  - {{id: {}, expr: {}}}\n", plain(id), quoted(&comparison(leaf)))
        });
        let conditions: String = conditions.collect();
        let conditions = if conditions.is_empty() {
            String::new()
        } else {
            format!("conditions:\n{conditions}")
        };
        let scopes: Vec<_> = self.scopes.iter().map(|scope| scope.as_str()).collect();
        let scopes = if scopes.is_empty() {
            String::new()
        } else {
            format!("  scopes: {}\n", flow(&json!(scopes)))
        };
        let ttl = self.audience.ttl_max.unwrap_or(TTL).min(TTL).min(self.ttl_max);
        format!(
            "# Drafted after what one caller showed: read every line, and take away what you do not need.\n\
             apiVersion: sts/v1\nkind: TrustPolicy\nmetadata: {{name: {}, owner: {}}}\ntrust_bundle: {}\n\
             pins: {{{}}}\n{conditions}grant:\n  audience: {}\n  subject: {}\n{scopes}  ttl: {{max: {ttl}}}\ntests:\n{}",
            plain(self.name.as_str()),
            plain(self.owner),
            plain(self.bundle.name.as_str()),
            pins.join(", "),
            quoted(self.audience.audience.as_str()),
            quoted(&self.subject()),
            cases::text(&self.chosen, &ids, &self.bundle.claims, self.claims),
        )
    }

    /// The conditions' ids: their claims, as a name may be written.
    fn ids(&self) -> Vec<String> {
        let mut taken = BTreeSet::new();
        let mut ids = Vec::new();
        for leaf in &self.chosen.conditions {
            let plain =
                |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
            let id: String = leaf.dotted().chars().map(plain).take(ID_CHARS_MAX).collect();
            let id = id.trim_start_matches('-').to_owned();
            let id = if id.is_empty() { "claim".to_owned() } else { id };
            let mut unique = id.clone();
            let mut number: u32 = 2;
            while !taken.insert(unique.clone()) {
                unique = format!("{id}-{number}");
                number = number.saturating_add(1);
            }
            ids.push(unique);
        }
        ids
    }

    /// Made of what is pinned, as far as it fits: the tenant says least, and comes only when there is nothing else.
    fn subject(&self) -> String {
        let tenant = |leaf: &&Leaf<'_>| self.bundle.admit.iter().any(|rule| rule.path == leaf.path);
        let visible = |text: &str| !text.is_empty() && !text.chars().any(char::is_control);
        let speaks =
            |leaf: &&Leaf<'_>| !leaf.spec.sensitive && leaf.value.as_str().is_some_and(visible);
        let pins = || self.chosen.pins.iter().filter(speaks);
        let mut wanted: Vec<_> = pins().filter(|leaf| !tenant(leaf)).collect();
        if wanted.is_empty() {
            wanted = pins().collect();
        }
        let mut length = self.bundle.name.as_str().len();
        let mut segments = vec![cel(self.bundle.name.as_str())];
        for leaf in wanted.iter().take(SUBJECT_SEGMENTS_MAX.saturating_sub(1)) {
            let text = leaf.value.as_str().unwrap_or_default();
            let escaped = text.replace('%', "%25").replace(':', "%3A").len().saturating_add(1);
            if length.saturating_add(escaped) <= SUBJECT_BYTES_MAX {
                length = length.saturating_add(escaped);
                segments.push(format!("assertion.{}", leaf.dotted()));
            }
        }
        if segments.len() < 2 {
            let room = SUBJECT_BYTES_MAX.saturating_sub(length).saturating_sub(1);
            segments.push(cel(&self.name.as_str().chars().take(room).collect::<String>()));
        }
        format!("subject({})", segments.join(", "))
    }
}

fn pin(leaf: &Leaf<'_>) -> String {
    format!("{}: {}", plain(&leaf.dotted()), flow(leaf.value))
}

/// The condition that holds for the value that was seen, guarded where the claim may be absent.
fn comparison(leaf: &Leaf<'_>) -> String {
    let path = format!("assertion.{}", leaf.dotted());
    let equal = match leaf.value {
        Value::Bool(true) => path,
        Value::Bool(false) => format!("!{path}"),
        Value::String(text) => format!("{path} == {}", cel(text)),
        other => format!("{path} == {other}"),
    };
    let guards = leaf.optional.iter().map(|path| format!("has(assertion.{path}) && "));
    format!("{}{equal}", guards.collect::<String>())
}
