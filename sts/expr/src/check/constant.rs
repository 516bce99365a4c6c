//! Conditions, and parts of them, that come out the same for every token. Who
//! wrote one meant something else, and who reads it sees a check where there is none.

use super::settled::{opposes, settles, settles_size};
use super::{ROOT, path_of};
use crate::schema::Schema;
use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, IdedExpr, LiteralValue, operators};

/// A part that is the same for every token, and what makes it so.
pub(super) struct Constant<'a> {
    pub(super) node: &'a IdedExpr,
    pub(super) message: String,
}

/// Finds such parts of a condition that is sound otherwise.
pub(super) fn find<'a>(root: &'a IdedExpr, schema: &Schema) -> Vec<Constant<'a>> {
    let mut finder = Finder { item: None, chain: "", found: Vec::new() };
    if !finder.reads(root) {
        finder.reads_nothing(root);
    } else if let Some(claim) = only_has(root, schema) {
        let message = format!(
            "every token that comes here has {claim}: the trust bundle requires it, or the policy pins it"
        );
        finder.add(root, message);
    } else {
        finder.walk(root);
    }
    finder.found
}

/// The claim, when all that is asked is whether it is there, and it always is.
fn only_has(root: &IdedExpr, schema: &Schema) -> Option<String> {
    match &root.expr {
        Expr::Call(call) if call.func_name == operators::LOGICAL_NOT => {
            only_has(call.args.first()?, schema)
        }
        Expr::Select(select) if select.test => {
            let path = path_of(select)?;
            let sure = (1..=path.len()).all(|length| {
                let claim = schema.find(path.iter().copied().take(length));
                claim.is_some_and(|claim| claim.present)
            });
            sure.then(|| path.join("."))
        }
        _ => None,
    }
}

struct Finder<'a> {
    /// The name that stands for an item of a list here.
    item: Option<&'a str>,
    /// The call around, so that a chain of `||` is looked at once, as a whole.
    chain: &'a str,
    found: Vec<Constant<'a>>,
}

impl<'a> Finder<'a> {
    fn add(&mut self, node: &'a IdedExpr, message: impl Into<String>) {
        self.found.push(Constant { node, message: message.into() });
    }

    fn reads_nothing(&mut self, node: &'a IdedExpr) {
        self.add(node, "this reads no claim, so it is the same for every token");
    }

    /// Whether it depends on the token.
    fn reads(&self, node: &IdedExpr) -> bool {
        match &node.expr {
            Expr::Select(select) => path_of(select).is_some() || self.reads(&select.operand),
            Expr::Ident(name) => name == ROOT || self.item == Some(name.as_str()),
            Expr::Call(call) => operands(call).any(|operand| self.reads(operand)),
            Expr::List(list) => list.elements.iter().any(|element| self.reads(element)),
            Expr::Comprehension(loops) => {
                self.reads(&loops.iter_range) || self.reads(&loops.loop_step)
            }
            Expr::Unspecified | Expr::Literal(_) | Expr::Map(_) | Expr::Struct(_) => false,
        }
    }

    fn walk(&mut self, node: &'a IdedExpr) {
        match &node.expr {
            Expr::Call(call) => self.call(node, call),
            Expr::Select(select) => self.walk(&select.operand),
            Expr::List(list) => list.elements.iter().for_each(|element| self.walk(element)),
            Expr::Comprehension(loops) => self.comprehension(node, loops),
            Expr::Unspecified
            | Expr::Ident(_)
            | Expr::Literal(_)
            | Expr::Map(_)
            | Expr::Struct(_) => {}
        }
    }

    fn call(&mut self, node: &'a IdedExpr, call: &'a CallExpr) {
        if is_boolean(call) && !self.reads(node) {
            return self.reads_nothing(node);
        }
        match (call.func_name.as_str(), call.target.as_deref(), call.args.as_slice()) {
            (operators::LOGICAL_AND, None, sides) if sides.iter().any(|side| is(side, false)) => {
                return self.add(node, "with && false it is false for every token");
            }
            (operators::LOGICAL_OR, None, sides) if sides.iter().any(|side| is(side, true)) => {
                return self.add(node, "with || true it is true for every token");
            }
            (operators::LOGICAL_AND, None, _) if self.settles(node, operators::LOGICAL_AND) => {
                return self
                    .add(node, "its sides exclude each other, so it is false for every token");
            }
            (operators::LOGICAL_OR, None, _) if self.settles(node, operators::LOGICAL_OR) => {
                return self.add(
                    node,
                    "what one side leaves out another takes in, so it is true for every token",
                );
            }
            (operators::CONDITIONAL, None, [condition, yes, no]) => {
                if same(yes, no) {
                    return self.add(node, "both branches are the same");
                }
                if !self.reads(condition) {
                    return self.reads_nothing(condition);
                }
            }
            (operators::IN, None, [item, IdedExpr { expr: Expr::List(list), .. }])
                if list.elements.iter().any(|element| same(item, element)) =>
            {
                return self.add(node, "the list holds what is looked for");
            }
            (name, None, [left, right]) if is_comparison(name) && same(left, right) => {
                return self.add(node, "both sides are the same");
            }
            (operators::EQUALS | operators::NOT_EQUALS, None, [left, right])
                if opposes(left, right) =>
            {
                return self.add(node, "one side is the opposite of the other");
            }
            (name, None, _) if is_comparison(name) && settles_size(call) => {
                return self.add(node, "a size is never negative");
            }
            ("startsWith" | "endsWith" | "contains", Some(text), [part]) => {
                if same(text, part) {
                    return self.add(node, "both texts are the same");
                }
                if matches!(&part.expr, Expr::Literal(LiteralValue::String(part)) if part.inner().is_empty())
                {
                    return self.add(node, "every text has an empty part");
                }
            }
            _ => {}
        }
        let around = std::mem::replace(&mut self.chain, &call.func_name);
        operands(call).for_each(|operand| self.walk(operand));
        self.chain = around;
    }

    fn settles(&self, node: &IdedExpr, operator: &str) -> bool {
        self.chain != operator && settles(node, operator)
    }

    fn comprehension(&mut self, node: &'a IdedExpr, loops: &'a ComprehensionExpr) {
        if !self.reads(node) {
            return self.reads_nothing(node);
        }
        self.walk(&loops.iter_range);
        // `exists` begins with false and joins by `||`, `all` with true and by `&&`.
        let Expr::Call(step) = &loops.loop_step.expr else { return };
        let Some(predicate) = step.args.last() else { return };
        let exists = is(&loops.accu_init, false);
        if is(predicate, !exists) {
            return self.add(node, "it asks nothing of the items");
        }
        self.item = Some(&loops.iter_var);
        self.walk(predicate);
        self.item = None;
    }
}

/// Target and arguments.
fn operands(call: &CallExpr) -> impl Iterator<Item = &IdedExpr> {
    call.target.as_deref().into_iter().chain(&call.args)
}

fn is(node: &IdedExpr, wanted: bool) -> bool {
    matches!(&node.expr, Expr::Literal(LiteralValue::Boolean(flag)) if *flag.inner() == wanted)
}

fn is_comparison(name: &str) -> bool {
    matches!(
        name,
        operators::EQUALS
            | operators::NOT_EQUALS
            | operators::LESS
            | operators::LESS_EQUALS
            | operators::GREATER
            | operators::GREATER_EQUALS
            | operators::IN
    )
}

/// Whether it answers true or false: what is constant among texts is a literal by another way.
fn is_boolean(call: &CallExpr) -> bool {
    is_comparison(&call.func_name)
        || matches!(
            call.func_name.as_str(),
            operators::LOGICAL_AND
                | operators::LOGICAL_OR
                | operators::LOGICAL_NOT
                | "startsWith"
                | "endsWith"
                | "contains"
                | "fullMatch"
                | "glob"
        )
}

/// Whether two expressions are the same but for their places.
pub(crate) fn same(left: &IdedExpr, right: &IdedExpr) -> bool {
    match (&left.expr, &right.expr) {
        (Expr::Literal(left), Expr::Literal(right)) => left == right,
        (Expr::Ident(left), Expr::Ident(right)) => left == right,
        (Expr::Select(left), Expr::Select(right)) => {
            (&left.field, left.test) == (&right.field, right.test)
                && same(&left.operand, &right.operand)
        }
        (Expr::List(left), Expr::List(right)) => all_same(left.elements.iter(), &right.elements),
        (Expr::Call(left), Expr::Call(right)) => {
            left.func_name == right.func_name
                && left.target.is_some() == right.target.is_some()
                && all_same(operands(left), operands(right))
        }
        _ => false,
    }
}

fn all_same<'a>(
    left: impl IntoIterator<Item = &'a IdedExpr>,
    right: impl IntoIterator<Item = &'a IdedExpr>,
) -> bool {
    let (left, right): (Vec<_>, Vec<_>) = (left.into_iter().collect(), right.into_iter().collect());
    left.len() == right.len() && left.iter().zip(&right).all(|(left, right)| same(left, right))
}
