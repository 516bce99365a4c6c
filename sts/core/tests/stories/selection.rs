//! Which policies speak: pins, names, shadow mode, ends.

use super::conditions::failed;
use sts_core::reason::Reason;
use sts_testkit::{Documents, World};

const MAIN: &str = "assertion.ref == 'refs/heads/main'";

#[test]
fn without_matching_pins_it_is_denied_without_failed_and_nothing_is_ledgered() {
    let world = World::sample();
    for token in [
        world.token().claim("repository_id", "75"),
        world.token().claim("environment", "staging"),
        world.token().without("environment"),
    ] {
        let refused = world.ask(&token.claim("ref", "refs/heads/x").build()).refused();
        assert_eq!((refused.reason, refused.failed.len()), (Reason::Denied, 0));
    }
    assert_eq!(world.entries().len(), 0);
    world.ask(&world.token().build()).permitted();
}

#[test]
fn two_permitting_policies_are_ambiguous_until_one_is_named() {
    let documents = Documents::sample().second_policy("shop-other", "max: 10m", "max: 3m");
    let world = World::of(&documents);
    let refused = world.ask(&world.token().build()).refused();
    assert_eq!((refused.reason, refused.failed.len()), (Reason::AmbiguousPolicy, 0));
    assert_eq!(world.entries()[0]["reason"], "ambiguous_policy");
    let permitted = world.ask(&world.token().build()).policy("shop-other").permitted();
    assert_eq!((permitted.policy.as_str(), permitted.issued.expires_in), ("shop-other", 180));
    assert_eq!(world.entries()[1]["request"]["policy"], "shop-other");
    let permitted = world.ask(&world.token().build()).policy("shop-deploy-prod").permitted();
    assert_eq!(permitted.issued.expires_in, 600);
}

#[test]
fn one_permitting_policy_among_failing_ones_permits() {
    let documents =
        Documents::sample().second_policy("shop-dev", MAIN, "assertion.ref == 'refs/heads/dev'");
    let world = World::of(&documents);
    assert_eq!(world.ask(&world.token().build()).permitted().policy.as_str(), "shop-deploy-prod");
    let dev = world.token().claim("ref", "refs/heads/dev").build();
    assert_eq!(world.ask(&dev).permitted().policy.as_str(), "shop-dev");
    let neither = world.token().claim("ref", "refs/heads/x").build();
    let refused = world.ask(&neither).refused();
    let both = [failed("shop-deploy-prod", &["main-branch"]), failed("shop-dev", &["main-branch"])];
    assert_eq!(refused.failed, both);
}

#[test]
fn naming_a_policy_leaves_the_others_out() {
    let documents =
        Documents::sample().second_policy("shop-dev", MAIN, "assertion.ref == 'refs/heads/dev'");
    let world = World::of(&documents);
    let refused = world.ask(&world.token().build()).policy("shop-dev").refused();
    assert_eq!(refused.failed, [failed("shop-dev", &["main-branch"])]);
    let refused = world.ask(&world.token().build()).policy("shop-push-image").refused();
    assert_eq!(refused.reason, Reason::Denied, "it grants another audience");
    let refused = world.ask(&world.token().build()).policy("absent").refused();
    assert_eq!(refused.reason, Reason::Denied);
    world.ask(&world.token().build()).policy("shop-deploy-prod").permitted();
}

#[test]
fn a_named_policy_does_not_escape_a_guardrail() {
    let world = World::sample();
    let token = world.token().claim("event_name", "pull_request_target").build();
    let refused = world.ask(&token).policy("shop-deploy-prod").refused();
    assert_eq!(refused.reason, Reason::Guardrail);
    world.ask(&world.token().build()).policy("shop-deploy-prod").permitted();
}

#[test]
fn a_shadow_policy_never_grants_but_is_recorded() {
    let shadow = Documents::sample().policy("trust_bundle:", "mode: shadow\ntrust_bundle:");
    let world = World::of(&shadow);
    let refused = world.ask(&world.token().build()).refused();
    assert_eq!((refused.reason, refused.failed.len()), (Reason::Denied, 0));
    let refused = world.ask(&world.token().claim("ref", "x").build()).refused();
    assert_eq!((refused.reason, refused.failed.len()), (Reason::Denied, 0), "it tells nothing");
    let refused = world.ask(&world.token().build()).policy("shop-deploy-prod").refused();
    assert_eq!(refused.reason, Reason::Denied);
    assert_eq!(world.entries()[0]["trace"]["policies"][0]["shadow"], true);
    assert_eq!(world.signatures.kids().len(), 0);
}

#[test]
fn a_shadow_policy_does_not_stand_in_the_way_of_another() {
    let documents = Documents::sample().second_policy(
        "watcher",
        "trust_bundle:",
        "mode: shadow\ntrust_bundle:",
    );
    let world = World::of(&documents);
    let permitted = world.ask(&world.token().build()).permitted();
    assert_eq!(permitted.policy.as_str(), "shop-deploy-prod");
    let names: Vec<_> = world.entries()[0]["trace"]["policies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|policy| policy["policy"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["shop-deploy-prod", "watcher"]);
}

#[test]
fn an_expired_policy_speaks_no_more() {
    let documents =
        Documents::sample().policy("owner: team-shop", "owner: team-shop, expires: 2027-01-15");
    let world = World::of(&documents);
    // The story begins at 08:00, and the day lasts until its end.
    world.advance(16 * 3600 - 1);
    world.ask(&world.token().build()).permitted();
    world.advance(1);
    let refused = world.ask(&world.token().claim("ref", "x").build()).refused();
    assert_eq!((refused.reason, refused.failed.len()), (Reason::Denied, 0));
    assert_eq!(world.entries().len(), 1, "only the permit");
}

#[test]
fn a_policy_without_conditions_is_decided_by_its_pins() {
    let documents = Documents::sample().policy(
        "  - {id: main-branch, expr: \"assertion.ref == 'refs/heads/main'\"}\n  - {id: safe-event, expr: \"assertion.event_name in ['push', 'workflow_dispatch']\"}\n",
        "  []\n",
    );
    let world = World::of(&documents);
    world.ask(&world.token().claim("ref", "anything").build()).permitted();
    let refused = world.ask(&world.token().claim("repository_id", "75").build()).refused();
    assert_eq!(refused.reason, Reason::Denied);
}
