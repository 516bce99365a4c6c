//! What the tests of a policy would not notice.

use super::show;
use sts_core::documents::untested;
use sts_testkit::Documents;

const POLICY: &str = "policies/shop/deploy-prod.yaml";
const CLAIMS: &str = "{repository_owner_id: \"65\", repository_id: \"74\", environment: production, ref: refs/heads/main, event_name: push}";
const BRANCH: &str = "  - {name: branch, set: {ref: x}, expect: deny, failed: [main-branch]}\n";
const EVENT: &str = "  - {name: event, set: {event_name: pull_request}, expect: deny}\n";

fn documents(cases: &str) -> Documents {
    let first = format!("tests:\n  - {{name: deploy, expect: permit, claims: {CLAIMS}}}\n");
    Documents::sample().policy("trust_bundle:", &format!("{first}{cases}trust_bundle:"))
}

/// What is said of the policy that has these cases.
fn found(documents: &Documents) -> Vec<String> {
    let found = match documents.load() {
        Err(faults) => faults,
        Ok(loaded) => {
            assert_eq!(loaded.warnings, [], "not at load");
            untested(&loaded, |_| true)
        }
    };
    let own = found.iter().map(show);
    own.filter_map(|text| text.strip_prefix(&format!("{POLICY}:")).map(str::to_owned)).collect()
}

#[test]
fn a_policy_without_tests_or_without_a_denial_is_found() {
    assert_eq!(found(&Documents::sample()), ["1:1: the policy has no test [L015]"]);
    assert_eq!(found(&documents("")), ["1:1: no test of the policy expects deny [L015]"]);
    assert_eq!(found(&documents(&format!("{BRANCH}{EVENT}"))), [""; 0]);
}

#[test]
fn a_condition_that_no_case_falsifies_is_found_at_its_place() {
    let gone = |id: &str| format!("no test would notice if {id} were gone [L015]");
    assert_eq!(found(&documents(BRANCH)), [format!("11:10: {}", gone("safe-event"))]);
    assert_eq!(found(&documents(EVENT)), [format!("10:10: {}", gone("main-branch"))]);
    let both = "  - {name: both, set: {ref: x, event_name: pull_request}, expect: deny}\n";
    assert_eq!(found(&documents(both)).len(), 2, "each hides the other");
    let named = both.replace("deny}", "deny, failed: [main-branch, safe-event]}");
    assert_eq!(found(&documents(&named)), [""; 0]);
    let pinned = "  - {name: elsewhere, set: {environment: x}, expect: deny}\n";
    assert_eq!(found(&documents(pinned)).len(), 2, "pins are not meant");
}

#[test]
fn a_policy_says_why_it_has_no_tests() {
    let waive = "waive: [{lint: L015, reason: x, expires: 2099-01-01}]\ntrust_bundle:";
    assert_eq!(found(&Documents::sample().policy("trust_bundle:", waive)), [""; 0]);
    let ended = "waive: [{lint: L015, reason: x, expires: 2026-01-01}]\ntrust_bundle:";
    assert_eq!(found(&Documents::sample().policy("trust_bundle:", ended)).len(), 1);
}

#[test]
fn what_a_case_that_cannot_run_would_have_shown_is_not_held_against_the_policy() {
    let misfit = "  - {name: odd, set: {repository_id: 74}, expect: deny}\n";
    assert_eq!(found(&documents(misfit)), [""; 0], "the case itself fails");
    assert_eq!(found(&documents(&misfit.replace("74", "\"75\""))).len(), 2);
}
