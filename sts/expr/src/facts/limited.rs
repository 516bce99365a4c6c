//! Claims that have one of some texts wherever a condition holds.

use super::{claim, is_false, text, words};
use cel::common::ast::{CallExpr, Expr, IdedExpr, operators};
use std::collections::{BTreeMap, BTreeSet};

/// Names what a part of a condition is.
pub(super) type Who<'a> = &'a dyn Fn(&IdedExpr) -> Option<String>;

type Limited = BTreeMap<String, BTreeSet<String>>;

/// What holds of claims wherever the condition holds: both sides of `&&`,
/// what both sides of `||` agree on.
pub(super) fn read(node: &IdedExpr) -> Limited {
    of(node, &claim)
}

/// The same of what functions make of claims, as `spiffe.path(sub)`.
pub(super) fn derived(node: &IdedExpr) -> Limited {
    of(node, &call_name)
}

/// What a function makes of claims, by the claims that it is made of.
pub(super) fn call_name(node: &IdedExpr) -> Option<String> {
    let part = |node: &IdedExpr| claim(node).or_else(|| call_name(node));
    match &node.expr {
        Expr::Call(call) if call.target.is_none() => {
            let parts: Option<Vec<_>> = call.args.iter().map(part).collect();
            Some(format!("{}({})", call.func_name, parts?.join(", ")))
        }
        Expr::Select(select) if !select.test => {
            Some(format!("{}.{}", call_name(&select.operand)?, select.field))
        }
        _ => None,
    }
}

fn of(node: &IdedExpr, who: Who<'_>) -> Limited {
    let Expr::Call(call) = &node.expr else { return BTreeMap::new() };
    match (call.func_name.as_str(), call.args.as_slice()) {
        (operators::CONDITIONAL, [.., no]) if !is_false(no) => BTreeMap::new(),
        (operators::LOGICAL_AND, [left, right]) | (operators::CONDITIONAL, [left, right, _]) => {
            let mut both = of(left, who);
            for (claim, values) in of(right, who) {
                both.entry(claim)
                    .and_modify(|known| known.retain(|value| values.contains(value)))
                    .or_insert(values);
            }
            both
        }
        (operators::LOGICAL_OR, [left, right]) => {
            let mut right = of(right, who);
            let either = of(left, who).into_iter().filter_map(|(claim, mut values)| {
                values.extend(right.remove(&claim)?);
                Some((claim, values))
            });
            either.collect()
        }
        _ => compared(call, who).into_iter().collect(),
    }
}

/// What `who` names, and the texts that it is compared with.
pub(super) fn compared(call: &CallExpr, who: Who<'_>) -> Option<(String, BTreeSet<String>)> {
    match (call.func_name.as_str(), call.target.as_deref(), call.args.as_slice()) {
        (operators::EQUALS, None, [left, right]) => {
            let pair = text(right).map(|text| (left, text));
            let (what, value) = pair.or_else(|| text(left).map(|text| (right, text)))?;
            let name = who(what).or_else(|| alone_in_subject(what, value).and_then(who))?;
            Some((name, BTreeSet::from([value.to_owned()])))
        }
        (operators::IN, None, [item, list]) => {
            let Expr::List(list) = &list.expr else { return None };
            let values = list.elements.iter().map(|item| text(item).map(str::to_owned));
            who(item).zip(values.collect())
        }
        ("fullMatch", Some(what), [pattern]) => who(what).zip(text(pattern).and_then(words::words)),
        ("glob", Some(what), [pattern]) => {
            let whole = text(pattern).filter(|pattern| !pattern.contains('*'))?;
            who(what).map(|name| (name, BTreeSet::from([whole.to_owned()])))
        }
        _ => None,
    }
}

/// `subject(x)` is `x` itself wherever it has nothing that `subject` escapes.
fn alone_in_subject<'a>(node: &'a IdedExpr, value: &str) -> Option<&'a IdedExpr> {
    let Expr::Call(call) = &node.expr else { return None };
    let alone = call.func_name == "subject" && call.target.is_none() && call.args.len() == 1;
    call.args.first().filter(|_| alone && !value.contains(['%', ':']))
}
