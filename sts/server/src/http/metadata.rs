//! Both discovery documents: they must agree, so they are one.

use super::{Edge, jwks};
use crate::config::Config;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response};
use serde_json::Value;
use std::sync::Arc;
use sts_wire::metadata::{Published, publish};

/// Serves the document; everything in it comes from the configuration, nothing from the request.
pub(super) async fn serve(State(edge): State<Arc<Edge>>, asked: HeaderMap) -> Response<Body> {
    let config = &edge.service.config;
    let kept = [config.schedule.verifier_cache.get(), config.schedule.stale_if_error().get()];
    jwks::cacheable(&asked, &discovery(config), kept)
}

/// The document.
#[must_use]
pub(crate) fn discovery(config: &Config) -> Value {
    let published = Published {
        issuer: config.issuer.clone(),
        token_endpoint: config.token_endpoint.clone(),
        jwks_uri: config.jwks_uri.clone(),
        algorithms: config.algorithms.iter().map(|algorithm| algorithm.name().to_owned()).collect(),
    };
    publish(&published)
}
