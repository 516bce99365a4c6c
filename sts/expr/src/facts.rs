//! What an expression says about claims, read off its tree: what lints ask.

use crate::check::path_of;
use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, operators};
use std::collections::{BTreeMap, BTreeSet};

/// Characters after which a name cannot go on: what begins with `octo-org/` is
/// in that organisation, what begins with `octo-org` may be in another.
const DELIMITERS: [char; 5] = ['/', ':', '@', '#', '|'];

/// What is known of a condition that holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// Beginnings and parts that other names have as well.
    pub open_parts: Vec<OpenPart>,
    /// Claims that have one of these values wherever the condition holds.
    pub limited: BTreeMap<String, BTreeSet<String>>,
    /// Claims about which it only says what they are not.
    pub only_denied: BTreeSet<String>,
}

/// A part of a name that does not end where names end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenPart {
    /// `startsWith`, `endsWith`, `contains` or `glob`.
    pub function: String,
    /// The literal.
    pub literal: String,
    /// Where, in characters from the beginning of the expression.
    pub offset: usize,
}

/// Reads the facts off a tree that passed the checker; `offset` says where a node is.
pub(crate) fn read(root: &IdedExpr, offset: &dyn Fn(&IdedExpr) -> usize) -> Facts {
    let mut reader = Reader { offset, open_parts: Vec::new(), said: BTreeMap::new() };
    reader.walk(root, true);
    let only_denied = reader.said.into_iter().filter(|(_, said)| !said.what_it_is);
    Facts {
        open_parts: reader.open_parts,
        limited: limited(root),
        only_denied: only_denied.map(|(claim, _)| claim).collect(),
    }
}

#[derive(Default)]
struct Said {
    what_it_is: bool,
}

struct Reader<'a> {
    offset: &'a dyn Fn(&IdedExpr) -> usize,
    open_parts: Vec<OpenPart>,
    said: BTreeMap<String, Said>,
}

impl Reader<'_> {
    /// `positive` is false below an odd number of negations.
    fn walk(&mut self, node: &IdedExpr, positive: bool) {
        match &node.expr {
            Expr::Call(call) => self.call(node, call, positive),
            Expr::Select(select) => {
                // `has()` says that a claim is there, not what it is.
                if let Some(path) = path_of(select) {
                    if !select.test {
                        self.say(&path.join("."), positive);
                    }
                } else {
                    self.walk(&select.operand, positive);
                }
            }
            Expr::List(list) => list.elements.iter().for_each(|item| self.walk(item, positive)),
            Expr::Comprehension(loops) => {
                self.walk(&loops.iter_range, positive);
                self.walk(&loops.loop_step, positive);
            }
            Expr::Unspecified
            | Expr::Ident(_)
            | Expr::Literal(_)
            | Expr::Map(_)
            | Expr::Struct(_) => {}
        }
    }

    fn call(&mut self, node: &IdedExpr, call: &CallExpr, positive: bool) {
        let flipped =
            matches!(call.func_name.as_str(), operators::LOGICAL_NOT | operators::NOT_EQUALS);
        if positive
            && let [literal] = call.args.as_slice()
            && let Some(literal) = text(literal)
            && is_open(&call.func_name, literal)
        {
            self.open_parts.push(OpenPart {
                function: call.func_name.clone(),
                literal: literal.to_owned(),
                offset: (self.offset)(node),
            });
        }
        for part in call.target.as_deref().into_iter().chain(&call.args) {
            self.walk(part, positive != flipped);
        }
    }

    fn say(&mut self, claim: &str, positive: bool) {
        let said = self.said.entry(claim.to_owned()).or_default();
        said.what_it_is |= positive;
    }
}

fn is_open(function: &str, literal: &str) -> bool {
    match function {
        "startsWith" => !literal.ends_with(DELIMITERS),
        "endsWith" => !literal.starts_with(DELIMITERS),
        "contains" => true,
        // A star that follows a letter takes the rest of the name.
        "glob" => literal.split('*').rev().skip(1).any(|before| !before.ends_with(DELIMITERS)),
        _ => false,
    }
}

/// What holds of claims wherever the condition holds: both sides of `&&`,
/// what both sides of `||` agree on.
fn limited(node: &IdedExpr) -> BTreeMap<String, BTreeSet<String>> {
    let Expr::Call(call) = &node.expr else { return BTreeMap::new() };
    match (call.func_name.as_str(), call.args.as_slice()) {
        (operators::LOGICAL_AND, [left, right]) => {
            let mut both = limited(left);
            for (claim, values) in limited(right) {
                both.entry(claim)
                    .and_modify(|known| known.retain(|value| values.contains(value)))
                    .or_insert(values);
            }
            both
        }
        (operators::LOGICAL_OR, [left, right]) => {
            let mut right = limited(right);
            let either = limited(left).into_iter().filter_map(|(claim, mut values)| {
                values.extend(right.remove(&claim)?);
                Some((claim, values))
            });
            either.collect()
        }
        (operators::EQUALS, [left, right]) => {
            let pair = claim(left).zip(text(right)).or_else(|| claim(right).zip(text(left)));
            let one = pair.map(|(claim, value)| (claim, BTreeSet::from([value.to_owned()])));
            one.into_iter().collect()
        }
        (operators::IN, [item, list]) => {
            let Expr::List(list) = &list.expr else { return BTreeMap::new() };
            let values: Option<BTreeSet<String>> =
                list.elements.iter().map(|item| text(item).map(str::to_owned)).collect();
            claim(item).zip(values).into_iter().collect()
        }
        _ => BTreeMap::new(),
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
