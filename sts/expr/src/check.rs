//! The static checker: what an expression may say, decided before it is loaded.
//!
//! Types come from the trust bundle. An optional claim must be guarded by
//! `has()`; operands must be of one type; only listed functions exist. What
//! this module does not know is refused, so that a newer library cannot widen
//! the language.

mod calls;
mod constant;
mod plain;
mod settled;

use crate::codes;
use crate::compile::{Fault, Use};
use crate::cost;
use crate::facts::{self, Facts};
use crate::limits::{DEPTH_MAX, NODES_MAX, STEPS_MAX};
use crate::schema::{Claim, ClaimType, Schema};
use cel::Program;
use cel::common::ast::{Expr, IdedExpr, LiteralValue, SelectExpr, SourceInfo};
use std::collections::{BTreeMap, BTreeSet};
use sts_wire::characters::deceit_in;

pub(crate) use constant::same;

/// The variable that holds the claims.
const ROOT: &str = "assertion";

/// What makes an expression cheaper.
pub(crate) const CHEAPER: &str = "smaller patterns are cheaper ([A-Za-z0-9_-]+ than {1,100} or \\w), \
     and so is less to do for each item of a list";

/// What to do about a character that deceives.
pub(crate) const PLAIN: &str = "write the text anew, as it is meant: it may have been copied from where it deceives on purpose";

/// What a checked program says.
pub(crate) struct Checked {
    /// The claims that it reads.
    pub(crate) claims: BTreeSet<String>,
    /// What lints ask.
    pub(crate) facts: Facts,
    /// What it costs at most.
    pub(crate) steps: u64,
}

/// Checks a parsed program.
pub(crate) fn check(program: &Program, usage: Use, schema: &Schema) -> Result<Checked, Vec<Fault>> {
    let root = program.expression();
    let mut checker = Checker {
        schema,
        usage,
        source: program.source_info(),
        faults: Vec::new(),
        variables: BTreeMap::new(),
        guarded: BTreeSet::new(),
        read: BTreeSet::new(),
        compared: false,
        nodes: 0,
    };
    let found = checker.infer(root, 0);
    if let Some(found) = found.filter(|found| !usage.accepts(found)) {
        let message =
            format!("the expression is {}, but must be {}", found.article(), usage.expects());
        checker.fault(root, codes::RESULT_TYPE, message);
    }
    if matches!(usage, Use::Condition | Use::Denial) && checker.faults.is_empty() {
        for constant in constant::find(root, schema) {
            let help = "take it away, or say what a token must have";
            checker.fault_with_help(constant.node, codes::CONSTANT, constant.message, help);
        }
    }
    if !checker.faults.is_empty() {
        return Err(checker.faults);
    }
    let steps = cost::steps(root, schema);
    if steps > STEPS_MAX {
        let message = format!("the expression takes up to {steps} steps, of at most {STEPS_MAX}");
        checker.fault_with_help(root, codes::TOO_COSTLY, message, CHEAPER);
        return Err(checker.faults);
    }
    let facts = facts::read(root, &|node| checker.offset(node));
    Ok(Checked { claims: checker.read, facts, steps })
}

struct Checker<'a> {
    schema: &'a Schema,
    usage: Use,
    source: &'a SourceInfo,
    faults: Vec<Fault>,
    /// Variables of comprehensions in scope.
    variables: BTreeMap<String, ClaimType>,
    /// Optional claims that `has()` has shown to be present here.
    guarded: BTreeSet<String>,
    read: BTreeSet<String>,
    /// Whether what is inferred is held against a literal: all that a sensitive claim is good for.
    compared: bool,
    nodes: usize,
}

impl Checker<'_> {
    /// The type of an expression; None when a fault was reported inside it.
    fn infer(&mut self, node: &IdedExpr, depth: usize) -> Option<ClaimType> {
        self.nodes = self.nodes.saturating_add(1);
        if self.nodes > NODES_MAX || depth > DEPTH_MAX {
            let message = "the expression is too large: split it into several conditions";
            return self.fault(node, codes::TOO_LARGE, message);
        }
        let depth = depth.saturating_add(1);
        match &node.expr {
            Expr::Literal(literal) => self.literal(node, literal),
            Expr::Ident(name) => self.variable(node, name),
            Expr::Select(select) => self.select(node, select, depth),
            Expr::Call(call) => self.holding(false, |checker| checker.call(node, call, depth)),
            Expr::List(list) => self.list(node, &list.elements, depth),
            Expr::Comprehension(loops) => self.comprehension(node, loops, depth),
            Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => {
                let message = "maps and messages have no place in a trust policy";
                self.fault(node, codes::NO_VALUE, message)
            }
        }
    }

    fn fault(
        &mut self,
        node: &IdedExpr,
        code: &'static str,
        message: impl Into<String>,
    ) -> Option<ClaimType> {
        let fault = Fault::new(code, self.offset(node), message);
        self.faults.push(fault);
        None
    }

    /// A fault at the name after a dot.
    fn fault_at_member(
        &mut self,
        node: &IdedExpr,
        code: &'static str,
        message: String,
        help: Option<String>,
    ) {
        let offset = self.mark(node).map_or_else(|| self.offset(node), |dot| dot.saturating_add(1));
        self.faults.push(Fault { offset, code, message, help });
    }

    fn fault_with_help(
        &mut self,
        node: &IdedExpr,
        code: &'static str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Option<ClaimType> {
        let fault = Fault::new(code, self.offset(node), message).with_help(help);
        self.faults.push(fault);
        None
    }

    /// Where an expression begins: the library marks operators and dots, so the
    /// leftmost mark of what is inside counts.
    fn offset(&self, node: &IdedExpr) -> usize {
        let own = self.mark(node).unwrap_or(usize::MAX);
        let inner: Vec<&IdedExpr> = match &node.expr {
            Expr::Call(call) => call.target.as_deref().into_iter().chain(&call.args).collect(),
            Expr::Select(select) => vec![&select.operand],
            Expr::List(list) => list.elements.iter().collect(),
            Expr::Comprehension(loops) => vec![&loops.iter_range],
            Expr::Unspecified
            | Expr::Ident(_)
            | Expr::Literal(_)
            | Expr::Map(_)
            | Expr::Struct(_) => Vec::new(),
        };
        let first = inner.into_iter().map(|node| self.offset(node)).min().unwrap_or(usize::MAX);
        let begin = own.min(first);
        if begin == usize::MAX { 0 } else { begin }
    }

    fn mark(&self, node: &IdedExpr) -> Option<usize> {
        let (start, _) = self.source.offset_for(node.id)?;
        let before = self.source.source.get(..usize::try_from(start).ok()?)?;
        Some(before.chars().count())
    }

    fn literal(&mut self, node: &IdedExpr, literal: &LiteralValue) -> Option<ClaimType> {
        match literal {
            LiteralValue::Boolean(_) => Some(ClaimType::Bool),
            LiteralValue::Int(_) => Some(ClaimType::Int),
            LiteralValue::String(text) => {
                if let Some((_, deceit)) = deceit_in(text.inner()) {
                    let message = format!("the text has {deceit}");
                    return self.fault_with_help(node, codes::DECEIT, message, PLAIN);
                }
                Some(ClaimType::String { values: Some(vec![text.inner().to_owned()]) })
            }
            LiteralValue::Bytes(_)
            | LiteralValue::Double(_)
            | LiteralValue::Null
            | LiteralValue::UInt(_) => {
                let message = "only strings, integers and booleans are compared in a trust policy";
                self.fault(node, codes::NO_VALUE, message)
            }
        }
    }

    fn variable(&mut self, node: &IdedExpr, name: &str) -> Option<ClaimType> {
        match self.variables.get(name) {
            Some(found) => Some(found.clone()),
            None if name == ROOT => {
                let message = "assertion is used by its claims, as in assertion.ref";
                self.fault(node, codes::NO_NAME, message)
            }
            None => self.fault_with_help(
                node,
                codes::NO_NAME,
                format!("there is no variable {name}"),
                "claims are read as assertion.NAME",
            ),
        }
    }

    fn select(&mut self, node: &IdedExpr, select: &SelectExpr, depth: usize) -> Option<ClaimType> {
        let Some(path) = path_of(select) else {
            return match &select.operand.expr {
                Expr::Call(_) if !select.test => self.member(node, select, depth),
                _ => self.stray_member(node, select),
            };
        };
        let claim = self.claim(node, &path)?;
        let dotted = path.join(".");
        if select.test {
            // The claim may be absent, but everything around it must be there.
            self.present(node, path.get(..path.len().saturating_sub(1)).unwrap_or_default());
            return Some(ClaimType::Bool);
        }
        self.present(node, &path);
        if claim.sensitive && !self.compared {
            let message = format!("the claim {dotted} is sensitive");
            let help = "it may be pinned, or compared with literals by == and in";
            self.fault_with_help(node, codes::SENSITIVE, message, help);
        }
        self.read.insert(dotted);
        Some(claim.claim_type)
    }

    /// A member of what a function yields, as `gh.workflow(…).repo`.
    fn member(&mut self, node: &IdedExpr, select: &SelectExpr, depth: usize) -> Option<ClaimType> {
        let ClaimType::Object(members) = self.infer(&select.operand, depth)? else {
            return self.stray_member(node, select);
        };
        if let Some(member) = members.get(&select.field) {
            return Some(member.claim_type.clone());
        }
        let names: Vec<_> = members.keys().map(String::as_str).collect();
        let help = Some(format!("there are {}", names.join(", ")));
        let message = format!("there is no member {}", select.field);
        self.fault_at_member(node, codes::NO_NAME, message, help);
        None
    }

    /// A text without its quotes, or another root than `assertion`.
    fn stray_member(&mut self, node: &IdedExpr, select: &SelectExpr) -> Option<ClaimType> {
        let known = self.schema.claims.contains_key(&select.field);
        let help = if known {
            format!("did you mean assertion.{}?", select.field)
        } else {
            "claims are read as assertion.NAME; a text stands in quotes, as in 'refs/heads/main'"
                .to_owned()
        };
        self.fault_with_help(node, codes::NO_NAME, "members are read from assertion only", help)
    }

    fn claim(&mut self, node: &IdedExpr, path: &[&str]) -> Option<Claim> {
        if let Some(claim) = self.schema.find(path.iter().copied()) {
            return Some(claim.clone());
        }
        let message = format!("the trust bundle declares no claim {}", path.join("."));
        let known = self.schema.claims.keys().map(String::as_str);
        let near = path.first().filter(|_| path.len() == 1);
        let near = near.and_then(|name| sts_wire::diagnostic::nearest(name, known));
        let help = near.map(|near| format!("did you mean {near}?"));
        self.fault_at_member(node, codes::UNKNOWN_CLAIM, message, help);
        None
    }

    /// Reports the first claim along `path` that may be absent here.
    fn present(&mut self, node: &IdedExpr, path: &[&str]) {
        for length in 1..=path.len() {
            let prefix = path.get(..length).unwrap_or_default();
            let dotted = prefix.join(".");
            let sure = self.schema.find(prefix.iter().copied()).is_some_and(|claim| claim.present);
            if !sure && !self.guarded.contains(&dotted) {
                let help = match self.usage {
                    // Nothing is pinned in a guardrail, and what is absent is mostly meant to be denied.
                    Use::Denial => format!(
                        "to deny all but one value write !(has(assertion.{dotted}) && assertion.{dotted} == …), and to deny one has(assertion.{dotted}) && …"
                    ),
                    Use::Condition | Use::Subject | Use::MintedClaim => {
                        format!("write has(assertion.{dotted}) && … before it, or pin it")
                    }
                };
                let message = format!("the claim {dotted} may be absent");
                self.fault_with_help(node, codes::ABSENT_CLAIM, message, help);
                return;
            }
        }
    }
}

/// `assertion.a.b` as `["a", "b"]`.
pub(crate) fn path_of(select: &SelectExpr) -> Option<Vec<&str>> {
    let mut path = vec![select.field.as_str()];
    let mut operand = &select.operand.expr;
    while let Expr::Select(inner) = operand {
        path.push(inner.field.as_str());
        operand = &inner.operand.expr;
    }
    path.reverse();
    matches!(operand, Expr::Ident(name) if name == ROOT).then_some(path)
}
