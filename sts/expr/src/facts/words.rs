//! The texts that a pattern stands for, where it is a choice of a few that are written out.

use super::boundless::{characters, spellings};
use regex_syntax::hir::{Hir, HirKind};
use std::collections::BTreeSet;

/// Most texts that a pattern may stand for and still be a list of them: what lists more is seldom read.
const WORDS_MAX: usize = 64;

/// Every text that the pattern fits; none when they are not few, or it is not understood.
pub(super) fn words(pattern: &str) -> Option<BTreeSet<String>> {
    regex_syntax::parse(pattern).ok().and_then(|tree| of(&tree))
}

/// Patterns nest at most 32 deep, so this recursion ends soon.
fn of(node: &Hir) -> Option<BTreeSet<String>> {
    let empty = || BTreeSet::from([String::new()]);
    match node.kind() {
        // An anchor only takes texts away.
        HirKind::Empty | HirKind::Look(_) => Some(empty()),
        HirKind::Literal(literal) => {
            String::from_utf8(literal.0.to_vec()).ok().map(|text| BTreeSet::from([text]))
        }
        HirKind::Class(class) => {
            spellings(&characters(class)).map(|some| some.iter().map(char::to_string).collect())
        }
        HirKind::Capture(part) => of(&part.sub),
        HirKind::Repetition(part) if part.max == Some(1) => {
            let mut some = of(&part.sub)?;
            some.extend((part.min == 0).then(String::new));
            few(some)
        }
        HirKind::Repetition(_) => None,
        HirKind::Concat(parts) => parts.iter().try_fold(empty(), |before, part| {
            let after = of(part)?;
            // Few times few: this ends soon.
            let joined =
                before.iter().flat_map(|one| after.iter().map(move |two| format!("{one}{two}")));
            few(joined.collect())
        }),
        HirKind::Alternation(parts) => parts.iter().try_fold(BTreeSet::new(), |mut all, part| {
            all.extend(of(part)?);
            few(all)
        }),
    }
}

/// Whether a part or a pattern has a letter or digit that is written out: one that has none fits anything.
pub(super) fn says_something(function: &str, literal: &str) -> bool {
    if function == "fullMatch" {
        return regex_syntax::parse(literal).is_ok_and(|tree| is_written_in(&tree));
    }
    literal.contains(char::is_alphanumeric)
}

fn is_written_in(node: &Hir) -> bool {
    match node.kind() {
        HirKind::Literal(literal) => {
            String::from_utf8_lossy(&literal.0).contains(char::is_alphanumeric)
        }
        HirKind::Class(class) => spellings(&characters(class))
            .is_some_and(|some| some.iter().all(|one| one.is_alphanumeric())),
        HirKind::Repetition(part) => part.min > 0 && is_written_in(&part.sub),
        HirKind::Capture(part) => is_written_in(&part.sub),
        HirKind::Concat(parts) => parts.iter().any(is_written_in),
        HirKind::Alternation(parts) => parts.iter().all(is_written_in),
        HirKind::Empty | HirKind::Look(_) => false,
    }
}

fn few(words: BTreeSet<String>) -> Option<BTreeSet<String>> {
    (words.len() <= WORDS_MAX).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn a_choice_of_texts_is_told_from_a_pattern_that_takes_many() {
        for (pattern, expected) in [
            ("74", &["74"][..]),
            ("74|75", &["74", "75"]),
            ("7(?:4|5|66)", &["74", "75", "766"]),
            ("^7[45]$", &["74", "75"]),
            ("(?:octo-)?repo", &["octo-repo", "repo"]),
            ("", &[""]),
        ] {
            let found = words(pattern).unwrap();
            assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected, "{pattern}");
        }
        for pattern in
            ["[0-9]+", "[0-9]", "74.?", "(?:74)*", "7{2,}", r"\d", "[ab]{9}", "([ab][cd]?){1,9}"]
        {
            assert_eq!(words(pattern), None, "{pattern}");
        }
        let seven_twos = "[ab][ab][ab][ab][ab][ab][ab]";
        assert_eq!(
            (words(seven_twos), words("[ab][ab][ab][ab][ab][ab]").map(|few| few.len())),
            (None, Some(64))
        );
    }
}
