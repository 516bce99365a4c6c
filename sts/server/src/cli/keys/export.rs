//! `sts keys export`: what verifiers fetch, as files.

use crate::admin;
use crate::cli::ConfigArgument;
use crate::operate::Order;
use crate::output::{Exit, Failure, line, note};
use serde_json::{Value, json};
use std::path::PathBuf;
use sts_io::files;

/// Permissions of what everybody may read.
const PUBLIC: u32 = 0o644;

/// Arguments of `sts keys export`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    config: ConfigArgument,
    /// Folder that the files are written to, at the paths of their URLs
    folder: PathBuf,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub(super) async fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let config = super::load(&arguments.config)?;
    let answer = admin::order(&config, &Order::ExportKeys).await?;
    let mut written = Vec::new();
    // The key set first: discovery must not lead to keys that are not there yet.
    let files = answer.get("files").and_then(Value::as_object).into_iter().flatten();
    let mut files: Vec<_> = files.filter_map(|(name, text)| Some((name, text.as_str()?))).collect();
    files.sort_by_key(|(name, _)| name.contains(".well-known"));
    for (name, text) in files {
        let path = arguments.folder.join(name);
        files::write(&path, text.as_bytes(), PUBLIC).map_err(Failure::unavailable)?;
        written.push(path.display().to_string());
    }
    let max_age = answer.get("max_age_s").and_then(Value::as_u64).unwrap_or_default();
    let stale = answer.get("stale_if_error_s").and_then(Value::as_u64).unwrap_or_default();
    let again_by = answer.get("again_by").and_then(Value::as_str).unwrap_or_default();
    if arguments.json {
        let told = json!({"written": written, "max_age_s": max_age, "stale_if_error_s": stale, "again_by": again_by});
        line(told.to_string());
        return Ok(Exit::Ok);
    }
    for path in written {
        line(format!("written: {path}"));
    }
    note(format!(
        "serve the key set with Cache-Control: public, max-age={max_age}, stale-if-error={stale}\n\
         export again by {again_by}, and after every sts keys compromise or revoke: verifiers must know a key before it signs"
    ));
    Ok(Exit::Ok)
}
