//! `sts policy check`: every fault of every document, and its tests.

use crate::config::{Config, ConfigFault};
use crate::documents;
use crate::output::{Exit, Failure, line};
use serde_json::{Value, json};
use std::path::PathBuf;
use sts_core::documents::{CaseFailure, Loaded, run_cases};
use sts_wire::diagnostic::Diagnostic;

/// Checks every document, and runs its tests.
pub(super) fn run(config: &Config, against: Option<&PathBuf>, json: bool) -> Result<Exit, Failure> {
    let folder = against.unwrap_or(&config.policies);
    match documents::read_from(config, folder) {
        Ok(loaded) => Ok(report(&loaded, json)),
        Err(ConfigFault::Faults(faults)) if json => {
            line(
                json!({"ok": false, "faults": faults.iter().map(describe).collect::<Vec<_>>()})
                    .to_string(),
            );
            Ok(Exit::Refused)
        }
        Err(faults @ ConfigFault::Faults(_)) => {
            line(faults.to_string());
            Ok(Exit::Refused)
        }
        Err(fault @ (ConfigFault::File(_) | ConfigFault::Document(_))) => {
            Err(Failure::usage(fault))
        }
    }
}

fn report(loaded: &Loaded, json: bool) -> Exit {
    let failures = run_cases(&loaded.snapshot, &loaded.cases);
    let snapshot = &loaded.snapshot;
    if json {
        let failed: Vec<_> = failures.iter().map(failure).collect();
        line(json!({"ok": failures.is_empty(), "snapshot": snapshot.digest().as_str(), "tests": loaded.cases.len(), "faults": failed}).to_string());
    } else {
        failures.iter().for_each(|failure| line(failure.to_string()));
        let verdict = if failures.is_empty() { "ok" } else { "failed" };
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
    if failures.is_empty() { Exit::Ok } else { Exit::Refused }
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

fn describe(fault: &Diagnostic) -> Value {
    let place = fault.place();
    json!({"file": fault.file(), "line": place.line, "column": place.column, "message": fault.message(), "help": fault.help(), "lint": fault.lint()})
}

fn failure(failure: &CaseFailure) -> Value {
    json!({
        "file": failure.file, "line": failure.place.line, "column": failure.place.column,
        "policy": failure.policy, "case": failure.case, "message": failure.message,
    })
}
