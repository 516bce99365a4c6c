//! Parts of conditions: patterns that run on, two callers in one condition, workflow files that change.

use super::{codes, found};
use sts_testkit::Documents;

const POLICY: &str = "policies/shop/deploy-prod.yaml";
const MAIN: &str = "assertion.ref == 'refs/heads/main'";

fn with(condition: &str) -> Vec<String> {
    codes(&Documents::sample().policy(MAIN, condition), POLICY)
}

#[test]
fn a_pattern_that_runs_over_anything_is_not_loaded() {
    assert_eq!(with("assertion.ref.fullMatch('refs/tags/.*')"), ["7:30 L007"]);
    assert_eq!(with("assertion.ref.fullMatch('refs/[a-z/]+')"), ["7:30 L007"]);
    assert_eq!(with("assertion.ref.fullMatch('refs/[^z]{1,20}')"), ["7:30 L007"]);
    assert_eq!(with("assertion.ref.fullMatch('refs/heads/main[^/]*')"), ["7:30 L004"]);
    assert_eq!(with("assertion.ref.fullMatch('refs/heads/main(a|b|-evil)*')"), ["7:30 L004"]);
    assert_eq!(with("assertion.ref.fullMatch('refs/heads/main(-hotfix)?')"), [""; 0]);
    assert_eq!(with("assertion.ref.fullMatch('refs/heads/main/[^/]*')"), [""; 0]);
    let other = "has(assertion.repository) && assertion.ref.startsWith(assertion.repository)";
    assert_eq!(with(other), ["7:59 L004"]);
    assert_eq!(with("assertion.ref != 'x' && assertion.ref.fullMatch('v.+')"), ["7:54 L007"]);
    assert_eq!(with("assertion.ref.fullMatch('refs/tags/v[0-9]+')"), [""; 0]);
    assert_eq!(with("!assertion.ref.fullMatch('refs/heads/evil.*')"), [""; 0]);
}

#[test]
fn two_callers_in_one_condition_are_warned_of() {
    assert_eq!(
        with("assertion.ref == 'refs/heads/a' || assertion.ref == 'refs/heads/b'"),
        ["7:30 L009"]
    );
    let two = "assertion.repository_id == '74' || assertion.repository_owner_id == '65'";
    assert_eq!(with(two), ["7:30 L009"]);
    for condition in [
        "assertion.ref in ['refs/heads/a', 'refs/heads/b']",
        "assertion.event_name == 'push' || assertion.event_name == 'workflow_dispatch'",
        "!has(assertion.run_id) || assertion.ref == 'refs/heads/a'",
        "has(assertion.run_id) ? assertion.ref == 'refs/heads/a' : assertion.ref == 'refs/heads/b'",
    ] {
        assert_eq!(with(condition), [""; 0], "{condition}");
    }
}

#[test]
fn a_workflow_file_without_its_repository_is_warned_of() {
    let told = |members: &[(&str, &str)]| {
        let told = members.iter().map(|(member, value)| {
            format!(" && gh.workflow(assertion.repository).{member} == '{value}'")
        });
        with(&format!("has(assertion.repository){}", told.collect::<String>()))
    };
    let path = ("path", ".github/workflows/deploy.yml");
    let version = ("ref", "refs/tags/v1");
    let repository = ("repo", "o/shared");
    assert_eq!(told(&[path, version]), ["7:59 L010"]);
    assert_eq!(told(&[version]), ["7:59 L010"]);
    assert_eq!(told(&[repository, path, version]), [""; 0]);
    assert_eq!(told(&[path]).len(), 1, "the version is asked for first");
}

#[test]
fn a_text_that_is_not_what_it_looks_like_is_not_loaded() {
    assert_eq!(with("assertion.ref == 'refs/heads/m\u{430}in'"), ["7:47 C018"]);
    assert_eq!(with("assertion.ref == 'refs/heads/main\u{200b}'"), ["7:63 C018"]);
    assert_eq!(with("assertion.ref == 'refs/heads/ветка'"), [""; 0]);
    assert_eq!(with("assertion.ref == 'refs\u{2215}heads/main'"), ["7:47 C018"]);
    assert_eq!(with("assertion.ref.fullMatch('refs/heads/m[\u{430}a]in')").len(), 1);
    assert_eq!(with("assertion.ref.fullMatch('refs/heads/m[ao]in')"), [""; 0]);
    assert_eq!(with("assertion.ref.fullMatch('refs/heads/(?i:task)')"), [""; 0]);
    let pinned = |value: &str| {
        let pin = format!("environment: \"{value}\"}}");
        codes(&Documents::sample().policy("environment: production}", &pin), POLICY)
    };
    assert_eq!(pinned("pr\u{43e}duction"), ["5:69 C018"]);
    assert_eq!(pinned("pr\\u043eduction"), ["5:69 C018"]);
    assert_eq!(pinned("größe"), [""; 0]);
    let comment = |text: &str| {
        let to = format!("trust_bundle: github-actions # {text}");
        codes(&Documents::sample().policy("trust_bundle: github-actions", &to), POLICY)
    };
    assert_eq!(comment("only \u{202e}the release bot"), ["4:37 C018"]);
    assert_eq!(comment("только бот · 👩\u{200d}💻"), [""; 0]);
}

#[test]
fn a_control_character_stands_nowhere_in_a_document() {
    let with = |text: &str| codes(&Documents::sample().policy("trust_bundle:", text), POLICY);
    for c in ['\r', '\u{1b}', '\u{0}', '\u{7f}', '\u{85}', '\u{8}', '\u{2028}'] {
        assert_eq!(
            with(&format!("# a{c}trust_bundle: other\ntrust_bundle:")),
            ["4:4 C018"],
            "{c:?}"
        );
    }
    let hidden =
        Documents::sample().policy("trust_bundle:", "# a\rtrust_bundle: other\ntrust_bundle:");
    let message = "the text has the character U+000D, which nobody sees";
    assert_eq!(found(&hidden), [format!("{POLICY}:4:4: {message} [C018]")]);
    assert_eq!(with("# a\tb\r\ntrust_bundle:"), [""; 0]);
    let text = include_str!("../../../../testkit/src/documents/deploy-prod.yaml");
    let windows = Documents::sample().without(POLICY).with(POLICY, &text.replace('\n', "\r\n"));
    assert_eq!(found(&windows), [""; 0]);
}

#[test]
fn a_workflow_file_that_its_branch_can_change_is_warned_of() {
    let file = "o/shared/.github/workflows/deploy.yml";
    for condition in [
        format!("has(assertion.repository) && assertion.repository == '{file}@refs/heads/main'"),
        format!("has(assertion.repository) && assertion.repository.startsWith('{file}@')"),
        "has(assertion.repository) && gh.workflow(assertion.repository).repo == 'o/shared'"
            .to_owned(),
    ] {
        let found = with(&condition);
        assert_eq!(found.len(), 1, "{condition}");
        assert!(found[0].ends_with(" L010"), "{condition} {found:?}");
    }
    for condition in [
        format!("has(assertion.repository) && assertion.repository == '{file}@refs/tags/v1'"),
        format!("has(assertion.repository) && assertion.repository.startsWith('{file}@refs/tags/')"),
        "has(assertion.repository) && gh.workflow(assertion.repository).repo == 'o/shared' && gh.workflow(assertion.repository).ref == 'refs/tags/v1'".to_owned(),
    ] {
        assert_eq!(with(&condition), [""; 0], "{condition}");
    }
    let pinned = |version: &str| {
        let to = format!("environment: production, repository: {file}@{version}}}");
        codes(&Documents::sample().policy("environment: production}", &to), POLICY)
    };
    assert_eq!(pinned("refs/heads/main"), ["5:81 L010"]);
    assert_eq!(pinned("refs/tags/v1"), [""; 0]);
}
