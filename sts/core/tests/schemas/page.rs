//! `policies/DOCUMENTS.md`: what the schemas say, for people.

use crate::{bundle, platform, policy, table};
use serde_json::Value;
use std::fmt::Write as _;

/// What stands above the tables.
const HEAD: &str = include_str!("page/head.txt");

/// A section: the kind, where its files lie, a whole one, and its schema.
struct Section {
    title: &'static str,
    lies: &'static str,
    schema: Value,
}

fn sections() -> [Section; 5] {
    [
        Section {
            title: "TrustBundle",
            lies: "Lies in the folder of trust bundles. A whole one: [github-actions](../trust-bundles/github-actions/bundle.yaml).",
            schema: bundle::schema(),
        },
        Section {
            title: "Audience",
            lies: "Lies in the folder of policies, beside the team folders. Whole ones: [platform.yaml](platform.yaml).",
            schema: platform::audiences(),
        },
        Section {
            title: "TrustPolicy",
            lies: "Lies in a team folder: the first folder under that of policies. A whole one: [shop/deploy-prod.yaml](shop/deploy-prod.yaml).",
            schema: policy::schema(),
        },
        Section {
            title: "Guardrail",
            lies: "Lies in the folder of policies, beside the team folders. Whole ones: [platform.yaml](platform.yaml).",
            schema: platform::guardrail(),
        },
        Section {
            title: "Test cases in a file of their own",
            lies: "Lies in the folder of the team whose policy it is, or outside of team folders, and has no `apiVersion`, `kind` and `metadata`.",
            schema: policy::cases(),
        },
    ]
}

/// Keys that every document has are told once.
const EVERYWHERE: [&str; 3] = ["apiVersion", "kind", "metadata"];

/// The page, as it lies in the tree.
pub(crate) fn page() -> String {
    let mut page = HEAD.to_owned();
    let mut every = platform::audiences();
    every["properties"]["kind"] = platform::any()["else"]["properties"]["kind"].clone();
    let of_all = |row: &table::Row| EVERYWHERE.contains(&row.first());
    page.push_str("\n## Every document\n\n");
    page.push_str(&table::markdown(table::rows(&every).into_iter().filter(of_all)));
    for Section { title, lies, schema } in sections() {
        let says = schema["description"].as_str().unwrap();
        write!(page, "\n## {title}\n\n{says} {lies}\n\n").unwrap();
        let own = table::rows(&schema).into_iter().filter(|row| !of_all(row));
        page.push_str(&table::markdown(own));
    }
    page
}

#[test]
fn every_key_has_an_example_unless_its_values_are_listed() {
    for Section { title, schema, .. } in sections() {
        for row in table::rows(&schema) {
            assert!(row.is_shown(), "{title}: {} needs .like(…)", row.key);
        }
    }
}

#[test]
fn every_key_that_may_be_left_out_says_what_is_then() {
    for Section { title, schema, .. } in sections() {
        for row in table::rows(&schema) {
            assert!(row.says_what_is_without_it(), "{title}: {} says no Default", row.key);
        }
    }
}
