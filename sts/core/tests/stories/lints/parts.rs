//! Parts of conditions: patterns that run on, two callers in one condition, workflow files that change.

use super::codes;
use sts_testkit::Documents;

const POLICY: &str = "policies/shop/deploy-prod.yaml";
const MAIN: &str = "assertion.ref == 'refs/heads/main'";

fn with(condition: &str) -> Vec<String> {
    codes(&Documents::sample().policy(MAIN, condition), POLICY)
}

#[test]
fn a_pattern_that_runs_over_anything_is_not_loaded() {
    assert_eq!(with("assertion.ref.fullMatch('refs/tags/.*')"), ["7:30 L007"]);
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
    assert_eq!(pinned("refs/heads/main"), ["5:7 L010"]);
    assert_eq!(pinned("refs/tags/v1"), [""; 0]);
}
