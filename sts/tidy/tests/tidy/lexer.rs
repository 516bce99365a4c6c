//! Tells Rust code from comments and literals, well enough to search and count.

/// One source by kind: same line breaks in each, all that is of another kind blanked.
#[derive(Default)]
pub(crate) struct Split {
    pub(crate) code: String,
    pub(crate) comments: String,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Code,
    Comment,
    Literal,
}

pub(crate) fn split(text: &str) -> Split {
    let chars: Vec<char> = text.chars().collect();
    let mut rest = chars.as_slice();
    let mut split = Split::default();
    let mut before = ' ';
    while !rest.is_empty() {
        let (kind, length) = piece(rest, is_word(before));
        let (now, later) = rest.split_at(length.clamp(1, rest.len()));
        for &c in now {
            let keep = |mine| if c == '\n' || kind == mine { c } else { ' ' };
            split.code.push(keep(Kind::Code));
            split.comments.push(keep(Kind::Comment));
            before = c;
        }
        rest = later;
    }
    split
}

pub(crate) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The kind and length of what `rest` starts with.
fn piece(rest: &[char], in_word: bool) -> (Kind, usize) {
    let literal = |length: Option<usize>| length.map_or((Kind::Code, 1), |n| (Kind::Literal, n));
    match rest {
        ['/', '/', ..] => (Kind::Comment, rest.iter().take_while(|c| **c != '\n').count()),
        ['/', '*', ..] => (Kind::Comment, block(rest)),
        ['"', ..] => literal(Some(quoted(rest, '"'))),
        ['\'', '\\', ..] => literal(Some(quoted(rest, '\''))),
        ['\'', _, '\'', ..] => literal(Some(3)),
        ['r', tail @ ..] if !in_word => literal(raw(tail).map(|n| n + 1)),
        ['b' | 'c', 'r', tail @ ..] if !in_word => literal(raw(tail).map(|n| n + 2)),
        _ => (Kind::Code, 1),
    }
}

/// The length of a block comment, which may nest.
fn block(rest: &[char]) -> usize {
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(tail) = rest.get(at..).filter(|tail| !tail.is_empty()) {
        match tail {
            ['/', '*', ..] => (at, depth) = (at + 2, depth + 1),
            ['*', '/', ..] => (at, depth) = (at + 2, depth.saturating_sub(1)),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// The length of a literal with escapes, both quotes included.
fn quoted(rest: &[char], quote: char) -> usize {
    let mut at = 1;
    while let Some(&c) = rest.get(at) {
        at += if c == '\\' { 2 } else { 1 };
        if c == quote {
            break;
        }
    }
    at
}

/// The length of a raw string whose `r` is already read; none if it is a name such as `r#type`.
fn raw(rest: &[char]) -> Option<usize> {
    let hashes = rest.iter().take_while(|c| **c == '#').count();
    if rest.get(hashes) != Some(&'"') {
        return None;
    }
    let body = rest.get(hashes + 1..)?;
    let closes = |at: &usize| {
        body.get(*at) == Some(&'"')
            && body.iter().skip(at + 1).take_while(|c| **c == '#').count() >= hashes
    };
    let end = (0..body.len()).find(closes).unwrap_or(body.len());
    Some(hashes + 1 + end + 1 + hashes)
}

#[test]
fn literals_and_comments_are_not_code() {
    for hidden in [
        "\"BAD\"",
        "\"\\\"BAD\"",
        "r\"BAD\"",
        "r#\"\" BAD\"#",
        "br##\"\"# BAD\"##",
        "b\"BAD\"",
        "// BAD",
        "/* /* x */ BAD */",
        "\"a\n// \" /* \" BAD \" */",
    ] {
        let code = split(&format!("x {hidden} \n y")).code;
        assert!(!code.contains("BAD"), "{hidden} left {code}");
        assert!(code.contains('y'), "{hidden} swallowed what follows");
        assert_eq!(code.lines().count(), format!("x {hidden} \n y").lines().count());
    }
}

#[test]
fn lifetimes_chars_and_raw_names_do_not_start_strings() {
    for shown in ["'\"' BAD", "'\\'' BAD", "<'a> BAD <'b>", "r#fn BAD", "for\"\" BAD", "b'\"' BAD"]
    {
        assert!(split(shown).code.contains("BAD"), "{shown}");
    }
    assert_eq!(split("a // b").comments.trim(), "// b");
}
