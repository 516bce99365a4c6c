//! Serving administrators.

use super::{
    LEDGER_PATH, LOAD_PATH, ORDERS_PATH, SNAPSHOT_PATH, TOKENS_PATH, TRUST_PATH, documents, ledger,
    orders, trust,
};
use crate::http::{Edge, Shutdown};
use crate::output::Failure;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Response, StatusCode};
use axum::routing::{get, post};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use sts_core::intent::{Intent, Verdict};
use sts_core::ledger::{AdminAction, leaf};
use sts_core::ports::Unavailable;
use sts_io::{environment, files};
use tokio::net::{UnixListener, UnixStream};
use tower::ServiceExt as _;

/// Pause after a failed accept, so that running out of descriptors does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Who is at the other end.
#[derive(Debug, Clone, Copy)]
struct Credentials {
    user: u32,
    process: Option<i32>,
}

/// Binds the socket, readable by its owner only. One that a dead process left
/// behind is replaced.
///
/// # Errors
/// Another server has it, the path is too long, or its folder cannot be written.
pub(crate) fn bind(path: &Path) -> Result<UnixListener, Failure> {
    let help = "listen.admin names the socket: each server has its own, and its path has at most 107 bytes";
    let fault = |error: &dyn std::fmt::Display| {
        Failure::unavailable(format!(
            "cannot listen on {}: {error}\n    help: {help}",
            path.display()
        ))
    };
    if let Some(folder) = path.parent() {
        files::create_folder(folder).map_err(|error| fault(&error))?;
    }
    // Another store's server would lose its administrators without a word.
    if std::os::unix::net::UnixStream::connect(path).is_ok() {
        return Err(fault(&"another server answers there"));
    }
    files::remove(path).map_err(|error| fault(&error))?;
    let socket = UnixListener::bind(path).map_err(|error| fault(&error))?;
    files::restrict(path).map_err(|error| fault(&error))?;
    Ok(socket)
}

/// Serves until told to stop; then removes the socket.
pub(crate) async fn serve(socket: UnixListener, edge: Arc<Edge>, mut shutdown: Shutdown) {
    let path = edge.service.config.listen.admin.clone();
    let router = Router::new()
        .route(LEDGER_PATH, get(ledger::show))
        .route(TRUST_PATH, get(trust::list))
        .route(LOAD_PATH, post(documents::load))
        .route(ORDERS_PATH, post(orders::carry_out))
        .route(&format!("{TOKENS_PATH}/{{kid}}"), get(orders::tokens))
        .route(&format!("{SNAPSHOT_PATH}/{{digest}}"), get(documents::snapshot))
        .with_state(edge);
    loop {
        let accepted = tokio::select! {
            accepted = socket.accept() => accepted,
            () = shutdown.wait() => break,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        if let Some(credentials) = permitted(&stream) {
            tokio::spawn(connection(stream, credentials, router.clone()));
        }
    }
    if let Err(fault) = files::remove(&path) {
        tracing::warn!(%fault, "the admin socket stays behind");
    }
}

/// The owner of this process, and root.
fn permitted(stream: &UnixStream) -> Option<Credentials> {
    let peer = stream.peer_cred().ok()?;
    let user = peer.uid();
    (user == environment::user_id() || user == 0)
        .then_some(Credentials { user, process: peer.pid() })
}

async fn connection(stream: UnixStream, credentials: Credentials, router: Router) {
    let service = tower::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(credentials);
        router.clone().oneshot(request)
    });
    let builder = auto::Builder::new(TokioExecutor::new());
    // A connection that breaks off is the client's affair.
    let _ended =
        builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service)).await;
}

/// Who calls, for the entry.
pub(super) fn caller(request: &Request) -> Value {
    let caller = request.extensions().get::<Credentials>();
    caller.map_or(Value::Null, |caller| json!({"uid": caller.user, "pid": caller.process}))
}

/// Records what an administrator does or reads; returns the index of the entry.
pub(super) async fn record(
    edge: &Edge,
    action: &'static str,
    caller: Value,
) -> Result<u64, Unavailable> {
    let app = &edge.service.app;
    let body = AdminAction { action, caller };
    let fresh = leaf(&app.settings.host, edge.service.clock.now(), "admin", &body);
    let fresh = fresh.map_err(|error| Unavailable(error.to_string()))?;
    let intent = Intent::entry(fresh);
    match app.store.record(intent).await? {
        Verdict::Kept { index } | Verdict::Replayed { index } => Ok(index),
        Verdict::Changed | Verdict::Blocked { .. } => {
            Err(Unavailable("the entry could not be written".to_owned()))
        }
    }
}

/// The call had no entry, so it has no answer.
pub(super) fn refused(fault: &Unavailable) -> Response<Body> {
    let mut response = Response::new(Body::from(fault.to_string()));
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response
}
