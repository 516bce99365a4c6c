//! What the tokens of each platform look like. The ids are impossible ones.

use serde_json::{Map, Value, json};

/// Names of the profiles.
pub(super) const PROFILES: [&str; 1] = ["github-actions"];

/// The claims of a token of this profile, but for `iss`, `aud`, the times and `jti`.
#[must_use]
pub(super) fn claims(profile: &str) -> Option<Map<String, Value>> {
    let claims = match profile {
        "github-actions" => github_actions(),
        _ => return None,
    };
    claims.as_object().cloned()
}

/// A job of a workflow on main that deploys to production.
fn github_actions() -> Value {
    json!({
        "sub": "repo:octo-org@65/octo-repo@74:environment:production",
        "repository": "octo-org/octo-repo",
        "repository_id": "74",
        "repository_owner": "octo-org",
        "repository_owner_id": "65",
        "repository_visibility": "private",
        "environment": "production",
        "ref": "refs/heads/main",
        "ref_type": "branch",
        "ref_protected": "true",
        "sha": "0000000000000000000000000000000000000001",
        "workflow": "deploy",
        "workflow_ref": "octo-org/octo-repo/.github/workflows/deploy.yml@refs/heads/main",
        "workflow_sha": "0000000000000000000000000000000000000001",
        "job_workflow_ref": "octo-org/octo-repo/.github/workflows/deploy.yml@refs/heads/main",
        "job_workflow_sha": "0000000000000000000000000000000000000001",
        "event_name": "push",
        "actor": "octocat",
        "actor_id": "12",
        "run_id": "1",
        "run_number": "1",
        "run_attempt": "1",
        "check_run_id": "2",
        "runner_environment": "github-hosted",
        "head_ref": "",
        "base_ref": "",
    })
}
