//! What the token endpoint answers: RFC 8693 §2.2.1 when it issues,
//! RFC 6749 §5.2 when it refuses, each with the members that we add.

use crate::names::{Name, Scope};
use crate::token_exchange::ACCESS_TOKEN;
use serde::Serialize;

/// A successful exchange. It holds the credential: it has no `Debug`.
#[derive(Serialize)]
pub struct Issued {
    /// The issued JWT.
    pub access_token: String,
    /// Always [`ACCESS_TOKEN`].
    pub issued_token_type: &'static str,
    /// Always `Bearer`.
    pub token_type: &'static str,
    /// Seconds until the token expires, from now.
    pub expires_in: u64,
    /// Granted scopes, blank separated; absent when there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// UUIDv7 of the decision: the key to its entry.
    pub decision_id: String,
    /// Index of the decision's entry in the ledger.
    pub ledger_index: u64,
}

impl Issued {
    /// An answer with the constant members filled in.
    #[must_use]
    pub fn new(access_token: String, expires_in: u64, scopes: &[Scope]) -> Self {
        let words: Vec<_> = scopes.iter().map(Scope::as_str).collect();
        Self {
            access_token,
            issued_token_type: ACCESS_TOKEN,
            token_type: "Bearer",
            expires_in,
            scope: (!words.is_empty()).then(|| words.join(" ")),
            decision_id: String::new(),
            ledger_index: 0,
        }
    }
}

/// Error codes of RFC 6749 §5.2 and its extensions that we send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// RFC 6749 §5.2; RFC 8693 §2.2.2 also for a bad subject token.
    InvalidRequest,
    /// RFC 8693 §2.2.2, RFC 8707 §2.
    InvalidTarget,
    /// RFC 6749 §5.2.
    InvalidScope,
    /// RFC 6749 §5.2.
    UnsupportedGrantType,
    /// RFC 6749 §5.2.
    InvalidClient,
    /// RFC 6749 §4.1.2.1; we also send it here, with 429 and 503.
    TemporarilyUnavailable,
}

/// Conditions of one policy that did not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailedPolicy {
    /// Name of the policy.
    pub policy: String,
    /// Ids of its conditions that did not hold, in the order of the document.
    pub conditions: Vec<String>,
}

impl FailedPolicy {
    /// From checked names.
    #[must_use]
    pub fn new(policy: &Name, conditions: &[Name]) -> Self {
        Self {
            policy: policy.as_str().to_owned(),
            conditions: conditions.iter().map(|id| id.as_str().to_owned()).collect(),
        }
    }
}

/// A refusal. Every text in it is ours: nothing of the caller comes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The code that OAuth clients know.
    pub error: ErrorCode,
    /// One fixed ASCII sentence per reason (RFC 6749 §5.2 limits its characters).
    pub error_description: &'static str,
    /// The stable reason.
    pub reason: &'static str,
    /// UUIDv7 of the decision.
    pub decision_id: String,
    /// Whether the same request may succeed later.
    pub retryable: bool,
    /// Which conditions did not hold; only for a token that matched the pins.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<FailedPolicy>,
}
