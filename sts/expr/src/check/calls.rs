//! Operators and functions: what their operands must be, and what they yield.

use super::plain::deceit_in_pattern;
use super::{Checker, PLAIN, path_of};
use crate::codes;
use crate::functions::{Pattern, SUBJECT, Yields, network, qualified};
use crate::limits::SUBJECT_SEGMENTS_MAX;
use crate::schema::{Claim, ClaimType};
use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, IdedExpr, LiteralValue, operators};
use std::collections::BTreeSet;

impl Checker<'_> {
    pub(super) fn call(
        &mut self,
        node: &IdedExpr,
        call: &CallExpr,
        depth: usize,
    ) -> Option<ClaimType> {
        match (call.func_name.as_str(), call.target.as_deref(), call.args.as_slice()) {
            (operators::LOGICAL_AND, None, [left, right]) => {
                let before = self.guarded.clone();
                self.boolean(left, depth);
                self.guarded.extend(proven(left));
                self.boolean(right, depth);
                self.guarded = before;
                Some(ClaimType::Bool)
            }
            (operators::LOGICAL_OR, None, [left, right]) => {
                self.boolean(left, depth);
                self.boolean(right, depth);
                Some(ClaimType::Bool)
            }
            (operators::LOGICAL_NOT, None, [operand]) => {
                self.boolean(operand, depth);
                Some(ClaimType::Bool)
            }
            (operators::NOT_STRICTLY_FALSE, None, [operand]) => self.infer(operand, depth),
            (operators::CONDITIONAL, None, [condition, yes, no]) => {
                self.conditional(node, [condition, yes, no], depth)
            }
            (name @ (operators::EQUALS | operators::NOT_EQUALS), None, [left, right]) => {
                let literal = is_literal(left) || is_literal(right);
                let compared = literal && name == operators::EQUALS;
                self.holding(compared, |checker| checker.equality(node, left, right, depth))
            }
            (operators::IN, None, [item, list]) => self.membership(node, item, list, depth),
            (
                operators::LESS
                | operators::LESS_EQUALS
                | operators::GREATER
                | operators::GREATER_EQUALS,
                None,
                [left, right],
            ) => {
                self.expect(left, &ClaimType::Int, depth);
                self.expect(right, &ClaimType::Int, depth);
                Some(ClaimType::Bool)
            }
            ("startsWith" | "endsWith" | "contains", Some(text), [part]) => {
                self.expect(text, &ClaimType::STRING, depth);
                self.expect(part, &ClaimType::STRING, depth);
                Some(ClaimType::Bool)
            }
            ("size", Some(value), []) | ("size", None, [value]) => self.size(value, depth),
            (name, Some(text), [pattern]) if Pattern::named(name).is_some() => {
                self.expect(text, &ClaimType::STRING, depth);
                self.pattern(Pattern::named(name)?, pattern)
            }
            (name, Some(IdedExpr { expr: Expr::Ident(space), .. }), arguments)
                if !self.variables.contains_key(space) && qualified(space, name).is_some() =>
            {
                self.qualified(node, qualified(space, name)?, arguments, depth)
            }
            (SUBJECT, None, segments) if (1..=SUBJECT_SEGMENTS_MAX).contains(&segments.len()) => {
                for segment in segments {
                    self.expect(segment, &ClaimType::STRING, depth);
                }
                Some(ClaimType::STRING)
            }
            (name, ..) => self.unknown_function(node, name),
        }
    }

    fn size(&mut self, value: &IdedExpr, depth: usize) -> Option<ClaimType> {
        let found = self.infer(value, depth)?;
        match found {
            ClaimType::String { .. } | ClaimType::List(..) => Some(ClaimType::Int),
            ClaimType::Bool | ClaimType::Int | ClaimType::Object(_) => {
                let message = format!("{} has no size", found.article());
                self.fault(value, codes::WRONG_TYPE, message)
            }
        }
    }

    /// A pattern is a literal, so that it is compiled, and found wrong, at load.
    fn pattern(&mut self, kind: Pattern, node: &IdedExpr) -> Option<ClaimType> {
        let Expr::Literal(LiteralValue::String(text)) = &node.expr else {
            let help = "write the pattern in quotes: it is compiled when the document is loaded";
            return self.fault_with_help(node, codes::NOT_LITERAL, "a pattern is a literal", help);
        };
        if let Some(deceit) = deceit_in_pattern(kind, text.inner()) {
            let message = format!("the pattern has {deceit}");
            return self.fault_with_help(node, codes::DECEIT, message, PLAIN);
        }
        match kind.compile(text.inner()) {
            Ok(()) => Some(ClaimType::Bool),
            Err((message, help)) => self.fault_with_help(node, codes::BAD_PATTERN, message, help),
        }
    }

    fn qualified(
        &mut self,
        node: &IdedExpr,
        yields: Yields,
        arguments: &[IdedExpr],
        depth: usize,
    ) -> Option<ClaimType> {
        match (yields, arguments) {
            (Yields::Text, [text]) => {
                self.expect(text, &ClaimType::STRING, depth);
                Some(ClaimType::STRING)
            }
            (Yields::Members(names), [text]) => {
                self.expect(text, &ClaimType::STRING, depth);
                let member =
                    Claim { claim_type: ClaimType::STRING, present: true, sensitive: false };
                let members = names.iter().map(|name| ((*name).to_owned(), member.clone()));
                Some(ClaimType::Object(members.collect()))
            }
            (Yields::WithinNetwork, [range, text]) => {
                self.expect(text, &ClaimType::STRING, depth);
                self.network(range)
            }
            _ => {
                let message = "this function has another number of arguments";
                self.fault(node, codes::NO_FUNCTION, message)
            }
        }
    }

    fn network(&mut self, node: &IdedExpr) -> Option<ClaimType> {
        let help = "write it as '10.0.0.0/8', with zeros after the prefix";
        match &node.expr {
            Expr::Literal(LiteralValue::String(text)) if network(text.inner()).is_some() => {
                Some(ClaimType::Bool)
            }
            Expr::Literal(LiteralValue::String(text)) => {
                let message = format!("{} is not a network", text.inner());
                self.fault_with_help(node, codes::BAD_PATTERN, message, help)
            }
            _ => {
                let message = "the first argument is a network in quotes";
                self.fault_with_help(node, codes::NOT_LITERAL, message, help)
            }
        }
    }

    fn unknown_function(&mut self, node: &IdedExpr, name: &str) -> Option<ClaimType> {
        match name {
            "matches" => {
                let message = "matches finds a part of the text and would let evil-prefixes in: use fullMatch";
                self.fault(node, codes::NO_FUNCTION, message)
            }
            operators::INDEX | operators::OPT_INDEX => {
                let help =
                    "read a claim as assertion.NAME, look through a list with exists and all";
                self.fault_with_help(node, codes::INDEXED, "nothing is indexed here", help)
            }
            _ => {
                let message =
                    format!("{} is not offered here with these arguments", name.trim_matches('_'));
                self.fault_with_help(node, codes::NO_FUNCTION, message, OFFERED)
            }
        }
    }

    fn boolean(&mut self, node: &IdedExpr, depth: usize) {
        self.expect(node, &ClaimType::Bool, depth);
    }

    fn expect(&mut self, node: &IdedExpr, wanted: &ClaimType, depth: usize) {
        if let Some(found) = self.infer(node, depth).filter(|found| !found.comparable(wanted)) {
            let message =
                format!("this is {}, but {} is needed here", found.article(), wanted.article());
            self.fault(node, codes::WRONG_TYPE, message);
        }
    }

    fn conditional(
        &mut self,
        node: &IdedExpr,
        parts: [&IdedExpr; 3],
        depth: usize,
    ) -> Option<ClaimType> {
        let [condition, yes, no] = parts;
        self.boolean(condition, depth);
        let before = self.guarded.clone();
        self.guarded.extend(proven(condition));
        let yes = self.infer(yes, depth);
        self.guarded = before;
        let (yes, no) = (yes?, self.infer(no, depth)?);
        if !yes.comparable(&no) {
            let message = format!("one branch is {}, the other {}", yes.article(), no.article());
            return self.fault(node, codes::TWO_TYPES, message);
        }
        match yes {
            ClaimType::String { .. } => Some(ClaimType::STRING),
            other => Some(other),
        }
    }

    /// Infers with or without the promise that a literal is on the other side;
    /// it holds for a claim itself, not for what is computed from it.
    pub(super) fn holding<T>(&mut self, compared: bool, work: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.compared, compared);
        let done = work(self);
        self.compared = before;
        done
    }

    fn equality(
        &mut self,
        node: &IdedExpr,
        left: &IdedExpr,
        right: &IdedExpr,
        depth: usize,
    ) -> Option<ClaimType> {
        let (left, right) = (self.infer(left, depth), self.infer(right, depth));
        self.same(node, &left?, &right?)?;
        Some(ClaimType::Bool)
    }

    fn membership(
        &mut self,
        node: &IdedExpr,
        item: &IdedExpr,
        list: &IdedExpr,
        depth: usize,
    ) -> Option<ClaimType> {
        let item_type = self.holding(is_literal(list), |checker| checker.infer(item, depth));
        // Each literal of the list is held against the item, so that an
        // impossible one among possible ones is seen.
        if let Expr::List(literals) = &list.expr {
            if literals.elements.is_empty() {
                return self.fault(list, codes::CONSTANT, "an empty list contains nothing");
            }
            let item_type = item_type?;
            for element in &literals.elements {
                if let Some(found) = self.infer(element, depth) {
                    self.same(element, &item_type, &found);
                }
            }
            return Some(ClaimType::Bool);
        }
        match (item_type?, self.infer(list, depth)?) {
            (item, ClaimType::List(element, _)) => self.same(node, &item, &element)?,
            (_, other) => {
                let message = format!("in needs a list on its right, not {}", other.article());
                return self.fault(list, codes::WRONG_TYPE, message);
            }
        };
        Some(ClaimType::Bool)
    }

    /// Both sides can be equal: one type, and not two disjoint sets of values.
    fn same(&mut self, node: &IdedExpr, left: &ClaimType, right: &ClaimType) -> Option<ClaimType> {
        if !left.comparable(right) {
            let message = format!("{} is never equal to {}", left.article(), right.article());
            let help = "identifiers are strings: write them in quotes";
            return self.fault_with_help(node, codes::TWO_TYPES, message, help);
        }
        if let (ClaimType::String { values: Some(left) }, ClaimType::String { values: Some(right) }) =
            (left, right)
            && !left.iter().any(|value| right.contains(value))
        {
            let message = format!("{} is not among {}", right.join(", "), left.join(", "));
            return self.fault(node, codes::IMPOSSIBLE_VALUE, message);
        }
        Some(ClaimType::Bool)
    }

    pub(super) fn list(
        &mut self,
        node: &IdedExpr,
        elements: &[IdedExpr],
        depth: usize,
    ) -> Option<ClaimType> {
        let mut common: Option<ClaimType> = None;
        for element in elements {
            let found = self.infer(element, depth)?;
            match &common {
                None => common = Some(found),
                Some(first) if first.comparable(&found) => {}
                Some(_) => {
                    let message = "the elements of a list are of one type";
                    return self.fault(element, codes::TWO_TYPES, message);
                }
            }
        }
        let items = u64::try_from(elements.len()).unwrap_or(u64::MAX);
        match common {
            Some(ClaimType::String { .. }) => {
                Some(ClaimType::List(Box::new(ClaimType::STRING), items))
            }
            Some(element) => Some(ClaimType::List(Box::new(element), items)),
            None => self.fault(node, codes::CONSTANT, "an empty list contains nothing"),
        }
    }

    /// `all` and `exists`, whose accumulator is a boolean; the macros that
    /// build lists are not offered, as they can grow without bound.
    pub(super) fn comprehension(
        &mut self,
        node: &IdedExpr,
        loops: &ComprehensionExpr,
        depth: usize,
    ) -> Option<ClaimType> {
        let element = match self.infer(&loops.iter_range, depth)? {
            ClaimType::List(element, _) => *element,
            other => {
                let message = format!("{} cannot be gone through", other.article());
                return self.fault(&loops.iter_range, codes::WRONG_TYPE, message);
            }
        };
        let flag = matches!(&loops.accu_init.expr, Expr::Literal(LiteralValue::Boolean(_)));
        if !flag || loops.iter_var2.is_some() || !self.variables.is_empty() {
            let message = "only all and exists are offered, one level deep";
            return self.fault(node, codes::NO_FUNCTION, message);
        }
        self.variables.insert(loops.iter_var.clone(), element);
        self.variables.insert(loops.accu_var.clone(), ClaimType::Bool);
        self.boolean(&loops.loop_step, depth);
        self.variables.clear();
        Some(ClaimType::Bool)
    }
}

/// Every operator and function.
const OFFERED: &str = "offered are && || ! ?: == != < <= > >= in has startsWith endsWith contains \
     fullMatch glob size all exists subject spiffe.trustDomain spiffe.path arn.partition \
     arn.service arn.region arn.account arn.resource gh.workflow cidr.contains";

/// A literal, or a list of nothing else.
fn is_literal(node: &IdedExpr) -> bool {
    match &node.expr {
        Expr::Literal(_) => true,
        Expr::List(list) => list.elements.iter().all(is_literal),
        Expr::Unspecified
        | Expr::Call(_)
        | Expr::Comprehension(_)
        | Expr::Ident(_)
        | Expr::Map(_)
        | Expr::Select(_)
        | Expr::Struct(_) => false,
    }
}

/// The claims that are present wherever `condition` is true.
fn proven(condition: &IdedExpr) -> BTreeSet<String> {
    match &condition.expr {
        Expr::Select(select) if select.test => {
            path_of(select).map(|path| path.join(".")).into_iter().collect()
        }
        Expr::Call(call) if call.func_name == operators::LOGICAL_AND => {
            call.args.iter().flat_map(proven).collect()
        }
        _ => BTreeSet::new(),
    }
}
