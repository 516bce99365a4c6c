//! Serving administrators.

use super::LEDGER_PATH;
use crate::http::{Edge, Shutdown};
use crate::output::Failure;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{Response, StatusCode};
use axum::routing::get;
use futures_util::stream;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use sts_core::intent::{Guard, Intent, Verdict};
use sts_core::ledger::{AdminAction, leaf};
use sts_core::ports::{Store as _, Unavailable};
use sts_io::limits::READ_BATCH_MAX;
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
/// behind is replaced: the store's lock says that no other server lives.
///
/// # Errors
/// The path is too long, or its folder cannot be written.
pub(crate) fn bind(path: &Path) -> Result<UnixListener, Failure> {
    let fault = |error: &dyn std::fmt::Display| {
        Failure::unavailable(format!(
            "cannot listen on {}: {error} (listen.admin; a socket's path has at most 107 bytes)",
            path.display()
        ))
    };
    if let Some(folder) = path.parent() {
        files::create_folder(folder).map_err(|error| fault(&error))?;
    }
    files::remove(path).map_err(|error| fault(&error))?;
    let socket = UnixListener::bind(path).map_err(|error| fault(&error))?;
    files::restrict(path).map_err(|error| fault(&error))?;
    Ok(socket)
}

/// Serves until told to stop; then removes the socket.
pub(crate) async fn serve(socket: UnixListener, edge: Arc<Edge>, mut shutdown: Shutdown) {
    let path = edge.service.config.listen.admin.clone();
    let router = Router::new().route(LEDGER_PATH, get(ledger)).with_state(edge);
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

/// Every entry, one a line, up to the one that this call itself adds.
async fn ledger(State(edge): State<Arc<Edge>>, request: Request) -> Response<Body> {
    let caller = request.extensions().get::<Credentials>();
    let caller =
        caller.map_or(Value::Null, |caller| json!({"uid": caller.user, "pid": caller.process}));
    match record(&edge, "ledger.show", caller).await {
        Ok(last) => Response::new(Body::from_stream(entries(edge, last))),
        Err(fault) => {
            let mut response = Response::new(Body::from(fault.to_string()));
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            response
        }
    }
}

/// Records what an administrator does or reads; returns the index of the entry.
async fn record(edge: &Edge, action: &'static str, caller: Value) -> Result<u64, Unavailable> {
    let app = &edge.service.app;
    let body = AdminAction { action, caller };
    let fresh = leaf(&app.settings.host, edge.service.clock.now(), "admin", &body);
    let fresh = fresh.map_err(|error| Unavailable(error.to_string()))?;
    let intent = Intent { guard: Guard::default(), replay: None, fresh, replayed: Vec::new() };
    match app.store.record(intent).await? {
        Verdict::Kept { index } | Verdict::Replayed { index } => Ok(index),
        Verdict::Changed => Err(Unavailable("the entry could not be written".to_owned())),
    }
}

/// Batches of lines: the store serves exchanges in between.
fn entries(
    edge: Arc<Edge>,
    last: u64,
) -> impl stream::Stream<Item = Result<Bytes, Unavailable>> + Send {
    stream::try_unfold((edge, 0_u64), move |(edge, from)| async move {
        if from > last {
            return Ok(None);
        }
        let left = last.saturating_sub(from).saturating_add(1);
        let batch = edge.service.store.entries(from, left.min(READ_BATCH_MAX)).await?;
        let next =
            batch.last().map_or(last.saturating_add(1), |(index, _)| index.saturating_add(1));
        let lines: Vec<u8> = batch.iter().flat_map(|(index, leaf)| line(*index, leaf)).collect();
        Ok(Some((Bytes::from(lines), (edge, next))))
    })
}

/// The leaf's own bytes with its index as a first member: without it, what is
/// shown is what is kept.
pub(super) fn line(index: u64, leaf: &[u8]) -> Vec<u8> {
    let members = leaf.strip_prefix(b"{").unwrap_or(leaf);
    [format!("{{\"index\":{index},").as_bytes(), members, b"\n"].concat()
}

/// The same lines straight from a store that no server holds.
pub(super) async fn offline(
    store: &sts_io::store::SqliteStore,
    mut each: impl FnMut(&[u8]),
) -> Result<(), Unavailable> {
    let mut from = 0;
    loop {
        let batch = store.entries(from, READ_BATCH_MAX).await?;
        let Some((last, _)) = batch.last() else {
            return Ok(());
        };
        from = last.saturating_add(1);
        batch.iter().for_each(|(index, leaf)| each(&line(*index, leaf)));
    }
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn a_line_is_the_entry_and_its_index() {
        let shown = line(7, br#"{"decision":"permit","time":"x"}"#);
        assert_eq!(shown, b"{\"index\":7,\"decision\":\"permit\",\"time\":\"x\"}\n");
    }
}
