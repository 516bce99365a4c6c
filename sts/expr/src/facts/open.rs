//! Parts of names that other names have as well, wherever they decide who is let in.

use super::{boundless, is_false, text, truth, unended};
use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, IdedExpr, operators};

/// Characters after which a name cannot go on: what begins with `octo-org/` is
/// in that organisation, what begins with `octo-org` may be in another.
pub(super) const DELIMITERS: [char; 5] = ['/', ':', '@', '#', '|'];

/// A part of a name that does not end where names end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenPart {
    /// `startsWith`, `endsWith`, `contains`, `glob` or `fullMatch`.
    pub function: String,
    /// The literal; none where the part is no literal, so that nobody knows where it ends.
    pub literal: Option<String>,
    /// What is open.
    pub openness: Openness,
    /// Where, in characters from the beginning of the expression.
    pub offset: usize,
}

/// How a part is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Openness {
    /// A name that goes on where it should have ended.
    Name,
    /// A pattern that runs over names and what stands between them.
    Boundless,
}

/// Reads them off a condition; what only denies is not meant.
pub(super) fn read(root: &IdedExpr, offset: &dyn Fn(&IdedExpr) -> usize) -> Vec<OpenPart> {
    let mut reader = Reader { offset, items: None, found: Vec::new() };
    reader.walk(root, Sense::Permits);
    reader.found
}

/// What it does to the whole when a part becomes true.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sense {
    Permits,
    Denies,
    Either,
}

impl Sense {
    const fn flipped(self) -> Self {
        match self {
            Self::Permits => Self::Denies,
            Self::Denies => Self::Permits,
            Self::Either => Self::Either,
        }
    }
}

struct Reader<'a> {
    offset: &'a dyn Fn(&IdedExpr) -> usize,
    /// The name that stands for an item of a list of literals here, and these.
    items: Option<(&'a str, Vec<&'a str>)>,
    found: Vec<OpenPart>,
}

impl<'a> Reader<'a> {
    fn walk(&mut self, node: &'a IdedExpr, sense: Sense) {
        match &node.expr {
            Expr::Call(call) => self.call(node, call, sense),
            Expr::Select(select) => self.walk(&select.operand, sense),
            Expr::List(list) => list.elements.iter().for_each(|item| self.walk(item, sense)),
            Expr::Comprehension(loops) => self.comprehension(loops, sense),
            Expr::Unspecified
            | Expr::Ident(_)
            | Expr::Literal(_)
            | Expr::Map(_)
            | Expr::Struct(_) => {}
        }
    }

    fn call(&mut self, node: &'a IdedExpr, call: &'a CallExpr, sense: Sense) {
        if let (operators::CONDITIONAL, [condition, yes, no]) =
            (call.func_name.as_str(), call.args.as_slice())
        {
            let decides = if is_false(no) {
                sense
            } else if is_false(yes) {
                sense.flipped()
            } else {
                Sense::Either
            };
            self.walk(condition, decides);
            self.walk(yes, sense);
            return self.walk(no, sense);
        }
        let inner = match (call.func_name.as_str(), truth(call)) {
            (operators::LOGICAL_NOT, _) => sense.flipped(),
            // `x == false` is `!x`, and `x != false` is `x`.
            (operators::EQUALS, Some(truth)) if !truth => sense.flipped(),
            (operators::NOT_EQUALS, Some(truth)) if truth => sense.flipped(),
            (operators::EQUALS | operators::NOT_EQUALS, Some(_)) => sense,
            (operators::EQUALS | operators::NOT_EQUALS | operators::IN, None) => Sense::Either,
            _ => sense,
        };
        if sense != Sense::Denies {
            self.part(node, call);
        }
        for part in call.target.as_deref().into_iter().chain(&call.args) {
            self.walk(part, inner);
        }
    }

    /// `['octo-org/', 'octo-lab/'].exists(part, assertion.repository.startsWith(part))`.
    fn comprehension(&mut self, loops: &'a ComprehensionExpr, sense: Sense) {
        self.walk(&loops.iter_range, sense);
        if let Expr::List(list) = &loops.iter_range.expr {
            let texts: Option<Vec<_>> = list.elements.iter().map(text).collect();
            self.items = texts.map(|texts| (loops.iter_var.as_str(), texts));
        }
        // `exists` and `all` alike hold when their items do.
        self.walk(&loops.loop_step, sense);
        self.items = None;
    }

    fn part(&mut self, node: &IdedExpr, call: &CallExpr) {
        let [argument] = call.args.as_slice() else { return };
        let function = call.func_name.as_str();
        let plain = matches!(function, "startsWith" | "endsWith" | "contains");
        if call.target.is_none() || (!plain && !matches!(function, "glob" | "fullMatch")) {
            return;
        }
        let known: Vec<&str> = match (text(argument), &argument.expr, &self.items) {
            (Some(literal), ..) => vec![literal],
            (None, Expr::Ident(name), Some((item, texts))) if name == item => texts.clone(),
            _ => Vec::new(),
        };
        if known.is_empty() && plain {
            return self.add(node, function, (None, Openness::Name));
        }
        for literal in known {
            if let Some(openness) = openness(function, literal) {
                self.add(node, function, (Some(literal.to_owned()), openness));
            }
        }
    }

    fn add(
        &mut self,
        node: &IdedExpr,
        function: &str,
        (literal, openness): (Option<String>, Openness),
    ) {
        let offset = (self.offset)(node);
        self.found.push(OpenPart { function: function.to_owned(), literal, openness, offset });
    }
}

fn openness(function: &str, literal: &str) -> Option<Openness> {
    let open = match function {
        "startsWith" => !literal.ends_with(DELIMITERS),
        "endsWith" => !literal.starts_with(DELIMITERS),
        "contains" => true,
        // A star that follows a letter takes the rest of the name.
        "glob" => literal.split('*').rev().skip(1).any(|before| !before.ends_with(DELIMITERS)),
        "fullMatch" if boundless::is_boundless(literal) => return Some(Openness::Boundless),
        "fullMatch" => unended::is_unended(literal),
        _ => false,
    };
    open.then_some(Openness::Name)
}
