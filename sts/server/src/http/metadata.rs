//! Both discovery documents: they must agree, so they are one.

use super::{Edge, answer, jwks};
use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode};
use std::sync::Arc;
use sts_wire::metadata::{Published, publish};

/// Serves the document; everything in it comes from the configuration, nothing from the request.
pub(super) async fn serve(State(edge): State<Arc<Edge>>) -> Response<Body> {
    let config = &edge.service.config;
    let published = Published {
        issuer: config.issuer.clone(),
        token_endpoint: config.token_endpoint.clone(),
        jwks_uri: config.jwks_uri.clone(),
        algorithms: config.algorithms.iter().map(|algorithm| algorithm.name().to_owned()).collect(),
    };
    let mut response = answer::document(StatusCode::OK, &publish(&published));
    jwks::cacheable(&mut response, config.schedule.verifier_cache.get());
    response
}
