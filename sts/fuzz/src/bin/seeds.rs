//! Prints the seeds of a target, one a line, in hex: `sts/fuzz/run` makes files of them.

use std::io::Write as _;
use std::process::ExitCode;
use sts_fuzz::target;

fn main() -> ExitCode {
    let Some(target) = std::env::args().nth(1).and_then(|name| target(&name)) else {
        return ExitCode::from(2);
    };
    let mut out = std::io::stdout().lock();
    for seed in (target.seeds)() {
        let hex: String = seed.iter().map(|byte| format!("{byte:02x}")).collect();
        if writeln!(out, "{hex}").is_err() {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
