//! A specification is cited in one form: `RFC 8693 §2.1`.

use crate::lexer::is_word;
use crate::markdown;
use crate::tree::{self, File, Offence, offence};

/// Numbered lines of a file that are prose: comments, or Markdown outside code.
fn prose(file: &File) -> Vec<(usize, String)> {
    if file.ends_with("md") {
        return markdown::prose(&file.text).collect();
    }
    if file.ends_with("rs") {
        return tree::numbered(file.comments())
            .map(|(n, text)| (n, markdown::without_code(text)))
            .collect();
    }
    let mark = if file.ends_with("mjs") { "//" } else { "#" };
    let comment = |text: &str| {
        let (before, comment) = text.split_once(mark)?;
        let opens = before.is_empty() || before.ends_with(char::is_whitespace);
        opens.then(|| markdown::without_code(comment))
    };
    tree::numbered(&file.text).filter_map(|(n, text)| Some((n, comment(text)?))).collect()
}

/// The citations on a line that are not in the one form, each with the form it should have.
fn misquoted(line: &str) -> Vec<String> {
    let lower = line.to_ascii_lowercase();
    let mut found = Vec::new();
    for word in
        lower.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']' | '<' | '>'))
    {
        if word.contains("://") || word.contains('#') {
            continue;
        }
        for rest in crate::syntax::after(word, "rfc") {
            let digits = rest.trim_start_matches(['-', '_', '\u{a0}']);
            let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
            let (number, tail) = digits.split_at(end);
            if !number.is_empty() && !tail.starts_with(is_word) {
                found.push(format!("RFC {number}"));
            }
        }
    }
    for rest in crate::syntax::after(&lower, "rfc ") {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (number, tail) = rest.split_at(end);
        let tail = tail.trim_start_matches([',', ' ']);
        if !number.is_empty() && (tail.starts_with("section ") || tail.starts_with("§ ")) {
            found.push(format!("RFC {number} §…"));
        }
    }
    found
}

fn offences(file: &File) -> Vec<Offence> {
    let lines = prose(file).into_iter();
    let bad =
        lines.flat_map(|(line, text)| misquoted(&text).into_iter().map(move |form| (line, form)));
    bad.map(|(line, form)| offence(file, line, format!("write `{form}`"))).collect()
}

#[test]
fn specifications_are_cited_in_one_form() {
    tree::expect_none(&tree::files().iter().flat_map(offences).collect::<Vec<_>>());
}

#[test]
fn citation_rule_rejects_other_forms_and_accepts_urls_and_names() {
    let count = |path: &str, text: &str| offences(&File::new(path, text)).len();
    for bad in [
        "RFC8693",
        "rfc-8693.",
        "(RFC-8693)",
        "RFC 8693 section 2.1",
        "RFC 8693, Section 2",
        "RFC 8693 § 2",
    ] {
        assert_eq!(count("a.md", bad), 1, "{bad}");
        assert_eq!(count("a.rs", &format!("/// {bad}")), 1, "{bad}");
        assert_eq!(count("a.py", &format!("x # {bad}")), 1, "{bad}");
    }
    for good in [
        "RFC 8693 §2.1",
        "https://a.b/rfc8693",
        "`rfc8693`",
        "rfc8693_token",
        "an RFC",
        "[x](https://a/rfc8693#1)",
    ] {
        assert_eq!(count("a.md", good), 0, "{good}");
        assert_eq!(count("a.rs", &format!("/// {good}")), 0, "{good}");
    }
    assert_eq!(count("a.rs", "let a = \"RFC8693\";"), 0);
}
