//! The `sts` binary: arguments in, one command run, an exit code out.

mod admin;
mod catalogue;
mod cli;
mod config;
mod dev;
mod documents;
mod explain;
mod following;
mod http;
mod keyring;
mod loading;
mod metrics;
mod operate;
mod output;
mod service;
mod summaries;
mod telemetry;

use mimalloc::MiMalloc;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let exit = match cli::run() {
        Ok(exit) => exit,
        Err(failure) => {
            output::note(failure.to_string());
            failure.exit
        }
    };
    output::flush();
    sts_io::pkcs11::end(exit.code());
    exit.code().into()
}
