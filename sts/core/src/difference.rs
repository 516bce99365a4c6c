//! What a change of documents widens: compared document by document, without
//! a token. What cannot be ordered is told as a change, never as harmless.

mod shape;

use crate::snapshot::Snapshot;
use shape::{Limit, Shape};
use std::collections::BTreeMap;

/// What a change does to who may have what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Somebody may get more, or longer.
    Widens,
    /// It cannot be told: to be read by a person.
    Changes,
    /// Nobody gets more.
    Narrows,
}

impl Effect {
    /// As people and scripts read it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Widens => "widens",
            Self::Changes => "changes",
            Self::Narrows => "narrows",
        }
    }

    const fn opposite(self) -> Self {
        match self {
            Self::Widens => Self::Narrows,
            Self::Changes => Self::Changes,
            Self::Narrows => Self::Widens,
        }
    }
}

/// One change of one document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// What it does.
    pub effect: Effect,
    /// The kind of document.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// What changed, for a person.
    pub what: String,
}

/// Every change from one set to another: what widens first.
#[must_use]
pub fn difference(before: &Snapshot, after: &Snapshot) -> Vec<Change> {
    let (before, after) = (shape::all(before), shape::all(after));
    let mut changes = Vec::new();
    for ((kind, name), old) in &before {
        let mut add = |(effect, what)| {
            changes.push(Change { effect, kind, name: name.clone(), what });
        };
        match after.get(&(*kind, name.clone())) {
            None => add((old.meaning.opposite(), "is removed".to_owned())),
            Some(new) => compare(old, new, &mut add),
        }
    }
    for ((kind, name), new) in &after {
        if !before.contains_key(&(*kind, name.clone())) {
            let what = "is new".to_owned();
            changes.push(Change { effect: new.meaning, kind, name: name.clone(), what });
        }
    }
    changes.sort();
    changes
}

fn compare(old: &Shape, new: &Shape, add: &mut impl FnMut((Effect, String))) {
    for (rule, what) in both(&old.rules, &new.rules) {
        add(match what {
            (Some(old), None) => (Effect::Widens, format!("no longer {}", named(rule, old))),
            (None, Some(new)) => (Effect::Narrows, named(rule, new)),
            (old, new) => (Effect::Changes, told(rule, old, new)),
        });
    }
    for (text, (old, new)) in both(&old.texts, &new.texts) {
        add((Effect::Changes, told(text, old, new)));
    }
    old.gains
        .difference(&new.gains)
        .for_each(|gain| add((Effect::Narrows, format!("no longer {gain}"))));
    new.gains.difference(&old.gains).for_each(|gain| add((Effect::Widens, gain.clone())));
    for (name, limits) in both(&old.limits, &new.limits) {
        add(limit(name, limits));
    }
}

/// A limit that is absent limits nothing.
fn limit(name: &str, limits: (Option<&Limit>, Option<&Limit>)) -> (Effect, String) {
    let shown = |limit: Option<&Limit>| limit.map_or("no limit", |limit| &limit.shown).to_owned();
    let widens = match limits {
        (Some(old), Some(new)) => new.size > old.size,
        (_, new) => new.is_none(),
    };
    let effect = if widens { Effect::Widens } else { Effect::Narrows };
    (effect, format!("{name}: {} -> {}", shown(limits.0), shown(limits.1)))
}

fn named(rule: &str, value: &str) -> String {
    if value.is_empty() { rule.to_owned() } else { format!("{rule}: {value}") }
}

fn told(what: &str, old: Option<&String>, new: Option<&String>) -> String {
    let shown = |text: Option<&String>| text.map_or("nothing", String::as_str).to_owned();
    format!("{what}: {} -> {}", shown(old), shown(new))
}

type Pair<'a, V> = (&'a str, (Option<&'a V>, Option<&'a V>));

/// What two maps do not have in common, by key.
fn both<'a, V: PartialEq>(
    old: &'a BTreeMap<String, V>,
    new: &'a BTreeMap<String, V>,
) -> impl Iterator<Item = Pair<'a, V>> {
    let only_new = new.keys().filter(|key| !old.contains_key(*key));
    let keys = old.keys().chain(only_new);
    keys.map(|key| (key.as_str(), (old.get(key), new.get(key))))
        .filter(|(_, (old, new))| old != new)
}
