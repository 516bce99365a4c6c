//! Every limit is a named constant that says what it bounds.

use crate::tree::{self, File, Offence, offence};

/// Characters below which a comment cannot be saying what is bounded and why.
const WORTH_SAYING: usize = 20;

fn undocumented(file: &File) -> Vec<Offence> {
    let mut found = Vec::new();
    let mut said = 0;
    for (line, text) in tree::numbered(&file.text) {
        let text = text.trim();
        if let Some(doc) = text.strip_prefix("///") {
            said += doc.trim().chars().count();
            continue;
        }
        if text.starts_with("#[") {
            continue;
        }
        if text.starts_with("pub")
            && text.contains(" const ")
            && !text.contains(" fn ")
            && said < WORTH_SAYING
        {
            found.push(offence(
                file,
                line,
                "say directly above, with ///, what this bounds and why that much",
            ));
        }
        said = 0;
    }
    found
}

#[test]
fn every_limit_says_what_it_bounds() {
    let limits = tree::rust().filter(|file| file.in_src() && file.path.ends_with("/limits.rs"));
    tree::expect_none(&limits.flat_map(undocumented).collect::<Vec<_>>());
}

#[test]
fn limit_rule_rejects_bare_and_terse_constants() {
    let count = |text: &str| undocumented(&File::new("sts/wire/src/limits.rs", text)).len();
    let doc = "/// Bytes a request body may have.\n";
    assert_eq!(count("pub const A: usize = 1;"), 1);
    assert_eq!(count("/// Max.\npub(crate) const A: usize = 1;"), 1);
    assert_eq!(count(&format!("{doc}\npub const A: usize = 1;")), 1, "not directly above");
    assert_eq!(count(&format!("{doc}pub const A: usize = 1;\npub const B: usize = 1;")), 1);
    assert_eq!(count(&format!("{doc}pub const A: usize = 1;")), 0);
    assert_eq!(count("const fn a() {}\npub const fn b() {}"), 0);
}
