//! Time, randomness, files and environment are values; only `io` asks the machine for them.

use crate::syntax;
use crate::tree::{self, File, Offence, offence};

/// What no crate but `io` may name.
const AMBIENT: &[&str] = &[
    "SystemTime",
    "Instant::now",
    "std::fs",
    "tokio::fs",
    "std::env",
    "SystemRandom",
    "getrandom",
    "thread_rng",
    "rand::",
];

/// What the pure crates may not name either.
const IMPURE: &[&str] = &["tokio", "axum", "reqwest", "TcpStream", "thread::sleep"];
const PURE: &[&str] = &["wire", "jose", "expr", "core"];

/// A place allowed to name one ambient thing, and why.
struct Exception {
    path: &'static str,
    token: &'static str,
    reason: &'static str,
}

const EXCEPTIONS: &[Exception] = &[];

/// Each line of `file` that names something ambient, and what.
fn ambient(file: &File) -> Vec<(usize, &'static str)> {
    let member = file.member().unwrap_or_default();
    if matches!(member, "testkit" | "fuzz" | "tidy") || file.path.starts_with("sts/io/src/") {
        return Vec::new();
    }
    let impure: &[_] = if PURE.contains(&member) { IMPURE } else { &[] };
    let mut found = Vec::new();
    let mut head = String::new();
    for (line, code, _) in file.code_lines().filter(|(_, _, in_tests)| !in_tests) {
        for token in AMBIENT.iter().chain(impure) {
            let grouped = || grouped(&head, code).iter().any(|path| path == token);
            if syntax::mentions(code, token) || grouped() {
                found.push((line, *token));
            }
        }
        head = open_group(&head, code);
    }
    found
}

/// The `use` whose braces are still open after `code`.
fn open_group(head: &str, code: &str) -> String {
    let text = format!("{head} {}", code.trim());
    let starts = text.trim_start().starts_with("use ") || text.contains(" use ");
    if starts && !code.contains(';') { text } else { String::new() }
}

/// `std::fs` for an `fs` on this line inside `use std::{…}`: one level, which rustfmt keeps flat.
fn grouped(head: &str, code: &str) -> Vec<String> {
    let text = format!("{head} {code}");
    let Some((parent, _)) = text.split_once("::{") else {
        return Vec::new();
    };
    let Some(parent) = parent.trim().rsplit(' ').next() else {
        return Vec::new();
    };
    let inner = code.split_once("::{").map_or(code, |(_, inner)| inner);
    let leaves = inner.split([',', '{', '}', ';']);
    leaves
        .map(|leaf| leaf.trim().split([' ', ':']).next().unwrap_or_default())
        .map(|leaf| format!("{parent}::{leaf}"))
        .collect()
}

fn offences(file: &File, exceptions: &[Exception]) -> Vec<Offence> {
    let excused = |token| exceptions.iter().any(|e| e.path == file.path && e.token == token);
    let bad = ambient(file).into_iter().filter(|(_, token)| !excused(*token));
    bad.map(|(line, token)| {
        offence(
            file,
            line,
            format!("`{token}` is ambient: take the value as an argument, or ask a port of io"),
        )
    })
    .collect()
}

fn stale<'a>(exceptions: &'a [Exception], files: &[&File]) -> Vec<&'a str> {
    let used = |e: &Exception| {
        let at = files.iter().filter(|file| file.path == e.path);
        at.flat_map(|file| ambient(file)).any(|(_, token)| token == e.token)
    };
    exceptions.iter().filter(|e| e.reason.is_empty() || !used(e)).map(|e| e.path).collect()
}

#[test]
fn only_io_touches_clock_randomness_files_and_environment() {
    let found: Vec<_> = tree::rust().flat_map(|file| offences(file, EXCEPTIONS)).collect();
    tree::expect_none(&found);
}

#[test]
fn every_ambient_exception_is_still_needed() {
    let stale = stale(EXCEPTIONS, &tree::rust().collect::<Vec<_>>());
    assert!(stale.is_empty(), "delete these from EXCEPTIONS in sts/tidy: {stale:?}");
}

#[test]
fn ambient_rule_rejects_code_and_accepts_comments_tests_and_io() {
    let count = |path: &str, text: &str| offences(&File::new(path, text), &[]).len();
    for bad in [
        "let a = SystemTime::now();",
        "use std::{env, io};",
        "use std::{\n    collections::HashMap,\n    fs::File,\n};",
        "aws_lc_rs::rand::fill(x)",
        "use tokio::sync::Mutex;",
        "std::thread::sleep(d)",
    ] {
        assert_eq!(count("sts/core/src/a.rs", bad), 1, "{bad}");
        assert_eq!(count("sts/io/src/a.rs", bad), 0, "{bad}");
        assert_eq!(count("sts/core/tests/a.rs", bad), 0, "{bad}");
        assert_eq!(
            count("sts/core/src/a.rs", &format!("#[cfg(test)]\nmod t {{\n{bad}\n}}")),
            0,
            "{bad}"
        );
    }
    for good in [
        "// SystemTime",
        "let a = \"std::fs\";",
        "operand::b",
        "use std::{fmt, io};",
        "use a::{fs, env};",
    ] {
        assert_eq!(count("sts/core/src/a.rs", good), 0, "{good}");
    }
    assert_eq!(count("sts/server/src/a.rs", "use tokio::sync::Mutex;"), 0);
    assert_eq!(count("sts/expr/src/a.rs", "std::thread::Builder::new()"), 0);
}

#[test]
fn an_exception_excuses_one_token_and_goes_stale() {
    let exception = |token| [Exception { path: "sts/core/src/a.rs", token, reason: "a sample" }];
    let file = File::new("sts/core/src/a.rs", "use std::env;");
    assert!(offences(&file, &exception("std::env")).is_empty());
    assert_eq!(offences(&file, &exception("std::fs")).len(), 1);
    assert!(stale(&exception("std::env"), &[&file]).is_empty());
    assert_eq!(stale(&exception("std::fs"), &[&file]), ["sts/core/src/a.rs"]);
}
