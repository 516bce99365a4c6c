//! What this process knows of each trust bundle's keys.

use super::server::{caller, record, refused};
use crate::http::Edge;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;
use serde_json::{Value, json};
use std::sync::Arc;
use sts_core::trust::TrustBundle;
use sts_io::key_source::KeySetStatus;

/// Every trust bundle of the documents in force, one a line. Contacts nobody.
pub(super) async fn list(State(edge): State<Arc<Edge>>, request: Request) -> Response<Body> {
    if let Err(fault) = record(&edge, "trust.list", caller(&request)).await {
        return refused(&fault);
    }
    let service = &edge.service;
    let snapshot = service.app.snapshot.load_full();
    let line = |bundle: &Arc<TrustBundle>| {
        format!("{}\n", describe(bundle, Some(&service.key_source.status(bundle))))
    };
    Response::new(Body::from(snapshot.bundles().iter().map(line).collect::<String>()))
}

/// A bundle, with the state of its key set where it is known. Times are in seconds.
#[must_use]
pub(crate) fn describe(bundle: &TrustBundle, status: Option<&KeySetStatus>) -> Value {
    let audiences: Vec<_> = bundle.audiences.iter().map(|audience| audience.as_str()).collect();
    let key_set = status.map(|status| {
        json!({
            "state": status.state.word(), "source": status.source, "keys": status.keys,
            "sha256": status.sha256,
            "age": status.age, "usable_for": status.usable_for, "refresh_in": status.refresh_in,
            "fault": status.fault, "fetches": status.fetches, "failures": status.failures,
        })
    });
    json!({
        "trust_bundle": bundle.name.as_str(), "issuer": bundle.issuer.as_str(),
        "audiences": audiences, "expires": bundle.expires.map(|end| end.to_string()),
        "key_set": key_set,
    })
}
