//! What an expression costs at most, whatever a token says: known before it is
//! loaded, since nothing stops an evaluation that has begun.
//!
//! A step is about 50 ns. Each node is one, once for each item of the list that
//! it is evaluated for; what goes through a text or a list is more.

use crate::check::path_of;
use crate::functions::Pattern;
use crate::limits::{PATTERN_STEPS_PER_KIB, SCAN_STEPS, SEARCH_STEPS, TEXTS_IN_TOKEN_MAX};
use crate::schema::{ClaimType, Schema};
use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, IdedExpr, LiteralValue, operators};

/// The most steps that an expression takes which passed the checker.
pub(crate) fn steps(root: &IdedExpr, schema: &Schema) -> u64 {
    let mut meter = Meter { schema, total: 0, times: 1, item: None };
    meter.walk(root);
    meter.total
}

struct Meter<'a> {
    schema: &'a Schema,
    total: u64,
    /// How often what is looked at is evaluated.
    times: u64,
    /// The name that stands for an item of a list here.
    item: Option<&'a str>,
}

impl<'a> Meter<'a> {
    fn add(&mut self, steps: u64) {
        self.total = self.total.saturating_add(steps.saturating_mul(self.times));
    }

    /// Adds what going through a whole text costs. The items of a list share
    /// the room of one token, so only some of them are long.
    fn scan(&mut self, text: &IdedExpr, steps: u64) {
        let is_item = matches!(&text.expr, Expr::Ident(name) if self.item == Some(name));
        let times = if is_item { self.times.min(TEXTS_IN_TOKEN_MAX) } else { self.times };
        self.total = self.total.saturating_add(steps.saturating_mul(times));
    }

    fn walk(&mut self, node: &'a IdedExpr) {
        self.add(1);
        match &node.expr {
            Expr::Call(call) => self.call(call),
            Expr::Select(select) => {
                // A list is copied each time that it is read.
                self.add(self.items(node));
                self.walk(&select.operand);
            }
            Expr::List(list) => list.elements.iter().for_each(|element| self.walk(element)),
            Expr::Comprehension(loops) => self.comprehension(loops),
            Expr::Unspecified
            | Expr::Ident(_)
            | Expr::Literal(_)
            | Expr::Map(_)
            | Expr::Struct(_) => {}
        }
    }

    fn call(&mut self, call: &'a CallExpr) {
        call.target.as_deref().into_iter().chain(&call.args).for_each(|part| self.walk(part));
        match (call.func_name.as_str(), call.target.as_deref(), call.args.as_slice()) {
            (operators::IN, None, [_, list]) => self.add(self.items(list)),
            ("contains", Some(text), [_]) => self.scan(text, SEARCH_STEPS),
            (name, Some(text), [pattern]) if Pattern::named(name).is_some() => {
                let kib = Pattern::named(name).zip(text_of(pattern));
                let kib = kib.and_then(|(kind, pattern)| kind.compiled_kib(pattern)).unwrap_or(1);
                self.scan(text, PATTERN_STEPS_PER_KIB.saturating_mul(kib));
            }
            (name, ..) if is_operator(name) => {}
            (_, _, texts) => texts.iter().for_each(|text| self.scan(text, SCAN_STEPS)),
        }
    }

    fn comprehension(&mut self, loops: &'a ComprehensionExpr) {
        self.walk(&loops.iter_range);
        self.walk(&loops.accu_init);
        self.walk(&loops.result);
        // One deep at most, so what was before is once and no item.
        self.times = self.items(&loops.iter_range);
        self.item = Some(&loops.iter_var);
        self.walk(&loops.loop_cond);
        self.walk(&loops.loop_step);
        self.times = 1;
        self.item = None;
    }

    /// The most items of a list; 0 of what is none.
    fn items(&self, node: &IdedExpr) -> u64 {
        match &node.expr {
            Expr::List(list) => u64::try_from(list.elements.len()).unwrap_or(u64::MAX),
            Expr::Select(select) if !select.test => {
                let claim = path_of(select).and_then(|path| self.schema.find(path));
                match claim.map(|claim| &claim.claim_type) {
                    Some(ClaimType::List(_, max)) => *max,
                    _ => 0,
                }
            }
            Expr::Call(call) => call.args.iter().map(|part| self.items(part)).max().unwrap_or(0),
            _ => 0,
        }
    }
}

fn text_of(node: &IdedExpr) -> Option<&str> {
    match &node.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner()),
        _ => None,
    }
}

/// What does not go through whole texts, or so fast that it does not count.
fn is_operator(name: &str) -> bool {
    name.starts_with(['_', '!', '@']) || matches!(name, "startsWith" | "endsWith" | "size")
}
