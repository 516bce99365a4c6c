//! The one table from reasons to status and OAuth error, and the headers of
//! every answer of the token endpoint.
#![deny(clippy::wildcard_enum_match_arm)]

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use serde::Serialize;
use sts_core::exchange::Refused;
use sts_core::ids::DecisionId;
use sts_core::reason::Reason;
use sts_wire::answer::{ErrorCode, Refusal};

/// One row of the table.
struct Row {
    status: StatusCode,
    error: ErrorCode,
    description: &'static str,
    retryable: bool,
}

/// RFC 6749 §5.2 and RFC 8693 §2.2.2. No wildcard arm: a new reason must be decided here.
fn row(reason: Reason) -> Row {
    let (status, error) = match reason {
        Reason::MalformedRequest
        | Reason::UnsupportedTokenType
        | Reason::SubjectTokenRejected
        | Reason::Denied
        | Reason::ConditionsFailed
        | Reason::Guardrail
        | Reason::Blocked
        | Reason::AmbiguousPolicy
        | Reason::Replayed => (StatusCode::BAD_REQUEST, ErrorCode::InvalidRequest),
        Reason::MalformedTarget => (StatusCode::BAD_REQUEST, ErrorCode::InvalidTarget),
        Reason::ScopeNotGranted => (StatusCode::BAD_REQUEST, ErrorCode::InvalidScope),
        Reason::UnsupportedGrantType => (StatusCode::BAD_REQUEST, ErrorCode::UnsupportedGrantType),
        Reason::ClientRejected => (StatusCode::UNAUTHORIZED, ErrorCode::InvalidClient),
        Reason::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::InvalidRequest),
        Reason::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, ErrorCode::TemporarilyUnavailable),
    };
    let retryable = reason == Reason::Unavailable;
    Row { status, error, description: description(reason), retryable }
}

/// One fixed sentence per reason: what was wrong, and what to do where that is known.
const fn description(reason: Reason) -> &'static str {
    match reason {
        Reason::MalformedRequest => {
            "The request is malformed: POST a form or JSON with grant_type, subject_token, \
             subject_token_type and one audience or resource, each once"
        }
        Reason::UnsupportedTokenType => {
            "A token type is not supported: subject tokens are jwt or id_token, issued tokens are access_token"
        }
        Reason::SubjectTokenRejected => {
            "The subject token was not accepted: sts inspect shows what is unusual about it"
        }
        Reason::Denied => "No trust policy grants this",
        Reason::ConditionsFailed => {
            "A trust policy matched, but conditions of it did not hold: failed names them"
        }
        Reason::Guardrail => "A guardrail forbids this",
        Reason::Blocked => "An operator stopped this for now: ask those who run the service",
        Reason::AmbiguousPolicy => {
            "More than one trust policy grants this: name one with the parameter policy"
        }
        Reason::Replayed => "The subject token was used before: get a fresh one from the platform",
        Reason::MalformedTarget => {
            "The target is malformed, or there is more than one: send exactly one audience or resource"
        }
        Reason::ScopeNotGranted => "A scope is malformed or not granted",
        Reason::UnsupportedGrantType => {
            "The grant type is urn:ietf:params:oauth:grant-type:token-exchange"
        }
        Reason::ClientRejected => {
            "Client credentials are not accepted: the subject token is the credential"
        }
        Reason::TooLarge => {
            "The request is larger than 64 KiB, or the subject token larger than 16 KiB"
        }
        Reason::Unavailable => "The service cannot decide now: try again",
    }
}

/// The answer to a refused exchange.
pub(super) fn refuse(id: &DecisionId, refused: &Refused) -> Response<Body> {
    refuse_with(row(refused.reason).status, id, refused)
}

/// The same with a status of HTTP's own: 405, 415.
pub(super) fn refuse_with(
    status: StatusCode,
    id: &DecisionId,
    refused: &Refused,
) -> Response<Body> {
    let row = row(refused.reason);
    let body = Refusal {
        error: row.error,
        error_description: row.description,
        reason: refused.reason.as_str(),
        decision_id: id.to_string(),
        retryable: row.retryable,
        failed: refused.failed.clone(),
    };
    let mut response = json(status, &body);
    let headers = response.headers_mut();
    if status == StatusCode::UNAUTHORIZED {
        // RFC 6749 §5.2: the scheme that the client tried.
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"sts\""));
    }
    if row.retryable {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(refused.retry_after.get()));
    }
    response
}

/// JSON that nobody may keep: RFC 6749 §5.1 asks it of tokens, we say it of every answer.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response<Body> {
    let mut response = document(status, body);
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

/// JSON whose caching is up to the caller.
pub(super) fn document(status: StatusCode, body: &impl Serialize) -> Response<Body> {
    let (status, bytes) = match serde_json::to_vec(body) {
        // A line break, so that a shell's prompt does not stick to it.
        Ok(mut bytes) => {
            bytes.push(b'\n');
            (status, bytes)
        }
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, b"{}".to_vec()),
    };
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(
        HeaderName::from_static("x-content-type-options"),
        HeaderValue::from_static("nosniff"),
    );
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_description_keeps_to_the_characters_of_the_rfc() {
        for reason in Reason::ALL {
            let row = row(reason);
            let permitted = |byte: u8| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e);
            assert!(row.description.bytes().all(permitted), "{}", reason.as_str());
        }
    }

    #[test]
    fn our_own_outage_is_never_a_refusal() {
        for reason in Reason::ALL {
            let row = row(reason);
            assert_eq!(row.retryable, row.status.is_server_error(), "{}", reason.as_str());
        }
    }
}
