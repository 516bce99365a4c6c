//! `sts policy check`: every fault of every document, and its tests.

use super::{diff, folder, unused};
use crate::config::{Config, ConfigFault};
use crate::documents;
use crate::output::{Exit, Failure, clean, describe, line};
use serde_json::{Value, json};
use std::path::Path;
use sts_core::difference::Change;
use sts_core::documents::{CaseFailure, Loaded, run_cases, untested};
use sts_wire::diagnostic::Diagnostic;
use sts_wire::time::Seconds;

/// What is wanted of a check.
#[derive(Debug, Clone)]
pub(super) struct Options {
    /// What changes, and what that widens.
    pub(super) diff: bool,
    /// For how long a policy may be of no use.
    pub(super) unused: Option<String>,
    /// One JSON object.
    pub(super) json: bool,
}

/// Checks every document, and runs its tests.
pub(super) async fn run(
    config: &Config,
    against: Option<&Path>,
    Options { diff, unused, json }: Options,
) -> Result<Exit, Failure> {
    match documents::read_from(config, folder(config, against)?) {
        Ok(loaded) => {
            let changes = if diff {
                Some(diff::changes(config, against, &loaded.snapshot).await?)
            } else {
                None
            };
            let unused = match unused.as_deref().map(Seconds::parse).transpose() {
                Ok(Some(time)) => unused::find(config, &loaded, time).await?,
                Ok(None) => Vec::new(),
                Err(fault) => return Err(Failure::usage(format!("--unused: {fault}"))),
            };
            Ok(report(&loaded, &unused, changes.as_deref(), json))
        }
        Err(ConfigFault::Faults(faults)) if json => {
            line(
                json!({"ok": false, "faults": faults.iter().map(|fault| describe(fault, "error")).collect::<Vec<_>>()})
                    .to_string(),
            );
            Ok(Exit::Refused)
        }
        Err(faults @ ConfigFault::Faults(_)) => {
            line(clean(&faults.to_string(), true));
            Ok(Exit::Refused)
        }
        Err(fault) => Err(Failure::usage(fault)),
    }
}

fn report(loaded: &Loaded, unused: &[Diagnostic], changes: Option<&[Change]>, json: bool) -> Exit {
    let failures = run_cases(&loaded.snapshot, &loaded.cases);
    let snapshot = &loaded.snapshot;
    let untested = untested(loaded, |_| true);
    let warnings: Vec<_> = loaded.warnings.iter().chain(&untested).chain(unused).collect();
    let ok = failures.is_empty() && warnings.is_empty();
    if json {
        let warnings = warnings.iter().map(|warning| describe(warning, "warning"));
        let faults: Vec<_> = failures.iter().map(failure).chain(warnings).collect();
        let mut object = json!({"ok": ok, "snapshot": snapshot.digest().as_str(), "tests": loaded.cases.len(), "faults": faults});
        if let (Some(changes), Some(members)) = (changes, object.as_object_mut()) {
            members.insert("changes".to_owned(), diff::object(changes).into());
        }
        line(object.to_string());
    } else {
        changes.into_iter().for_each(diff::show);
        warnings.iter().for_each(|warning| line(clean(&warning.to_string(), true)));
        failures.iter().for_each(|failure| line(clean(&failure.to_string(), true)));
        let verdict = if ok { "ok" } else { "failed" };
        line(format!(
            "{verdict}: {}, {}, {}, {}; {} of {} tests pass; snapshot {}",
            count(snapshot.bundles().iter().count(), "trust bundle", "trust bundles"),
            count(snapshot.audiences().len(), "audience", "audiences"),
            count(snapshot.policies().len(), "policy", "policies"),
            count(snapshot.guardrails().len(), "guardrail", "guardrails"),
            loaded.cases.len().saturating_sub(failures.len()),
            loaded.cases.len(),
            snapshot.digest(),
        ));
    }
    if ok { Exit::Ok } else { Exit::Refused }
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

fn failure(failure: &CaseFailure) -> Value {
    json!({
        "file": failure.file, "line": failure.place.line, "column": failure.place.column,
        "policy": failure.policy, "case": failure.case, "message": failure.message, "help": failure.help, "severity": "error",
    })
}
