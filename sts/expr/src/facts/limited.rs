//! Claims that have one of some texts wherever a condition holds.

use super::{claim, is_false, text, words};
use cel::common::ast::{CallExpr, Expr, IdedExpr, operators};
use std::collections::{BTreeMap, BTreeSet};

type Limited = BTreeMap<String, BTreeSet<String>>;

/// What holds of claims wherever the condition holds: both sides of `&&`,
/// what both sides of `||` agree on.
pub(super) fn read(node: &IdedExpr) -> Limited {
    let Expr::Call(call) = &node.expr else { return BTreeMap::new() };
    match (call.func_name.as_str(), call.args.as_slice()) {
        (operators::CONDITIONAL, [.., no]) if !is_false(no) => BTreeMap::new(),
        (operators::LOGICAL_AND, [left, right]) | (operators::CONDITIONAL, [left, right, _]) => {
            let mut both = read(left);
            for (claim, values) in read(right) {
                both.entry(claim)
                    .and_modify(|known| known.retain(|value| values.contains(value)))
                    .or_insert(values);
            }
            both
        }
        (operators::LOGICAL_OR, [left, right]) => {
            let mut right = read(right);
            let either = read(left).into_iter().filter_map(|(claim, mut values)| {
                values.extend(right.remove(&claim)?);
                Some((claim, values))
            });
            either.collect()
        }
        _ => compared(call, &claim).into_iter().collect(),
    }
}

/// What `who` names, and the texts that it is compared with.
pub(super) fn compared(
    call: &CallExpr,
    who: &dyn Fn(&IdedExpr) -> Option<String>,
) -> Option<(String, BTreeSet<String>)> {
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
