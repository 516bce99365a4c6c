//! `POST /token` (RFC 8693).

mod body;

use super::answer;
use super::{Edge, source};
use crate::service::Service;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Response, StatusCode, header};
use body::Fault;
use std::sync::Arc;
use std::time::Instant;
use sts_core::exchange::{Caller, Permitted, Refused};
use sts_core::ids::DecisionId;
use sts_core::reason::Reason;
use sts_io::clock::monotonic;
use sts_wire::time::Timestamp;
use sts_wire::token_exchange::{RequestFault, TokenExchangeRequest};

/// Exchanges a token.
pub(super) async fn exchange(State(edge): State<Arc<Edge>>, request: Request) -> Response<Body> {
    let started = monotonic();
    let now = edge.service.clock.now();
    let Ok(id) = DecisionId::new(now, edge.service.app.entropy.as_ref()) else {
        return bare(StatusCode::SERVICE_UNAVAILABLE);
    };
    let caller = source::caller(&request, &edge.service.config.trusted_proxies);
    let exchanged = match body::read(request).await {
        Ok(request) => run(Arc::clone(&edge), id, now, request, caller).await,
        Err(fault) => Err(fault),
    };
    report(&edge.service, &id, started, &exchanged);
    match exchanged {
        Ok(permitted) => answer::json(StatusCode::OK, &permitted.issued),
        Err(Fault::UnsupportedMediaType) => refuse_with(StatusCode::UNSUPPORTED_MEDIA_TYPE, &id),
        Err(Fault::Refused(refused)) => answer::refuse(&id, &refused),
    }
}

/// Any other method on the same path.
pub(super) async fn wrong_method(State(edge): State<Arc<Edge>>) -> Response<Body> {
    let Ok(id) = DecisionId::new(edge.service.clock.now(), edge.service.app.entropy.as_ref())
    else {
        return bare(StatusCode::SERVICE_UNAVAILABLE);
    };
    let mut response = refuse_with(StatusCode::METHOD_NOT_ALLOWED, &id);
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
    response
}

/// Once an exchange has begun it finishes, also when the client goes away: it
/// runs in a task of its own, and what was recorded is never half done.
async fn run(
    edge: Arc<Edge>,
    id: DecisionId,
    now: Timestamp,
    request: TokenExchangeRequest,
    caller: Caller,
) -> Result<Permitted, Fault> {
    let work = async move { edge.service.app.exchange(id, now, &request, caller).await };
    match tokio::spawn(work).await {
        Ok(exchanged) => exchanged.map_err(Fault::Refused),
        Err(_) => {
            let detail = Some("the exchange panicked: please report this".to_owned());
            Err(Fault::Refused(Refused { detail, ..Refused::because(Reason::Unavailable) }))
        }
    }
}

/// One event for each request. Its texts are ours: of the caller's, it names an audience that nobody declares.
fn report(
    service: &Service,
    id: &DecisionId,
    started: Instant,
    exchanged: &Result<Permitted, Fault>,
) {
    let took = started.elapsed();
    let duration_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    match exchanged {
        Ok(permitted) => {
            let (bundle, policy) = (permitted.bundle.as_str(), permitted.policy.as_str());
            service.metrics.exchange(Some(bundle), "permit", took);
            service.metrics.watched(&permitted.watched);
            tracing::info!(decision_id = %id, decision = "permit", trust_bundle = bundle, policy, duration_us, "exchange");
        }
        Err(fault) => {
            let refused = fault.refused();
            let bundle = refused.bundle.as_ref().map(|name| name.as_str());
            let (reason, detail) = (refused.reason.as_str(), refused.detail.as_deref());
            service.metrics.exchange(bundle, reason, took);
            service.metrics.watched(&refused.watched);
            if !refused.recorded {
                service.count_unrecorded(refused.bundle.as_ref(), refused.reason);
            }
            tracing::info!(decision_id = %id, decision = "deny", reason, trust_bundle = bundle, detail, duration_us, "exchange");
        }
    }
}

fn refuse_with(status: StatusCode, id: &DecisionId) -> Response<Body> {
    answer::refuse_with(status, id, &Refused::because(Reason::MalformedRequest))
}

/// An answer without randomness to name it by.
fn bare(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

impl From<RequestFault> for Fault {
    fn from(fault: RequestFault) -> Self {
        let reason = match fault {
            RequestFault::Malformed => Reason::MalformedRequest,
            RequestFault::GrantType => Reason::UnsupportedGrantType,
            RequestFault::TokenType => Reason::UnsupportedTokenType,
            RequestFault::Target => Reason::MalformedTarget,
            RequestFault::Scope => Reason::ScopeNotGranted,
            RequestFault::ClientCredentials => Reason::ClientRejected,
            RequestFault::TooLarge => Reason::TooLarge,
        };
        Self::Refused(Refused { detail: Some(fault.to_string()), ..Refused::because(reason) })
    }
}
