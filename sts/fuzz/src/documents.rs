//! Documents: what people who may write policies, but not break the server, write.

use sts_core::documents::{FormatFault, format};
use sts_testkit::Documents;

/// Where a file may lie: its path, and which files of the sample it is compiled with.
const PLACES: [(&str, &[&str]); 3] = [
    ("trust-bundles/x.yaml", &[]),
    ("policies/x.yaml", &["trust-bundles/"]),
    ("policies/shop/x.yaml", &["trust-bundles/", "policies/platform"]),
];

/// Documents compile, or every fault has a place inside the text.
pub(crate) fn check(input: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(input) else { return false };
    check_layout(text);
    let placed = PLACES.map(|(path, others)| compiles(path, text, others));
    placed.contains(&true)
}

fn compiles(path: &str, text: &str, others: &[&str]) -> bool {
    let sample = Documents::sample();
    let wanted = sample
        .files()
        .iter()
        .filter(|file| others.iter().any(|beginning| file.shown.starts_with(beginning)));
    let set = wanted.fold(Documents::none(), |set, file| set.with(&file.shown, &file.text));
    let Err(faults) = set.with(path, text).load() else { return true };
    assert!(!faults.is_empty(), "a refusal says why");
    // A carriage return ends a line of YAML too, and a fault may lie at the end of the text.
    let ends = text.bytes().filter(|byte| matches!(byte, b'\n' | b'\r')).count();
    let lines = ends.saturating_add(2);
    for fault in faults.iter().filter(|fault| fault.file() == path) {
        let place = fault.place();
        assert!((1..=lines).contains(&place.line), "{place:?} of {lines} lines");
        assert!(place.column >= 1);
        assert!(!fault.message().is_empty() && !fault.to_string().is_empty());
    }
    false
}

/// A layout is one for good, or there is none, and why.
fn check_layout(text: &str) {
    match format("x.yaml", text) {
        Ok(once) => assert_eq!(format("x.yaml", &once).as_deref(), Ok(once.as_str())),
        Err(FormatFault::Unreadable(faults)) => assert!(!faults.is_empty()),
        Err(FormatFault::Meaning) => {}
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let sample = Documents::sample();
    sample.files().iter().map(|file| file.text.as_bytes().to_vec()).collect()
}
