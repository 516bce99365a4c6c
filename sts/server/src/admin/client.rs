//! Asking a running server; with none running, the store itself.

use super::ledger::offline;
use super::lines::Lines;
use super::{
    ACCEPT_EMPTY, CURRENT_SNAPSHOT, LEDGER_PATH, LOAD_PATH, ORDERS_PATH, SNAPSHOT_PATH,
    TOKENS_PATH, TRUST_PATH,
};
use crate::config::Config;
use crate::documents::Emptying;
use crate::operate::{Asked, Operator, Order, OrderFault, live_tokens};
use crate::output::Failure;
use crate::service::{load_snapshot, open_used_store};
use axum::body::Body;
use axum::http::{Method, StatusCode};
use http_body_util::BodyExt as _;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::sync::Arc;
use sts_core::intent::Intent;
use sts_core::ledger::{AdminAction, Host, leaf};
use sts_core::ports::{Clock as _, SnapshotRow, Store, Unavailable};
use sts_io::clock::SystemClock;
use sts_io::entropy::SystemEntropy;
use sts_io::environment;
use sts_io::store::OpenFault;
use tokio::net::UnixStream;

/// An administrator's call had no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AdminFault {
    /// The server does not answer as it should.
    #[error("the server does not answer: {0}")]
    Server(String),
    /// No server runs, and the store cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenFault),
    /// There is no store yet.
    #[error("there is no store at {0}: no server has run with this configuration")]
    NoStore(String),
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
    /// It was refused, and nothing was done.
    #[error("{0}")]
    Refused(String),
}

impl From<AdminFault> for Failure {
    fn from(fault: AdminFault) -> Self {
        match fault {
            AdminFault::Refused(_) => Self::refused(fault),
            _ => Self::unavailable(fault),
        }
    }
}

/// Has an order carried out; what it came to.
///
/// # Errors
/// [`AdminFault`].
pub(crate) async fn order(config: &Config, order: &Order) -> Result<Value, AdminFault> {
    let Ok(stream) = UnixStream::connect(&config.listen.admin).await else {
        let store = recorded(config, order.action()).await?;
        let entropy = Arc::new(SystemEntropy::default());
        let mut operator = Operator::new(config, store, offline_host(config), entropy);
        operator.snapshot = load_snapshot(config).ok().map(Arc::new);
        let asked = Asked { caller: offline_caller(), now: SystemClock.now() };
        return operator.carry_out(order, &asked).await.map_err(|fault| match fault {
            OrderFault::Unavailable(fault) => AdminFault::Store(fault),
            other => AdminFault::Refused(other.to_string()),
        });
    };
    let body = json!(order).to_string();
    let mut text = Vec::new();
    let each = |bytes: &[u8]| text.extend_from_slice(bytes);
    send(stream, (Method::POST, ORDERS_PATH, body), each).await?;
    serde_json::from_slice(&text).map_err(|error| AdminFault::Server(error.to_string()))
}

/// Hands every token of a key that still lives to `each`, as a line of JSON.
///
/// # Errors
/// [`AdminFault`].
pub(crate) async fn show_tokens(
    config: &Config,
    kid: &str,
    mut each: impl FnMut(&[u8]),
) -> Result<(), AdminFault> {
    let Ok(stream) = UnixStream::connect(&config.listen.admin).await else {
        let store = recorded(config, "keys.tokens").await?;
        let line = |token: Value| each(token.to_string().as_bytes());
        return Ok(live_tokens(&store, kid, SystemClock.now(), line).await?);
    };
    let mut lines = Lines::default();
    let piece = |piece: &[u8]| lines.feed(piece, &mut each);
    ask(stream, Method::GET, &format!("{TOKENS_PATH}/{kid}"), piece).await.map(|_| ())
}

/// Hands every entry to `each`, as a line of JSON with its line break.
///
/// # Errors
/// [`AdminFault`].
pub(crate) async fn show_ledger(
    config: &Config,
    mut each: impl FnMut(&[u8]),
) -> Result<(), AdminFault> {
    let mut lines = Lines::default();
    match UnixStream::connect(&config.listen.admin).await {
        Ok(stream) => {
            let piece = |piece: &[u8]| lines.feed(piece, &mut each);
            ask(stream, Method::GET, LEDGER_PATH, piece).await.map(|_| ())
        }
        Err(_) => {
            let store = recorded(config, "ledger.show").await?;
            Ok(offline(store.as_ref(), each).await?)
        }
    }
}

/// The documents of a snapshot, or of the one in force; none that never was.
///
/// # Errors
/// [`AdminFault`].
pub(crate) async fn snapshot_row(
    config: &Config,
    digest: Option<&str>,
) -> Result<Option<SnapshotRow>, AdminFault> {
    let Ok(stream) = UnixStream::connect(&config.listen.admin).await else {
        let store = recorded(config, "snapshot.show").await?;
        return Ok(store.snapshot(digest.map(str::to_owned)).await?);
    };
    let mut text = Vec::new();
    let path = format!("{SNAPSHOT_PATH}/{}", digest.unwrap_or(CURRENT_SNAPSHOT));
    if !ask(stream, Method::GET, &path, |bytes| text.extend_from_slice(bytes)).await? {
        return Ok(None);
    }
    serde_json::from_slice(&text).map(Some).map_err(|error| AdminFault::Server(error.to_string()))
}

/// Has a running server load its documents; what it came to, or none when no server answers.
///
/// # Errors
/// [`AdminFault`].
pub(crate) async fn load_documents(
    config: &Config,
    emptying: Emptying,
) -> Result<Option<Value>, AdminFault> {
    let Ok(stream) = UnixStream::connect(&config.listen.admin).await else {
        return Ok(None);
    };
    let mut text = Vec::new();
    let path = match emptying {
        Emptying::Refused => LOAD_PATH.to_owned(),
        Emptying::Accepted => format!("{LOAD_PATH}?{ACCEPT_EMPTY}"),
    };
    ask(stream, Method::POST, &path, |bytes| text.extend_from_slice(bytes)).await?;
    serde_json::from_slice(&text).map(Some).map_err(|error| AdminFault::Server(error.to_string()))
}

/// What a running server knows of its trust bundles, one object each; none when no server answers.
///
/// # Errors
/// [`AdminFault`].
pub(crate) async fn trust_states(config: &Config) -> Result<Option<Vec<Value>>, AdminFault> {
    let Ok(stream) = UnixStream::connect(&config.listen.admin).await else {
        return Ok(None);
    };
    let mut text = Vec::new();
    ask(stream, Method::GET, TRUST_PATH, |bytes| text.extend_from_slice(bytes)).await?;
    let states = serde_json::Deserializer::from_slice(&text).into_iter();
    let states: Result<Vec<Value>, _> = states.collect();
    states.map(Some).map_err(|error| AdminFault::Server(error.to_string()))
}

/// Whether what was asked for exists.
async fn ask(
    stream: UnixStream,
    method: Method,
    path: &str,
    each: impl FnMut(&[u8]),
) -> Result<bool, AdminFault> {
    send(stream, (method, path, String::new()), each).await
}

/// The same with a body to send.
async fn send(
    stream: UnixStream,
    (method, path, body): (Method, &str, String),
    mut each: impl FnMut(&[u8]),
) -> Result<bool, AdminFault> {
    let fault = |error: &dyn std::fmt::Display| AdminFault::Server(error.to_string());
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| fault(&error))?;
    tokio::spawn(connection);
    let request = hyper::Request::builder().method(method).uri(path).header("host", "admin");
    let request = request.body(Body::from(body)).map_err(|error| fault(&error))?;
    let response = sender.send_request(request).await.map_err(|error| fault(&error))?;
    let status = response.status();
    if status == StatusCode::NOT_FOUND {
        return Ok(false);
    }
    let mut body = response.into_body();
    if !status.is_success() {
        let text = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        return Err(match status {
            StatusCode::CONFLICT => AdminFault::Refused(text),
            _ => AdminFault::Server(format!("it answered {status} {text}")),
        });
    }
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| fault(&error))?;
        if let Some(piece) = frame.data_ref() {
            each(piece);
        }
    }
    Ok(true)
}

/// The store that no server holds, once the action is an entry, by the user of this process.
async fn recorded(config: &Config, action: &'static str) -> Result<Arc<dyn Store>, AdminFault> {
    let store = open_used_store(config).await?;
    let store = store.ok_or_else(|| AdminFault::NoStore(config.store.to_string()))?;
    let body = AdminAction { action, caller: offline_caller() };
    let fresh = leaf(&offline_host(config), SystemClock.now(), "admin", &body)
        .map_err(|error| Unavailable(error.to_string()))?;
    store.record(Intent::entry(fresh)).await?;
    Ok(store)
}

/// Who writes entries while no server runs.
fn offline_host(config: &Config) -> Host {
    Host { environment: config.environment.clone(), replica: "offline".to_owned() }
}

/// The user of this process.
fn offline_caller() -> Value {
    json!({"uid": environment::user_id(), "pid": environment::process_id()})
}
