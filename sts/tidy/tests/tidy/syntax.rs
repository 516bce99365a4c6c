//! Functions, test modules and names, found in code whose comments and literals are blanked.

use std::ops::RangeInclusive;

use crate::lexer::is_word;

/// A word or a single sign, and its line.
struct Token<'a>(&'a str, usize);

/// One function with a body, from its `fn` to its closing brace.
pub(crate) struct Function<'a> {
    pub(crate) name: &'a str,
    pub(crate) line: usize,
    pub(crate) lines: usize,
    pub(crate) is_async: bool,
}

fn tokens(code: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    for (line, text) in crate::tree::numbered(code) {
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            let end = if is_word(first) {
                rest.find(|c| !is_word(c)).unwrap_or(rest.len())
            } else {
                first.len_utf8()
            };
            let (token, later) = rest.split_at(end);
            found.push(Token(token, line));
            rest = later.trim_start();
        }
    }
    found
}

/// How many tokens a bracketed group takes, given that it starts with its opening bracket.
fn group(tokens: &[Token<'_>]) -> usize {
    let mut depth = 0_usize;
    let close = tokens.iter().position(|Token(text, _)| {
        match *text {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    });
    close.map_or(tokens.len(), |at| at + 1)
}

/// The line where the body after `tokens` closes; none for a declaration that ends in `;`.
fn body_end(tokens: &[Token<'_>]) -> Option<usize> {
    let mut at = 0;
    while let Some(Token(text, _)) = tokens.get(at) {
        let rest = tokens.get(at..)?;
        match *text {
            ";" => return None,
            "{" => return rest.get(group(rest) - 1).map(|Token(_, line)| *line),
            "(" | "[" => at += group(rest),
            _ => at += 1,
        }
    }
    None
}

pub(crate) fn functions(code: &str) -> Vec<Function<'_>> {
    let tokens = tokens(code);
    let mut found = Vec::new();
    for (at, pair) in tokens.windows(2).enumerate() {
        let [Token("fn", line), Token(name, _)] = pair else {
            continue;
        };
        if !name.starts_with(is_word) {
            continue;
        }
        if let Some(end) = tokens.get(at + 1..).and_then(body_end) {
            let is_async = at > 0 && matches!(tokens.get(at - 1), Some(Token("async", _)));
            found.push(Function { name, line: *line, lines: end - line + 1, is_async });
        }
    }
    found
}

/// The lines of each `#[cfg(test)] mod x { … }`, attribute included.
pub(crate) fn test_modules(code: &str) -> Vec<RangeInclusive<usize>> {
    let tokens = tokens(code);
    let mark = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut found = Vec::new();
    for (at, window) in tokens.windows(mark.len()).enumerate() {
        if !window.iter().map(|Token(text, _)| *text).eq(mark) {
            continue;
        }
        let mut rest = tokens.get(at + mark.len()..).unwrap_or_default();
        while let [Token("#", _), later @ ..] = rest {
            rest = later.get(group(later)..).unwrap_or_default();
        }
        let first = window.first().map_or(1, |Token(_, line)| *line);
        if let [Token("mod", _), later @ ..] = rest
            && let Some(end) = body_end(later)
        {
            found.push(first..=end);
        }
    }
    found
}

/// Whether `token` occurs in `line` other than as the tail of a longer name.
pub(crate) fn mentions(line: &str, token: &str) -> bool {
    after(line, token).next().is_some()
}

/// What follows each occurrence of `token` that is not the tail of a longer name.
pub(crate) fn after<'a>(line: &'a str, token: &str) -> impl Iterator<Item = &'a str> {
    line.match_indices(token).filter_map(move |(at, _)| {
        let (head, tail) = line.split_at_checked(at)?;
        let whole = !head.ends_with(is_word);
        tail.get(token.len()..).filter(|_| whole)
    })
}

#[test]
fn a_function_spans_from_fn_to_its_closing_brace() {
    let code = "async fn a(x: [u8; 2]) -> u8\nwhere\n{\n if x { y }\n}\nfn b();\nlet f: fn(u8);";
    let found = functions(code);
    assert_eq!(found.len(), 1, "declarations and pointers have no body");
    assert!(found.iter().all(|f| f.name == "a" && f.lines == 5 && f.is_async));
}

#[test]
fn only_an_inline_test_module_counts_as_one() {
    let code = "a\n#[cfg(test)]\n#[expect(x)]\nmod tests {\n b { }\n}\nc";
    assert_eq!(test_modules(code), [2..=6]);
    assert!(test_modules("#[cfg(test)]\nmod tests;\nfn a() {}").is_empty());
    assert!(test_modules("#[cfg(unix)]\nmod tests {}").is_empty());
}

#[test]
fn a_name_is_not_mentioned_by_the_tail_of_another() {
    assert!(mentions("x::rand::y", "rand::"));
    assert!(!mentions("operand::y", "rand::"));
}
