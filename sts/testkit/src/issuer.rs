//! An issuer of subject tokens. Its tokens are those of a job that deploys
//! from the main branch; a story says how its own differs.

use crate::documents::OUR_ISSUER;
use crate::keys::TestKey;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use sts_wire::base64url;
use sts_wire::jwk::PublishedJwk;
use sts_wire::time::Timestamp;

/// Life of a token in seconds: that of GitHub's.
const LIFE_SECONDS: i64 = 300;

/// An issuer with one signing key at a time.
pub struct FakeIssuer {
    url: String,
    key: Arc<TestKey>,
}

impl FakeIssuer {
    /// An issuer that signs with the test key of this number.
    #[must_use]
    pub fn new(url: &str, key: u64) -> Self {
        Self { url: url.to_owned(), key: Arc::new(TestKey::numbered(key)) }
    }

    /// Its `iss`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What it publishes.
    #[must_use]
    pub fn public(&self) -> PublishedJwk {
        self.key.public()
    }

    /// A token of a deploying job, issued now.
    #[must_use]
    pub fn token(&self, now: Timestamp, id: &str) -> TokenBuilder {
        let claims = json!({
            "iss": self.url,
            "aud": OUR_ISSUER,
            "sub": "repo:octo-org@65/octo-repo@74:environment:production",
            "jti": id,
            "iat": now.seconds(),
            "exp": now.seconds().saturating_add(LIFE_SECONDS),
            "repository_owner_id": "65",
            "repository_id": "74",
            "repository": "octo-org/octo-repo",
            "environment": "production",
            "ref": "refs/heads/main",
            "event_name": "push",
            "run_id": "1001",
            "actor_email": "mona@example.com",
        });
        let header = json!({"typ": "JWT", "alg": "ES256", "kid": self.public().kid});
        TokenBuilder { header: object(header), claims: object(claims), key: Arc::clone(&self.key) }
    }
}

/// A token that is not signed yet.
#[derive(Clone)]
pub struct TokenBuilder {
    header: Map<String, Value>,
    claims: Map<String, Value>,
    key: Arc<TestKey>,
}

impl TokenBuilder {
    /// Sets a claim.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    /// Leaves a claim out.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.claims.remove(name);
        self
    }

    /// Sets a member of the header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.insert(name.to_owned(), value.into());
        self
    }

    /// Signs with another key than the one that the header names.
    #[must_use]
    pub fn forged_with(mut self, key: TestKey) -> Self {
        self.key = Arc::new(key);
        self
    }

    /// The claims as they are now.
    #[must_use]
    pub const fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// The signed token.
    #[must_use]
    pub fn build(self) -> String {
        let part = |members| base64url::encode(Value::Object(members).to_string().as_bytes());
        let signing_input = format!("{}.{}", part(self.header), part(self.claims));
        let signature = self.key.sign(signing_input.as_bytes());
        format!("{signing_input}.{}", base64url::encode(&signature))
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
