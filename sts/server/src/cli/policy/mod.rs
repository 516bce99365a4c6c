//! `sts policy`.

mod check;
mod diff;
mod explain;
mod fmt;
mod load;
mod new;
mod pinned;
mod replay;
mod seen;
mod test;
mod unused;
mod who;

use super::ConfigArgument;
use crate::config::Config;
use crate::documents::{self, Emptying};
use crate::output::{Exit, Failure, clean};
use crate::service::StartFault;
use std::path::{Path, PathBuf};
use sts_core::documents::Loaded;
use sts_core::snapshot::Snapshot;
use sts_io::files;
use sts_wire::diagnostic::nearest;
use sts_wire::names::Audience;
use sts_wire::near::differs_only_by;

/// Commands of `sts policy`.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Check every document and run its tests; exits 1 for any fault
    #[command(after_help = "Examples:
  sts policy check
  sts policy check --diff
  sts policy check --against ../proposed/policies --diff
Only --diff without --against, and --unused, ask the server or, when none runs, its store.")]
    Check {
        #[command(flatten)]
        config: ConfigArgument,
        /// The changed policies, in place of those of the configuration
        #[arg(long, value_name = "DIR")]
        against: Option<PathBuf>,
        /// Show what changes, and what that widens: from what is in force to the folders of the configuration,
        /// or, with --against, from those to the changed policies
        #[arg(long)]
        diff: bool,
        /// Name policies by which nobody was permitted for so long, as 90d
        #[arg(long, value_name = "TIME")]
        unused: Option<String>,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Run the tests of policies; exits 1 when one fails
    #[command(after_help = "Examples:
  sts policy test
  sts policy test shop-deploy-prod --junit report.xml")]
    Test {
        #[command(flatten)]
        config: ConfigArgument,
        #[command(flatten)]
        tests: test::Arguments,
    },
    /// Show everyone who can reach an audience, and by which policy
    Who {
        #[command(flatten)]
        config: ConfigArgument,
        #[command(flatten)]
        question: who::Arguments,
    },
    /// Decide recorded exchanges again, by the policies of today or of a proposed change
    Replay {
        #[command(flatten)]
        config: ConfigArgument,
        #[command(flatten)]
        question: replay::Arguments,
    },
    /// Have the running server load its documents anew; SIGHUP does the same
    #[command(after_help = "Example: sts policy load --config /etc/sts/sts.yaml
Exits 1 when documents are at fault: what was in force stays.")]
    Load {
        #[command(flatten)]
        config: ConfigArgument,
        /// Take documents without any policy as well: everyone is denied then
        #[arg(long)]
        accept_empty: bool,
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
    /// Lay documents out in one way, comments and meaning kept
    Fmt {
        #[command(flatten)]
        config: ConfigArgument,
        #[command(flatten)]
        which: fmt::Arguments,
    },
    /// Draft a policy, with its tests, after a token or a decision
    New {
        #[command(flatten)]
        config: ConfigArgument,
        #[command(flatten)]
        draft: new::Arguments,
    },
}

/// Runs it.
pub(super) async fn run(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Check { config, against, diff, unused, json } => {
            let options = check::Options { diff, unused, json };
            check::run(&configuration(&config)?, against.as_deref(), options).await
        }
        Command::Test { config, tests } => test::run(&configuration(&config)?, &tests),
        Command::Who { config, question } => who::run(&configuration(&config)?, &question),
        Command::Replay { config, question } => {
            replay::run(&configuration(&config)?, &question).await
        }
        Command::Load { config, accept_empty, json } => {
            let emptying = if accept_empty { Emptying::Accepted } else { Emptying::Refused };
            load::run(&configuration(&config)?, emptying, json).await
        }
        Command::Explain { config, question } => {
            explain::run(&configuration(&config)?, question).await
        }
        Command::New { config, draft } => new::run(&configuration(&config)?, draft).await,
        Command::Fmt { config, which } => fmt::run(&config, &which),
    }
}

/// Compiles the documents, with another folder of policies where one was named.
fn compile(config: &Config, against: Option<&Path>) -> Result<Loaded, Failure> {
    let loaded = documents::read_from(config, folder(config, against)?);
    Ok(loaded.map_err(StartFault::from)?)
}

/// The folder of policies that is meant.
fn folder<'a>(config: &'a Config, against: Option<&'a Path>) -> Result<&'a Path, Failure> {
    match against {
        Some(named) if !files::exists(named) => {
            let shown = clean(&named.display().to_string(), false);
            Err(Failure::usage(format!("--against: there is no folder {shown}")))
        }
        named => Ok(named.unwrap_or(&config.policies)),
    }
}

/// Says that an audience is not declared, and which one may be meant.
fn undeclared(snapshot: &Snapshot, audience: &Audience) -> String {
    let text = format!("the audience {audience} is not declared");
    match near(snapshot, audience) {
        Some(near) => format!("{text}: did you mean {near}?"),
        None => text,
    }
}

/// The declared audience that differs from this one by a slip of the pen.
fn near<'a>(snapshot: &'a Snapshot, audience: &Audience) -> Option<&'a str> {
    let declared = || snapshot.audiences().iter().map(|spec| spec.audience.as_str());
    let slip = |known: &&str| differs_only_by(known, audience.as_str()).is_some();
    declared().find(slip).or_else(|| nearest(audience.as_str(), declared()))
}

fn configuration(config: &ConfigArgument) -> Result<Config, Failure> {
    Ok(Config::load(&config.config).map_err(StartFault::from)?)
}
