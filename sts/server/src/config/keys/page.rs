//! `sts/CONFIGURATION.md`, out of the table.

use super::{KEYS, Key, Without, kinds};
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
    table(&mut page, KEYS);
    page.push_str("\nKeys of the kinds of `seal` and `seal.previous`, and of `keys.signer`:\n");
    table(&mut page, kinds::KEYS);
    page
}

fn table(page: &mut String, keys: &[Key]) {
    page.push_str("\n| key | what it is | value | left out | example |\n|---|---|---|---|---|\n");
    for key in keys {
        writeln!(page, "{}", row(key)).unwrap();
    }
}
