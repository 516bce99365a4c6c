//! The keys of a document in the order in which people look for them, each with the comments above it.

use super::line::Line;

/// Every key that a document begins a line with, over all kinds.
const ORDER: [&str; 27] = [
    "apiVersion",
    "kind",
    "metadata",
    "issuer",
    "audiences",
    "keys",
    "algorithms",
    "profile",
    "admit",
    "subject_token",
    "claims",
    "audience",
    "granted_by",
    "scopes",
    "token",
    "introspection",
    "applies_to",
    "deny_if",
    "trust_bundle",
    "pins",
    "conditions",
    "grant",
    "mode",
    "replay",
    "waive",
    "policy",
    "tests",
];

/// Sorts the keys of each document. What stands before its first key and after its last stays there.
pub(super) fn sort(lines: Vec<Line>) -> Vec<Line> {
    let mut sorted = Vec::new();
    for document in lines.split_inclusive(|line| *line == Line::Separator) {
        sorted.extend(sort_one(document));
    }
    sorted
}

fn sort_one(lines: &[Line]) -> Vec<Line> {
    let firsts: Vec<(usize, &str)> =
        lines.iter().enumerate().filter_map(|(at, line)| Some((at, key(line)?))).collect();
    let has = |wanted: &str| firsts.iter().any(|(_, key)| *key == wanted);
    let is_document = has("kind") || (has("policy") && has("tests"));
    let rank = |key: &str| ORDER.iter().position(|known| *known == key).unwrap_or(ORDER.len());
    if !is_document || firsts.iter().map(|(_, key)| rank(key)).is_sorted() {
        return lines.to_vec();
    }
    // A key begins with the comments directly above it, and the empty lines above these; the first one has none.
    let begin = |index: usize, at: usize| {
        if index == 0 { at } else { at.saturating_sub(above(lines.get(..at).unwrap_or_default())) }
    };
    let begins: Vec<usize> =
        firsts.iter().enumerate().map(|(index, (at, _))| begin(index, *at)).collect();
    let after = lines.len().saturating_sub(above(lines));
    let ends = begins.iter().skip(1).copied().chain([after]);
    let mut blocks: Vec<_> = firsts.iter().zip(begins.iter().copied().zip(ends)).collect();
    blocks.sort_by_key(|((_, key), _)| rank(key));
    let first = begins.first().copied().unwrap_or_default();
    let mut sorted = lines.get(..first).unwrap_or_default().to_vec();
    for (_, (begin, end)) in blocks {
        sorted.extend_from_slice(lines.get(begin..end).unwrap_or_default());
    }
    sorted.extend_from_slice(lines.get(after..).unwrap_or_default());
    sorted
}

/// The key of a line that a document's own map has.
fn key(line: &Line) -> Option<&str> {
    match line {
        Line::Plain(plain) if plain.indent == 0 && plain.dashes.is_empty() => plain.key.as_deref(),
        _ => None,
    }
}

/// How many lines at the end belong to what follows: comments without indentation, and empty lines.
fn above(lines: &[Line]) -> usize {
    let belongs = |line: &&Line| {
        matches!(line, Line::Comment { indent: 0, .. } | Line::Blank | Line::Separator)
    };
    lines.iter().rev().take_while(belongs).count()
}
