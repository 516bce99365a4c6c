//! Whether a condition that changed lets more pass, read off its two trees.
//!
//! SECURITY: an error lies between false and true: `&&` is then the lesser of its sides, `||` the greater,
//! and `!` turns the order around. So what holds of a part holds of the whole, for a condition that must hold
//! as for one that denies, both of which deny by an error. What is not understood is unknown.

#[cfg(test)]
mod tests;

use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, operators};

/// What a changed condition does to what passes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breadth {
    /// The same passes.
    Same,
    /// Whatever passed still does, and more may.
    Wider,
    /// Nothing passes that did not before.
    Narrower,
    /// It cannot be told.
    Unknown,
}

impl Breadth {
    /// What it does to those whom the condition denies.
    #[must_use]
    pub const fn turned(self) -> Self {
        match self {
            Self::Wider => Self::Narrower,
            Self::Narrower => Self::Wider,
            Self::Same | Self::Unknown => self,
        }
    }

    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Same, one) | (one, Self::Same) => one,
            (one, other) if one == other => one,
            _ => Self::Unknown,
        }
    }

    fn of(wider: bool, narrower: bool) -> Option<Self> {
        match (wider, narrower) {
            (true, true) => Some(Self::Same),
            (true, false) => Some(Self::Wider),
            (false, true) => Some(Self::Narrower),
            (false, false) => None,
        }
    }
}

/// What becomes of `old` when it is `new` instead.
pub(crate) fn breadth(old: &IdedExpr, new: &IdedExpr) -> Breadth {
    if same(old, new) {
        return Breadth::Same;
    }
    negation(old, new)
        .or_else(|| listed(old, new))
        .or_else(|| part_of_a_text(old, new))
        .or_else(|| choice(old, new))
        // One part more of `&&` holds more back, one part more of `||` lets more pass.
        .or_else(|| chain(operators::LOGICAL_AND, (old, new), Breadth::Narrower))
        .or_else(|| chain(operators::LOGICAL_OR, (old, new), Breadth::Wider))
        .unwrap_or(Breadth::Unknown)
}

fn negation(old: &IdedExpr, new: &IdedExpr) -> Option<Breadth> {
    let inner = |node| match parts_of(node)? {
        (operators::LOGICAL_NOT, None, [inner]) => Some(inner),
        _ => None,
    };
    Some(breadth(inner(old)?, inner(new)?).turned())
}

/// `x in [1, 2]` and `x == 1`: more values let more pass. `x != 1` lets all others pass.
fn listed(old: &IdedExpr, new: &IdedExpr) -> Option<Breadth> {
    let (old_denies, old_item, old_values) = values(old)?;
    let (new_denies, new_item, new_values) = values(new)?;
    if old_denies != new_denies || !same(old_item, new_item) {
        return None;
    }
    let within = |few: &[&LiteralValue], many: &[&LiteralValue]| {
        few.iter().all(|value| many.contains(value))
    };
    let found = Breadth::of(within(&old_values, &new_values), within(&new_values, &old_values))?;
    Some(if old_denies { found.turned() } else { found })
}

/// Whether it is denied, what is compared, and with which literals.
fn values(node: &IdedExpr) -> Option<(bool, &IdedExpr, Vec<&LiteralValue>)> {
    match parts_of(node)? {
        (operators::LOGICAL_NOT, None, [inner]) => {
            let (denies, item, values) = values(inner)?;
            Some((!denies, item, values))
        }
        (operators::IN, None, [item, list]) => {
            let Expr::List(list) = &list.expr else { return None };
            let values: Option<Vec<_>> = list.elements.iter().map(literal).collect();
            Some((false, item, values?))
        }
        (name @ (operators::EQUALS | operators::NOT_EQUALS), None, [left, right]) => {
            let (item, value) = match (literal(left), literal(right)) {
                (None, Some(value)) => (left, value),
                (Some(value), None) => (right, value),
                _ => return None,
            };
            Some((name == operators::NOT_EQUALS, item, vec![value]))
        }
        _ => None,
    }
}

/// `x.startsWith('ab')` holds wherever `x.startsWith('abc')` does.
fn part_of_a_text(old: &IdedExpr, new: &IdedExpr) -> Option<Breadth> {
    let (old_name, Some(old_item), [old_part]) = parts_of(old)? else { return None };
    let (new_name, Some(new_item), [new_part]) = parts_of(new)? else { return None };
    if old_name != new_name || !same(old_item, new_item) {
        return None;
    }
    let (old, new) = (text(old_part)?, text(new_part)?);
    let holds = |whole: &str, part: &str| match old_name {
        "startsWith" => whole.starts_with(part),
        "endsWith" => whole.ends_with(part),
        "contains" => whole.contains(part),
        _ => false,
    };
    Breadth::of(holds(old, new), holds(new, old))
}

/// `condition ? yes : no`, of which the condition stayed.
fn choice(old: &IdedExpr, new: &IdedExpr) -> Option<Breadth> {
    let (operators::CONDITIONAL, None, [old_if, old_yes, old_no]) = parts_of(old)? else {
        return None;
    };
    let (operators::CONDITIONAL, None, [new_if, new_yes, new_no]) = parts_of(new)? else {
        return None;
    };
    let sides = || breadth(old_yes, new_yes).and(breadth(old_no, new_no));
    same(old_if, new_if).then(sides)
}

/// Chains of one operator, in any order: what both have stays; of what differs, parts that can be compared
/// are, and the others came or went.
fn chain(operator: &str, (old, new): (&IdedExpr, &IdedExpr), one_more: Breadth) -> Option<Breadth> {
    let (mut old_parts, mut new_parts) = (Vec::new(), Vec::new());
    flatten(operator, old, &mut old_parts);
    flatten(operator, new, &mut new_parts);
    if old_parts.len() < 2 && new_parts.len() < 2 {
        return None;
    }
    let gone = without(&old_parts, &new_parts);
    let mut added = without(&new_parts, &old_parts);
    let mut found = Breadth::Same;
    for old in gone {
        let changed = added.iter().map(|new| breadth(old, new));
        let partner = changed.enumerate().find(|(_, changed)| *changed != Breadth::Unknown);
        found = found.and(match partner {
            Some((index, changed)) => {
                added.remove(index);
                changed
            }
            None => one_more.turned(),
        });
    }
    let found = if added.is_empty() { found } else { found.and(one_more) };
    Some(found).filter(|found| *found != Breadth::Unknown)
}

fn without<'a>(parts: &[&'a IdedExpr], others: &[&IdedExpr]) -> Vec<&'a IdedExpr> {
    let known = |part: &IdedExpr| others.iter().any(|other| same(part, other));
    parts.iter().copied().filter(|part| !known(part)).collect()
}

fn flatten<'a>(operator: &str, node: &'a IdedExpr, parts: &mut Vec<&'a IdedExpr>) {
    match parts_of(node) {
        Some((name, None, sides)) if name == operator => {
            sides.iter().for_each(|side| flatten(operator, side, parts));
        }
        _ => parts.push(node),
    }
}

type Parts<'a> = (&'a str, Option<&'a IdedExpr>, &'a [IdedExpr]);

fn parts_of(node: &IdedExpr) -> Option<Parts<'_>> {
    let Expr::Call(CallExpr { func_name, target, args }) = &node.expr else { return None };
    Some((func_name, target.as_deref(), args))
}

const fn literal(node: &IdedExpr) -> Option<&LiteralValue> {
    if let Expr::Literal(value) = &node.expr { Some(value) } else { None }
}

fn text(node: &IdedExpr) -> Option<&str> {
    if let LiteralValue::String(text) = literal(node)? { Some(text.inner()) } else { None }
}

/// Whether two trees say the same, wherever they stand.
fn same(one: &IdedExpr, other: &IdedExpr) -> bool {
    let all = |some: &[IdedExpr], others: &[IdedExpr]| {
        some.len() == others.len() && some.iter().zip(others).all(|(one, other)| same(one, other))
    };
    match (&one.expr, &other.expr) {
        (Expr::Ident(one), Expr::Ident(other)) => one == other,
        (Expr::Literal(one), Expr::Literal(other)) => one == other,
        (Expr::Select(one), Expr::Select(other)) => {
            (&one.field, one.test) == (&other.field, other.test)
                && same(&one.operand, &other.operand)
        }
        (Expr::List(one), Expr::List(other)) => all(&one.elements, &other.elements),
        (Expr::Call(one), Expr::Call(other)) => {
            let targets = match (&one.target, &other.target) {
                (Some(one), Some(other)) => same(one, other),
                (one, other) => one.is_none() && other.is_none(),
            };
            one.func_name == other.func_name && targets && all(&one.args, &other.args)
        }
        (Expr::Comprehension(one), Expr::Comprehension(other)) => {
            let names = (&one.iter_var, &one.iter_var2, &one.accu_var);
            let parts = [
                (&one.iter_range, &other.iter_range),
                (&one.accu_init, &other.accu_init),
                (&one.loop_cond, &other.loop_cond),
                (&one.loop_step, &other.loop_step),
                (&one.result, &other.result),
            ];
            names == (&other.iter_var, &other.iter_var2, &other.accu_var)
                && parts.into_iter().all(|(one, other)| same(one, other))
        }
        // What is not understood is not said to be the same.
        _ => false,
    }
}
