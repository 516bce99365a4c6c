//! Patterns of `fullMatch` in which a name goes on where it should have ended.

use super::boundless::{characters, spellings, takes, takes_words};
use super::open::DELIMITERS;
use regex_syntax::hir::{ClassUnicode, Hir, HirKind};

/// Whether a part that takes whatever names are made of stands beside a name that is written
/// out: `main[^/]*` fits `main-evil` as well, and `[^/]*main` fits `evil-main`.
pub(super) fn is_unended(pattern: &str) -> bool {
    regex_syntax::parse(pattern).is_ok_and(|tree| {
        [false, true].into_iter().any(|backwards| {
            let mut walk = Walk { backwards, found: false };
            walk.past(&tree, Beside::default());
            walk.found
        })
    })
}

/// What may stand before the next character, seen in the direction of the walk.
#[derive(Clone, Copy, Default)]
struct Beside {
    /// A name, and the last of it is a letter or digit.
    word: bool,
    /// A name, and the last of it is a sign that names have, as `-`.
    sign: bool,
}

impl Beside {
    const fn or(self, other: Self) -> Self {
        Self { word: self.word || other.word, sign: self.sign || other.sign }
    }

    /// Past a text that is written out.
    fn past(self, nearest_first: impl Iterator<Item = char>) -> Self {
        let name: Vec<char> =
            nearest_first.take_while(|written| !DELIMITERS.contains(written)).collect();
        match name.first() {
            None => Self::default(),
            Some(last) if last.is_alphanumeric() => Self { word: true, sign: false },
            Some(_) if name.iter().any(|written| written.is_alphanumeric()) => {
                Self { word: false, sign: true }
            }
            // Signs alone end no name and begin none.
            Some(_) => self,
        }
    }
}

struct Walk {
    backwards: bool,
    found: bool,
}

impl Walk {
    /// Patterns nest at most 32 deep, so this recursion ends soon.
    fn past(&mut self, node: &Hir, beside: Beside) -> Beside {
        match node.kind() {
            HirKind::Empty | HirKind::Look(_) => beside,
            HirKind::Literal(literal) => {
                self.past_text(&String::from_utf8_lossy(&literal.0), beside)
            }
            HirKind::Class(class) => self.past_class(&characters(class), beside),
            HirKind::Capture(part) => self.past(&part.sub, beside),
            HirKind::Concat(parts) if self.backwards => {
                parts.iter().rev().fold(beside, |beside, part| self.past(part, beside))
            }
            HirKind::Concat(parts) => {
                parts.iter().fold(beside, |beside, part| self.past(part, beside))
            }
            HirKind::Alternation(parts) => {
                let each = parts.iter().map(|part| self.past(part, beside));
                each.fold(Beside::default(), Beside::or)
            }
            HirKind::Repetition(part) => {
                let taken = only_class(&part.sub).filter(takes_words);
                let several = part.max.is_none_or(|max| max > 1);
                if let Some(taken) = taken.filter(|_| several) {
                    self.found |= goes_on(&taken, beside);
                    return Beside::default();
                }
                // A name that goes on with letters as often as one likes is none of these.
                self.found |=
                    several && beside.word && may_begin_with_letter(&part.sub, self.backwards);
                let once = self.past(&part.sub, beside);
                // Twice, so that what stands after itself is seen.
                let after = if several { self.past(&part.sub, once) } else { once };
                if part.min == 0 { after.or(beside) } else { after }
            }
        }
    }

    fn past_text(&self, text: &str, beside: Beside) -> Beside {
        // What is met last counts.
        if self.backwards { beside.past(text.chars()) } else { beside.past(text.chars().rev()) }
    }

    fn past_class(&mut self, taken: &ClassUnicode, beside: Beside) -> Beside {
        match spellings(taken) {
            Some(some) => some
                .into_iter()
                .map(|one| beside.past(std::iter::once(one)))
                .fold(Beside::default(), Beside::or),
            // One letter more, whichever, makes another name of it.
            None if takes_words(taken) => {
                self.found |= goes_on(taken, beside);
                beside
            }
            None => Beside::default(),
        }
    }
}

/// Whether a name that stands beside can go on with these characters: a word with letters,
/// what ends in a sign with more of it.
fn goes_on(taken: &ClassUnicode, beside: Beside) -> bool {
    beside.word || (beside.sign && ['-', '_', '.'].iter().any(|sign| takes(taken, *sign)))
}

/// Whether what it takes may begin, or end, with a letter that is no digit.
fn may_begin_with_letter(node: &Hir, backwards: bool) -> bool {
    match node.kind() {
        HirKind::Literal(literal) => {
            let text = String::from_utf8_lossy(&literal.0);
            let first = if backwards { text.chars().next_back() } else { text.chars().next() };
            first.is_some_and(char::is_alphabetic)
        }
        HirKind::Class(class) => takes_words(&characters(class)),
        HirKind::Capture(part) => may_begin_with_letter(&part.sub, backwards),
        HirKind::Repetition(part) => may_begin_with_letter(&part.sub, backwards),
        HirKind::Alternation(parts) => {
            parts.iter().any(|part| may_begin_with_letter(part, backwards))
        }
        HirKind::Concat(parts) => {
            let nearest = if backwards { parts.last() } else { parts.first() };
            nearest.is_some_and(|part| may_begin_with_letter(part, backwards))
        }
        HirKind::Empty | HirKind::Look(_) => false,
    }
}

/// The class, where a node is nothing else.
fn only_class(node: &Hir) -> Option<ClassUnicode> {
    match node.kind() {
        HirKind::Class(class) => Some(characters(class)),
        HirKind::Capture(part) => only_class(&part.sub),
        HirKind::Repetition(part) => only_class(&part.sub),
        HirKind::Alternation(parts) => {
            let mut some = parts.iter().filter_map(only_class).peekable();
            some.peek()?;
            Some(some.fold(ClassUnicode::empty(), |mut all, part| {
                all.union(&part);
                all
            }))
        }
        HirKind::Empty | HirKind::Literal(_) | HirKind::Look(_) | HirKind::Concat(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::is_unended;

    #[test]
    fn a_name_that_goes_on_is_told_from_one_that_ends() {
        for pattern in [
            "main[^/]*",
            "[^/]*main",
            "refs/heads/main[^/]*",
            "refs/heads/[^/]*main",
            "(main)[^/]*",
            "(?:main|dev)[^/]*",
            "(?:main)?[^/]+",
            "(?i)main[^/]*",
            "mai[nN][^/]*",
            r"mai\w[^/]*",
            "main[a-z]+",
            "main[^/]{0,20}",
            "main([a-z]|[0-9-])*",
            "release-[a-z0-9-]+",
            "octo-org[^/]*/octo-repo",
            "octo-org/[^/]*-repo",
            "(?:main[^/]*/?)+",
            "refs/heads/main(ab|cd|-evil)*",
            "refs/heads/main(a|b|c|-evil)*",
            "main[a-z][a-z]?[a-z]?",
            "octo-org.?/octo-repo",
        ] {
            assert!(is_unended(pattern), "{pattern}");
        }
        for pattern in [
            "refs/tags/v[0-9]+",
            "refs/tags/v[0-9.]+",
            "refs/tags/v[0-9]+[.][0-9]+(?:-[0-9A-Za-z.-]+)?",
            "refs/heads/release/[^/]+",
            "[^/]*",
            "[^/]+/main",
            "octo-org/[a-z]+",
            "octo-(?:org|lab)/[a-z-]+",
            "role/etl-[a-z]{1,20}",
            "main|release",
            "main[0-9]?",
            "commit-[0-9a-f]{40}",
            "arn:aws:iam::123456789012:role/[^/:]+",
            "",
        ] {
            assert!(!is_unended(pattern), "{pattern}");
        }
    }
}
