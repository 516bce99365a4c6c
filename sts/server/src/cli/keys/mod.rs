//! `sts keys`.

mod change;
mod export;
mod list;
mod rewrap;

use super::ConfigArgument;
use crate::admin;
use crate::config::Config;
use crate::operate::Order;
use crate::output::{Exit, Failure};
use crate::service::StartFault;

/// Commands of `sts keys`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Show every signing key: what it is, since when, until when, and what happens next
    #[command(after_help = "Example: sts keys list --config /etc/sts/sts.yaml")]
    List {
        #[command(flatten)]
        config: ConfigArgument,
        /// Also keys that left the key set in good order
        #[arg(long)]
        all: bool,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Let the next key sign now instead of when its time comes; verifiers hold it already
    #[command(after_help = "Example: sts keys rotate --reason 'quarterly drill' --yes")]
    Rotate {
        /// Only this algorithm; otherwise all that are signed with
        #[arg(long, value_name = "ALGORITHM")]
        algorithm: Option<String>,
        /// At once, although verifiers may not know the next key yet: the way out when no key signs
        #[arg(long)]
        now: bool,
        /// Why, in a few words; the ledger keeps them
        #[arg(long, default_value = "", hide_default_value = true)]
        reason: String,
        #[command(flatten)]
        change: change::Arguments,
    },
    /// Take a key that does not sign out of the key set; its tokens stop verifying
    #[command(after_help = "Example: sts keys revoke KID --reason 'leaked backup' --yes")]
    Revoke {
        /// The key; a thumbprint may begin with a hyphen
        #[arg(allow_hyphen_values = true)]
        kid: String,
        /// Why, in a few words; the ledger keeps them
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        change: change::Arguments,
    },
    /// Take a key that somebody else may have out of the key set, now; the next one signs in its place
    #[command(
        after_help = "Prints every token of the key that still lives: those stop verifying as verifiers fetch the key set.\nExample: sts keys compromise KID --reason 'incident 42' --yes"
    )]
    Compromise {
        /// The key; a thumbprint may begin with a hyphen
        #[arg(allow_hyphen_values = true)]
        kid: String,
        /// Why, in a few words; the ledger keeps them
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        change: change::Arguments,
    },
    /// Seal everything in the store anew, under the key-encryption key that `seal` names first
    #[command(
        after_help = "What another key sealed is opened by seal.previous. Give every replica the new configuration first; what signs goes on signing.\nExample: sts keys rewrap --yes"
    )]
    Rewrap {
        #[command(flatten)]
        change: change::Arguments,
    },
    /// Write the key set, discovery, and the keys of before with times and reasons, signed, as files
    #[command(
        after_help = "For a bucket or a CDN that answers verifiers in the server's place.\nExample: sts keys export public"
    )]
    Export(export::Arguments),
}

/// Runs it.
pub(crate) async fn run(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::List { config, all, json } => {
            let config = load(&config)?;
            let answer = admin::order(&config, &Order::ListKeys).await?;
            list::show(&answer, all, json);
            Ok(Exit::Ok)
        }
        Command::Rotate { algorithm, now, reason, change } => {
            let order = Order::RotateKeys { algorithm, now, reason, yes: change.yes };
            change::run(&change, &order).await
        }
        Command::Revoke { kid, reason, change } => {
            let order = Order::RevokeKey { kid, reason, yes: change.yes };
            change::run(&change, &order).await
        }
        Command::Compromise { kid, reason, change } => {
            let order = Order::CompromiseKey { kid, reason, yes: change.yes };
            change::run(&change, &order).await
        }
        Command::Rewrap { change } => rewrap::run(&change).await,
        Command::Export(arguments) => export::run(&arguments).await,
    }
}

fn load(argument: &ConfigArgument) -> Result<Config, Failure> {
    Ok(Config::load(&argument.config).map_err(StartFault::from)?)
}
