//! Crates depend downward only, and each technology stays in the crates that own it.

use toml::{Table, Value};

use crate::tree::{self, File, Offence, offence};

type Names = &'static [&'static str];

/// One member under `sts/`: what it may use, and what only its tests may use besides.
struct Rung(&'static str, Names, Names);

const LADDER: &[Rung] = &[
    Rung("wire", &[], &[]),
    Rung("jose", &["wire"], &[]),
    Rung("expr", &["wire"], &[]),
    Rung("core", &["wire", "jose", "expr"], &["testkit"]),
    Rung("io", &["wire", "jose", "expr", "core"], &["testkit"]),
    Rung("server", &["wire", "jose", "expr", "core", "io"], &["testkit"]),
    Rung("testkit", &["wire", "jose", "expr", "core"], &[]),
    Rung("fuzz", &["wire", "jose", "expr", "core", "testkit"], &[]),
    Rung("tidy", &[], &[]),
];

/// A package from outside: who may ship it, and who besides may use it in tests.
struct Fence(&'static str, Names, Names);

const FENCES: &[Fence] = &[
    Fence("cel", &["expr"], &[]),
    Fence("regex", &["expr"], &[]),
    Fence("regex-syntax", &["expr"], &[]),
    Fence("jsonwebtoken", &["jose"], &[]),
    Fence("saphyr-parser", &["wire"], &[]),
    Fence("tokio", &["io", "server"], &["core", "testkit"]),
    Fence("rustls", &["io", "server"], &[]),
    Fence("tokio-rustls", &["io", "server"], &[]),
    Fence("rusqlite", &["io"], &[]),
    Fence("tokio-postgres", &["io"], &[]),
    Fence("tokio-postgres-rustls", &["io"], &[]),
    Fence("reqwest", &["io"], &[]),
    Fence("axum", &["server"], &[]),
    Fence("hyper", &["server"], &[]),
    Fence("hyper-util", &["server"], &[]),
    Fence("clap", &["server"], &[]),
    Fence("mimalloc", &["server"], &["core"]),
    Fence("libfuzzer-sys", &["fuzz"], &[]),
    Fence("tracing-subscriber", &["server"], &[]),
];

/// The members `dir` may name, in its tests or not; none if `dir` is not on the ladder.
pub(crate) fn allowed(dir: &str, in_tests: bool) -> Option<Vec<&'static str>> {
    let Rung(_, below, tests) = LADDER.iter().find(|Rung(name, _, _)| *name == dir)?;
    Some([*below, if in_tests { tests } else { &[] }].concat())
}

/// The names of all members.
pub(crate) fn members() -> impl Iterator<Item = &'static str> {
    LADDER.iter().map(|Rung(name, _, _)| *name)
}

/// Every dependency table of a manifest, each with whether it is for tests.
fn tables(manifest: &Table) -> Vec<(bool, &Table)> {
    let per_target = manifest.get("target").and_then(Value::as_table).into_iter();
    let per_target = per_target.flat_map(Table::values).filter_map(Value::as_table);
    let mut found = Vec::new();
    for owner in per_target.chain([manifest]) {
        for (key, dev) in
            [("dependencies", false), ("build-dependencies", false), ("dev-dependencies", true)]
        {
            let table = owner.get(key).and_then(Value::as_table);
            found.extend(table.map(|table| (dev, table)));
        }
    }
    found
}

/// What is wrong with a dependency of `dir` on `name`, if anything.
fn objection(dir: &str, name: &str, dev: bool) -> Option<String> {
    let name = if name == "sts" { "sts-server" } else { name };
    if let Some(ours) = name.strip_prefix("sts-") {
        let allowed = allowed(dir, dev)?;
        let wrong = !allowed.contains(&ours);
        return wrong.then(|| {
            format!("{dir} may use only {allowed:?} of ours, not {name}: move the code down")
        });
    }
    let Fence(_, normal, tests) = FENCES.iter().find(|Fence(fenced, _, _)| *fenced == name)?;
    let right = normal.contains(&dir) || (dev && tests.contains(&dir));
    (!right)
        .then(|| format!("{name} belongs to {normal:?} only: reach it through a trait or a value"))
}

fn manifest_offences(file: &File) -> Vec<Offence> {
    let dir = file.member().unwrap_or_default();
    let manifest: Table = file.text.parse().expect("a manifest is TOML");
    let mut found = Vec::new();
    if allowed(dir, false).is_none() {
        found.push(offence(file, 1, "give the new crate a rung on LADDER"));
    }
    for (dev, table) in tables(&manifest) {
        for (name, value) in table {
            let is_it = |(_, text): &(usize, &str)| {
                text.strip_prefix(name.as_str())
                    .is_some_and(|rest| rest.starts_with([' ', '.', '=']))
            };
            let line = tree::numbered(&file.text).filter(is_it).last().map_or(1, |(line, _)| line);
            found.extend(objection(dir, name, dev).map(|advice| offence(file, line, advice)));
            if value.get("workspace").and_then(Value::as_bool) != Some(true) {
                let advice = format!("write `{name}.workspace = true`; versions live in the root");
                found.push(offence(file, line, advice));
            }
        }
    }
    found
}

/// Root dependencies under another name, which would slip through the fences.
fn renames(root: &File) -> Vec<Offence> {
    let manifest: Table = root.text.parse().expect("a manifest is TOML");
    let table =
        manifest.get("workspace").and_then(|w| w.get("dependencies")).and_then(Value::as_table);
    let renamed = table.into_iter().flatten().filter(|(_, value)| value.get("package").is_some());
    renamed
        .map(|(name, _)| offence(root, 1, format!("{name}: call a package by its own name")))
        .collect()
}

fn manifests() -> impl Iterator<Item = &'static File> {
    tree::files().iter().filter(|f| f.path.starts_with("sts/") && f.path.ends_with("/Cargo.toml"))
}

#[test]
fn crates_depend_only_downward() {
    tree::expect_none(&manifests().flat_map(manifest_offences).collect::<Vec<_>>());
}

#[test]
fn a_package_is_known_by_one_name() {
    let root = tree::files().iter().filter(|file| file.path == "Cargo.toml");
    tree::expect_none(&root.flat_map(renames).collect::<Vec<_>>());
}

#[test]
fn ladder_rejects_upward_and_foreign_dependencies() {
    let count = |dir: &str, table: &str, dependency: &str| {
        let path = format!("sts/{dir}/Cargo.toml");
        manifest_offences(&File::new(&path, &format!("[{table}]\n{dependency}"))).len()
    };
    let normal = |dir, name| count(dir, "dependencies", &format!("{name}.workspace = true"));
    let dev = |dir, name| count(dir, "dev-dependencies", &format!("{name}.workspace = true"));
    assert_eq!((normal("jose", "sts-expr"), normal("jose", "sts-wire")), (1, 0));
    assert_eq!((normal("core", "sts-testkit"), dev("core", "sts-testkit")), (1, 0));
    assert_eq!((normal("core", "tokio"), dev("core", "tokio")), (1, 0));
    assert_eq!((dev("jose", "tokio"), dev("wire", "sts-testkit")), (1, 1));
    assert_eq!((normal("io", "sts"), normal("server", "axum")), (1, 0));
    assert_eq!((normal("new", "serde"), normal("core", "serde")), (1, 0));
    assert_eq!(count("io", "dependencies", "serde = \"1\""), 1);
    assert_eq!(count("io", "dependencies", "serde = { workspace = true }"), 0);
    assert_eq!(count("server", "target.x.dependencies", "cel.workspace = true"), 1);
    assert_eq!(count("expr", "target.x.dependencies", "cel.workspace = true"), 0);
}

#[test]
fn rename_rule_rejects_a_package_under_another_name() {
    let root = |value| File::new("Cargo.toml", &format!("[workspace.dependencies]\na = {value}"));
    assert_eq!(renames(&root("{ package = \"tokio\" }")).len(), 1);
    assert_eq!(renames(&root("{ path = \"a\" }")).len(), 0);
}
