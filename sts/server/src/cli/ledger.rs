//! `sts ledger`.

use super::ConfigArgument;
use crate::admin;
use crate::config::Config;
use crate::output::{Exit, Failure, clean};
use crate::service::StartFault;
use serde_json::Value;
use std::io::Write as _;

/// Commands of `sts ledger`.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Print every entry, oldest first; the reading is an entry as well
    #[command(after_help = "Examples:
  sts ledger show
  sts ledger show --json | jq 'select(.decision == \"deny\")'
Without a running server the store itself is read.")]
    Show {
        #[command(flatten)]
        config: ConfigArgument,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
}

/// Runs it.
pub(super) async fn run(command: Command) -> Result<Exit, Failure> {
    let Command::Show { config, json } = command;
    let config = Config::load(&config.config).map_err(StartFault::from)?;
    let shown = admin::show_ledger(&config, |line| print(line, json)).await;
    shown.map_err(Failure::unavailable)?;
    Ok(Exit::Ok)
}

fn print(line: &[u8], json: bool) {
    let mut out = std::io::stdout().lock();
    // A reader that went away, as `head` does, ends nothing.
    let _closed = if json { out.write_all(line) } else { writeln!(out, "{}", summary(line)) };
}

/// One line for a person: index, time, what, how it came out.
fn summary(line: &[u8]) -> String {
    let entry: Value = serde_json::from_slice(line).unwrap_or_default();
    let index = entry.get("index").and_then(Value::as_u64).unwrap_or_default();
    let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
    let what = match text("kind") {
        "exchange" => {
            let audience =
                entry.pointer("/request/audience").and_then(Value::as_str).unwrap_or_default();
            let why = [text("policy"), text("reason")].join("");
            format!(
                "{:6} {why}  {} -> {audience}  {}",
                text("decision"),
                text("subject"),
                text("decision_id")
            )
        }
        "key" if text("event") == "created" => {
            format!("created {} signs from {}", text("kid"), text("not_before"))
        }
        "key" => format!("{} {} {}", text("event"), text("kid"), text("reason")),
        "block" => {
            let block = entry.get("block").unwrap_or(&Value::Null);
            let stops = block.get("stops").unwrap_or(&Value::Null);
            format!("{} {stops} {}", text("event"), text("reason"))
        }
        "summary" => format!(
            "{} {} {}",
            entry.get("count").unwrap_or(&Value::Null),
            text("trust_bundle"),
            text("reason")
        ),
        "snapshot" => format!("{} {}", text("event"), text("snapshot")),
        "admin" => format!("{} by {}", text("action"), entry.get("caller").unwrap_or(&Value::Null)),
        other => other.to_owned(),
    };
    let clean = clean(&what, false);
    format!("{index:>8}  {}  {:8} {clean}", text("time"), text("kind"))
}
