//! The `sts` binary: arguments in, one command run, an exit code out.

mod admin;
mod catalogue;
mod cli;
mod config;
mod dev;
mod documents;
mod explain;
mod http;
mod keyring;
mod loading;
mod metrics;
mod output;
mod service;
mod summaries;
mod telemetry;

use std::process::ExitCode;

fn main() -> ExitCode {
    let exit = match cli::run() {
        Ok(exit) => exit,
        Err(failure) => {
            output::note(failure.to_string());
            failure.exit
        }
    };
    exit.into()
}
