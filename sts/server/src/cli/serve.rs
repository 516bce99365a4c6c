//! `sts serve`, and what `sts dev` shares with it.

use super::ConfigArgument;
use crate::admin;
use crate::config::{Config, StoreLocation};
use crate::documents::Emptying;
use crate::http::listener::ReloadingTls;
use crate::http::{self, Edge, Listener, Shutdown};
use crate::loading::{self, Beginning};
use crate::output::{Exit, Failure};
use crate::service::{Service, StartFault, open_store};
use crate::telemetry;
use axum::Router;
use std::net::SocketAddr;
use std::sync::Arc;
use sts_core::ports::Store;
use sts_io::files;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::Level;

/// Arguments of `sts serve`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: sts serve --config /etc/sts/sts.yaml
Documents are loaded at start, on SIGHUP and by sts policy load. SIGTERM ends it; running exchanges finish first.
Logs are JSON lines on standard error; STS_LOG=debug says more.")]
pub(crate) struct Arguments {
    #[command(flatten)]
    config: ConfigArgument,
}

/// The public socket, and routes beside the public ones.
pub(crate) struct Sockets {
    /// Bound already, so that the caller knows its port.
    pub public: TcpListener,
    /// Certificate of the public socket.
    pub tls: Option<Arc<ReloadingTls>>,
    /// Routes of `sts dev`.
    pub extra: Option<Router>,
}

/// Runs until SIGTERM or SIGINT.
pub(crate) async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    telemetry::start(Level::INFO);
    let mut signals = Signals::install()?;
    let config = Config::load(&arguments.config.config).map_err(StartFault::from)?;
    // Before anything is created: a first start that fails leaves nothing behind.
    let is_first = matches!(&config.store, StoreLocation::Sqlite(file) if !files::exists(file));
    let first = is_first.then(|| Beginning::strict(&config)).transpose();
    let first = first.map_err(StartFault::from)?;
    let tls = open_tls(&config)?;
    let public = bind(config.listen.public, "listen.public").await?;
    let store = open_store(&config).await.map_err(StartFault::from)?;
    let beginning = match first {
        Some(beginning) => beginning,
        None => loading::begin(&config, store.as_ref()).await?,
    };
    let (switch, shutdown) = Shutdown::new();
    let sockets = Sockets { public, tls, extra: None };
    let running = start(config, beginning, store, sockets, shutdown).await?;
    signals.until_stopped(&running).await;
    tracing::info!("stopping: running exchanges finish first");
    running.stop(&switch).await;
    tracing::info!("stopped");
    Ok(Exit::Ok)
}

/// A server whose listeners run.
pub(crate) struct Running {
    edge: Arc<Edge>,
    listeners: JoinSet<()>,
    background: JoinSet<()>,
}

/// Starts every listener of a configuration.
///
/// # Errors
/// Keys, store or a listener cannot be had.
pub(crate) async fn start(
    config: Config,
    beginning: Beginning,
    store: Arc<dyn Store>,
    sockets: Sockets,
    shutdown: Shutdown,
) -> Result<Running, Failure> {
    let metrics = match config.listen.metrics {
        Some(address) => Some(bind(address, "listen.metrics").await?),
        None => None,
    };
    let service = Service::start(config, beginning, store).await?;
    let administrators = admin::bind(&service.config.listen.admin)?;
    let edge = Arc::new(Edge::new(service));
    announce(&edge, &sockets.public);
    let mut listeners = JoinSet::new();
    let mut background = JoinSet::new();
    let router = http::public(Arc::clone(&edge)).merge(sockets.extra.unwrap_or_default());
    listeners
        .spawn(Listener::new(sockets.public, sockets.tls.clone()).serve(router, shutdown.clone()));
    if let Some(metrics) = metrics {
        let router = http::metrics(Arc::clone(&edge));
        listeners.spawn(Listener::new(metrics, None).serve(router, shutdown.clone()));
    }
    listeners.spawn(admin::serve(administrators, Arc::clone(&edge), shutdown));
    let maintained = Arc::clone(&edge);
    background.spawn(async move { maintained.service.maintain().await });
    let watching = Arc::clone(&edge);
    background.spawn(async move { watching.service.watch_seal().await });
    let following = Arc::clone(&edge);
    background.spawn(async move { following.service.follow_documents().await });
    let counting = Arc::clone(&edge);
    background.spawn(async move { counting.service.summarise().await });
    let key_source = Arc::clone(&edge.service.key_source);
    background.spawn(async move { key_source.keep_fresh().await });
    if let Some(tls) = sockets.tls {
        background.spawn(async move { tls.follow().await });
    }
    Ok(Running { edge, listeners, background })
}

/// Reads the certificate that a configuration names.
///
/// # Errors
/// It cannot be read, or is none.
pub(crate) fn open_tls(config: &Config) -> Result<Option<Arc<ReloadingTls>>, Failure> {
    let tls = config.tls.as_ref().map(ReloadingTls::open).transpose();
    let help = "tls.cert_file and tls.key_file of the configuration name a certificate and its key, in PEM";
    let tls = tls.map_err(|fault| Failure::usage(format!("tls: {fault}\n    help: {help}")))?;
    Ok(tls.map(Arc::new))
}

fn announce(edge: &Edge, public: &TcpListener) {
    let config = &edge.service.config;
    let snapshot = edge.service.app.snapshot.load_full();
    tracing::info!(
        issuer = %config.issuer,
        environment = %config.environment,
        listen = %public.local_addr().map_or_else(|_| config.listen.public.to_string(), |address| address.to_string()),
        snapshot = %snapshot.digest(),
        policies = snapshot.policies().len(),
        "serving"
    );
    if snapshot.policies().is_empty() {
        tracing::warn!(folder = %config.policies.display(), "there is no trust policy: every exchange is denied");
    }
}

impl Running {
    /// The edge that the listeners serve.
    #[must_use]
    pub(crate) const fn edge(&self) -> &Arc<Edge> {
        &self.edge
    }

    /// Readiness says no, listeners stop when clients have moved on, and the
    /// store closes with everything written that was accepted.
    pub(crate) async fn stop(mut self, switch: &watch::Sender<bool>) {
        self.edge.drain();
        let _told = switch.send(true);
        while self.listeners.join_next().await.is_some() {}
        self.background.shutdown().await;
        self.edge.service.write_summaries().await;
    }
}

async fn bind(address: SocketAddr, key: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        let help =
            format!("{key} of the configuration says where to listen; port 0 takes any free one");
        Failure::unavailable(format!("cannot listen on {address}: {error}\n    help: {help}"))
    })
}

/// SIGTERM and SIGINT, caught from the moment this exists.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    /// Installs the handlers; before anything else, so that no signal is lost.
    pub(crate) fn install() -> Result<Self, Failure> {
        let handler = |kind| {
            signal(kind)
                .map_err(|error| Failure::unavailable(format!("no signal handler: {error}")))
        };
        Ok(Self {
            terminate: handler(SignalKind::terminate())?,
            interrupt: handler(SignalKind::interrupt())?,
            hangup: handler(SignalKind::hangup())?,
        })
    }

    /// Returns when the process is to end; SIGHUP loads documents meanwhile.
    pub(crate) async fn until_stopped(&mut self, running: &Running) {
        let mut loads = JoinSet::new();
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return,
                _ = self.interrupt.recv() => return,
                _ = self.hangup.recv() => {
                    let edge = Arc::clone(&running.edge);
                    loads.spawn(async move { edge.service.load_documents("SIGHUP", Emptying::Refused).await });
                }
                Some(_) = loads.join_next() => {}
            }
        }
    }
}
