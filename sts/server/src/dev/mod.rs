//! `sts dev`: a whole world on loopback. The server is the ordinary one; what is
//! added is an identity provider to get tokens from, sample documents, and one
//! permitted and one denied exchange to look at.

pub(crate) mod profiles;
mod provider;
mod samples;
mod story;

use crate::cli::serve::{self, Running, Signals, Sockets};
use crate::config::Config;
use crate::http::Shutdown;
use crate::loading::Beginning;
use crate::output::{Exit, Failure, line};
use crate::service::StartFault;
use provider::Provider;
use serde_json::json;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use sts_io::files;
use sts_io::store::SqliteStore;
use tokio::net::TcpListener;

/// What `sts dev` was asked.
pub(crate) struct Options {
    /// Where to listen; loopback only.
    pub listen: SocketAddr,
    /// Where everything is kept.
    pub state_dir: PathBuf,
    /// Stop after the two exchanges.
    pub once: bool,
}

/// Runs until stopped, or after the two exchanges with `--once`.
///
/// # Errors
/// Nothing can be listened on, or the state cannot be used.
pub(crate) async fn run(options: Options) -> Result<Exit, Failure> {
    if !options.listen.ip().is_loopback() {
        let message = format!(
            "--listen {}: sts dev listens on loopback only, as anyone can get a token from it",
            options.listen
        );
        return Err(Failure::usage(format!(
            "{message}\n    help: use 127.0.0.1, or sts serve for a real server"
        )));
    }
    let mut signals = Signals::install()?;
    let public = bind(options.listen).await?;
    let address = public.local_addr().map_err(Failure::unavailable)?;
    let url = format!("http://{address}");
    // The store's lock comes first: a second `sts dev` must not touch the files of the first.
    let store = SqliteStore::open(&options.state_dir.join("state/sts.db"));
    let store = Arc::new(store.map_err(StartFault::from)?);
    let config = prepare(&options.state_dir, &url, address)?;
    let beginning = Beginning::strict(&config).map_err(StartFault::from)?;
    let provider = Arc::new(Provider::new(&url).map_err(Failure::unavailable)?);
    let tls = serve::open_tls(&config)?;
    let sockets = Sockets { public, tls, extra: Some(provider.router()) };
    let (switch, shutdown) = Shutdown::new();
    let running = serve::start(config, beginning, store, sockets, shutdown).await?;
    line(format!("sts dev: {url}   documents and state: {}\n", options.state_dir.display()));
    let told = tokio::select! {
        told = live(&options, &url, &running) => told,
        () = signals.until_stopped(&running) => Ok(()),
    };
    running.stop(&switch).await;
    told.map(|()| Exit::Ok)
}

/// The two exchanges; then, without `--once`, until a signal ends it.
async fn live(options: &Options, url: &str, running: &Running) -> Result<(), Failure> {
    let as_written = story::tell(url, running.edge()).await?;
    if options.once {
        let changed = "the documents decide otherwise than the samples: see above";
        return if as_written { Ok(()) } else { Err(Failure::refused(changed)) };
    }
    line(samples::copy_lines(url, &options.state_dir));
    std::future::pending().await
}

async fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        let help = "another process has it; --listen 127.0.0.1:0 takes any free port";
        Failure::unavailable(format!("cannot listen on {address}: {error}\n    help: {help}"))
    })
}

/// Writes the samples that are not there yet, follows the port in those that
/// are, and says where the server is.
fn prepare(folder: &Path, url: &str, address: SocketAddr) -> Result<Config, Failure> {
    let endpoint = folder.join("endpoint.json");
    let known = files::read_text(&endpoint)
        .ok()
        .and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok());
    let before =
        known.as_ref().and_then(|known| known.get("url")).and_then(serde_json::Value::as_str);
    samples::write(folder, url, &address.to_string(), before).map_err(Failure::unavailable)?;
    let text = json!({ "url": url }).to_string();
    files::write(&endpoint, text.as_bytes(), 0o644).map_err(Failure::unavailable)?;
    let config = Config::load(&folder.join("sts.yaml")).map_err(StartFault::from)?;
    Ok(config)
}
