//! `fullMatch` and `glob`: patterns that hold for the whole text or not at all.
//!
//! A pattern is a literal, compiled when its document is loaded: compiling it
//! for each evaluation costs twenty times the rest of a decision.

use super::{Answer, text};
use crate::limits::{PATTERN_BYTES_MAX, PATTERN_TEXT_BYTES_MAX, PATTERNS_MAX};
use cel::common::types::{CelBool, STRING_TYPE};
use cel::common::value::CowVal;
use cel::{Env, ExecutionError};
use regex::{Regex, RegexBuilder};
use std::collections::HashMap;
use std::sync::{LazyLock, PoisonError, RwLock};

/// `text.fullMatch('regular expression')`.
pub(crate) const FULL_MATCH: &str = "fullMatch";
/// `text.glob('refs/tags/*')`: `*` stands for any text without a slash.
pub(crate) const GLOB: &str = "glob";

/// A kind of pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Pattern {
    /// A regular expression.
    Regex,
    /// Literal text with `*`.
    Glob,
}

/// A compiled pattern, and how large it is.
struct Ready {
    regex: Regex,
    kib: u64,
}

/// Patterns of every document that was loaded: the library's functions are bare
/// pointers, so this is where they find what was compiled.
static COMPILED: LazyLock<RwLock<HashMap<(Pattern, String), Ready>>> =
    LazyLock::new(RwLock::default);

impl Pattern {
    /// The pattern that a method's name stands for.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            FULL_MATCH => Some(Self::Regex),
            GLOB => Some(Self::Glob),
            _ => None,
        }
    }

    /// Compiles a pattern, so that it can be evaluated.
    ///
    /// # Errors
    /// What is wrong with it, and what to do.
    pub(crate) fn compile(self, pattern: &str) -> Result<(), (String, &'static str)> {
        if self.compiled_kib(pattern).is_some() {
            return Ok(());
        }
        let expression = match self {
            Self::Regex => format!(r"\A(?:{pattern})\z"),
            Self::Glob => glob(pattern)?,
        };
        // Alone first: a pattern may not close the group that is put around it.
        let alone =
            if self == Self::Regex { build(pattern, PATTERN_BYTES_MAX).map(drop) } else { Ok(()) };
        let compiled = alone.and_then(|()| smallest(&expression)).map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => (
                "the pattern is too large when compiled".to_owned(),
                "name the characters, as [A-Za-z0-9_-]; \\w and repeated groups are large",
            ),
            other => (
                reason(&other.to_string()),
                "patterns are those of the regex crate, which has no look-around",
            ),
        })?;
        let mut table = COMPILED.write().unwrap_or_else(PoisonError::into_inner);
        if table.len() >= PATTERNS_MAX {
            return Err(("too many patterns were loaded".to_owned(), "restart the server"));
        }
        table.insert((self, pattern.to_owned()), compiled);
        Ok(())
    }

    /// How large a compiled pattern is, in KiB and at least 1; None when it was not compiled.
    pub(crate) fn compiled_kib(self, pattern: &str) -> Option<u64> {
        let table = COMPILED.read().unwrap_or_else(PoisonError::into_inner);
        table.get(&(self, pattern.to_owned())).map(|ready| ready.kib)
    }

    /// Whether a pattern that was compiled matches; None when it was not.
    pub(crate) fn matches(self, pattern: &str, subject: &str) -> Option<bool> {
        let table = COMPILED.read().unwrap_or_else(PoisonError::into_inner);
        table.get(&(self, pattern.to_owned())).map(|ready| ready.regex.is_match(subject))
    }
}

fn build(expression: &str, bytes_max: usize) -> Result<Regex, regex::Error> {
    RegexBuilder::new(expression).size_limit(bytes_max).nest_limit(32).build()
}

/// Compiles within the least power of two that suffices: the library does not
/// say how large a pattern has become, only that it is too large.
fn smallest(expression: &str) -> Result<Ready, regex::Error> {
    let mut kib = 1_usize;
    loop {
        let bytes = kib.saturating_mul(1024);
        match build(expression, bytes) {
            Err(regex::Error::CompiledTooBig(_)) if bytes < PATTERN_BYTES_MAX => {
                kib = kib.saturating_mul(2);
            }
            built => {
                let kib = u64::try_from(kib).unwrap_or(u64::MAX);
                return built.map(|regex| Ready { regex, kib });
            }
        }
    }
}

/// What the library says last is what is wrong; before it stands the expression with a mark.
fn reason(message: &str) -> String {
    let last = message.lines().last().unwrap_or(message);
    format!("the pattern is not a regular expression: {}", last.trim_start_matches("error: "))
}

/// Everything but `*` is literal; what other globs mean by more is not guessed.
fn glob(pattern: &str) -> Result<String, (String, &'static str)> {
    let help = "glob knows * for a text without a slash; fullMatch takes regular expressions";
    if pattern.contains("**") {
        return Err(("** would cross slashes".to_owned(), help));
    }
    if let Some(odd) = pattern.chars().find(|c| matches!(c, '?' | '[' | ']' | '{' | '}' | '\\')) {
        return Err((format!("{odd} has no meaning in a glob here"), help));
    }
    let parts: Vec<_> = pattern.split('*').map(regex::escape).collect();
    Ok(format!(r"\A{}\z", parts.join("[^/]*")))
}

pub(super) fn declare(env: &mut Env) {
    let types = || vec![STRING_TYPE];
    let whole = env.add_member_overload(FULL_MATCH, "full_match", STRING_TYPE, types(), full_match);
    let parts = env.add_member_overload(GLOB, "glob", STRING_TYPE, types(), matches_glob);
    debug_assert!(whole.is_ok() && parts.is_ok(), "each name is declared once");
}

fn full_match<'b, 'v>(arguments: Vec<CowVal<'b, 'v>>) -> Answer<'b, 'v> {
    matched(FULL_MATCH, Pattern::Regex, &arguments)
}

fn matches_glob<'b, 'v>(arguments: Vec<CowVal<'b, 'v>>) -> Answer<'b, 'v> {
    matched(GLOB, Pattern::Glob, &arguments)
}

fn matched<'b, 'v>(name: &str, kind: Pattern, arguments: &[CowVal<'b, 'v>]) -> Answer<'b, 'v> {
    let refused = |message: &str| ExecutionError::function_error(name, message);
    let [subject, pattern] = arguments else { return Err(refused("two texts are needed")) };
    let (subject, pattern) = (text(name, subject)?, text(name, pattern)?);
    if subject.len() > PATTERN_TEXT_BYTES_MAX {
        return Err(refused("the text is longer than 1024 bytes"));
    }
    let matched = kind.matches(pattern, subject);
    let matched = matched.ok_or_else(|| refused("the pattern was not compiled at load"))?;
    Ok(CowVal::owned(CelBool::from(matched)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(kind: Pattern, pattern: &str, subject: &str) -> Option<bool> {
        kind.compile(pattern).unwrap();
        kind.matches(pattern, subject)
    }

    #[test]
    fn a_pattern_holds_for_the_whole_text_whatever_it_contains() {
        for (pattern, subject, expected) in [
            ("refs/tags/v[0-9]+", "refs/tags/v1", true),
            ("refs/tags/v[0-9]+", "x/refs/tags/v1", false),
            ("refs/tags/v[0-9]+", "refs/tags/v1\n", false),
            // An alternative must not escape the anchors.
            ("main|release", "main", true),
            ("main|release", "main-evil", false),
            ("main|release", "evil-release", false),
            ("(?i)main", "MAIN", true),
            ("(?m)^main$", "x\nmain\ny", false),
        ] {
            assert_eq!(
                holds(Pattern::Regex, pattern, subject),
                Some(expected),
                "{pattern} {subject:?}"
            );
        }
    }

    #[test]
    fn a_pattern_cannot_close_the_group_around_it() {
        for pattern in ["main)|(?:.*", "a)", "(", "[", "a{2,1}", "(?=x)", "\\1"] {
            assert!(Pattern::Regex.compile(pattern).is_err(), "{pattern}");
        }
        let (message, help) = Pattern::Regex.compile("(a{1,100}){1,100}b").unwrap_err();
        assert!(message.contains("too large") && help.contains("[A-Za-z0-9_-]"));
        assert!(Pattern::Regex.compile("octo-org/[A-Za-z0-9_.-]{1,100}").is_ok());
    }

    #[test]
    fn a_star_never_crosses_a_slash_and_the_rest_is_literal() {
        for (pattern, subject, expected) in [
            ("refs/tags/*", "refs/tags/v1", true),
            ("refs/tags/*", "refs/tags/", true),
            ("refs/tags/*", "refs/tags/a/b", false),
            ("refs/tags/*", "x/refs/tags/v1", false),
            ("octo-org/*@refs/heads/main", "octo-org/repo@refs/heads/main", true),
            ("a.b", "axb", false),
            ("a+(b)|c", "a+(b)|c", true),
            ("*", "", true),
            ("*", "a/b", false),
        ] {
            assert_eq!(
                holds(Pattern::Glob, pattern, subject),
                Some(expected),
                "{pattern} {subject:?}"
            );
        }
        for pattern in ["**", "refs/**/x", "a?", "[ab]", "{a,b}", "a\\*"] {
            assert!(Pattern::Glob.compile(pattern).is_err(), "{pattern}");
        }
    }
}
