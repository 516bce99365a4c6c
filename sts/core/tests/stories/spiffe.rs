//! SVIDs: found by the trust domain of their subject, verified by keys that say so.

use sts_core::reason::Reason;
use sts_testkit::{Documents, World};

const BUNDLE: &str = "
apiVersion: sts/v1
kind: TrustBundle
metadata: {name: corp, owner: platform}
issuer: spiffe://corp.example
keys: {file: corp.json}
algorithms: [RS256, ES256, ES384]
subject_token: {max_lifetime: 10m, replay: reusable}
claims: {sub: {type: string, required: true, trust: platform, identity: true}}
";
const POLICY: &str = "
apiVersion: sts/v1
kind: TrustPolicy
metadata: {name: billing, owner: team-shop}
trust_bundle: corp
pins: {sub: spiffe://corp.example/billing/api}
grant:
  audience: https://deploy.example.com
  subject: \"subject('svid', assertion.sub)\"
  scopes: [\"deploy:shop\"]
  ttl: {max: 5m}
";

fn documents() -> Documents {
    let with = Documents::sample().with("trust-bundles/corp/bundle.yaml", BUNDLE);
    with.with("policies/shop/billing.yaml", POLICY)
}

/// A world whose issuer's key is that of the trust domain as well.
fn world(usage: &str) -> World {
    let world = World::of(&documents());
    let mut key = world.issuer.public();
    key.usage = usage.to_owned();
    world.key_source.publish("spiffe://corp.example", vec![key]);
    world
}

fn svid(world: &World, subject: &str) -> sts_testkit::TokenBuilder {
    world.token().without("iss").without("jti").claim("sub", subject)
}

const API: &str = "spiffe://corp.example/billing/api";

#[test]
fn an_svid_belongs_to_the_bundle_of_its_trust_domain() {
    let world = world("jwt-svid");
    let permitted = world.ask(&svid(&world, API).build()).permitted();
    assert_eq!(world.receive(&permitted).claims["sub"], "svid:spiffe%3A//corp.example/billing/api");
    let foreign = world.ask(&svid(&world, "spiffe://other.example/billing/api").build()).refused();
    assert_eq!((foreign.reason, foreign.bundle), (Reason::SubjectTokenRejected, None));
}

#[test]
fn an_issuer_that_no_bundle_has_changes_nothing_and_one_that_has_decides() {
    let world = world("jwt-svid");
    let unknown = svid(&world, API).claim("iss", "https://oidc.corp.example").build();
    world.ask(&unknown).permitted();
    let known = svid(&world, API).claim("iss", world.issuer.url()).build();
    let refused = world.ask(&known).refused();
    assert_eq!(refused.bundle.map(|name| name.to_string()).as_deref(), Some("github-actions"));
    let strange = svid(&world, API).claim("iss", 7).build();
    assert_eq!(world.ask(&strange).refused().reason, Reason::SubjectTokenRejected);
}

#[test]
fn an_svid_needs_a_well_formed_subject_with_a_path() {
    let world = world("jwt-svid");
    for subject in [
        "spiffe://corp.example",
        "spiffe://corp.example/",
        "spiffe://Corp.example/billing/api",
        "billing",
    ] {
        let refused = world.ask(&svid(&world, subject).build()).refused();
        assert_eq!(refused.reason, Reason::SubjectTokenRejected, "{subject}");
    }
    world.ask(&svid(&world, API).build()).permitted();
}

#[test]
fn only_keys_for_svids_verify_svids() {
    for usage in ["sig", "x509-svid"] {
        let world = world(usage);
        let refused = world.ask(&svid(&world, API).build()).refused();
        assert_eq!(refused.reason, Reason::SubjectTokenRejected, "{usage}");
    }
    let sound = world("jwt-svid");
    sound.ask(&svid(&sound, API).build()).permitted();
}

#[test]
fn the_header_of_an_svid_holds_nothing_else() {
    let world = world("jwt-svid");
    let odd = svid(&world, API).header("x5t", "AQ").build();
    assert_eq!(world.ask(&odd).refused().reason, Reason::SubjectTokenRejected);
    world.ask(&svid(&world, API).build()).permitted();
    world.ask(&world.token().header("x5t", "AQ").build()).permitted();
}

#[test]
fn an_svid_may_leave_out_when_it_was_issued() {
    let world = world("jwt-svid");
    world.ask(&svid(&world, API).without("iat").build()).permitted();
    let token = world.token().without("iat").build();
    assert_eq!(world.ask(&token).refused().reason, Reason::SubjectTokenRejected);
}

#[test]
fn a_bundle_of_a_trust_domain_that_cannot_work_is_a_fault() {
    for (from, to, message) in [
        ("{file: corp.json}", "{discovery: true}", "a trust domain has no discovery document"),
        (
            "spiffe://corp.example\n",
            "spiffe://corp.example/x\n",
            "the issuer of a SPIFFE bundle is spiffe://trust-domain",
        ),
        ("ES384]", "EdDSA]", "an SVID is signed with RSA or ECDSA"),
    ] {
        let changed = documents().change("trust-bundles/corp/bundle.yaml", from, to);
        let faults = changed.load().err().unwrap_or_default();
        assert_eq!(faults.first().map(|fault| fault.message()), Some(message), "{to}");
    }
    assert!(documents().load().is_ok());
}
