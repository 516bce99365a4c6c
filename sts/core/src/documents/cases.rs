//! Test cases of policies: typed claims against one policy alone. They are read
//! with the documents and run by `policy check`, never at load.

mod fixtures;
mod misfit;
mod run;

pub(super) use fixtures::Fixtures;
pub(super) use misfit::fits;
pub(super) use run::failed_conditions;
pub use run::{CaseFailure, run_case, run_cases};

use super::{DocumentFile, Loader};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;
use sts_wire::diagnostic::{Place, Source};
use sts_wire::names::Name;
use sts_wire::time::Seconds;
use sts_wire::yaml::{Kind, Lower, Node};

/// One case.
#[derive(Debug, Clone)]
pub struct Case {
    policy: Name,
    name: String,
    claims: Map<String, Value>,
    expect: Expectation,
    source: Arc<Source>,
    place: Place,
    /// Where the claims that it writes itself stand, by their names; of two alike inside of others, the last.
    claim_places: BTreeMap<String, Place>,
}

impl Case {
    /// Name of its policy.
    #[must_use]
    pub const fn policy(&self) -> &Name {
        &self.policy
    }

    /// Its own name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it expects a denial.
    pub(super) const fn expects_denial(&self) -> bool {
        matches!(self.expect, Expectation::Deny { .. })
    }

    /// Whether it says which conditions fail.
    pub(super) const fn names_failed(&self) -> bool {
        matches!(self.expect, Expectation::Deny { failed: Some(_) })
    }

    /// The file that it stands in.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.source.name
    }
}

/// What a case expects.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Expectation {
    Permit { minted: Option<Map<String, Value>>, ttl: Option<Seconds> },
    Deny { failed: Option<Vec<String>> },
}

impl Loader<'_> {
    /// `*.cases.yaml`: `policy: NAME` and `tests: […]`.
    pub(super) fn add_cases(&mut self, file: (&DocumentFile, &Arc<Source>), node: &Node) {
        let source = file.1;
        let lower = Lower { source, problems: &self.problems };
        let Some(mut fields) = lower.fields(node, "a file of cases") else {
            return;
        };
        let policy_node = fields.required("policy");
        let tests = fields.required("tests");
        fields.finish();
        let policy = policy_node.and_then(|node| lower.parsed(node, "policy", Name::new));
        let (Some(policy), Some(policy_node), Some(tests)) = (policy, policy_node, tests) else {
            return;
        };
        let known = self.policies.get(policy.as_str());
        let foreign = known.filter(|known| file.0.team().is_some_and(|team| team != known.team));
        // What was in force stays so: that another team renamed its policy is no fault of it.
        if file.0.was_good && (known.is_none() || foreign.is_some()) {
            return;
        }
        if let Some(foreign) = foreign {
            let team = &foreign.team;
            let message =
                format!("{policy} is a policy of {team}, which alone says what it is tested by");
            let help = format!(
                "write the cases in a file of policies/{team}/, or outside of team folders"
            );
            return lower.fault_with_help(policy_node.place, message, help);
        }
        if known.is_none() {
            lower.fault(policy_node.place, format!("there is no trust policy {policy}"));
        }
        let cases = self.read_cases(file, tests, &policy);
        self.cases.extend(cases);
    }

    /// The list of cases; `set` and `unset` change the claims of the first, or of a fixture.
    pub(super) fn read_cases(
        &self,
        (file, source): (&DocumentFile, &Arc<Source>),
        node: &Node,
        policy: &Name,
    ) -> Vec<Case> {
        let lower = Lower { source, problems: &self.problems };
        let bundle = self.policies.get(policy.as_str()).map(|policy| policy.bundle.as_ref());
        let mut cases: Vec<Case> = Vec::new();
        for (index, item) in lower.list(node, "tests").unwrap_or_default().iter().enumerate() {
            let base = match item.get("from") {
                Some(from) => {
                    bundle.and_then(|bundle| self.fixtures.find(lower, file, (from, bundle)))
                }
                None => cases.first().map(|case| case.claims.clone()),
            };
            let start = match base {
                Some(claims) => Start::Claims(claims),
                None if index > 0 || item.get("from").is_some() => Start::AtFault,
                None => Start::Nothing,
            };
            cases.extend(read_case(lower, item, policy, start));
        }
        cases
    }
}

/// What a case without claims of its own starts from.
enum Start {
    /// Those of the first case, or of a fixture.
    Claims(Map<String, Value>),
    /// A first case, or a fixture, at fault: that is told once, where it stands.
    AtFault,
    /// Nothing: it is the first.
    Nothing,
}

fn read_case(lower: Lower<'_>, node: &Node, policy: &Name, start: Start) -> Option<Case> {
    let mut fields = lower.fields(node, "a case")?;
    let name = fields.required("name").and_then(|node| lower.string(node, "name"));
    let from = fields.optional("from");
    let claims = fields.optional("claims");
    let set = fields.optional("set");
    let unset = fields.list("unset");
    let expect = fields.required("expect");
    let failed = fields.optional("failed");
    let minted = fields.optional("minted");
    let ttl = fields.duration("ttl");
    fields.finish();
    let written = claims;
    let claims = match (claims, start) {
        (Some(claims), _) => {
            if let Some(from) = from {
                lower.fault(
                    from.place,
                    "a case has claims, or takes them from a fixture: set changes some",
                );
            }
            object(lower, claims)
        }
        (None, Start::Claims(claims)) => Some(claims),
        (None, Start::AtFault) => None,
        (None, Start::Nothing) => {
            let message = "the first case gives its claims in full, or says from which fixture";
            lower.fault(node.place, message);
            None
        }
    };
    let mut claim_places = BTreeMap::new();
    [written, set].into_iter().flatten().for_each(|node| note_places(node, &mut claim_places));
    let mut claims = claims?;
    if let Some(set) = set {
        merge(&mut claims, object(lower, set)?);
    }
    for path in unset {
        remove(&mut claims, lower.string(path, "unset")?);
    }
    let expect = expectation(lower, expect?, Expected { failed, minted, ttl })?;
    Some(Case {
        policy: policy.clone(),
        name: name?.to_owned(),
        claims,
        expect,
        source: Arc::clone(lower.source),
        place: node.place,
        claim_places,
    })
}

fn note_places(node: &Node, into: &mut BTreeMap<String, Place>) {
    let Kind::Map(entries) = &node.kind else { return };
    for (key, value) in entries {
        into.insert(key.scalar().unwrap_or_default().to_owned(), value.place);
        note_places(value, into);
    }
}

/// What stands beside `expect`.
struct Expected<'a> {
    failed: Option<&'a Node>,
    minted: Option<&'a Node>,
    ttl: Option<Seconds>,
}

fn expectation(lower: Lower<'_>, expect: &Node, beside: Expected<'_>) -> Option<Expectation> {
    let Expected { failed, minted, ttl } = beside;
    let misplaced = match expect.scalar() {
        Some("permit") => failed.map(|node| (node, "failed belongs to expect: deny")),
        Some("deny") => minted.map(|node| (node, "minted belongs to expect: permit")),
        _ => None,
    };
    if let Some((node, message)) = misplaced {
        lower.fault(node.place, message);
    }
    match expect.scalar() {
        Some("permit") => {
            let minted = minted.and_then(|node| object(lower, node));
            Some(Expectation::Permit { minted, ttl })
        }
        Some("deny") => {
            Some(Expectation::Deny { failed: failed.and_then(|node| ids(lower, node)) })
        }
        _ => {
            lower.fault(expect.place, "expect is permit or deny");
            None
        }
    }
}

fn ids(lower: Lower<'_>, node: &Node) -> Option<Vec<String>> {
    let items = lower.list(node, "failed")?.iter();
    Some(items.filter_map(|id| lower.string(id, "failed")).map(str::to_owned).collect())
}

/// A map of YAML values as typed claims: quoted is text, `true` is a boolean, `7` an integer.
fn object(lower: Lower<'_>, node: &Node) -> Option<Map<String, Value>> {
    match value(node) {
        Value::Object(members) => Some(members),
        _ => {
            lower.fault(node.place, format!("claims are a map, not {}", node.describe()));
            None
        }
    }
}

fn value(node: &Node) -> Value {
    match &node.kind {
        Kind::Scalar { text, quoted: true } => Value::from(text.as_str()),
        Kind::Scalar { text, quoted: false } => match (text.as_str(), text.parse::<i64>()) {
            ("true", _) => Value::Bool(true),
            ("false", _) => Value::Bool(false),
            ("" | "~" | "null", _) => Value::Null,
            (_, Ok(number)) => Value::from(number),
            (text, Err(_)) => Value::from(text),
        },
        Kind::List(items) => Value::Array(items.iter().map(value).collect()),
        Kind::Map(entries) => {
            let member = |(key, item): &(Node, Node)| {
                (key.scalar().unwrap_or_default().to_owned(), value(item))
            };
            Value::Object(entries.iter().map(member).collect())
        }
    }
}

fn merge(claims: &mut Map<String, Value>, changes: Map<String, Value>) {
    for (name, change) in changes {
        match (claims.get_mut(&name), change) {
            (Some(Value::Object(inner)), Value::Object(change)) => merge(inner, change),
            (_, change) => {
                claims.insert(name, change);
            }
        }
    }
}

fn remove(claims: &mut Map<String, Value>, path: &str) {
    match path.split_once('.') {
        None => {
            claims.remove(path);
        }
        Some((first, rest)) => {
            if let Some(Value::Object(inner)) = claims.get_mut(first) {
                remove(inner, rest);
            }
        }
    }
}
