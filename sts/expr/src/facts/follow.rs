//! Whether a condition holds wherever others do, in whatever words they say it.

use super::limited::call_name;
use super::{claim, claims, is_false, text, truth, under};
use crate::check::same;
use cel::common::ast::{Expr, IdedExpr, operators};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of the tokens that a policy permits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Known {
    /// Claims that have one of these texts.
    pub texts: BTreeMap<String, BTreeSet<String>>,
    /// Boolean claims that are true.
    pub demanded: BTreeSet<String>,
    /// Claims that begin with a text.
    pub begun: BTreeMap<String, String>,
}

/// Whether every part of `root` that is joined by `&&` follows from what is known, or is said by one of the others.
pub(crate) fn follows(root: &IdedExpr, known: &Known, others: &[&IdedExpr]) -> bool {
    let said: Vec<&IdedExpr> = others.iter().flat_map(|other| parts(other)).collect();
    parts(root)
        .iter()
        .all(|part| said.iter().any(|other| alike(part, other)) || is_known(part, known))
}

/// What has to hold together.
fn parts(node: &IdedExpr) -> Vec<&IdedExpr> {
    let Expr::Call(call) = &node.expr else { return vec![node] };
    match (call.func_name.as_str(), call.args.as_slice()) {
        (operators::LOGICAL_AND, both) => both.iter().flat_map(parts).collect(),
        (operators::CONDITIONAL, [condition, yes, no]) if is_false(no) => {
            [condition, yes].into_iter().flat_map(parts).collect()
        }
        _ => vec![node],
    }
}

/// The same but for its places, and for which side of `==` something stands on.
fn alike(one: &IdedExpr, other: &IdedExpr) -> bool {
    let turned = || match (&one.expr, &other.expr) {
        (Expr::Call(one), Expr::Call(other)) => {
            let symmetric =
                matches!(one.func_name.as_str(), operators::EQUALS | operators::NOT_EQUALS);
            match (one.args.as_slice(), other.args.as_slice()) {
                ([a, b], [c, d]) if symmetric && one.func_name == other.func_name => {
                    same(a, d) && same(b, c)
                }
                _ => false,
            }
        }
        _ => false,
    };
    same(one, other) || turned()
}

fn is_known(part: &IdedExpr, known: &Known) -> bool {
    let always = |claim: &String| {
        let values = known.texts.get(claim).filter(|values| !values.is_empty());
        values.is_some_and(|values| {
            values.iter().all(|value| under(part, claim, value) == Some(true))
        })
    };
    spoken_of(part).iter().any(always) || is_demanded(part, known) || has_begun(part, known)
}

/// `claims` leaves out what is only asked for by `has()`.
fn spoken_of(part: &IdedExpr) -> BTreeSet<String> {
    let mut found = claims(part);
    if let Expr::Select(select) = &part.expr
        && let Some(path) = crate::check::path_of(select)
    {
        found.insert(path.join("."));
    }
    found
}

fn is_demanded(part: &IdedExpr, known: &Known) -> bool {
    let bare = match &part.expr {
        Expr::Call(call) if call.func_name == operators::EQUALS && truth(call) == Some(true) => {
            call.args.iter().find_map(claim)
        }
        _ => claim(part),
    };
    bare.is_some_and(|claim| known.demanded.contains(&claim))
}

fn has_begun(part: &IdedExpr, known: &Known) -> bool {
    let plain = matches!(&part.expr, Expr::Call(call) if call.func_name == "startsWith");
    beginning(part).filter(|_| plain).is_some_and(|(claim, wanted)| {
        known.begun.get(&claim).is_some_and(|begun| begun.starts_with(&wanted))
    })
}

/// The beginnings that claims have wherever a condition holds.
pub(super) fn begun(node: &IdedExpr) -> BTreeMap<String, String> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for part in parts(node) {
        if let Some((claim, beginning)) = beginning(part) {
            let known = found.entry(claim).or_default();
            if beginning.len() > known.len() {
                *known = beginning;
            }
        }
    }
    found
}

fn beginning(part: &IdedExpr) -> Option<(String, String)> {
    let Expr::Call(call) = &part.expr else { return None };
    let literal = call.args.first().and_then(text)?;
    let beginning = match call.func_name.as_str() {
        "startsWith" => literal,
        "glob" => literal.split('*').next()?,
        _ => return None,
    };
    let target = call.target.as_deref()?;
    let claim = claim(target).or_else(|| call_name(target))?;
    (!beginning.is_empty()).then(|| (claim, beginning.to_owned()))
}
