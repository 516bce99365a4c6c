//! Asking a running server; with none running, the store itself.

use super::ledger::offline;
use super::{LEDGER_PATH, TRUST_PATH};
use crate::config::Config;
use crate::service::open_store;
use axum::body::Body;
use http_body_util::BodyExt as _;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use sts_core::intent::Intent;
use sts_core::ledger::{AdminAction, Host, leaf};
use sts_core::ports::{Clock as _, Store as _, Unavailable};
use sts_io::clock::SystemClock;
use sts_io::environment;
use sts_io::files;
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
}

/// Hands every entry to `each`, as lines of JSON with a line break.
///
/// # Errors
/// [`AdminFault`].
pub(crate) async fn show_ledger(
    config: &Config,
    each: impl FnMut(&[u8]),
) -> Result<(), AdminFault> {
    match UnixStream::connect(&config.listen.admin).await {
        Ok(stream) => ask(stream, LEDGER_PATH, each).await,
        Err(_) => read_store(config, each).await,
    }
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
    ask(stream, TRUST_PATH, |bytes| text.extend_from_slice(bytes)).await?;
    let states = serde_json::Deserializer::from_slice(&text).into_iter();
    let states: Result<Vec<Value>, _> = states.collect();
    states.map(Some).map_err(|error| AdminFault::Server(error.to_string()))
}

async fn ask(
    stream: UnixStream,
    path: &str,
    mut each: impl FnMut(&[u8]),
) -> Result<(), AdminFault> {
    let fault = |error: &dyn std::fmt::Display| AdminFault::Server(error.to_string());
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| fault(&error))?;
    tokio::spawn(connection);
    let request = hyper::Request::builder().uri(path).header("host", "admin").body(Body::empty());
    let response = sender
        .send_request(request.map_err(|error| fault(&error))?)
        .await
        .map_err(|error| fault(&error))?;
    let status = response.status();
    if !status.is_success() {
        return Err(AdminFault::Server(format!("it answered {status}")));
    }
    let mut body = response.into_body();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| fault(&error))?;
        if let Some(lines) = frame.data_ref() {
            each(lines);
        }
    }
    Ok(())
}

/// Reading is an entry here too, by the user of this process.
async fn read_store(config: &Config, each: impl FnMut(&[u8])) -> Result<(), AdminFault> {
    if !files::exists(&config.store) {
        return Err(AdminFault::NoStore(config.store.display().to_string()));
    }
    let store = open_store(config)?;
    let host = Host { environment: config.environment.clone(), replica: "offline".to_owned() };
    let caller = json!({"uid": environment::user_id(), "pid": environment::process_id()});
    let body = AdminAction { action: "ledger.show", caller };
    let fresh = leaf(&host, SystemClock.now(), "admin", &body)
        .map_err(|error| Unavailable(error.to_string()))?;
    store.record(Intent::entry(fresh)).await?;
    Ok(offline(&store, each).await?)
}
