//! Texts that are what they look like.

use crate::facts::{characters, spellings};
use crate::functions::Pattern;
use regex_syntax::hir::{Hir, HirKind};
use sts_wire::characters::{Deceit, deceit_in, hidden_in};

/// What deceives in a pattern. Of a regular expression, the texts that it is made of: a class of more
/// than a few may have letters of several scripts, and an escape does not hide one.
pub(super) fn deceit_in_pattern(kind: Pattern, text: &str) -> Option<Deceit> {
    match kind {
        Pattern::Glob => deceit_in(text).map(|(_, deceit)| deceit),
        Pattern::Regex => hidden_in(text)
            .map(|(_, deceit)| deceit)
            .or_else(|| regex_syntax::parse(text).ok().and_then(|tree| within(&tree))),
    }
}

/// Patterns nest at most 32 deep, so this recursion ends soon.
fn within(node: &Hir) -> Option<Deceit> {
    match node.kind() {
        HirKind::Literal(literal) => {
            deceit_in(&String::from_utf8_lossy(&literal.0)).map(|(_, deceit)| deceit)
        }
        HirKind::Repetition(part) => within(&part.sub),
        HirKind::Capture(part) => within(&part.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().find_map(within),
        // A class that stands for one letter is read as one; a larger one may have several scripts.
        HirKind::Class(class) => {
            let some: String = spellings(&characters(class))?.into_iter().collect();
            deceit_in(&some).map(|(_, deceit)| deceit)
        }
        HirKind::Empty | HirKind::Look(_) => None,
    }
}
