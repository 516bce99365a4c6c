//! The table, the reader and the page say the same.

use super::page::page;
use super::{KEYS, Without, last};
use crate::config::Config;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Near to no key that there is, so that the fault lists all of them.
const UNKNOWN: &str = "qqqqqqqqqqqqqqqq";

/// A file of these keys, each with its text; maps are those whose members are given.
fn file(keys: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (path, value) in keys.iter().filter(|(path, _)| !path.contains('.')) {
        let prefix = format!("{path}.");
        let members: Vec<_> = keys.iter().filter(|(path, _)| path.starts_with(&prefix)).collect();
        if members.is_empty() {
            text.push_str(&format!("{path}: {value}\n"));
            continue;
        }
        text.push_str(&format!("{path}:\n"));
        for (path, value) in members {
            text.push_str(&format!("  {}: {value}\n", path.trim_start_matches(&prefix)));
        }
    }
    text
}

fn parse(text: &str) -> Result<Config, Vec<(String, Option<String>)>> {
    Config::parse("sts.yaml", text.to_owned(), Path::new("")).map_err(|faults| {
        let told = |fault: &sts_wire::diagnostic::Diagnostic| {
            (fault.message().to_owned(), fault.help().map(str::to_owned))
        };
        faults.iter().map(told).collect()
    })
}

fn examples() -> Vec<(&'static str, &'static str)> {
    KEYS.iter().map(|key| (key.path, key.example)).collect()
}

#[test]
fn the_examples_of_all_keys_together_are_a_configuration() {
    assert_eq!(parse(&file(&examples())).map(|_| ()), Ok(()));
}

#[test]
fn the_table_has_the_keys_that_the_reader_knows_in_every_map() {
    let maps: BTreeSet<_> =
        KEYS.iter().map(|key| key.path.rsplit_once('.').map_or("", |(map, _)| map)).collect();
    for map in maps {
        let stray = if map.is_empty() { UNKNOWN.to_owned() } else { format!("{map}.{UNKNOWN}") };
        let mut keys = examples();
        keys.push((&stray, "1"));
        let faults = parse(&file(&keys)).unwrap_err();
        let help =
            faults.iter().find_map(|(_, help)| help.as_deref()?.strip_prefix("its keys are "));
        let known: BTreeSet<_> = help.unwrap_or_else(|| panic!("{faults:?}")).split(", ").collect();
        let in_map = |path: &str| path.rsplit_once('.').map_or("", |(map, _)| map) == map;
        let listed: BTreeSet<_> =
            KEYS.iter().filter(|key| in_map(key.path)).map(|key| last(key.path)).collect();
        assert_eq!(known, listed, "in {map}");
    }
}

#[test]
fn a_required_key_that_is_missing_is_advised_and_any_other_may_be_left_out() {
    for key in KEYS.iter().filter(|key| !key.path.contains('.') || !holds(key.path)) {
        let prefix = format!("{}.", key.path);
        let mut keys = examples();
        keys.retain(|(path, _)| *path != key.path && !path.starts_with(&prefix));
        for (path, value) in &mut keys {
            // A map that held this key alone is empty then.
            *value = if holds(path) { "{}" } else { value };
        }
        match (&key.without, parse(&file(&keys))) {
            (Without::Refused, Err(faults)) => {
                let advice = format!("write {}: {}", last(key.path), key.example);
                let expected = faults.iter().any(|(message, help)| {
                    message.ends_with(&format!("needs the key {}", last(key.path)))
                        && help.as_deref() == Some(&advice)
                });
                assert!(expected, "{}: {faults:?}", key.path);
            }
            (Without::Refused, Ok(_)) => panic!("{} may be left out", key.path),
            (_, left_out) => assert!(left_out.is_ok(), "{}: {left_out:?}", key.path),
        }
    }
}

/// Whether keys lie below a key.
fn holds(path: &str) -> bool {
    KEYS.iter().any(|key| key.path.starts_with(&format!("{path}.")))
}

#[test]
fn what_is_left_out_is_what_the_table_says() {
    let smallest: Vec<_> = examples()
        .into_iter()
        .filter(|(path, _)| {
            let top = path.split('.').next().unwrap();
            path.starts_with("tls")
                || KEYS.iter().any(|key| key.path == top && matches!(key.without, Without::Refused))
        })
        .filter(|(path, _)| !matches!(*path, "listen.metrics" | "listen.admin"))
        .collect();
    let mut spelled_out = smallest.clone();
    for key in KEYS {
        if let Without::Value(value) = key.without {
            let map = key.path.split('.').next().unwrap();
            if !spelled_out.iter().any(|(path, _)| *path == map) {
                spelled_out.push((map, ""));
            }
            spelled_out.push((key.path, value));
        }
    }
    spelled_out.retain(|(path, value)| !value.is_empty() || holds(path));
    assert_eq!(parse(&file(&smallest)).unwrap(), parse(&file(&spelled_out)).unwrap());
}

#[test]
fn a_value_in_place_of_a_map_is_told_which_map() {
    for key in KEYS.iter().filter(|key| holds(key.path)) {
        let mut keys = examples();
        let prefix = format!("{}.", key.path);
        keys.retain(|(path, _)| *path != key.path && !path.starts_with(&prefix));
        keys.push((key.path, "some text"));
        let faults = parse(&file(&keys)).unwrap_err();
        let told = faults.iter().any(|(message, help)| {
            *message == format!("{} is a map, not a string", key.path)
                && help.as_deref() == Some(&format!("write {}: {}", key.path, key.example))
        });
        assert!(told, "{}: {faults:?}", key.path);
    }
}

#[test]
fn a_wrong_value_has_one_fault_that_says_what_to_write() {
    for (path, value, message, help) in [
        ("listen.public", "8443", "listen.public is an address and a port", "\"127.0.0.1:8400\""),
        ("listen.metrics", "localhost:1", "listen.metrics is an address and a port", "::1"),
        ("listen.admin", "/run/sts.sock", "administrators come through a unix socket", "unix:"),
        ("keys.algorithms", "ES256", "keys.algorithms is a list", "[ES256, RS256]"),
        ("keys.algorithms", "[]", "keys.algorithms lists at least one", "[ES256, RS256]"),
        ("keys.algorithms", "[HS256]", "keys.algorithms are ES256 and RS256", "[ES256, RS256]"),
        ("proxy.trusted", "10.0.0.0/8", "proxy.trusted is a list", "[10.0.0.0/8]"),
        ("proxy.trusted", "[]", "proxy.trusted lists", "[10.0.0.0/8]"),
        ("seal.kind", "kms", "seal.kind is one of file, pkcs11", "write kind: file"),
        ("store.url", "mysql:x", "the store is of no kind that is known", "sqlite:"),
    ] {
        let mut keys = examples();
        keys.iter_mut().filter(|(own, _)| *own == path).for_each(|(_, own)| *own = value);
        let faults = parse(&file(&keys)).unwrap_err();
        let [(found, advice)] = faults.as_slice() else { panic!("{path}: {value}: {faults:?}") };
        assert!(found.starts_with(message), "{path}: {value}: {found}");
        assert!(
            advice.as_deref().is_some_and(|advice| advice.contains(help)),
            "{path}: {advice:?}"
        );
    }
}

#[test]
fn an_empty_configuration_is_told_what_it_needs() {
    for empty in ["", "\n\n", "# nothing yet\n"] {
        let faults = parse(empty).unwrap_err();
        assert_eq!(faults.len(), 1, "{faults:?}");
        let help = faults[0].1.as_deref().unwrap();
        assert!(help.starts_with("it needs issuer, environment, trust_bundles, policies, listen"));
    }
}

#[test]
fn the_file_on_the_page_is_a_configuration() {
    let page = page();
    let whole = page.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    assert!(parse(whole).is_ok());
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the file under test lies in the tree")]
fn the_page_in_the_tree_is_that_of_the_table() {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../CONFIGURATION.md");
    let wanted = page();
    if std::env::var_os("STS_WRITE_PAGES").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == wanted, "STS_WRITE_PAGES=1 cargo test -p sts config writes it anew");
}
