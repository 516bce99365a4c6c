//! The command line: one command a file.

mod block;
mod dev;
mod exchange;
mod inspect;
mod keys;
mod ledger;
mod policy;
mod quoting;
pub(crate) mod serve;
mod trust;

use crate::output::{Exit, Failure, clean};
use clap::{Parser, Subcommand};
use std::path::PathBuf;
use sts_core::snapshot::Snapshot;
use sts_wire::diagnostic::nearest;

/// Exchanges the OIDC token a workload already has for a credential that is
/// scoped to one audience and lives for minutes.
#[derive(Debug, Parser)]
#[command(
    name = "sts",
    version,
    max_term_width = 100,
    after_help = "Begin with: sts dev\nExit codes: 0 ok; 1 refused, or a check failed; 2 usage or configuration; 3 unavailable."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Try everything on loopback: server, identity provider and sample documents
    Dev(dev::Arguments),
    /// Run a server: exchange, key set, discovery; until SIGTERM
    Serve(serve::Arguments),
    /// Exchange the token of this workload for one for an audience
    Exchange(exchange::Arguments),
    /// Show what a token says, and what is unusual about it; contacts nobody
    Inspect(inspect::Arguments),
    /// See and change the keys that we sign with
    Keys {
        #[command(subcommand)]
        command: keys::Command,
    },
    /// Stop exchanges at once, whatever the documents say
    Block {
        #[command(subcommand)]
        command: block::Command,
    },
    /// Read the ledger: what was decided, and what administrators did
    Ledger {
        #[command(subcommand)]
        command: ledger::Command,
    },
    /// Work on trust bundles: whose tokens count
    Trust {
        #[command(subcommand)]
        command: trust::Command,
    },
    /// Work on trust policies: who may have what
    Policy {
        #[command(subcommand)]
        command: policy::Command,
    },
}

/// The configuration that a command works with.
#[derive(Debug, clap::Args)]
pub(crate) struct ConfigArgument {
    /// Configuration file
    #[arg(long, default_value = "sts.yaml", value_name = "FILE")]
    pub config: PathBuf,
}

/// Most names of a kind that are listed for someone who named another.
const NAMES_LISTED_MAX: usize = 10;

/// What a person named is not there: the nearest that is, or all when they are few.
pub(crate) fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str>) -> Failure {
    let known: Vec<_> = known.collect();
    let help = match (nearest(name, known.iter().copied()), known.len()) {
        (Some(near), _) => format!("did you mean {near}?"),
        (None, 0) => "there is none at all".to_owned(),
        (None, 1..=NAMES_LISTED_MAX) => format!("there is {}", known.join(", ")),
        (None, more) => format!("there are {more} others"),
    };
    Failure::usage(format!("there is no {what} {}\n    help: {help}", clean(name, false)))
}

/// [`unknown`], of a trust bundle.
pub(crate) fn unknown_bundle(snapshot: &Snapshot, name: &str) -> Failure {
    unknown("trust bundle", name, snapshot.bundles().iter().map(|bundle| bundle.name.as_str()))
}

/// Runs the command that the arguments name.
///
/// # Errors
/// What to say, and how to exit.
pub(crate) fn run() -> Result<Exit, Failure> {
    match Arguments::parse().command {
        Command::Dev(arguments) => wait(dev::run(arguments)),
        Command::Serve(arguments) => wait(serve::run(arguments)),
        Command::Exchange(arguments) => wait(exchange::run(arguments)),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Keys { command } => wait(keys::run(command)),
        Command::Block { command } => wait(block::run(command)),
        Command::Ledger { command } => wait(ledger::run(command)),
        Command::Trust { command } => wait(trust::run(command)),
        Command::Policy { command } => wait(policy::run(command)),
    }
}

/// Runs a command that waits for the world.
fn wait(work: impl Future<Output = Result<Exit, Failure>>) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::unavailable(format!("no runtime: {error}")))?;
    let done = runtime.block_on(work);
    // What is still running belongs to clients that were given up.
    runtime.shutdown_background();
    done
}
