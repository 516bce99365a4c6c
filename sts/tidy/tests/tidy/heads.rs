//! Every crate takes the workspace's lints, and every source file says what it is.

use toml::{Table, Value};

use crate::tree::{self, File, Offence, offence};

fn unlinted(file: &File) -> Option<Offence> {
    let manifest: Table = file.text.parse().expect("a manifest is TOML");
    let lints = manifest.get("lints").and_then(|lints| lints.get("workspace"));
    let taken = lints.and_then(Value::as_bool) == Some(true);
    (!taken).then(|| offence(file, 1, "write `[lints]` with `workspace = true`"))
}

fn headless(file: &File) -> Option<Offence> {
    let root = file.path.ends_with("/lib.rs") || file.path.ends_with("/main.rs");
    let wanted = file.in_src() || root;
    let said =
        file.text.lines().next().is_some_and(|line| {
            line.strip_prefix("//!").is_some_and(|text| !text.trim().is_empty())
        });
    (wanted && !said)
        .then(|| offence(file, 1, "begin with a `//!` line that says what the file is for"))
}

#[test]
fn every_crate_takes_the_workspace_lints() {
    let manifests = tree::files()
        .iter()
        .filter(|f| f.path.starts_with("sts/") && f.path.ends_with("/Cargo.toml"));
    tree::expect_none(&manifests.filter_map(unlinted).collect::<Vec<_>>());
}

#[test]
fn every_source_file_says_what_it_is_for() {
    tree::expect_none(&tree::rust().filter_map(headless).collect::<Vec<_>>());
}

#[test]
fn head_rules_reject_silence_and_accept_a_sentence() {
    let manifest = |text: &str| unlinted(&File::new("sts/core/Cargo.toml", text)).is_some();
    assert!(manifest("[package]") && manifest("[lints]\nworkspace = false"));
    assert!(!manifest("[lints]\nworkspace = true"));
    let source = |text: &str| headless(&File::new("sts/core/src/a.rs", text)).is_some();
    assert!(source("use a;\n//! late") && source("//!\n") && source(""));
    assert!(!source("//! A sentence.\nuse a;"));
}
