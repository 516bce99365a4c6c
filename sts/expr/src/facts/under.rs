//! What a condition comes to when one claim is known and all else is not.

use super::{claim, text};
use crate::check::path_of;
use crate::functions::Pattern;
use crate::limits::PATTERN_TEXT_BYTES_MAX;
use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, operators};

/// What the expression is for every token in which the claim has this text;
/// none when that depends on something else, or is not understood.
pub(crate) fn under(node: &IdedExpr, path: &str, value: &str) -> Option<bool> {
    match &node.expr {
        Expr::Literal(LiteralValue::Boolean(flag)) => Some(*flag.inner()),
        Expr::Select(select) if select.test => {
            let tested = path_of(select)?.join(".");
            let within = path.strip_prefix(&tested)?;
            (within.is_empty() || within.starts_with('.')).then_some(true)
        }
        Expr::Call(call) => under_call(call, path, value),
        _ => None,
    }
}

fn under_call(call: &CallExpr, path: &str, value: &str) -> Option<bool> {
    let known = |node: &IdedExpr| under(node, path, value);
    let is_it = |node: &IdedExpr| claim(node).is_some_and(|claim| claim == path);
    match (call.func_name.as_str(), call.target.as_deref(), call.args.as_slice()) {
        (operators::LOGICAL_NOT, None, [operand]) => known(operand).map(|flag| !flag),
        (operators::LOGICAL_AND, None, [left, right]) => match (known(left), known(right)) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (left, right) => Some(left? && right?),
        },
        (operators::LOGICAL_OR, None, [left, right]) => match (known(left), known(right)) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (left, right) => Some(left? || right?),
        },
        (operators::CONDITIONAL, None, [condition, yes, no]) => match known(condition) {
            Some(true) => known(yes),
            Some(false) => known(no),
            None => known(yes).filter(|flag| known(no) == Some(*flag)),
        },
        (name @ (operators::EQUALS | operators::NOT_EQUALS), None, [left, right]) => {
            let equal = if is_it(left) {
                text(right).map(|text| text == value)
            } else if is_it(right) {
                text(left).map(|text| text == value)
            } else {
                known(left).zip(known(right)).map(|(left, right)| left == right)
            };
            Some(equal? == (name == operators::EQUALS))
        }
        (operators::IN, None, [item, list]) if is_it(item) => {
            let Expr::List(list) = &list.expr else { return None };
            let mut texts = list.elements.iter().map(text);
            texts.try_fold(false, |found, text| Some(found || text? == value))
        }
        ("startsWith", Some(part), [literal]) if is_it(part) => {
            Some(value.starts_with(text(literal)?))
        }
        ("endsWith", Some(part), [literal]) if is_it(part) => Some(value.ends_with(text(literal)?)),
        ("contains", Some(part), [literal]) if is_it(part) => Some(value.contains(text(literal)?)),
        (name, Some(part), [literal]) if is_it(part) && value.len() <= PATTERN_TEXT_BYTES_MAX => {
            Pattern::named(name)?.matches(text(literal)?, value)
        }
        _ => None,
    }
}
