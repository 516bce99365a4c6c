//! What a change of documents widens: `sts policy check --diff`.

use super::{compile, pinned};
use crate::admin;
use crate::config::Config;
use crate::documents;
use crate::output::{Failure, clean, line};
use serde_json::{Value, json};
use std::path::Path;
use sts_core::difference::{Change, difference};
use sts_core::snapshot::Snapshot;

/// Every change from what the configuration names to another folder of
/// policies; without one, from what is in force to what the configuration names.
pub(super) async fn changes(
    config: &Config,
    against: Option<&Path>,
    after: &Snapshot,
) -> Result<Vec<Change>, Failure> {
    if against.is_some() {
        return Ok(difference(&compile(config, None)?.snapshot, after));
    }
    let nothing = |why: String| {
        let help = "name the changed folder of policies: --diff --against DIR";
        Failure::usage(format!(
            "there is nothing in force to compare with: {why}\n    help: {help}"
        ))
    };
    let row =
        admin::snapshot_row(config, None).await.map_err(|fault| nothing(fault.to_string()))?;
    let row = row.ok_or_else(|| nothing("no server has run with this store".to_owned()))?;
    let files = row.files().map_err(Failure::unavailable)?;
    let before = documents::compile(config, &files).map_err(|fault| nothing(fault.to_string()))?;
    let mut changes = difference(&before.snapshot, after);
    changes.extend(pinned::changes(config, &before.snapshot, after).await?);
    changes.sort();
    Ok(changes)
}

/// For a person: what widens comes first.
pub(super) fn show(changes: &[Change]) {
    for change in changes {
        let effect = change.effect.word().replace('_', " ");
        let text = format!("{effect:9} {} {}: {}", change.kind, change.name, change.what);
        line(clean(&text, false));
    }
    if changes.is_empty() {
        line("nothing changes");
    }
}

/// For a script.
pub(super) fn object(changes: &[Change]) -> Vec<Value> {
    let object = |change: &Change| {
        json!({
            "effect": change.effect.word(), "kind": change.kind, "name": change.name, "what": change.what,
        })
    };
    changes.iter().map(object).collect()
}
