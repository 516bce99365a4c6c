//! Patterns of `fullMatch` that can run over anything.

use regex_syntax::hir::{Class, Hir, HirKind};

/// Whether a part of the pattern repeats any character without an end. What
/// does not parse says nothing: it was refused before.
pub(super) fn is_boundless(pattern: &str) -> bool {
    regex_syntax::parse(pattern).is_ok_and(|tree| runs_on(&tree))
}

/// Patterns nest at most 32 deep, so this recursion ends soon.
fn runs_on(node: &Hir) -> bool {
    match node.kind() {
        HirKind::Repetition(part) => {
            (part.max.is_none() && takes_any(&part.sub)) || runs_on(&part.sub)
        }
        HirKind::Capture(part) => runs_on(&part.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(runs_on),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => false,
    }
}

/// Whether it takes every character that names are made of: `.`, `\S`, `[ -~]`.
fn takes_any(node: &Hir) -> bool {
    match node.kind() {
        HirKind::Class(Class::Unicode(class)) => {
            class.iter().any(|range| range.start() <= '!' && range.end() >= '~')
        }
        HirKind::Class(Class::Bytes(class)) => {
            class.iter().any(|range| range.start() <= b'!' && range.end() >= b'~')
        }
        HirKind::Repetition(part) => takes_any(&part.sub),
        HirKind::Capture(part) => takes_any(&part.sub),
        HirKind::Concat(parts) => !parts.is_empty() && parts.iter().all(takes_any),
        HirKind::Alternation(parts) => parts.iter().any(takes_any),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Look(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_boundless;

    #[test]
    fn a_pattern_that_runs_over_anything_is_told_from_one_that_names_its_characters() {
        for pattern in [
            ".*",
            "refs/heads/.+",
            "refs/.{2,}",
            r"[\s\S]*",
            r"octo-org/\S+",
            "[ -~]*",
            "(.|\n)*",
            "(?:..)+",
            "((.){1,3})*",
            "main|x.*",
            "(?s)a.*?b",
            "(?:(?:.?)*x)?",
        ] {
            assert!(is_boundless(pattern), "{pattern}");
        }
        for pattern in [
            "refs/tags/v[0-9]+",
            "[^/]*",
            "[^x]+",
            ".{0,20}",
            ".?",
            "main|release",
            r"\w+/\w*",
            r"a\.*",
            "(ab.)*",
            "",
        ] {
            assert!(!is_boundless(pattern), "{pattern}");
        }
    }
}
