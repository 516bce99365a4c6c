//! Policies by which nobody was permitted for a time: `sts policy check --unused 90d`.

use crate::admin;
use crate::config::Config;
use crate::documents;
use crate::output::{Failure, note};
use serde_json::Value;
use std::collections::BTreeSet;
use sts_core::documents::{Loaded, unused};
use sts_core::ports::Clock as _;
use sts_io::clock::SystemClock;
use sts_wire::diagnostic::Diagnostic;
use sts_wire::time::Seconds;

/// Those that were in force when the time began, and permitted nobody since.
pub(super) async fn find(
    config: &Config,
    loaded: &Loaded,
    time: Seconds,
) -> Result<Vec<Diagnostic>, Failure> {
    let begin = SystemClock.now().minus(time).to_string();
    let (mut used, mut in_force) = (BTreeSet::new(), None);
    let read = admin::show_ledger(config, |line| {
        let Ok(entry) = serde_json::from_slice::<Value>(line) else { return };
        let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
        let before = text("time") < begin.as_str();
        match (text("kind"), text("decision")) {
            ("snapshot", _) if before => in_force = Some(text("snapshot").to_owned()),
            ("exchange", "permit") if !before => {
                used.insert(text("policy").to_owned());
            }
            _ => {}
        }
    });
    read.await.map_err(Failure::unavailable)?;
    let Some(digest) = in_force else {
        note(format!(
            "sts: the ledger is younger than {time}: nothing is known to be unused for so long"
        ));
        return Ok(Vec::new());
    };
    let row = admin::snapshot_row(config, Some(&digest)).await.map_err(Failure::unavailable)?;
    let files = row.map(|row| row.files()).transpose().map_err(Failure::unavailable)?;
    let then = files.map(|files| documents::compile(config, &files));
    let Some(Ok(then)) = then else {
        note("sts: the documents of that time cannot be read: nothing is known to be unused");
        return Ok(Vec::new());
    };
    let known = then.snapshot.policies().iter().map(|policy| policy.name.as_str().to_owned());
    Ok(unused(loaded, (&known.collect(), &used), time))
}
