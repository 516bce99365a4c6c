//! Accepting connections: bounded in number, in header time and in handshake
//! time, plain or TLS, and drained when the process is told to stop.

mod first_byte;
mod tls;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tower::ServiceExt as _;

use first_byte::FirstByte;
pub(crate) use tls::ReloadingTls;

/// Most connections at once: each may hold a request body and a buffer, 80 KiB.
const CONNECTIONS_MAX: usize = 4096;
/// Descriptors that connections leave to the store, issuers, administrators and metrics.
const DESCRIPTORS_KEPT: usize = 48;
/// Largest request head in bytes.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Longest time for a connection's first byte and for a request's head to
/// arrive, and longest idle time: long enough for balancers to use one again.
const HEADER_TIME_MAX: Duration = Duration::from_secs(30);
/// Longest time for a TLS handshake.
const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(5);
/// How long clients with open connections are still served after a stop was
/// asked for, each answer telling them to close; it ends when none is left.
const NOTICE_TIME: Duration = Duration::from_secs(2);
/// Longest wait for running requests when the process stops.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(10);
/// Pause after a failed accept, so that running out of descriptors does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The other end of a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub SocketAddr);

/// Tells every listener to stop.
#[derive(Debug, Clone)]
pub(crate) struct Shutdown(watch::Receiver<bool>);

impl Shutdown {
    /// A switch and what listens to it.
    #[must_use]
    pub(crate) fn new() -> (watch::Sender<bool>, Self) {
        let (switch, listening) = watch::channel(false);
        (switch, Self(listening))
    }

    /// Returns when the process is to stop.
    pub(crate) async fn wait(&mut self) {
        // A switch that is gone means the same.
        let _gone = self.0.wait_for(|stop| *stop).await;
    }
}

/// A socket that is bound, and how to speak on it.
pub(crate) struct Listener {
    socket: TcpListener,
    tls: Option<Arc<ReloadingTls>>,
}

impl Listener {
    /// Over a bound socket.
    #[must_use]
    pub(crate) const fn new(socket: TcpListener, tls: Option<Arc<ReloadingTls>>) -> Self {
        Self { socket, tls }
    }

    /// Serves until told to stop. Then clients get [`NOTICE_TIME`] to move on,
    /// while they are still served, and what runs gets [`DRAIN_TIME_MAX`] to end.
    pub(crate) async fn serve(self, router: Router, mut shutdown: Shutdown) {
        let size = room();
        let room = Arc::new(Semaphore::new(size));
        let graceful = GracefulShutdown::new();
        let accepting = self.accept(&router, &room, &graceful);
        let noticed = async {
            shutdown.wait().await;
            // One permit is held for the connection that is waited for.
            let gone = async {
                while room.available_permits().saturating_add(1) < size {
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            };
            let _moved_on = tokio::time::timeout(NOTICE_TIME, gone).await;
        };
        tokio::select! {
            () = accepting => {}
            () = noticed => {}
        }
        drop(self.socket);
        let _drained = tokio::time::timeout(DRAIN_TIME_MAX, graceful.shutdown()).await;
    }

    /// Accepts for ever.
    async fn accept(&self, router: &Router, room: &Arc<Semaphore>, graceful: &GracefulShutdown) {
        loop {
            let permit = Arc::clone(room).acquire_owned().await;
            match self.socket.accept().await {
                Ok((stream, peer)) => {
                    let (router, tls) = (router.clone(), self.tls.clone());
                    let serving = speak(stream, peer, router, tls, graceful.watcher());
                    tokio::spawn(async move {
                        let _room = permit;
                        serving.await;
                    });
                }
                Err(fault) => {
                    tracing::warn!(%fault, "a connection cannot be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

/// How many connections fit, as the process may open only so many descriptors.
fn room() -> usize {
    let descriptors = sts_io::environment::descriptors().saturating_sub(DESCRIPTORS_KEPT);
    descriptors.clamp(1, CONNECTIONS_MAX)
}

/// One connection, from handshake to end.
async fn speak(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    tls: Option<Arc<ReloadingTls>>,
    watcher: Watcher,
) {
    // Answers are small and waited for.
    let _best_effort = stream.set_nodelay(true);
    let Some(tls) = tls else { return connection(stream, peer, router, watcher).await };
    if let Ok(Some(stream)) = tokio::time::timeout(HANDSHAKE_TIME_MAX, tls.accept(stream)).await {
        connection(stream, peer, router, watcher).await;
    }
}

async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    router: Router,
    watcher: Watcher,
) {
    let service = tower::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        router.clone().oneshot(request)
    });
    let stream = FirstByte::within(HEADER_TIME_MAX, stream);
    let mut builder = auto::Builder::new(TokioExecutor::new());
    let http1 = &mut builder.http1();
    http1
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME_MAX)
        .max_buf_size(HEAD_BYTES_MAX);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(Some(Duration::from_secs(20)));
    let serving = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    // A connection that breaks off is the client's affair.
    let _ended = watcher.watch(serving.into_owned()).await;
}
