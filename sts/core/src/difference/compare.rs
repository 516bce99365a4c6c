//! Two versions of one document.

use super::Effect;
use super::shape::{Expression, Limit, Shape};
use std::collections::{BTreeMap, BTreeSet};
use sts_expr::Breadth;

type Told = (Effect, String);

/// Tells every difference.
pub(super) fn compare(old: &Shape<'_>, new: &Shape<'_>, add: &mut impl FnMut(Told)) {
    // Without `..`, so that nothing that a shape holds is forgotten.
    let Shape { meaning: _, rules, gains, choices, limits, expressions, texts, remarks } = old;
    for (name, (old, new)) in both(rules, &new.rules) {
        add(match (old, new) {
            (Some(old), None) => (Effect::Widens, format!("no longer {}", named(name, old))),
            (None, Some(new)) => (Effect::Narrows, named(name, new)),
            (old, new) => (Effect::MayWiden, told(name, old, new)),
        });
    }
    for (name, (old, new)) in both(texts, &new.texts) {
        add((Effect::MayWiden, told(name, old, new)));
    }
    for (name, (old, new)) in both(remarks, &new.remarks) {
        add((Effect::Changes, told(name, old, new)));
    }
    set("", gains, &new.gains, add);
    for (name, values) in both(choices, &new.choices) {
        choice(name, values, add);
    }
    for (name, limits) in both(limits, &new.limits) {
        add(limit(name, limits));
    }
    for (name, old) in expressions {
        match new.expressions.get(name) {
            None => {
                let source = old.compiled.source();
                add((Effect::Widens, format!("no longer {}", named(name, source))));
            }
            Some(new) => expression(name, old, new).into_iter().for_each(&mut *add),
        }
    }
    for (name, new) in &new.expressions {
        if !expressions.contains_key(name) {
            add((Effect::Narrows, named(name, new.compiled.source())));
        }
    }
}

fn set(word: &str, old: &BTreeSet<String>, new: &BTreeSet<String>, add: &mut impl FnMut(Told)) {
    let told = |value: &String| format!("{word}{value}");
    for lost in old.difference(new) {
        add((Effect::Narrows, format!("no longer {}", told(lost))));
    }
    for gained in new.difference(old) {
        add((Effect::Widens, told(gained)));
    }
}

/// A choice that is absent leaves every value open.
fn choice(
    name: &str,
    values: (Option<&BTreeSet<String>>, Option<&BTreeSet<String>>),
    add: &mut impl FnMut(Told),
) {
    let only = |values: &BTreeSet<String>| {
        let values: Vec<_> = values.iter().map(String::as_str).collect();
        format!("{name} {} only", values.join(", "))
    };
    match values {
        (Some(old), Some(new)) => set(&format!("{name} "), old, new, add),
        (Some(old), None) => add((Effect::Widens, format!("no longer {}", only(old)))),
        (None, new) => new.into_iter().for_each(|new| add((Effect::Narrows, only(new)))),
    }
}

/// A limit that is absent limits nothing.
fn limit(name: &str, limits: (Option<&Limit>, Option<&Limit>)) -> Told {
    let shown = |limit: Option<&Limit>| limit.map_or("no limit", |limit| &limit.shown).to_owned();
    let widens = match limits {
        (Some(old), Some(new)) => new.size > old.size,
        (_, new) => new.is_none(),
    };
    let effect = if widens { Effect::Widens } else { Effect::Narrows };
    (effect, format!("{name}: {} -> {}", shown(limits.0), shown(limits.1)))
}

fn expression(name: &str, old: &Expression<'_>, new: &Expression<'_>) -> Option<Told> {
    let (before, after) = (old.compiled.source(), new.compiled.source());
    if before == after {
        return None;
    }
    let breadth = new.compiled.compared_with(old.compiled);
    let effect = match if new.denies { breadth.turned() } else { breadth } {
        Breadth::Wider => Effect::Widens,
        Breadth::Narrower => Effect::Narrows,
        Breadth::Same => Effect::Changes,
        Breadth::Unknown => Effect::MayWiden,
    };
    Some((effect, format!("{name}: {before} -> {after}")))
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
