//! Orders of operators over the socket.

use super::server::{caller, record, refused};
use crate::http::Edge;
use crate::operate::{Asked, Order, OrderFault, live_tokens};
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::{Response, StatusCode};
use std::sync::Arc;

/// Largest order in bytes: a reason of a few sentences fits.
const ORDER_BYTES_MAX: usize = 64 * 1024;

/// Carries out an order; answers what it came to.
pub(super) async fn carry_out(State(edge): State<Arc<Edge>>, request: Request) -> Response<Body> {
    let caller = caller(&request);
    let body = to_bytes(request.into_body(), ORDER_BYTES_MAX).await.unwrap_or_default();
    let order: Order = match serde_json::from_slice(&body) {
        Ok(order) => order,
        Err(error) => return told(StatusCode::BAD_REQUEST, error.to_string()),
    };
    if let Err(fault) = record(&edge, order.action(), caller.clone()).await {
        return refused(&fault);
    }
    // A task of its own: it finishes when who asked went away.
    let asked = Asked { caller, now: edge.service.clock.now() };
    let work = tokio::spawn(async move { edge.service.carry_out(&order, &asked).await });
    match work.await {
        Ok(Ok(answer)) => told(StatusCode::OK, answer.to_string()),
        Ok(Err(OrderFault::Unavailable(fault))) => refused(&fault),
        Ok(Err(fault)) => told(StatusCode::CONFLICT, fault.to_string()),
        Err(_) => told(StatusCode::INTERNAL_SERVER_ERROR, String::new()),
    }
}

/// The tokens of a key that still live, one a line.
pub(super) async fn tokens(
    State(edge): State<Arc<Edge>>,
    Path(kid): Path<String>,
    request: Request,
) -> Response<Body> {
    if let Err(fault) = record(&edge, "keys.tokens", caller(&request)).await {
        return refused(&fault);
    }
    let mut lines = String::new();
    let now = edge.service.clock.now();
    let each = |token: serde_json::Value| {
        lines.push_str(&token.to_string());
        lines.push('\n');
    };
    match live_tokens(&edge.service.app.store, &kid, now, each).await {
        Ok(()) => told(StatusCode::OK, lines),
        Err(fault) => refused(&fault),
    }
}

fn told(status: StatusCode, text: String) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response
}
