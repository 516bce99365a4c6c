//! What an expression says about claims, read off its tree: what lints ask.

mod alternatives;
mod boundless;
mod follow;
mod limited;
mod open;
mod settled;
mod under;
mod unended;
mod words;
mod workflows;

pub use alternatives::Alternative;
pub use follow::Known;
pub use open::{OpenPart, Openness};
pub use workflows::{Home, Reference, WorkflowFact, reference_in};

pub(crate) use boundless::{characters, spellings};
pub(crate) use follow::follows;
pub(crate) use under::under;

use crate::check::path_of;
use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, IdedExpr, LiteralValue, operators};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of a condition that holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// Beginnings and parts that other names have as well.
    pub open_parts: Vec<OpenPart>,
    /// Claims that have one of these values wherever the condition holds.
    pub limited: BTreeMap<String, BTreeSet<String>>,
    /// What functions make of claims, as `spiffe.path(sub)`, that has one of these texts wherever it holds.
    pub derived: BTreeMap<String, BTreeSet<String>>,
    /// Claims of which it says what they are, wherever it holds: by a text, a
    /// pattern, another claim, or an item that a list has.
    pub told: BTreeSet<String>,
    /// Claims of which it says so closely what they are that nobody else has them, wherever it holds:
    /// one of some values, or a place in a tree of names. What is not understood is none of these.
    pub settled: BTreeSet<String>,
    /// Beginnings that claims, and what functions make of them, have wherever it holds.
    pub begun: BTreeMap<String, String>,
    /// Boolean claims that are true wherever it holds.
    pub demanded: BTreeSet<String>,
    /// Places where one of two different callers will do.
    pub alternatives: Vec<Alternative>,
    /// What it says of the files that workflows are defined in.
    pub workflows: Vec<WorkflowFact>,
}

/// Reads the facts off a tree that passed the checker; `offset` says where a node is.
pub(crate) fn read(root: &IdedExpr, offset: &dyn Fn(&IdedExpr) -> usize) -> Facts {
    Facts {
        open_parts: open::read(root, offset),
        limited: limited::read(root),
        derived: limited::derived(root),
        told: told(root),
        settled: settled::read(root),
        begun: follow::begun(root),
        demanded: demanded(root),
        alternatives: alternatives::read(root, offset),
        workflows: workflows::read(root, offset),
    }
}

/// The boolean literal among the operands.
fn truth(call: &CallExpr) -> Option<bool> {
    call.args.iter().find_map(|argument| match &argument.expr {
        Expr::Literal(LiteralValue::Boolean(flag)) => Some(*flag.inner()),
        _ => None,
    })
}

/// Claims of which something positive is said wherever the condition holds.
/// What is not understood says nothing.
fn told(node: &IdedExpr) -> BTreeSet<String> {
    match &node.expr {
        Expr::Comprehension(loops) if is_exists(loops) => claims(&loops.iter_range),
        Expr::Call(call) => told_by_call(call),
        _ => BTreeSet::new(),
    }
}

fn told_by_call(call: &CallExpr) -> BTreeSet<String> {
    let both = |left: &IdedExpr, right: &IdedExpr| -> BTreeSet<String> {
        told(left).intersection(&told(right)).cloned().collect()
    };
    match (call.func_name.as_str(), call.target.as_deref(), call.args.as_slice()) {
        (operators::LOGICAL_AND, None, [left, right]) => &told(left) | &told(right),
        (operators::LOGICAL_OR, None, [left, right]) => both(left, right),
        (operators::CONDITIONAL, None, [condition, yes, no]) if is_false(no) => {
            &told(condition) | &told(yes)
        }
        (operators::CONDITIONAL, None, [_, yes, no]) => both(yes, no),
        (operators::EQUALS, None, [left, right]) if is_text_or_number(right) => claims(left),
        (operators::EQUALS, None, [left, right]) if is_text_or_number(left) => claims(right),
        (operators::EQUALS, None, [left, right]) => match (claim(left), claim(right)) {
            (Some(left), Some(right)) if left != right => BTreeSet::from([left, right]),
            _ => BTreeSet::new(),
        },
        (operators::IN, None, [item, list]) => match &list.expr {
            Expr::List(list) if list.elements.iter().all(is_text_or_number) => claims(item),
            Expr::Select(_) if is_text_or_number(item) => claims(list),
            _ => BTreeSet::new(),
        },
        ("startsWith" | "endsWith" | "contains" | "fullMatch" | "glob", Some(what), [part]) => {
            let says = text(part).is_none_or(|part| words::says_something(&call.func_name, part));
            if says { claims(what) } else { BTreeSet::new() }
        }
        _ => BTreeSet::new(),
    }
}

/// Boolean claims that are true wherever the condition holds.
fn demanded(node: &IdedExpr) -> BTreeSet<String> {
    let Expr::Call(call) = &node.expr else { return claim(node).into_iter().collect() };
    match (call.func_name.as_str(), call.args.as_slice()) {
        (operators::LOGICAL_AND, [left, right]) => &demanded(left) | &demanded(right),
        (operators::LOGICAL_OR, [left, right]) => &demanded(left) & &demanded(right),
        (operators::CONDITIONAL, [condition, yes, no]) if is_false(no) => {
            &demanded(condition) | &demanded(yes)
        }
        (name @ (operators::EQUALS | operators::NOT_EQUALS), [left, right])
            if truth(call) == Some(name == operators::EQUALS) =>
        {
            &demanded(left) | &demanded(right)
        }
        _ => BTreeSet::new(),
    }
}

/// `exists`, not `all`: the accumulator begins with false.
fn is_exists(loops: &ComprehensionExpr) -> bool {
    is_false(&loops.accu_init)
}

fn is_false(node: &IdedExpr) -> bool {
    matches!(&node.expr, Expr::Literal(LiteralValue::Boolean(flag)) if !*flag.inner())
}

fn is_text_or_number(node: &IdedExpr) -> bool {
    matches!(&node.expr, Expr::Literal(LiteralValue::String(_) | LiteralValue::Int(_)))
}

/// Every claim that an expression reads.
fn claims(node: &IdedExpr) -> BTreeSet<String> {
    match &node.expr {
        Expr::Select(select) => match path_of(select) {
            Some(path) if !select.test => BTreeSet::from([path.join(".")]),
            Some(_) => BTreeSet::new(),
            None => claims(&select.operand),
        },
        // How long a text is does not say what it is.
        Expr::Call(call) if call.func_name == "size" => BTreeSet::new(),
        Expr::Call(call) => {
            call.target.as_deref().into_iter().chain(&call.args).flat_map(claims).collect()
        }
        _ => BTreeSet::new(),
    }
}

fn claim(node: &IdedExpr) -> Option<String> {
    match &node.expr {
        Expr::Select(select) if !select.test => path_of(select).map(|path| path.join(".")),
        _ => None,
    }
}

fn text(node: &IdedExpr) -> Option<&str> {
    match &node.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner()),
        _ => None,
    }
}
