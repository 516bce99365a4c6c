//! Places where a condition lets one of two different callers in.

use super::limited;
use cel::common::ast::{Expr, IdedExpr, operators};
use std::collections::BTreeSet;

/// An `||` of which both sides say what claims are, and not the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alternative {
    /// Claims that both sides limit, by different values.
    pub differing: BTreeSet<String>,
    /// Claims that only the left side limits.
    pub left: BTreeSet<String>,
    /// Claims that only the right side limits.
    pub right: BTreeSet<String>,
    /// Where, in characters from the beginning of the expression.
    pub offset: usize,
}

/// Finds them, the outermost of each chain. What only denies is not looked into.
pub(super) fn read(root: &IdedExpr, offset: &dyn Fn(&IdedExpr) -> usize) -> Vec<Alternative> {
    let Expr::Call(call) = &root.expr else { return Vec::new() };
    match (call.func_name.as_str(), call.args.as_slice()) {
        (operators::LOGICAL_OR, [one, other]) => match differ(one, other, offset(root)) {
            Some(found) => vec![found],
            None => [one, other].into_iter().flat_map(|part| read(part, offset)).collect(),
        },
        (operators::LOGICAL_AND | operators::CONDITIONAL, parts) => {
            parts.iter().flat_map(|part| read(part, offset)).collect()
        }
        _ => Vec::new(),
    }
}

fn differ(one: &IdedExpr, other: &IdedExpr, offset: usize) -> Option<Alternative> {
    let (one, other) = (limited::read(one), limited::read(other));
    let mut found = Alternative {
        differing: BTreeSet::new(),
        left: BTreeSet::new(),
        right: BTreeSet::new(),
        offset,
    };
    for (claim, values) in &one {
        match other.get(claim) {
            Some(others) if others == values => {}
            Some(_) => drop(found.differing.insert(claim.clone())),
            None => drop(found.left.insert(claim.clone())),
        }
    }
    found.right.extend(other.keys().filter(|claim| !one.contains_key(*claim)).cloned());
    let apart = !found.left.is_empty() && !found.right.is_empty();
    (apart || !found.differing.is_empty()).then_some(found)
}
