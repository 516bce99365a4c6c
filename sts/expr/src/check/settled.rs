//! Parts that settle each other: what one side of `||` leaves out the other takes in, so that
//! every token meets it; and sizes, which are never negative.

use super::constant::same;
use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, operators};

/// Whether a chain of `||` is true for every token, or one of `&&` false.
pub(super) fn settles(chain: &IdedExpr, operator: &str) -> bool {
    let mut parts = Vec::new();
    flatten(chain, operator, &mut parts);
    let among: Vec<Among<'_>> = parts.iter().filter_map(|part| Among::of(part)).collect();
    let opposed = parts.iter().enumerate().any(|(index, part)| {
        parts.iter().skip(index.saturating_add(1)).any(|other| opposes(part, other))
    });
    opposed || among.iter().any(|one| one.is_settled(&among, operator == operators::LOGICAL_AND))
}

fn flatten<'a>(node: &'a IdedExpr, operator: &str, into: &mut Vec<&'a IdedExpr>) {
    match &node.expr {
        Expr::Call(call) if call.func_name == operator => {
            call.args.iter().for_each(|part| flatten(part, operator, into));
        }
        _ => into.push(node),
    }
}

/// That something is among values, or not.
struct Among<'a> {
    what: &'a IdedExpr,
    values: Vec<&'a IdedExpr>,
    inside: bool,
}

impl<'a> Among<'a> {
    fn of(node: &'a IdedExpr) -> Option<Self> {
        let Expr::Call(call) = &node.expr else { return None };
        match (call.func_name.as_str(), call.args.as_slice()) {
            (operators::LOGICAL_NOT, [operand]) => {
                Self::of(operand).map(|found| Self { inside: !found.inside, ..found })
            }
            (name @ (operators::EQUALS | operators::NOT_EQUALS), [left, right]) => {
                let (what, value) = if is_literal(right) { (left, right) } else { (right, left) };
                let inside = name == operators::EQUALS;
                is_literal(value).then(|| Self { what, values: vec![value], inside })
            }
            (operators::IN, [what, IdedExpr { expr: Expr::List(list), .. }]) => {
                let values: Vec<_> = list.elements.iter().collect();
                let literals = values.iter().all(|value| is_literal(value));
                literals.then_some(Self { what, values, inside: true })
            }
            _ => None,
        }
    }

    /// Of an `||`, whether what all denials leave out is taken in by the others; an `&&` is its mirror.
    fn is_settled(&self, all: &[Self], mirrored: bool) -> bool {
        if self.inside != mirrored {
            return false;
        }
        !self.values.iter().any(|value| {
            let mut of_it = all.iter().filter(|one| same(one.what, self.what));
            // Every denial leaves it out, and nothing takes it in.
            of_it.all(|one| {
                one.values.iter().any(|known| same(known, value)) == (one.inside == mirrored)
            })
        })
    }
}

/// Whether one is true exactly where the other is false.
pub(super) fn opposes(one: &IdedExpr, other: &IdedExpr) -> bool {
    denied(one).is_some_and(|inner| same(inner, other))
        || denied(other).is_some_and(|inner| same(inner, one))
        || opposite(one, other)
        || opposite(other, one)
}

fn denied(node: &IdedExpr) -> Option<&IdedExpr> {
    match &node.expr {
        Expr::Call(call) if call.func_name == operators::LOGICAL_NOT => call.args.first(),
        _ => None,
    }
}

/// `a == b` and `a != b`, also the other way round; `a < b` and `a >= b`.
fn opposite(one: &IdedExpr, other: &IdedExpr) -> bool {
    let (Expr::Call(one), Expr::Call(other)) = (&one.expr, &other.expr) else { return false };
    let ([a, b], [c, d]) = (one.args.as_slice(), other.args.as_slice()) else { return false };
    let aligned = same(a, c) && same(b, d);
    match (one.func_name.as_str(), other.func_name.as_str()) {
        (operators::EQUALS, operators::NOT_EQUALS) => aligned || (same(a, d) && same(b, c)),
        (operators::LESS, operators::GREATER_EQUALS)
        | (operators::GREATER, operators::LESS_EQUALS) => aligned,
        _ => false,
    }
}

/// Whether a size is compared with what every size, or none, fulfils.
pub(super) fn settles_size(call: &CallExpr) -> bool {
    let (name, number) = match call.args.as_slice() {
        [size, number] if is_size(size) => (call.func_name.as_str(), number),
        [number, size] if is_size(size) => (mirrored(&call.func_name), number),
        _ => return false,
    };
    let numbers = match &number.expr {
        Expr::List(list) => list.elements.iter().map(integer).collect(),
        _ => integer(number).map(|number| vec![number]),
    };
    let Some(numbers) = numbers else { return false };
    numbers.iter().all(|number| match name {
        operators::GREATER_EQUALS | operators::LESS => *number <= 0,
        operators::GREATER
        | operators::LESS_EQUALS
        | operators::EQUALS
        | operators::NOT_EQUALS
        | operators::IN => *number < 0,
        _ => false,
    })
}

/// `0 <= x` as `x >= 0`.
fn mirrored(name: &str) -> &str {
    match name {
        operators::LESS => operators::GREATER,
        operators::LESS_EQUALS => operators::GREATER_EQUALS,
        operators::GREATER => operators::LESS,
        operators::GREATER_EQUALS => operators::LESS_EQUALS,
        other => other,
    }
}

fn is_size(node: &IdedExpr) -> bool {
    matches!(&node.expr, Expr::Call(call) if call.func_name == "size")
}

fn integer(node: &IdedExpr) -> Option<i64> {
    match &node.expr {
        Expr::Literal(LiteralValue::Int(number)) => Some(*number.inner()),
        _ => None,
    }
}

fn is_literal(node: &IdedExpr) -> bool {
    matches!(node.expr, Expr::Literal(_))
}
