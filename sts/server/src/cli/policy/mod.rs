//! `sts policy`.

mod check;
mod explain;

use super::ConfigArgument;
use crate::config::Config;
use crate::output::{Exit, Failure};
use crate::service::StartFault;
use std::path::PathBuf;

/// Commands of `sts policy`.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Check every document and run its tests; exits 1 for any fault
    Check {
        #[command(flatten)]
        config: ConfigArgument,
        /// Another folder of policies
        #[arg(long, value_name = "DIR")]
        against: Option<PathBuf>,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Say why a decision was made, or what policies make of a token
    Explain {
        #[command(flatten)]
        config: ConfigArgument,
        #[command(flatten)]
        question: explain::Arguments,
    },
}

/// Runs it.
pub(super) async fn run(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Check { config, against, json } => {
            check::run(&load(&config)?, against.as_ref(), json)
        }
        Command::Explain { config, question } => explain::run(&load(&config)?, question).await,
    }
}

fn load(config: &ConfigArgument) -> Result<Config, Failure> {
    Ok(Config::load(&config.config).map_err(StartFault::from)?)
}
