//! The files are those that the descriptions make.

use crate::{bundle, page, platform, policy};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Every file, by its name.
pub(crate) fn all() -> Vec<(&'static str, Value)> {
    vec![
        ("audience.json", platform::audiences()),
        ("cases.json", policy::cases()),
        ("document.json", platform::any()),
        ("guardrail.json", platform::guardrail()),
        ("trust-bundle.json", bundle::schema()),
        ("trust-policy.json", policy::schema()),
    ]
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/schema")
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the files under test lie in the tree")]
fn schemas_and_page_in_the_tree_are_those_of_their_description() {
    let write = std::env::var_os("STS_WRITE_SCHEMAS").is_some();
    let schemas = all().into_iter().map(|(name, schema)| (name, format!("{schema:#}\n")));
    for (name, wanted) in schemas.chain([("../DOCUMENTS.md", page::page())]) {
        let path = folder().join(name);
        if write {
            std::fs::write(&path, &wanted).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        let command = "STS_WRITE_SCHEMAS=1 cargo test -p sts-core --test schemas";
        assert!(found == wanted, "{name} is not what its description makes: {command}");
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the files under test lie in the tree")]
fn no_schema_lies_there_that_nothing_describes() {
    let known: Vec<_> = all().into_iter().map(|(name, _)| name).collect();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(known.contains(&name.as_str()), "{name}");
    }
}
