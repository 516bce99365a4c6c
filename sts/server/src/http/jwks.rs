//! `GET /jwks`: the key set, and how long it may be kept.

use super::{Edge, answer};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, Response, StatusCode, header};
use serde_json::json;
use std::sync::Arc;

/// Serves the key set. An empty one would tell verifiers to trust nobody: 503 instead.
pub(super) async fn serve(State(edge): State<Arc<Edge>>) -> Response<Body> {
    let ring = edge.service.app.ring.load_full();
    let now = edge.service.clock.now();
    let keys = ring.published(now);
    if keys.is_empty() {
        return answer::json(
            StatusCode::SERVICE_UNAVAILABLE,
            &json!({"error": "temporarily_unavailable"}),
        );
    }
    let mut response = answer::document(StatusCode::OK, &json!({ "keys": keys }));
    cacheable(&mut response, ring.max_age(now).get());
    response
}

/// Verifiers may keep it this long: no key signs before it was published for longer.
pub(super) fn cacheable(response: &mut Response<Body>, max_age: u64) {
    if let Ok(value) = HeaderValue::from_str(&format!("public, max-age={max_age}")) {
        response.headers_mut().insert(header::CACHE_CONTROL, value);
    }
}
