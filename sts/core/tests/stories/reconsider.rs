//! Recorded exchanges under other documents.

use serde_json::{Value, json};
use sts_core::policy::{Question, Reconsideration, Reconsidered, Watched, reconsider};
use sts_core::reason::Reason;
use sts_testkit::{DEPLOY, Documents};
use sts_wire::names::{Audience, Name};
use sts_wire::time::{Seconds, Timestamp};

const EMAIL: &str = "has(assertion.actor_email) && assertion.actor_email == 'mona@example.com'";

fn claims(changes: &Value) -> serde_json::Map<String, Value> {
    let mut claims = json!({
        "repository_owner_id": "65", "repository_id": "74", "environment": "production",
        "ref": "refs/heads/main", "event_name": "push", "actor_email": {"keyed_hash": "AAAA"},
    });
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object().cloned().unwrap()
}

fn verdict(documents: &Documents, changes: &Value) -> Reconsidered {
    reconsidered(documents, changes).verdict
}

fn reconsidered(documents: &Documents, changes: &Value) -> Reconsideration {
    let snapshot = documents.load().ok().unwrap().snapshot;
    let question = Question {
        audience: &Audience::new(DEPLOY).unwrap(),
        scopes: None,
        policy: None,
        now: Timestamp::from_seconds(1_800_000_000),
        ttl_max: Seconds::new(900),
    };
    let bundle = Name::new("github-actions").unwrap();
    reconsider(&snapshot, &bundle, &claims(changes), &question)
}

#[test]
fn what_does_not_depend_on_a_hashed_claim_is_decided_again() {
    let permitted = Reconsidered::Permit(Name::new("shop-deploy-prod").unwrap());
    assert_eq!(verdict(&Documents::sample(), &json!({})), permitted);
    let denied = verdict(&Documents::sample(), &json!({"ref": "refs/heads/x"}));
    assert_eq!(denied, Reconsidered::Deny(Reason::ConditionsFailed));
    let stranger = verdict(&Documents::sample(), &json!({"repository_id": "75"}));
    assert_eq!(stranger, Reconsidered::Deny(Reason::Denied));
}

#[test]
fn what_depends_on_a_hashed_claim_is_unknown_and_never_a_guess() {
    let unknown = Reconsidered::Unknown(vec!["actor_email".to_owned()]);
    let condition = Documents::sample().policy("assertion.ref == 'refs/heads/main'", EMAIL);
    assert_eq!(verdict(&condition, &json!({})), unknown);
    let pinned = Documents::sample().policy(
        "environment: production}",
        "environment: production, actor_email: mona@example.com}",
    );
    assert_eq!(verdict(&pinned, &json!({})), unknown);
    let guarded =
        Documents::sample().platform("assertion.event_name == 'pull_request_target'", EMAIL);
    assert_eq!(verdict(&guarded, &json!({})), unknown);
    let settled = verdict(&pinned, &json!({"repository_id": "75"}));
    assert_eq!(settled, Reconsidered::Deny(Reason::Denied), "another pin settles it");
}

#[test]
fn what_a_watching_policy_would_have_done_is_told() {
    let documents =
        Documents::sample().second_policy("watching", "refs/heads/main", "refs/heads/x");
    let path = "policies/shop/watching.yaml";
    let documents = documents.change(path, "trust_bundle:", "mode: shadow\ntrust_bundle:");
    for (branch, permits) in [("refs/heads/main", false), ("refs/heads/x", true)] {
        let watched = Watched { policy: "watching".to_owned(), permits };
        let found = reconsidered(&documents, &json!({"ref": branch}));
        assert_eq!(found.watched, [watched], "{branch}");
    }
    // A guardrail stands above it as well.
    let guarded = json!({"ref": "refs/heads/x", "event_name": "pull_request_target"});
    assert!(!reconsidered(&documents, &guarded).watched[0].permits);
}
