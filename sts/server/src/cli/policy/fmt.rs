//! `sts policy fmt`: documents in one layout, which says what they said before.

use super::ConfigArgument;
use crate::output::{Exit, Failure, clean, line, note};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use sts_core::documents::{FormatFault, format};
use sts_io::files::{self, FileFault};

/// Permission to write, of whomever.
const WRITABLE: u32 = 0o222;

/// Arguments of `sts policy fmt`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sts policy fmt --check
  sts policy fmt policies/shop/deploy.yaml
Comments stay, and what a document says never changes: what is written in a way that is not understood is left alone.")]
#[group(skip)]
pub(crate) struct Arguments {
    /// Files of documents; default: all of the two folders of the configuration
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Write nothing; exits 1 when a file would change
    #[arg(long)]
    check: bool,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// Where a document is, and its text, or why it cannot be read.
type Found = (PathBuf, Result<String, FileFault>);

/// What became of a file.
enum Outcome {
    Same,
    Changed,
    Left(String),
    /// It cannot be written.
    Unwritten(String),
}

/// Runs it.
pub(super) fn run(config: &ConfigArgument, asked: &Arguments) -> Result<Exit, Failure> {
    let files = if asked.files.is_empty() { all(config)? } else { named(&asked.files)? };
    let mut changed = Vec::new();
    let mut left = Vec::new();
    let mut unwritten = false;
    for (path, text) in &files {
        let shown = path.display().to_string();
        let outcome = match text {
            Ok(text) => one(path, &shown, text, asked.check),
            Err(unreadable) => Outcome::Left(unreadable.to_string()),
        };
        match outcome {
            Outcome::Same => {}
            Outcome::Changed => changed.push(shown),
            Outcome::Left(why) => left.push((shown, why)),
            // The others are laid out all the same, and told.
            Outcome::Unwritten(why) => {
                unwritten = true;
                left.push((shown, why));
            }
        }
    }
    if asked.json {
        let left: Vec<Value> =
            left.iter().map(|(file, why)| json!({"file": file, "message": why})).collect();
        let object = json!({
            "files": files.len(), "changed": changed, "written": !asked.check, "left": left,
        });
        line(object.to_string());
    } else {
        let verb = if asked.check { "would change" } else { "changed" };
        changed.iter().for_each(|file| line(format!("{verb}: {}", clean(file, false))));
        left.iter().for_each(|(_, why)| note(clean(why, true)));
    }
    let done = left.is_empty() && (changed.is_empty() || !asked.check);
    Ok(match done {
        _ if unwritten => Exit::Unavailable,
        true => Exit::Ok,
        false => Exit::Refused,
    })
}

fn one(path: &Path, shown: &str, text: &str, check: bool) -> Outcome {
    match format(shown, text) {
        Ok(formatted) if formatted == text => Outcome::Same,
        Ok(_) if check => Outcome::Changed,
        Ok(formatted) => match write(path, shown, &formatted) {
            Ok(()) => Outcome::Changed,
            Err(why) => Outcome::Unwritten(why),
        },
        Err(FormatFault::Unreadable(faults)) => {
            let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
            Outcome::Left(faults.join("\n"))
        }
        Err(FormatFault::Meaning) => {
            let help =
                "write it in a plainer way: one value a line, no text or list over several lines";
            let text = format!("{shown}: left as it is, since it would say something else");
            Outcome::Left(format!("{text}\n    help: {help}"))
        }
    }
}

/// A file that nobody may write is not replaced by one beside it either.
fn write(path: &Path, shown: &str, text: &str) -> Result<(), String> {
    if files::mode(path).map_err(|fault| fault.to_string())? & WRITABLE == 0 {
        let help = "chmod u+w lets it be laid out";
        return Err(format!("{shown}: left as it is, since it is read-only\n    help: {help}"));
    }
    files::replace(path, text.as_bytes()).map_err(|fault| fault.to_string())
}

/// Every document of the two folders, cases included.
fn all(config: &ConfigArgument) -> Result<Vec<Found>, Failure> {
    let config = super::configuration(config)?;
    let mut found = Vec::new();
    for folder in BTreeSet::from([&config.trust_bundles, &config.policies]) {
        let documents = files::documents(folder).map_err(Failure::usage)?;
        found.extend(documents.into_iter().map(|one| (folder.join(one.relative), one.text)));
    }
    Ok(found)
}

fn named(paths: &[PathBuf]) -> Result<Vec<Found>, Failure> {
    let read =
        |path: &PathBuf| Ok((path.clone(), Ok(files::read_text(path).map_err(Failure::usage)?)));
    paths.iter().map(read).collect()
}
