//! Teams with more policies for a token than are weighed.

use serde_json::json;
use sts_core::policy::{LeftOut, Question, examine, reconsider};
use sts_core::reason::Reason;
use sts_testkit::{DEPLOY, Documents, World};
use sts_wire::names::{Audience, Name};
use sts_wire::time::{Seconds, Timestamp};

/// The sample, and policies of another team for the same tokens: half of them by one kind of pin, half by another.
fn crowded(count: usize, more: &str) -> Documents {
    let policy = |number: usize| {
        let pin =
            if number.is_multiple_of(2) { "environment: production" } else { "event_name: push" };
        format!(
            "apiVersion: sts/v1\nkind: TrustPolicy\nmetadata: {{name: any-{number}, owner: o}}\n{more}trust_bundle: github-actions\npins: {{repository_id: \"74\", {pin}}}\nconditions: [{{id: ref, expr: \"assertion.ref == 'refs/heads/any{number}'\"}}]\ngrant: {{audience: {DEPLOY}, subject: \"'s'\", ttl: {{max: 5m}}}}\n"
        )
    };
    let text: Vec<_> = (0..count).map(policy).collect();
    let set = Documents::sample().platform("granted_by: [shop]", "granted_by: [any, shop]");
    set.with("policies/any/crowd.yaml", &text.join("---\n"))
}

fn left_out(live: usize, watching: usize) -> LeftOut {
    LeftOut { team: "any".to_owned(), live, watching }
}

#[test]
fn a_team_with_too_many_policies_for_a_token_denies_nobody_else() {
    for (count, more, left_out) in [
        (64, "", None),
        (65, "", Some(json!([{"team": "any", "live": 65, "watching": 0}]))),
        (120, "", Some(json!([{"team": "any", "live": 120, "watching": 0}]))),
        (64, "mode: shadow\n", None),
        (66, "mode: shadow\n", Some(json!([{"team": "any", "live": 0, "watching": 2}]))),
    ] {
        let world = World::of(&crowded(count, more));
        let permitted = world.ask(&world.token().build()).permitted();
        assert_eq!(permitted.policy.as_str(), "shop-deploy-prod", "{count} {more}");
        let entry = &world.entries()[0];
        assert_eq!(entry["trace"].get("left_out"), left_out.as_ref(), "{count} {more}");
    }
}

#[test]
fn a_team_beyond_its_limit_is_not_weighed_unless_one_of_its_policies_is_named() {
    let own = |count: usize| World::of(&crowded(count, ""));
    let ask = |world: &World| {
        let token = world.token().claim("ref", "refs/heads/any0");
        world.ask(&token.build()).policy("any-0").permitted()
    };
    let world = own(65);
    let token = world.token().claim("ref", "refs/heads/any0").build();
    let refused = world.ask(&token).refused();
    assert_eq!(refused.reason, Reason::ConditionsFailed, "of the shop's policy");
    assert_eq!(ask(&world).policy.as_str(), "any-0");
    let world = own(64);
    let token = world.token().claim("ref", "refs/heads/any0").build();
    assert_eq!(world.ask(&token).permitted().policy.as_str(), "any-0");
}

#[test]
fn what_only_watches_takes_no_place_of_what_grants() {
    let watching = crowded(66, "mode: shadow\n");
    // Of the team itself: one that grants, and comes last by name.
    let text = watching.files().iter().find(|file| file.path().ends_with("crowd.yaml")).unwrap();
    let live = text.text.split("---\n").next().unwrap();
    let live = live
        .replace("mode: shadow\n", "")
        .replace("any-0", "z-live")
        .replace("refs/heads/any0", "refs/heads/live");
    let world = World::of(&watching.with("policies/any/live.yaml", &live));
    let token = world.token().claim("ref", "refs/heads/live").build();
    assert_eq!(world.ask(&token).permitted().policy.as_str(), "z-live");
    let trace = &world.entries()[0]["trace"];
    assert_eq!(trace["left_out"], json!([{"team": "any", "live": 0, "watching": 3}]));
}

#[test]
fn a_denial_is_recorded_when_all_that_match_are_left_out() {
    let alone = crowded(70, "").change("policies/shop/deploy-prod.yaml", "\"74\"", "\"75\"");
    let world = World::of(&alone);
    assert_eq!(world.ask(&world.token().build()).refused().reason, Reason::Denied);
    assert_eq!(world.entries()[0]["trace"]["left_out"][0]["live"], 70);
}

#[test]
fn explanations_and_replays_say_that_the_limit_struck() {
    for (count, expected) in [(64, None), (65, Some(left_out(65, 0)))] {
        let snapshot = crowded(count, "").load().ok().unwrap().snapshot;
        let (bundle, audience) =
            (Name::new("github-actions").unwrap(), Audience::new(DEPLOY).unwrap());
        let claims = json!({
            "repository_owner_id": "65", "repository_id": "74", "environment": "production",
            "ref": "refs/heads/main", "event_name": "push",
        });
        let claims = claims.as_object().unwrap();
        let now = Timestamp::from_seconds(1_800_000_000);
        let (_, found) = examine(&snapshot, &bundle, claims, Some(&audience), now);
        for one in found {
            let of_it = expected.clone().filter(|_| one.policy.team == "any");
            assert_eq!(one.left_out, of_it, "{}", one.policy.name);
        }
        let ttl_max = Seconds::new(900);
        let question = Question { audience: &audience, scopes: None, policy: None, now, ttl_max };
        let again = reconsider(&snapshot, &bundle, claims, &question);
        assert_eq!(again.left_out, Vec::from_iter(expected));
    }
}
