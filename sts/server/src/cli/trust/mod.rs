//! `sts trust`.

mod add;
mod check;
mod list;
mod pin;

use super::ConfigArgument;
use crate::config::Config;
use crate::output::{Exit, Failure};
use crate::service::StartFault;

/// Commands of `sts trust`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Show every trust bundle, and what the running server knows of its keys; contacts no issuer
    #[command(after_help = "Example: sts trust list --config /etc/sts/sts.yaml")]
    List {
        #[command(flatten)]
        config: ConfigArgument,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Discover an issuer, show what was found, and write a trust bundle
    Add {
        #[command(flatten)]
        config: ConfigArgument,
        #[command(flatten)]
        bundle: Box<add::Arguments>,
    },
    /// Write an issuer's key set to a file beside its trust bundle, for issuers that cannot be reached
    Pin {
        #[command(flatten)]
        config: ConfigArgument,
        #[command(flatten)]
        set: pin::Arguments,
    },
    /// Fetch the key set of every trust bundle, and show from where and what was found
    #[command(after_help = "Examples:
  sts trust check
  sts trust check github-actions --json
Exits 1 when a key set cannot be had.")]
    Check {
        #[command(flatten)]
        config: ConfigArgument,
        /// Only the trust bundle of this name
        name: Option<String>,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
}

/// Runs it.
pub(crate) async fn run(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::List { config, json } => list::run(&load(&config)?, json).await,
        Command::Add { config, bundle } => add::run(&load(&config)?, *bundle).await,
        Command::Pin { config, set } => pin::run(&load(&config)?, set).await,
        Command::Check { config, name, json } => {
            check::run(&load(&config)?, name.as_deref(), json).await
        }
    }
}

fn load(config: &ConfigArgument) -> Result<Config, Failure> {
    Ok(Config::load(&config.config).map_err(StartFault::from)?)
}
