//! The paths in the source keep to the ladder the manifests describe.

use crate::ladder;
use crate::syntax;
use crate::tree::{self, File, Offence, offence};

fn path_offences(file: &File) -> Vec<Offence> {
    let dir = file.member().unwrap_or_default();
    let mut found = Vec::new();
    for (line, code, in_test_module) in file.code_lines() {
        let in_tests = in_test_module || !file.in_src();
        let Some(allowed) = ladder::allowed(dir, in_tests) else {
            continue;
        };
        for member in ladder::members().filter(|member| *member != dir && !allowed.contains(member))
        {
            if names(code, &format!("sts_{member}")) {
                let advice = format!("{dir} may name only {allowed:?} of ours, not sts_{member}");
                found.push(offence(file, line, advice));
            }
        }
    }
    found
}

/// Whether `code` names the crate: a path through it, or a `use` of it.
fn names(code: &str, krate: &str) -> bool {
    let used = code.trim_start().starts_with("use ") || code.contains("extern crate ");
    syntax::after(code, krate)
        .any(|rest| rest.starts_with("::") || (used && rest.starts_with([';', ' '])))
}

#[test]
fn paths_in_the_source_lead_only_downward() {
    tree::expect_none(&tree::rust().flat_map(path_offences).collect::<Vec<_>>());
}

#[test]
fn path_rule_rejects_upward_paths_only() {
    let count = |path: &str, text: &str| path_offences(&File::new(path, text)).len();
    let in_test = "#[cfg(test)]\nmod tests {\n use sts_testkit::World;\n}";
    assert_eq!(count("sts/core/src/a.rs", "use sts_testkit::World;"), 1);
    assert_eq!(count("sts/core/src/a.rs", in_test), 0);
    assert_eq!(count("sts/wire/src/a.rs", in_test), 1);
    assert_eq!(count("sts/jose/src/a.rs", "let a = sts_expr::b();"), 1);
    assert_eq!(count("sts/jose/src/a.rs", "use sts_core as core;"), 1);
    assert_eq!(count("sts/jose/src/a.rs", "// sts_core::x\nlet sts_core_url = sts_wire::b();"), 0);
}
