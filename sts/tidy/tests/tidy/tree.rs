//! The files the rules read, and the form in which a rule complains.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::lexer::{self, Split};
use crate::syntax;

/// Directories that hold nothing anyone here wrote.
const SKIPPED: &[&str] = &["target", ".git", "node_modules", ".venv", "__pycache__", ".sts-dev"];

/// What is read; everything else is opaque.
const TEXT: &[&str] = &["rs", "md", "yaml", "py", "sh", "mjs", "toml"];

/// One text file; `path` is relative to the workspace root, with `/` between its parts.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
    split: LazyLock<Split, Box<dyn FnOnce() -> Split + Send>>,
}

impl File {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let copy = text.to_owned();
        let split = LazyLock::new(Box::new(move || lexer::split(&copy)) as Box<_>);
        Self { path: path.to_owned(), text: text.to_owned(), split }
    }

    pub(crate) fn ends_with(&self, ext: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|have| have == ext)
    }

    /// The text with comments and literals blanked (Rust only).
    pub(crate) fn code(&self) -> &str {
        &self.split.code
    }

    /// The text with everything but comments blanked (Rust only).
    pub(crate) fn comments(&self) -> &str {
        &self.split.comments
    }

    /// The folder under `sts/` this file belongs to.
    pub(crate) fn member(&self) -> Option<&str> {
        self.path.strip_prefix("sts/")?.split('/').next()
    }

    /// Whether the file lies in the `src` of a member.
    pub(crate) fn in_src(&self) -> bool {
        self.path.starts_with("sts/") && self.path.split('/').nth(2) == Some("src")
    }

    /// Whether the whole file is test code.
    pub(crate) fn is_test(&self) -> bool {
        let test = |part: &str| matches!(part, "tests" | "tests.rs" | "benches" | "conformance");
        self.path.split('/').any(test)
    }

    /// Numbered lines of code, each with whether it is test code.
    pub(crate) fn code_lines(&self) -> impl Iterator<Item = (usize, &str, bool)> {
        let inside = syntax::test_modules(self.code());
        let whole = self.is_test();
        numbered(self.code()).map(move |(line, code)| {
            (line, code, whole || inside.iter().any(|range| range.contains(&line)))
        })
    }
}

/// Lines with their numbers, from 1.
pub(crate) fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(text.lines())
}

/// A place that breaks a rule, and what to do instead.
#[derive(Debug)]
pub(crate) struct Offence(pub(crate) String);

pub(crate) fn offence(file: &File, line: usize, advice: impl std::fmt::Display) -> Offence {
    Offence(format!("{}:{line}: {advice}", file.path))
}

/// Fails with every offender, one to a line.
#[track_caller]
pub(crate) fn expect_none(offences: &[Offence]) {
    let lines: Vec<&str> = offences.iter().map(|Offence(text)| text.as_str()).collect();
    assert!(lines.is_empty(), "{} offence(s)\n{}\n", lines.len(), lines.join("\n"));
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every text file of the workspace, by path.
pub(crate) fn files() -> &'static [File] {
    static FILES: LazyLock<Vec<File>> = LazyLock::new(|| {
        let mut found = Vec::new();
        walk(&root(), "", &mut found);
        found.sort_by(|a, b| a.path.cmp(&b.path));
        found
    });
    &FILES
}

pub(crate) fn rust() -> impl Iterator<Item = &'static File> {
    files().iter().filter(|file| file.ends_with("rs"))
}

#[expect(clippy::disallowed_methods, reason = "these tests read the tree they judge")]
fn walk(dir: &Path, prefix: &str, found: &mut Vec<File>) {
    for entry in std::fs::read_dir(dir).expect("a readable directory").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        if kind.is_dir() && !SKIPPED.contains(&name.as_str()) {
            walk(&entry.path(), &format!("{path}/"), found);
        } else if kind.is_file()
            && TEXT.iter().any(|ext| Path::new(&name).extension().is_some_and(|e| e == *ext))
            && let Ok(bytes) = std::fs::read(entry.path())
        {
            found.push(File::new(&path, &String::from_utf8_lossy(&bytes)));
        }
    }
}

#[test]
fn the_walk_sees_every_member_and_nothing_built() {
    let root = files().iter().find(|file| file.path == "Cargo.toml").expect("the root manifest");
    let root: toml::Table = root.text.parse().expect("the root manifest is TOML");
    let members = root["workspace"]["members"].as_array().expect("members");
    for member in members.iter().filter_map(toml::Value::as_str) {
        assert!(rust().any(|file| file.path.starts_with(member)), "{member} has no .rs file");
    }
    assert!(!files().iter().any(|file| file.path.starts_with("target/")));
}

#[test]
fn a_tests_file_is_test_code_and_a_neighbour_is_not() {
    assert!(File::new("sts/core/tests/story.rs", "").is_test());
    assert!(File::new("sts/jose/benches/verify.rs", "").is_test());
    assert!(File::new("sts/core/src/stage/tests.rs", "").is_test());
    assert!(!File::new("sts/core/src/stage/attests.rs", "").is_test());
}
