//! A path that a page names in code leads somewhere, so that a map of the code does not outlive it.

use crate::markdown;
use crate::tree::{self, File, Offence, offence};

/// The members of the workspace.
const MEMBERS: &[&str] =
    &["wire", "jose", "expr", "core", "io", "server", "testkit", "fuzz", "tidy"];

/// The path that a text names, from the root: `core/src/…` is meant from `sts/`.
fn full_path(named: &str) -> Option<String> {
    let plain = named.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
    let from_sts = named.strip_prefix("sts/").unwrap_or(named);
    let (member, rest) = from_sts.split_once('/')?;
    let inside = rest.starts_with("src/") || rest.starts_with("tests/");
    (plain && inside && MEMBERS.contains(&member)).then(|| format!("sts/{from_sts}"))
}

fn gone(page: &File, exists: &dyn Fn(&str) -> bool) -> Vec<Offence> {
    let mut found = Vec::new();
    for (line, named) in markdown::inline_code(&page.text) {
        if let Some(path) = full_path(&named).filter(|path| !exists(path)) {
            found.push(offence(page, line, format!("there is no {path}: name what there is now")));
        }
    }
    found
}

#[test]
fn every_path_that_a_page_names_exists() {
    let root = tree::root();
    let pages = tree::files().iter().filter(|file| file.ends_with("md"));
    let found: Vec<_> =
        pages.flat_map(|page| gone(page, &|path| root.join(path).exists())).collect();
    tree::expect_none(&found);
}

#[test]
fn path_rule_rejects_what_is_gone_and_passes_over_what_is_no_path() {
    let count =
        |text: &str| gone(&File::new("x.md", text), &|path| path == "sts/core/src/a.rs").len();
    for bad in ["`core/src/b.rs`", "see `sts/core/src/b.rs`", "`x` and `io/tests/c/`"] {
        assert_eq!(count(bad), 1, "{bad}");
    }
    for good in [
        "`core/src/a.rs`",
        "core/src/b.rs",
        "`a/b`",
        "`sts dev`",
        "`sts/v1`",
        "```\n`core/src/b.rs`\n```",
    ] {
        assert_eq!(count(good), 0, "{good}");
    }
}
