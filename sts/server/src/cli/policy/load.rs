//! `sts policy load`: a running server loads its documents anew.

use crate::admin;
use crate::config::Config;
use crate::documents::Emptying;
use crate::output::{Exit, Failure, clean, line, text};
use serde_json::Value;

/// Runs it.
pub(super) async fn run(config: &Config, emptying: Emptying, json: bool) -> Result<Exit, Failure> {
    let report = admin::load_documents(config, emptying).await.map_err(Failure::unavailable)?;
    let Some(report) = report else {
        let help = "it loads its documents when it starts: sts serve";
        let socket = config.listen.admin.display();
        return Err(Failure::unavailable(format!(
            "no server answers at {socket}\n    help: {help}"
        )));
    };
    if json {
        line(report.to_string());
    } else {
        show(&report);
    }
    let held =
        report.get("held_teams").and_then(Value::as_array).is_some_and(|held| !held.is_empty());
    match text(&report, "outcome") {
        "unwritten" => Ok(Exit::Unavailable),
        "adopted" | "unchanged" if !held => Ok(Exit::Ok),
        _ => Ok(Exit::Refused),
    }
}

fn show(report: &Value) {
    diagnostics(report, "warnings");
    diagnostics(report, "faults");
    for held in report.get("held_teams").and_then(Value::as_array).into_iter().flatten() {
        diagnostics(held, "faults");
        let kept = held.get("kept") == Some(&Value::Bool(true));
        let state =
            if kept { "its last good version stays in force" } else { "nothing of it is in force" };
        line(clean(&format!("the team folder {} is at fault: {state}", text(held, "team")), false));
        for kept in held.get("gone").and_then(Value::as_array).into_iter().flatten() {
            let (policy, file) = (text(kept, "policy"), text(kept, "file"));
            let shown =
                format!("the policy {policy} stays in force though its file {file} is gone");
            line(clean(&shown, false));
        }
    }
    let snapshot = text(report, "snapshot");
    line(match text(report, "outcome") {
        "adopted" => format!("loaded: snapshot {snapshot} is in force"),
        "unchanged" => format!("nothing changed: snapshot {snapshot} is in force"),
        _ => {
            let trouble = clean(text(report, "trouble"), true);
            let colon = if trouble.is_empty() { "" } else { ": " };
            format!("not loaded{colon}{trouble}\nsnapshot {snapshot} stays in force")
        }
    });
}

fn diagnostics(report: &Value, name: &str) {
    for fault in report.get(name).and_then(Value::as_array).into_iter().flatten() {
        line(clean(text(fault, "text"), true));
    }
}
