//! `sts/CONFIGURATION.md`, out of the table.

use super::{KEYS, Key, Without};
use std::fmt::Write as _;

/// What stands above the table.
const HEAD: &str = include_str!("head.txt");

fn row(key: &Key) -> String {
    let without = match key.without {
        Without::Refused => "required".to_owned(),
        Without::Value(value) => format!("`{value}`"),
        Without::Words(words) => words.to_owned(),
    };
    format!("| `{}` | {} | {} | {without} | `{}` |", key.path, key.says, key.value, key.example)
}

pub(super) fn page() -> String {
    let mut page = HEAD.to_owned();
    page.push_str("\n| key | what it is | value | left out | example |\n|---|---|---|---|---|\n");
    for key in KEYS {
        writeln!(page, "{}", row(key)).unwrap();
    }
    page
}
