//! Patterns of `fullMatch` that can run over names and what stands between them.

use super::open::DELIMITERS;
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind};

/// Most characters that a part may repeat and still count as short: what is let run on for
/// longer has room for names, and for a delimiter between them.
const SHORT_CHARS_MAX: u32 = 4;

/// Most letters of one case that stand for digits: hexadecimal ones.
const DIGIT_LETTERS_MAX: usize = 6;

/// Most characters of a class that stands for one of them, as `[Mm]` does.
const SPELLINGS_MAX: usize = 4;

/// Whether a part of the pattern repeats, without an end, letters and a delimiter alike: a slash,
/// or one that the pattern tells names apart by. What does not parse says nothing: it was refused before.
pub(super) fn is_boundless(pattern: &str) -> bool {
    regex_syntax::parse(pattern).is_ok_and(|tree| {
        let mut delimiters = vec!['/'];
        written(&tree, &mut delimiters);
        runs_on(&tree, 1, &delimiters)
    })
}

/// The characters that a class takes.
pub(crate) fn characters(class: &Class) -> ClassUnicode {
    match class {
        Class::Unicode(class) => class.clone(),
        Class::Bytes(class) => ClassUnicode::new(class.iter().map(|range| {
            ClassUnicodeRange::new(char::from(range.start()), char::from(range.end()))
        })),
    }
}

pub(super) fn takes(class: &ClassUnicode, wanted: char) -> bool {
    class.iter().any(|range| range.start() <= wanted && wanted <= range.end())
}

/// Whether words can be made of it.
pub(super) fn takes_words(class: &ClassUnicode) -> bool {
    let of = |letters: std::ops::RangeInclusive<char>| {
        letters.filter(|letter| takes(class, *letter)).count() > DIGIT_LETTERS_MAX
    };
    of('a'..='z') || of('A'..='Z')
}

/// The characters of a class so small that it stands for one of them.
pub(crate) fn spellings(class: &ClassUnicode) -> Option<Vec<char>> {
    let all = class.iter().flat_map(|range| range.start()..=range.end());
    let some: Vec<char> = all.take(SPELLINGS_MAX.saturating_add(1)).collect();
    (some.len() <= SPELLINGS_MAX).then_some(some)
}

/// Delimiters that stand in the pattern as themselves.
fn written(node: &Hir, into: &mut Vec<char>) {
    match node.kind() {
        HirKind::Literal(literal) => {
            let text = String::from_utf8_lossy(&literal.0);
            into.extend(text.chars().filter(|written| DELIMITERS.contains(written)));
        }
        HirKind::Class(class) => {
            let some = spellings(&characters(class)).unwrap_or_default();
            into.extend(some.iter().filter(|written| DELIMITERS.contains(written)));
        }
        HirKind::Repetition(part) => written(&part.sub, into),
        HirKind::Capture(part) => written(&part.sub, into),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().for_each(|part| written(part, into));
        }
        HirKind::Empty | HirKind::Look(_) => {}
    }
}

/// `times` says how often the node is repeated at most. Patterns nest at most 32 deep, so this
/// recursion ends soon.
fn runs_on(node: &Hir, times: u32, delimiters: &[char]) -> bool {
    match node.kind() {
        HirKind::Repetition(part) => {
            let times = times.saturating_mul(part.max.unwrap_or(u32::MAX));
            (times > SHORT_CHARS_MAX && takes_any(&part.sub, delimiters))
                || runs_on(&part.sub, times, delimiters)
        }
        HirKind::Capture(part) => runs_on(&part.sub, times, delimiters),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().any(|part| runs_on(part, times, delimiters))
        }
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => false,
    }
}

/// Whether names and a delimiter alike can be made of it, when it is repeated.
fn takes_any(node: &Hir, delimiters: &[char]) -> bool {
    alphabet(node).is_some_and(|taken| {
        takes_words(&taken) && delimiters.iter().any(|delimiter| takes(&taken, *delimiter))
    })
}

/// The characters that it is made of; none when it demands letters or digits of its own, which
/// then tell where it ends.
fn alphabet(node: &Hir) -> Option<ClassUnicode> {
    let all = |parts: &[Hir]| {
        parts.iter().try_fold(ClassUnicode::empty(), |mut all, part| {
            all.union(&alphabet(part)?);
            Some(all)
        })
    };
    match node.kind() {
        HirKind::Class(class) => Some(characters(class)),
        HirKind::Literal(literal) => {
            let text = String::from_utf8_lossy(&literal.0);
            let signs = !text.contains(char::is_alphanumeric);
            signs.then(|| {
                ClassUnicode::new(text.chars().map(|sign| ClassUnicodeRange::new(sign, sign)))
            })
        }
        HirKind::Repetition(part) => {
            // What need not be there demands nothing.
            let optional =
                || (part.min == 0).then(|| letter(&part.sub).unwrap_or_else(ClassUnicode::empty));
            alphabet(&part.sub).or_else(optional)
        }
        HirKind::Capture(part) => alphabet(&part.sub),
        HirKind::Concat(parts) => all(parts),
        HirKind::Alternation(parts) => {
            // One letter among others is a choice, as in a class.
            let each = |part| alphabet(part).or_else(|| letter(part));
            let mut some = parts.iter().filter_map(each).peekable();
            some.peek()?;
            Some(some.fold(ClassUnicode::empty(), |mut all, part| {
                all.union(&part);
                all
            }))
        }
        HirKind::Empty | HirKind::Look(_) => Some(ClassUnicode::empty()),
    }
}

/// The letter, where a node is one that is written out.
fn letter(node: &Hir) -> Option<ClassUnicode> {
    match node.kind() {
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).ok()?;
            let mut letters = text.chars();
            let one = letters.next().filter(|_| letters.next().is_none())?;
            Some(ClassUnicode::new([ClassUnicodeRange::new(one, one)]))
        }
        HirKind::Capture(part) => letter(&part.sub),
        _ => None,
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
            r"\D*",
            r"[\w/.-]*",
            "[a-z/]+",
            "refs/heads/(?:[a-z]+/)*main",
            "(?:[a-z]/?)*",
            "(?i)[A-Z/]*",
            "[^x]+",
            "[a-m/]+",
            "refs/.{0,200}",
            "refs/(.{1,9}){1,9}",
            "refs/[^z]{1,20}",
            "refs/(?s:.){1,20}",
            r"refs/\PZ{1,20}",
            "refs/heads/main|refs/[^z]{0,20}",
            "refs/heads/(a?b?c?d?e?f?g?h?/?)*",
            "refs/heads/(a|b|c|d|e|f|g|h|/|-|[0-9])*",
            "refs/heads/(a|b|c|d|e|f|g|hi|h|/|-|[0-9])*",
            "octo-org/shared/[^/]+@refs/tags/v1",
            "repo:octo-org/octo-repo:ref:refs/heads/[^/]+",
        ] {
            assert!(is_boundless(pattern), "{pattern}");
        }
        for pattern in [
            "refs/tags/v[0-9]+",
            "[^/]*",
            "refs/heads/release/[^/]+",
            "octo-org/shared/[^/@]+@refs/tags/v1",
            "repo:octo-org/octo-repo:ref:refs/heads/[^/:]+",
            ".{0,4}",
            ".?",
            "main|release",
            r"\w+/\w*",
            r"a\.*",
            "(ab.)*",
            "[0-9a-f:]+",
            "[0-9/]+",
            "(?:v[0-9]+/)*",
            "(?:release/)*",
            "",
        ] {
            assert!(!is_boundless(pattern), "{pattern}");
        }
    }
}
