//! `GET /jwks`: the key set, and how long it may be kept.

use super::{Edge, answer};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;
use sts_jose::sha256;
use sts_wire::base64url;

/// Serves the key set. An empty one would tell verifiers to trust nobody: 503 instead.
pub(super) async fn serve(State(edge): State<Arc<Edge>>, asked: HeaderMap) -> Response<Body> {
    let ring = edge.service.app.ring.load_full();
    let now = edge.service.clock.now();
    let keys = ring.published(now);
    if keys.is_empty() {
        return answer::json(
            StatusCode::SERVICE_UNAVAILABLE,
            &json!({"error": "temporarily_unavailable"}),
        );
    }
    let stale_if_error = edge.service.config.schedule.stale_if_error().get();
    cacheable(&asked, &json!({ "keys": keys }), [ring.max_age(now).get(), stale_if_error])
}

/// A document that verifiers may keep: for `max_age` seconds, as no key signs
/// before it was published for longer, and for `stale_if_error` seconds more
/// when no fresh one can be had (RFC 5861 §4). Who has it already gets 304 (RFC 9110 §13.1.2).
pub(super) fn cacheable(
    asked: &HeaderMap,
    body: &impl Serialize,
    [max_age, stale_if_error]: [u64; 2],
) -> Response<Body> {
    let digest = serde_json::to_vec(body).map(|bytes| sha256(&bytes)).unwrap_or_default();
    let tag = format!("\"{}\"", base64url::encode(&digest));
    let known = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|tags| tags.to_str().ok());
    let mut known =
        known.flat_map(|tags| tags.split(',')).map(|tag| tag.trim().trim_start_matches("W/"));
    let mut response = if known.any(|known| known == tag || known == "*") {
        let mut unchanged = Response::new(Body::empty());
        *unchanged.status_mut() = StatusCode::NOT_MODIFIED;
        unchanged
    } else {
        answer::document(StatusCode::OK, body)
    };
    let mut kept = format!("public, max-age={max_age}");
    if stale_if_error > 0 {
        kept.push_str(&format!(", stale-if-error={stale_if_error}"));
    }
    let headers = response.headers_mut();
    for (name, value) in [(header::CACHE_CONTROL, kept), (header::ETAG, tag)] {
        headers.extend(HeaderValue::from_str(&value).ok().map(|value| (name, value)));
    }
    response
}
