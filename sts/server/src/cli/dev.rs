//! `sts dev`.

use crate::dev;
use crate::output::{Exit, Failure};
use crate::telemetry;
use std::net::SocketAddr;
use std::path::PathBuf;
use tracing::Level;

/// Arguments of `sts dev`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sts dev
  sts dev --listen 127.0.0.1:0 --state-dir /tmp/sts
Once written, the documents are yours to change; sts policy load puts them in force. Remove the folder to begin anew.")]
pub(super) struct Arguments {
    /// Address to listen on: loopback only; port 0 takes any free one
    #[arg(long, default_value = "127.0.0.1:8400", value_name = "ADDRESS", value_parser = address)]
    listen: SocketAddr,
    /// Folder of the sample documents, the store and endpoint.json
    #[arg(long, default_value = ".sts-dev", value_name = "DIR")]
    state_dir: PathBuf,
    /// Stop after one permitted and one denied exchange
    #[arg(long)]
    once: bool,
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "it is an address and a port, like 127.0.0.1:8400")
}

/// Runs it.
pub(super) async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    telemetry::start(Level::WARN);
    let Arguments { listen, state_dir, once } = arguments;
    dev::run(dev::Options { listen, state_dir, once }).await
}
