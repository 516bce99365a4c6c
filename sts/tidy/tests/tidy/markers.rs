//! Nothing left for later, nothing silenced, nothing skipped, nothing timed by sleeping.

use crate::lexer::is_word;
use crate::syntax;
use crate::tree::{self, File, Offence, offence};

const LATER: &[&str] = &["TODO", "FIXME", "XXX", "unimplemented!", "todo!"];
const SILENCED: &[&str] = &["#[allow(", "#![allow("];
const SKIPPED: &str = "#[ignore";
const SLEEPS: &[&str] = &["thread::sleep", "time::sleep", "time.sleep("];

fn left_for_later(file: &File) -> Vec<Offence> {
    if file.path.starts_with("sts/tidy/") || file.ends_with("toml") {
        return Vec::new();
    }
    let marked = |text: &str, marker: &str| {
        syntax::after(text, marker).any(|rest| marker.ends_with('!') || !rest.starts_with(is_word))
    };
    let mut found = Vec::new();
    for (line, text) in tree::numbered(&file.text) {
        for marker in LATER.iter().filter(|marker| marked(text, marker)) {
            found.push(offence(
                file,
                line,
                format!("{marker}: do it now, or open an issue and delete this"),
            ));
        }
    }
    found
}

fn silenced(file: &File) -> Vec<Offence> {
    let mut found = Vec::new();
    for (line, code, _) in file.code_lines() {
        if SILENCED.iter().any(|text| code.contains(text)) {
            found.push(offence(
                file,
                line,
                "write #[expect(…, reason = \"…\")], which fails once it is not needed",
            ));
        }
        if code.contains(SKIPPED) {
            found.push(offence(file, line, "run the test or delete it"));
        }
    }
    found
}

fn sleeping_tests(file: &File) -> Vec<Offence> {
    let lines: Vec<(usize, &str)> = if file.ends_with("rs") {
        let tests = file.code_lines().filter(|(_, _, in_tests)| *in_tests);
        tests.map(|(line, code, _)| (line, code)).collect()
    } else if file.is_test() && file.ends_with("py") {
        tree::numbered(&file.text).map(|(line, text)| (line, before_hash(text))).collect()
    } else {
        Vec::new()
    };
    let sleeps = |text: &str| SLEEPS.iter().any(|sleep| text.contains(sleep));
    let bad = lines.into_iter().filter(|(_, text)| sleeps(text));
    bad.map(|(line, _)| offence(file, line, "advance the clock, or wait for the event itself"))
        .collect()
}

fn before_hash(line: &str) -> &str {
    line.split_once('#').map_or(line, |(code, _)| code)
}

#[test]
fn nothing_is_left_for_later() {
    tree::expect_none(&tree::files().iter().flat_map(left_for_later).collect::<Vec<_>>());
}

#[test]
fn no_lint_is_silenced_without_reason_and_no_test_skipped() {
    tree::expect_none(&tree::rust().flat_map(silenced).collect::<Vec<_>>());
}

#[test]
fn no_test_sleeps() {
    tree::expect_none(&tree::files().iter().flat_map(sleeping_tests).collect::<Vec<_>>());
}

#[test]
fn later_rule_rejects_the_marker_and_accepts_its_look_alike() {
    let count = |text: &str| left_for_later(&File::new("a/b.md", text)).len();
    for bad in ["// TODO: x", "todo!()", "XXX", "x FIXME"] {
        assert_eq!(count(bad), 1, "{bad}");
    }
    for good in ["TODOS", "mktemp a.XXXXXX", "aXXXb", "todo"] {
        assert_eq!(count(good), 0, "{good}");
    }
}

#[test]
fn silence_rule_rejects_attributes_and_accepts_their_names() {
    let count = |text: &str| silenced(&File::new("sts/core/src/a.rs", text)).len();
    for bad in ["#[allow(x)]", "#![allow(x)]", "#[ignore = \"x\"]", "#[ignore]"] {
        assert_eq!(count(bad), 1, "{bad}");
    }
    for good in ["#[expect(x)]", "// #[allow(x)]", "\"#[ignore]\""] {
        assert_eq!(count(good), 0, "{good}");
    }
}

#[test]
fn sleep_rule_rejects_tests_and_accepts_other_code() {
    let count = |path: &str, text: &str| sleeping_tests(&File::new(path, text)).len();
    let module = "#[cfg(test)]\nmod t {\nstd::thread::sleep(d)\n}";
    assert_eq!(count("sts/io/tests/a.rs", "tokio::time::sleep(d)"), 1);
    assert_eq!(count("sts/io/src/a.rs", module), 1);
    assert_eq!(count("conformance/a.py", "time.sleep(1)"), 1);
    assert_eq!(count("sts/io/src/a.rs", "tokio::time::sleep(d)"), 0);
    assert_eq!(count("conformance/a.py", "x # time.sleep(1)"), 0);
}
