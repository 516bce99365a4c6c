//! Policies that are unsound refuse to load, unless they say why, and until when, they may.

mod addresses;
mod dates;
mod overlap;
mod parts;
mod reach;
mod tests_of_policies;

use super::documents::{Row, check, faults, show};
use sts_testkit::Documents;

const POLICY: &str = "policies/shop/deploy-prod.yaml";
const MAIN: &str = "assertion.ref == 'refs/heads/main'";
const PINS: &str =
    "pins: {repository_owner_id: \"65\", repository_id: \"74\", environment: production}\n";

/// What keeps a set from loading, or else what it is warned of: `file:line:column: message [code]`.
fn found(documents: &Documents) -> Vec<String> {
    match documents.load() {
        Ok(loaded) => loaded.warnings.iter().map(show).collect(),
        Err(faults) => faults.iter().map(show).collect(),
    }
}

/// The same, as `line:column CODE` of one file.
fn codes(documents: &Documents, file: &str) -> Vec<String> {
    let show = |text: &String| {
        let rest = text.strip_prefix(file)?.strip_prefix(':')?;
        let code = rest.rsplit_once('[')?.1.strip_suffix(']')?;
        let mut place = rest.splitn(3, ':');
        Some(format!("{}:{} {code}", place.next()?, place.next()?))
    };
    found(documents).iter().filter_map(show).collect()
}

#[test]
fn a_policy_without_pins_is_not_loaded() {
    let unpinned = |pins: &str| {
        let subject = "assertion.repository_id, assertion.environment";
        let documents = Documents::sample().policy(subject, "assertion.repository_id");
        faults(&documents.policy(PINS, pins))
    };
    let fault = "the policy pins nothing, so every token of the bundle is its candidate [L001]";
    assert_eq!(unpinned(""), [format!("{POLICY}:1:1: {fault}")]);
    assert_eq!(unpinned("pins: {}\n"), [format!("{POLICY}:1:1: {fault}")]);
    assert_eq!(unpinned("pins: {repository_id: \"74\"}\n"), [""; 0]);
    let fault = "the policy pins only what admit of its bundle demands, so every token of the bundle is its candidate [L001]";
    let owner = "pins: {repository_owner_id: \"65\"}\n";
    assert_eq!(unpinned(owner), [format!("{POLICY}:5:7: {fault}")]);
}

#[test]
fn a_name_alone_is_no_identity_where_others_get_tokens_too() {
    let rows: &[Row<'_>] = &[
        (
            PINS,
            "pins: {repository: octo-org/octo-repo, environment: production}\n",
            &[
                "5:7: only names say who the caller is; of what is never given to somebody else the bundle has repository_id, repository_owner_id [L002]",
            ],
        ),
        (PINS, "pins: {repository_id: \"74\", environment: production}\n", &[]),
        (
            PINS,
            "pins: {repository_owner_id: \"65\", environment: production}\n",
            &[
                "5:7: repository_owner_id is what the bundle admits, so all of its callers there are let in; beyond that it has repository_id [L002]",
            ],
        ),
    ];
    check(POLICY, rows);
}

#[test]
fn a_beginning_that_other_names_have_too_is_not_loaded() {
    let rows: &[Row<'_>] = &[
        (
            MAIN,
            "assertion.ref.startsWith('refs/heads/main')",
            &["7:30: startsWith \"refs/heads/main\" fits other names as well [L004]"],
        ),
        (MAIN, "assertion.ref.startsWith('refs/heads/release/')", &[]),
        (MAIN, "assertion.ref.fullMatch('refs/tags/v[0-9]+')", &[]),
    ];
    check(POLICY, rows);
}

#[test]
fn an_identity_that_is_only_told_what_it_is_not_is_not_loaded() {
    let rows: &[Row<'_>] = &[
        (
            "repository_id: \"74\", environment: production}\nconditions:\n  - {id: main-branch, expr: \"assertion.ref == 'refs/heads/main'\"}",
            "environment: production}\nconditions:\n  - {id: main-branch, expr: \"assertion.repository_id != '66'\"}",
            &[
                "7:29: it does not say what repository_id is, only what it is not, or a part of it: others are let in [L008]",
            ],
        ),
        (MAIN, "assertion.ref != 'refs/heads/x'", &[]),
        (MAIN, "assertion.repository_id != '66'", &[]),
    ];
    check(POLICY, rows);
}

/// The sample with its identity pinned no more, and its first condition another.
fn unpinned(condition: &str) -> Documents {
    Documents::sample().policy("repository_id: \"74\", ", "").policy(MAIN, condition)
}

#[test]
fn an_identity_is_not_told_by_what_others_have_as_well() {
    for condition in [
        "assertion.repository_id.fullMatch('[0-9]+')",
        "assertion.repository_id.fullMatch('[0-9]')",
        "assertion.repository_id.fullMatch('7[0-9]{1,9}')",
        "assertion.repository_id.fullMatch('74|[0-9]{3}')",
        "assertion.repository_id.glob('*')",
        "assertion.repository_id.size() > 0",
        "subject(assertion.repository_id) != '75'",
        "subject(assertion.repository_id).fullMatch('[0-9]+')",
        "subject(assertion.ref, assertion.repository_id).size() < 99",
        "'7' in [assertion.ref] || assertion.repository_id.fullMatch('[0-9]+')",
    ] {
        let found = codes(&unpinned(condition), POLICY);
        let unsound = |text: &String| text.ends_with("L002") || text.ends_with("L008");
        assert!(found.iter().any(unsound), "{condition} {found:?}");
    }
    let message = "7:29: it does not say what repository_id is, only what it is not, or a part of it: others are let in [L008]";
    check(
        POLICY,
        &[(
            "repository_id: \"74\", environment: production}\nconditions:\n  - {id: main-branch, expr: \"assertion.ref == 'refs/heads/main'\"}",
            "environment: production}\nconditions:\n  - {id: main-branch, expr: \"assertion.repository_id.fullMatch('[0-9]+')\"}",
            &[message],
        )],
    );
    for condition in [
        "assertion.repository_id == '74'",
        "assertion.repository_id in ['74', '75']",
        "assertion.repository_id.fullMatch('74|75')",
        "assertion.repository_id.fullMatch('7[45]')",
        "assertion.repository_id.glob('74')",
        "subject(assertion.repository_id) == '74'",
        "assertion.ref == 'refs/heads/main' && assertion.repository_id == '74'",
    ] {
        assert_eq!(codes(&unpinned(condition), POLICY), [""; 0], "{condition}");
    }
}

#[test]
fn a_lint_is_waived_with_a_reason_until_a_day() {
    let open = "assertion.ref.startsWith('refs/heads/main')";
    let waived = |waive: &str| format!("waive: [{waive}]\ntrust_bundle:");
    let fault = "8:30: startsWith \"refs/heads/main\" fits other names as well [L004]";
    for (waive, expected) in [
        ("{lint: L004, reason: x, expires: 2099-01-01}", vec![]),
        ("{lint: L001, reason: x, expires: 2099-01-01}", vec![fault]),
        ("{lint: L004, reason: x, expires: 2026-01-01}", vec![fault]),
        ("{lint: L004, expires: 2099-01-01}", vec!["4:9: a waiver needs the key reason", fault]),
        (
            "{lint: L099, reason: x, expires: 2099-01-01}",
            vec!["4:16: there is no lint L099", fault],
        ),
    ] {
        let documents =
            Documents::sample().policy(MAIN, open).policy("trust_bundle:", &waived(waive));
        let found = faults(&documents);
        let found: Vec<_> =
            found.iter().filter_map(|fault| fault.strip_prefix(&format!("{POLICY}:"))).collect();
        assert_eq!(found, expected, "{waive}");
    }
}

#[test]
fn a_token_for_ourselves_is_granted_only_where_a_bundle_accepts_it() {
    let own = "\naudience: https://sts.example.com";
    let granted = |documents: Documents| {
        let documents = documents.platform("\naudience: https://deploy.example.com", own);
        documents
            .policy("audience: https://deploy.example.com", "audience: https://sts.example.com")
    };
    let refused = faults(&granted(Documents::sample()));
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert!(refused[0].contains("for this server itself") && refused[0].contains("[L006]"));
    let undeclared = Documents::sample()
        .policy("audience: https://deploy.example.com", "audience: https://sts.example.com");
    assert!(faults(&undeclared)[0].contains("https://sts.example.com is not declared"));
    let bundle = include_str!("../../../testkit/src/documents/bundle.yaml");
    let bundle = bundle
        .replace("name: github-actions", "name: own")
        .replace("https://token.actions.githubusercontent.com", "https://sts.example.com");
    let documents = Documents::sample().with("trust-bundles/own.yaml", &bundle);
    assert_eq!(faults(&granted(documents)), [""; 0]);
}

#[test]
fn every_lint_has_a_page_with_a_wrong_and_a_right_example() {
    let page = include_str!("../../../../policies/LINTS.md");
    let ids = (1..=22).map(|number| format!("L{number:03}"));
    for id in ids {
        let section = page.split("\n## ").find(|section| section.starts_with(&format!("{id}:")));
        let section = section.unwrap_or_else(|| panic!("no section for {id}"));
        assert!(section.contains("# wrong") && section.contains("# right"), "{id}");
    }
    assert_eq!(page.matches("\n## L").count(), 22);
}
