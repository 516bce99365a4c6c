//! Loading documents, and reading those that decided before.

use super::server::{caller, record, refused};
use super::{ACCEPT_EMPTY, CURRENT_SNAPSHOT};
use crate::documents::Emptying;
use crate::http::Edge;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{Response, StatusCode};
use serde_json::json;
use std::sync::Arc;

/// Loads the documents of the folders; answers what it came to.
pub(super) async fn load(State(edge): State<Arc<Edge>>, request: Request) -> Response<Body> {
    let (action, emptying) = match request.uri().query() {
        Some(ACCEPT_EMPTY) => ("policy.load.empty", Emptying::Accepted),
        _ => ("policy.load", Emptying::Refused),
    };
    if let Err(fault) = record(&edge, action, caller(&request)).await {
        return refused(&fault);
    }
    // A task of its own: it finishes when who asked went away.
    let loading = Arc::clone(&edge);
    let loading =
        tokio::spawn(async move { loading.service.load_documents("asked to", emptying).await });
    match loading.await {
        Ok(report) => Response::new(Body::from(report.to_json().to_string())),
        Err(_) => status(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// A snapshot as the store keeps it.
pub(super) async fn snapshot(
    State(edge): State<Arc<Edge>>,
    Path(digest): Path<String>,
    request: Request,
) -> Response<Body> {
    if let Err(fault) = record(&edge, "snapshot.show", caller(&request)).await {
        return refused(&fault);
    }
    let digest = Some(digest).filter(|digest| digest != CURRENT_SNAPSHOT);
    match edge.service.app.store.snapshot(digest).await {
        Ok(Some(row)) => Response::new(Body::from(json!(row).to_string())),
        Ok(None) => status(StatusCode::NOT_FOUND),
        Err(fault) => refused(&fault),
    }
}

fn status(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
