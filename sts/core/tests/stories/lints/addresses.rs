//! Whom a policy believes: addresses that nobody verified, and whoever happens to start something.

use super::{codes, found};
use sts_testkit::Documents;

const POLICY: &str = "policies/shop/deploy-prod.yaml";
const PUSH: &str = "policies/shop/push-image.yaml";
const MAIN: &str = "assertion.ref == 'refs/heads/main'";

/// The sample, where the bundle declares an address, and the policy pins these claims.
fn address(declared: &str, pins: &str) -> Documents {
    let set = Documents::sample().bundle("  run_id:", &format!("{declared}  run_id:"));
    set.change(PUSH, "{repository_owner_id: \"65\", repository_id: \"74\"}", pins).change(
        PUSH,
        "'gha', assertion.repository_id",
        "'gha'",
    )
}

const EMAIL: &str = "  email: {type: string}\n";
const VERIFIED: &str = "  email: {type: string}\n  email_verified: {type: bool}\n";

#[test]
fn an_address_counts_only_where_it_is_verified() {
    let whose = "{repository_owner_id: \"65\", repository_id: \"74\", email: a@b.example}";
    assert_eq!(codes(&address(VERIFIED, whose), PUSH), ["5:7 L012"]);
    let pinned = whose.replace('}', ", email_verified: true}");
    assert_eq!(found(&address(VERIFIED, &pinned)), [""; 0]);
    let denied = whose.replace('}', ", email_verified: false}");
    assert_eq!(codes(&address(VERIFIED, &denied), PUSH), ["5:7 L012"]);
    for (condition, sound) in [
        ("has(assertion.email_verified) && assertion.email_verified", true),
        ("has(assertion.email_verified) ? assertion.email_verified == true : false", true),
        ("has(assertion.email_verified) ? assertion.email_verified : true", false),
        ("has(assertion.email_verified) && !assertion.email_verified", false),
    ] {
        let set = address(VERIFIED, whose);
        let both = format!("{MAIN} && ({condition})");
        assert_eq!(codes(&set.change(PUSH, MAIN, &both), PUSH).is_empty(), sound, "{condition}");
    }
}

#[test]
fn an_address_that_nobody_verifies_may_narrow_but_is_no_identity() {
    let alone = "{repository_owner_id: \"65\", email: a@b.example}";
    assert_eq!(codes(&address(EMAIL, alone), PUSH), ["5:7 L002", "5:7 L012"]);
    let narrowing = "{repository_owner_id: \"65\", repository_id: \"74\", email: a@b.example}";
    assert_eq!(found(&address(EMAIL, narrowing)), [""; 0]);
    let condition = format!("{MAIN} && has(assertion.email) && assertion.email == 'a@b.example'");
    let set = address(EMAIL, "{repository_owner_id: \"65\"}").change(PUSH, MAIN, &condition);
    assert_eq!(codes(&set, PUSH), ["5:7 L001", "7:29 L012"]);
}

#[test]
fn whoever_starts_something_is_not_what_is_started() {
    let actor = "  actor_id: {type: string, trust: platform, identity: true, actor: true}\n";
    let pins = |pins: &str| found(&address(actor, pins));
    let message =
        "only actor_id, who started it, is looked at: whatever they can start is let in [L013]";
    let alone = pins("{repository_owner_id: \"65\", actor_id: \"7\"}");
    assert_eq!(alone, [format!("{PUSH}:5:7: {message}")]);
    assert_eq!(
        pins("{repository_owner_id: \"65\", repository_id: \"74\", actor_id: \"7\"}"),
        [""; 0]
    );
    let nobody = pins("{repository_owner_id: \"65\"}");
    assert!(nobody.iter().all(|text| text.ends_with("[L001]")), "{nobody:?}");
}

#[test]
fn a_life_that_the_audience_would_cut_is_not_loaded_unless_waived() {
    let long = Documents::sample().policy("max: 10m", "max: 16m");
    assert_eq!(codes(&long, POLICY), ["13:14 L014"]);
    let waive = "waive: [{lint: L014, reason: x, expires: 2099-01-01}]\ntrust_bundle:";
    assert_eq!(found(&long.policy("trust_bundle:", waive)), [""; 0]);
    assert_eq!(found(&Documents::sample().policy("max: 10m", "max: 15m")), [""; 0]);
    let beyond = Documents::sample().change(PUSH, "max: 5m", "max: 61m");
    assert_eq!(found(&beyond), [format!("{PUSH}:11:14: longer than the 1h that any token lives")]);
}
