//! Is it alive, is it ready, what did it count.

use super::{Edge, answer};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, Response, StatusCode, header};
use serde_json::json;
use std::sync::Arc;

/// The process answers.
pub(super) async fn live() -> Response<Body> {
    answer::json(StatusCode::OK, &json!({"live": true}))
}

/// Exchanges can succeed. Why not is for the log: the answer is public.
pub(super) async fn ready(State(edge): State<Arc<Edge>>) -> Response<Body> {
    let snapshot = edge.service.app.snapshot.load_full();
    let digest = snapshot.digest().as_str();
    let verdict = if edge.is_draining() {
        Err("shutting down".to_owned())
    } else {
        edge.service.ready().await
    };
    match verdict {
        Ok(()) => answer::json(StatusCode::OK, &json!({"ready": true, "snapshot": digest})),
        Err(fault) => {
            tracing::warn!(%fault, "not ready");
            answer::json(
                StatusCode::SERVICE_UNAVAILABLE,
                &json!({"ready": false, "snapshot": digest}),
            )
        }
    }
}

/// Prometheus' text format.
pub(super) async fn metrics(State(edge): State<Arc<Edge>>) -> Response<Body> {
    let mut response = Response::new(Body::from(edge.service.metrics.render()));
    let text =
        HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, text);
    response
}
