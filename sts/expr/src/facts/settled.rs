//! Claims of which a condition says so closely what they are that nobody else has them.
//!
//! SECURITY: an identity counts as told only by what is understood here. `[0-9]+` fits every number,
//! and a size, a part or a pattern that takes many texts leaves others in.

use super::limited::{Who, compared};
use super::{claim, is_exists, is_false, is_text_or_number};
use super::{open::DELIMITERS, text};
use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, IdedExpr, operators};
use regex_syntax::hir::{Hir, HirKind};
use std::collections::BTreeSet;

/// Reads them off a condition.
pub(super) fn read(node: &IdedExpr) -> BTreeSet<String> {
    of(node, &claim)
}

fn of(node: &IdedExpr, who: Who<'_>) -> BTreeSet<String> {
    match &node.expr {
        Expr::Comprehension(loops) => item_of(loops, who).into_iter().collect(),
        Expr::Call(call) => of_call(call, who),
        _ => BTreeSet::new(),
    }
}

fn of_call(call: &CallExpr, who: Who<'_>) -> BTreeSet<String> {
    match (call.func_name.as_str(), call.target.as_deref(), call.args.as_slice()) {
        (operators::LOGICAL_AND, None, [left, right]) => &of(left, who) | &of(right, who),
        (operators::LOGICAL_OR, None, [left, right]) => &of(left, who) & &of(right, who),
        (operators::CONDITIONAL, None, [condition, yes, no]) if is_false(no) => {
            &of(condition, who) | &of(yes, who)
        }
        (operators::CONDITIONAL, None, [_, yes, no]) => &of(yes, who) & &of(no, who),
        _ => compared(call, who)
            .map(|(claim, _)| claim)
            .or_else(|| valued(call, who))
            .or_else(|| placed(call, who))
            .into_iter()
            .collect(),
    }
}

/// A list of which some item is settled.
fn item_of(loops: &ComprehensionExpr, who: Who<'_>) -> Option<String> {
    let list = who(&loops.iter_range).filter(|_| is_exists(loops))?;
    let Expr::Call(step) = &loops.loop_step.expr else { return None };
    let item = |node: &IdedExpr| match &node.expr {
        Expr::Ident(name) if *name == loops.iter_var => Some(name.clone()),
        _ => None,
    };
    let said = step.args.last().map(|predicate| of(predicate, &item))?;
    (!said.is_empty()).then_some(list)
}

/// Numbers, items of lists, and the part of an address that names a workload.
fn valued(call: &CallExpr, who: Who<'_>) -> Option<String> {
    let what = |node: &IdedExpr| who(node).or_else(|| path_in(node, who));
    match (call.func_name.as_str(), call.args.as_slice()) {
        (operators::EQUALS, [left, right]) if is_text_or_number(right) => what(left),
        (operators::EQUALS, [left, right]) if is_text_or_number(left) => what(right),
        (operators::IN, [item, list]) => match &list.expr {
            Expr::List(list) if list.elements.iter().all(is_text_or_number) => what(item),
            Expr::Select(_) if is_text_or_number(item) => who(list),
            _ => None,
        },
        _ => None,
    }
}

/// `spiffe.path(x)`: a bundle speaks of one trust domain, so that nothing is left open.
fn path_in(node: &IdedExpr, who: Who<'_>) -> Option<String> {
    let Expr::Call(call) = &node.expr else { return None };
    let is_path = call.func_name == "spiffe.path"
        || (call.func_name == "path"
            && call
                .target
                .as_deref()
                .is_some_and(|node| matches!(&node.expr, Expr::Ident(name) if name == "spiffe")));
    call.args.first().filter(|_| is_path).and_then(who)
}

/// A place in a tree of names: what begins with `spiffe://example.org/shop/` is the shop's.
fn placed(call: &CallExpr, who: Who<'_>) -> Option<String> {
    let (target, literal) = (call.target.as_deref()?, call.args.first().and_then(text)?);
    let place = match call.func_name.as_str() {
        "startsWith" => is_place(literal),
        "glob" => is_place(literal.split('*').next()?),
        "fullMatch" => regex_syntax::parse(literal).is_ok_and(|tree| is_place(&beginning(&tree))),
        _ => false,
    };
    who(target).or_else(|| path_in(target, who)).filter(|_| place)
}

/// Whether it has a name and the delimiter that ends it, beyond a trust domain that all share.
fn is_place(beginning: &str) -> bool {
    let path = match beginning.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
        None => beginning,
    };
    let named = path.rfind(DELIMITERS).and_then(|end| path.get(..end));
    named.is_some_and(|named| named.contains(char::is_alphanumeric))
}

/// The text that everything begins with that the pattern fits.
fn beginning(node: &Hir) -> String {
    match node.kind() {
        HirKind::Literal(literal) => String::from_utf8_lossy(&literal.0).into_owned(),
        HirKind::Capture(part) => beginning(&part.sub),
        HirKind::Concat(parts) => {
            let written = parts.iter().map_while(|part| match part.kind() {
                HirKind::Literal(literal) => Some(String::from_utf8_lossy(&literal.0).into_owned()),
                _ => None,
            });
            written.collect()
        }
        HirKind::Empty
        | HirKind::Class(_)
        | HirKind::Look(_)
        | HirKind::Repetition(_)
        | HirKind::Alternation(_) => String::new(),
    }
}
