//! The public listener: one endpoint a file, thin handlers over [`Service`].

mod answer;
mod jwks;
pub(crate) mod listener;
mod metadata;
mod probes;
mod source;
mod token;

use crate::service::Service;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Response, Version, header};
use axum::middleware::{self, Next};
use axum::routing::{get, post};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub(crate) use listener::{Listener, Peer, Shutdown};
pub(crate) use metadata::discovery;

/// What handlers see.
pub(crate) struct Edge {
    /// The service.
    pub service: Service,
    draining: AtomicBool,
}

impl Edge {
    /// An edge that takes requests.
    #[must_use]
    pub(crate) const fn new(service: Service) -> Self {
        Self { service, draining: AtomicBool::new(false) }
    }

    /// From now on readiness says no, so that balancers stop sending.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }
}

/// Every public route. An issuer with a path has its documents where both
/// standards look for them: appended (OIDC Discovery §4) and inserted (RFC 8414 §3).
pub(crate) fn public(edge: Arc<Edge>) -> Router {
    let prefix = issuer_path(edge.service.config.issuer.as_str());
    let mut router = Router::new()
        .route("/token", post(token::exchange).fallback(token::wrong_method))
        .route("/jwks", get(jwks::serve))
        .route("/.well-known/openid-configuration", get(metadata::serve))
        .route("/.well-known/oauth-authorization-server", get(metadata::serve))
        .route("/livez", get(probes::live))
        .route("/readyz", get(probes::ready));
    if !prefix.is_empty() {
        router = router
            .route(&format!("{prefix}/token"), post(token::exchange).fallback(token::wrong_method))
            .route(&format!("{prefix}/jwks"), get(jwks::serve))
            .route(&format!("{prefix}/.well-known/openid-configuration"), get(metadata::serve))
            .route(
                &format!("/.well-known/oauth-authorization-server{prefix}"),
                get(metadata::serve),
            );
    }
    let closing = middleware::from_fn_with_state(Arc::clone(&edge), close_when_draining);
    router.layer(closing).with_state(edge)
}

/// Tells HTTP/1 clients to open their next connection elsewhere; HTTP/2 has a frame for that.
async fn close_when_draining(
    State(edge): State<Arc<Edge>>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let closable = request.version() <= Version::HTTP_11;
    let mut response = next.run(request).await;
    if closable && edge.is_draining() {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// The metrics listener's one route.
pub(crate) fn metrics(edge: Arc<Edge>) -> Router {
    Router::new().route("/metrics", get(probes::metrics)).with_state(edge)
}

/// The path of an issuer, without a trailing slash; empty when it has none.
pub(crate) fn issuer_path(issuer: &str) -> String {
    let path = url::Url::parse(issuer).map(|url| url.path().trim_end_matches('/').to_owned());
    // Braces would be parameters of a route.
    path.ok().filter(|path| !path.contains(['{', '}'])).unwrap_or_default()
}
