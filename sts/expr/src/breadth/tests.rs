//! Which changes of conditions let more pass, and which cannot be told.

use super::Breadth;
use crate::{Claim, ClaimType, Engine, Schema, Use, on_large_stack};

fn compared(old: &str, new: &str) -> Breadth {
    let claim = |claim_type| Claim { claim_type, present: true, sensitive: false };
    let names =
        ["a", "b", "c"].map(|name| (name.to_owned(), claim(ClaimType::String { values: None })));
    let groups = claim(ClaimType::List(Box::new(ClaimType::String { values: None }), 8));
    let optional = Claim { present: false, ..claim(ClaimType::String { values: None }) };
    let more = [("groups".to_owned(), groups), ("env".to_owned(), optional)];
    let schema = Schema { claims: names.into_iter().chain(more).collect() };
    let engine = Engine::default();
    let compiled = |text: &str| engine.compile(text, Use::Condition, &schema).unwrap();
    on_large_stack(|| compiled(new).compared_with(&compiled(old)))
}

/// The change, and the change back.
#[track_caller]
fn check(old: &str, new: &str, there: Breadth) {
    assert_eq!(compared(old, new), there, "{old} -> {new}");
    assert_eq!(compared(new, old), there.turned(), "{new} -> {old}");
}

#[test]
fn a_longer_list_lets_more_pass() {
    let two = "assertion.a in ['x', 'y']";
    check(two, "assertion.a in ['x', 'y', 'z']", Breadth::Wider);
    check("assertion.a == 'x'", two, Breadth::Wider);
    check("'x' == assertion.a", two, Breadth::Wider);
    check(two, "assertion.a in ['y', 'x']", Breadth::Same);
    check(two, "assertion.a in ['x', 'z']", Breadth::Unknown);
    check(two, "assertion.b in ['x', 'y', 'z']", Breadth::Unknown);
}

#[test]
fn a_longer_list_of_what_is_denied_lets_less_pass() {
    let two = "!(assertion.a in ['x', 'y'])";
    check(two, "!(assertion.a in ['x', 'y', 'z'])", Breadth::Narrower);
    check("assertion.a != 'x'", two, Breadth::Narrower);
    check("assertion.a != 'x'", "assertion.a == 'x'", Breadth::Unknown);
}

#[test]
fn a_part_more_of_and_holds_back_and_of_or_lets_pass() {
    let one = "assertion.a == 'x'";
    let both = "assertion.b == 'y' && assertion.a == 'x'";
    check(one, both, Breadth::Narrower);
    check(both, "assertion.a == 'x' && assertion.b == 'y'", Breadth::Same);
    check(one, "assertion.a == 'x' || assertion.b == 'y'", Breadth::Wider);
    check(both, &format!("({both}) || assertion.c == 'z'"), Breadth::Wider);
    check(both, "assertion.a in ['x', 'y'] && assertion.b == 'y'", Breadth::Wider);
    check(both, "assertion.a in ['x', 'y'] && assertion.b in ['y', 'z']", Breadth::Wider);
    check(
        "assertion.a in ['x', 'y'] && assertion.b == 'y'",
        "assertion.a == 'x' && assertion.b in ['y', 'z']",
        Breadth::Unknown,
    );
    check(both, "assertion.a == 'x' && assertion.c == 'y'", Breadth::Unknown);
    check(&format!("!({one})"), &format!("!({both})"), Breadth::Wider);
}

#[test]
fn guards_and_choices_are_looked_through() {
    check(
        "has(assertion.env) && assertion.env == 'x'",
        "has(assertion.env) && assertion.env in ['x', 'y']",
        Breadth::Wider,
    );
    check(
        "has(assertion.env) ? assertion.env == 'x' : false",
        "has(assertion.env) ? assertion.env in ['x', 'y'] : false",
        Breadth::Wider,
    );
    check(
        "has(assertion.env) ? assertion.env == 'x' : false",
        "has(assertion.env) ? assertion.env in ['x', 'y'] : assertion.a == 'x'",
        Breadth::Unknown,
    );
}

#[test]
fn a_shorter_beginning_lets_more_pass() {
    check("assertion.a.startsWith('x/y/')", "assertion.a.startsWith('x/')", Breadth::Wider);
    check("assertion.a.endsWith('/x/y')", "assertion.a.endsWith('/y')", Breadth::Wider);
    check("assertion.a.startsWith('x/')", "assertion.a.endsWith('x/')", Breadth::Unknown);
    check("assertion.a.startsWith('x/')", "assertion.a.startsWith('y/')", Breadth::Unknown);
    check("assertion.a.glob('x/y')", "assertion.a.glob('x/*')", Breadth::Unknown);
}

#[test]
fn what_is_not_understood_is_unknown_and_the_same_is_the_same() {
    let any = "assertion.groups.exists(g, g == 'x')";
    check(any, "assertion.groups.exists( g,g == 'x' )", Breadth::Same);
    check(any, "assertion.groups.exists(g, g == 'y')", Breadth::Unknown);
    check("'x' in assertion.groups", "'y' in assertion.groups", Breadth::Unknown);
}
