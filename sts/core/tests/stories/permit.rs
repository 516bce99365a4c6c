//! The permitted exchange, looked at from every side.

use serde_json::json;
use sts_jose::{KeyedHasher, sha256};
use sts_testkit::{DEPLOY, ISSUER, OUR_ISSUER, Received, World};
use sts_wire::base64url;

#[test]
fn a_permit_mints_exactly_the_granted_claims_under_a_published_key() {
    let world = World::sample();
    let permitted = world.ask(&world.token().build()).permitted();
    let received = world.receive(&permitted);
    let now = world.now().seconds();
    let jti = received.claims["jti"].as_str().unwrap();
    assert_eq!(base64url::decode(jti).unwrap().len(), 16, "128 random bits");
    assert_eq!(
        received.claims,
        json!({
            "iss": OUR_ISSUER, "sub": "gha:74:production", "aud": DEPLOY,
            "iat": now, "nbf": now - 30, "exp": now + 600, "jti": jti,
            "client_id": "urn:sts:policy:shop-deploy-prod",
            "scope": "deploy:shop deploy:read", "run_id": "1001",
        })
    );
    assert_eq!(
        received.header,
        json!({"alg": "ES256", "kid": world.active_kid(), "typ": "at+jwt"})
    );
}

#[test]
fn the_answer_says_what_was_issued_and_where_it_is_recorded() {
    let world = World::sample();
    let permitted = world.ask(&world.token().build()).permitted();
    assert_eq!(permitted.policy.as_str(), "shop-deploy-prod");
    assert_eq!(permitted.bundle.as_str(), "github-actions");
    let issued = permitted.issued;
    assert_eq!(issued.expires_in, 600);
    assert_eq!(issued.scope.as_deref(), Some("deploy:shop deploy:read"));
    assert_eq!(issued.token_type, "Bearer");
    assert_eq!(issued.issued_token_type, "urn:ietf:params:oauth:token-type:access_token");
    let at = usize::try_from(issued.ledger_index).unwrap();
    let leaf = String::from_utf8(world.store.leaves()[at].clone()).unwrap();
    assert!(leaf.contains(&issued.decision_id), "{leaf}");
}

#[test]
fn the_entry_of_a_permit_says_everything_and_commits_to_what_is_signed() {
    let world = World::sample();
    let token = world.token().build();
    let permitted = world.ask(&token).permitted();
    let received = world.receive(&permitted);
    let hasher = KeyedHasher::new(&[7; 32]);
    let hash = |bytes: &[u8]| base64url::encode(&hasher.hash(bytes));
    let subject_signed = token.rsplit_once('.').unwrap().0;
    let entry = json!({
        "kind": "exchange", "time": world.now().to_string(), "environment": "test", "replica": "one",
        "decision_id": permitted.issued.decision_id, "decision": "permit",
        "trust_bundle": "github-actions", "issuer": ISSUER,
        "subject": "repo:octo-org@65/octo-repo@74:environment:production",
        "claims": {
            "repository_owner_id": "65", "repository_id": "74", "repository": "octo-org/octo-repo",
            "environment": "production", "ref": "refs/heads/main", "event_name": "push", "run_id": "1001",
            "actor_email": {"keyed_hash": hash(b"claim:actor_email:\"mona@example.com\"")},
        },
        "request": {"audience": DEPLOY, "source": "192.0.2.7", "user_agent": "curl/8.9"},
        "policy": "shop-deploy-prod", "snapshot": world.app.snapshot.load().digest().as_str(),
        "trace": {
            "guardrails": [{"guardrail": "no-pull-request-target",
                "deny_if": [{"id": "fork-event", "result": "false"}]}],
            "policies": [{"policy": "shop-deploy-prod", "conditions": [
                {"id": "main-branch", "result": "true"}, {"id": "safe-event", "result": "true"}]}],
        },
        "grant": {
            "audience": DEPLOY, "subject": "gha:74:production",
            "scopes": ["deploy:shop", "deploy:read"], "ttl_s": 600,
            "expires_at": "2027-01-15T08:10:00.000Z", "claims": {"run_id": "1001"}, "algorithm": "ES256",
        },
        "kid": world.active_kid(), "jti": received.claims["jti"],
        "signing_input_sha256": base64url::encode(&sha256(received.signing_input.as_bytes())),
        "subject_token_hash": hash(&sha256(subject_signed.as_bytes())),
    });
    assert_eq!(world.entries(), [entry]);
}

#[test]
fn no_part_of_a_token_is_within_the_ledger() {
    let world = World::sample();
    let token = world.token().build();
    let permitted = world.ask(&token).permitted();
    let unkeyed = base64url::encode(&sha256(token.rsplit_once('.').unwrap().0.as_bytes()));
    for leaf in world.store.leaves() {
        let leaf = String::from_utf8(leaf).unwrap();
        let parts = token.split('.').chain(permitted.issued.access_token.split('.'));
        for part in parts.chain([unkeyed.as_str()]) {
            assert!(!leaf.contains(part), "{leaf}");
        }
    }
}

#[test]
fn a_token_of_the_world_does_not_verify_under_another_key() {
    let world = World::sample();
    let permitted = world.ask(&world.token().build()).permitted();
    let token = permitted.issued.access_token;
    assert_eq!(Received::verify(&token, &[world.issuer.public()]), None);
    let mut forged = token.into_bytes();
    let last = forged.len() - 2;
    forged[last] = if forged[last] == b'A' { b'B' } else { b'A' };
    let ring = world.app.ring.load();
    let published: Vec<_> = ring.published(world.now()).into_iter().cloned().collect();
    assert_eq!(Received::verify(std::str::from_utf8(&forged).unwrap(), &published), None);
}

#[test]
fn two_permits_have_two_ids_and_two_entries() {
    let world = World::sample();
    let (first, second) = (world.token().build(), world.token().build());
    let (first, second) = (world.ask(&first).permitted(), world.ask(&second).permitted());
    assert_ne!(first.issued.decision_id, second.issued.decision_id);
    assert_eq!(first.issued.ledger_index + 1, second.issued.ledger_index);
    assert_ne!(world.receive(&first).claims["jti"], world.receive(&second).claims["jti"]);
    assert_eq!(world.signatures.kids().len(), 2);
}
