//! Which subject tokens are believed, and what is asked of the network before.

use sts_core::reason::Reason;
use sts_testkit::{Documents, FakeIssuer, OUR_ISSUER, TestKey, World};

#[test]
fn unlisted_issuer_is_refused_without_network() {
    let world = World::sample();
    for issuer in ["https://issuer.example", "https://token.actions.githubusercontent.com/", ""] {
        let refused = world.ask(&world.token().claim("iss", issuer).build()).refused();
        assert_eq!((refused.reason, refused.bundle), (Reason::SubjectTokenRejected, None));
    }
    assert_eq!(world.key_source.calls(), 0);
    assert_eq!(world.entries().len(), 0);
}

#[test]
fn listed_issuer_is_asked_for_its_keys() {
    let world = World::sample();
    world.ask(&world.token().build()).permitted();
    assert_eq!(world.key_source.calls(), 1);
}

#[test]
fn wrong_audience_is_refused_without_network() {
    let world = World::sample();
    let audiences = [
        serde_json::json!("https://other.example"),
        serde_json::json!("https://sts.example.com/"),
        serde_json::json!([OUR_ISSUER, "https://other.example"]),
        serde_json::json!([]),
        serde_json::json!(7),
    ];
    for audience in audiences {
        let refused = world.ask(&world.token().claim("aud", audience.clone()).build()).refused();
        assert_eq!(refused.reason, Reason::SubjectTokenRejected, "{audience}");
    }
    assert_eq!(world.key_source.calls(), 0);
}

#[test]
fn sole_audience_in_a_list_is_accepted() {
    let world = World::sample();
    world.ask(&world.token().claim("aud", vec![OUR_ISSUER]).build()).permitted();
}

#[test]
fn the_bundle_is_found_by_issuer_and_audience_together() {
    let second = include_str!("../../../testkit/src/documents/bundle.yaml")
        .replace("name: github-actions", "name: other-audience")
        .replace("keys:", "audiences: [\"https://second.example\"]\nkeys:");
    let documents = Documents::sample().with("trust-bundles/second.yaml", &second);
    let world = World::of(&documents);
    let permitted = world.ask(&world.token().build()).permitted();
    assert_eq!(permitted.bundle.as_str(), "github-actions");
    let token = world.token().claim("aud", "https://second.example").build();
    let refused = world.ask(&token).refused();
    assert_eq!(refused.reason, Reason::Denied, "no policy speaks of the second bundle");
    assert_eq!(refused.bundle.unwrap().as_str(), "other-audience");
}

#[test]
fn forged_signature_is_refused() {
    let world = World::sample();
    let forged = world.token().forged_with(TestKey::numbered(2)).build();
    assert_eq!(world.ask(&forged).refused().reason, Reason::SubjectTokenRejected);
    assert_eq!(world.entries().len(), 0, "the unverified are counted, not ledgered");
    world.ask(&world.token().build()).permitted();
}

#[test]
fn a_key_of_one_issuer_does_not_verify_for_another() {
    let second = include_str!("../../../testkit/src/documents/bundle.yaml")
        .replace("name: github-actions", "name: second")
        .replace(
            "issuer: https://token.actions.githubusercontent.com",
            "issuer: https://b.example",
        );
    let world = World::of(&Documents::sample().with("trust-bundles/second.yaml", &second));
    let other = FakeIssuer::new("https://b.example", 2);
    world.key_source.publish(other.url(), vec![other.public()]);
    let stolen = other.token(world.now(), "id").claim("iss", world.issuer.url()).build();
    assert_eq!(world.ask(&stolen).refused().reason, Reason::SubjectTokenRejected);
    let own = other.token(world.now(), "id").build();
    assert_eq!(world.ask(&own).refused().reason, Reason::Denied, "believed, but nothing grants");
}

#[test]
fn rotated_keys_verify_from_then_on_and_old_ones_no_more() {
    let world = World::sample();
    let next = FakeIssuer::new(world.issuer.url(), 2);
    let early = next.token(world.now(), "early").build();
    assert_eq!(world.ask(&early).refused().reason, Reason::SubjectTokenRejected);
    world.key_source.publish(next.url(), vec![next.public()]);
    world.ask(&early).permitted();
    let old = world.token().build();
    assert_eq!(world.ask(&old).refused().reason, Reason::SubjectTokenRejected);
}

#[test]
fn missing_or_malformed_claims_are_refused_and_optional_ones_are_not() {
    let world = World::sample();
    for claim in ["iss", "aud", "sub", "exp", "iat", "jti", "ref", "repository_owner_id"] {
        let refused = world.ask(&world.token().without(claim).build()).refused();
        assert_eq!(refused.reason, Reason::SubjectTokenRejected, "{claim}");
        let refused = world.ask(&world.token().claim(claim, 5.5).build()).refused();
        assert_eq!(refused.reason, Reason::SubjectTokenRejected, "{claim}");
    }
    for claim in ["run_id", "repository", "actor_email"] {
        world.ask(&world.token().without(claim).build()).permitted();
    }
}

#[test]
fn values_outside_an_enum_are_refused_and_those_inside_are_not() {
    let world = World::sample();
    let refused = world.ask(&world.token().claim("event_name", "schedule").build()).refused();
    assert_eq!(refused.reason, Reason::SubjectTokenRejected);
    world.ask(&world.token().claim("event_name", "workflow_dispatch").build()).permitted();
}

#[test]
fn not_admitted_tenant_is_denied_without_failed_and_nothing_is_ledgered() {
    let world = World::sample();
    let token = world.token().claim("repository_owner_id", "66").claim("ref", "refs/heads/x");
    let refused = world.ask(&token.build()).refused();
    assert_eq!((refused.reason, refused.failed.len()), (Reason::Denied, 0));
    assert_eq!(refused.bundle.unwrap().as_str(), "github-actions");
    assert_eq!(world.entries().len(), 0);
    let both = Documents::sample().bundle(r#"["65"]"#, r#"["66", "65"]"#);
    let world = World::of(&both);
    world.ask(&world.token().build()).permitted();
}

#[test]
fn every_claim_of_the_allow_list_must_have_one_of_its_values() {
    let admit = r#"admit: {repository_owner_id: ["65", "66"], environment: [production]}"#;
    let documents = Documents::sample().bundle(r#"admit: {repository_owner_id: ["65"]}"#, admit);
    let world = World::of(&documents);
    world.ask(&world.token().build()).permitted();
    for token in [world.token().claim("environment", "test"), world.token().without("environment")]
    {
        assert_eq!(world.ask(&token.build()).refused().reason, Reason::Denied);
    }
}

#[test]
fn expired_trust_bundle_is_refused_without_network() {
    let documents =
        Documents::sample().bundle("owner: platform", "owner: platform, expires: 2027-01-15");
    let world = World::of(&documents);
    world.ask(&world.token().build()).permitted();
    world.advance(16 * 3600);
    let refused = world.ask(&world.token().build()).refused();
    assert_eq!(refused.reason, Reason::SubjectTokenRejected);
    assert_eq!(world.key_source.calls(), 1);
}

#[test]
fn unavailable_keys_are_our_outage_and_no_refusal() {
    let world = World::sample();
    world.key_source.take_down(true);
    let token = world.token().build();
    assert_eq!(world.ask(&token).refused().reason, Reason::Unavailable);
    assert_eq!(world.entries().len(), 0);
    world.key_source.take_down(false);
    world.ask(&token).permitted();
}
