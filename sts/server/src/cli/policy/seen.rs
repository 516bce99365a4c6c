//! What was seen of a caller: a token that nobody verified, or the entry of a decision.

use crate::admin;
use crate::cli::unknown_bundle;
use crate::config::Config;
use crate::output::{Failure, clean};
use serde_json::{Map, Value};
use std::sync::Arc;
use sts_core::ports::Clock as _;
use sts_core::snapshot::Snapshot;
use sts_core::trust::TrustBundle;
use sts_core::verify::{find_bundle, fit_wire_claims};
use sts_io::clock::SystemClock;
use sts_wire::jws::UnverifiedToken;

/// A trust bundle, and typed claims of it.
pub(super) type Subject = (Arc<TrustBundle>, Map<String, Value>);

/// The bundle that a token belongs to, and its claims; neither signature nor times are checked.
pub(super) fn from_token(snapshot: &Snapshot, text: &str) -> Result<Subject, Failure> {
    let unfit = |fault: &dyn std::fmt::Display| {
        let help = "sts inspect names everything that keeps it from being believed";
        Failure::refused(format!("{fault}\n    help: {help}"))
    };
    let token = UnverifiedToken::parse(text.trim_end()).map_err(|fault| unfit(&fault))?;
    let bundle = find_bundle(&token, snapshot.bundles(), SystemClock.now());
    let bundle = bundle.map_err(|fault| unfit(&fault))?;
    let claims = fit_wire_claims(bundle, token.unverified_claims());
    Ok((Arc::clone(bundle), claims.map_err(|fault| unfit(&fault))?))
}

/// The bundle of a name.
pub(super) fn bundle(snapshot: &Snapshot, name: &str) -> Result<Arc<TrustBundle>, Failure> {
    let found = snapshot.bundles().iter().find(|bundle| bundle.name.as_str() == name);
    found.map(Arc::clone).ok_or_else(|| unknown_bundle(snapshot, name))
}

/// What the ledger keeps of a decision; what it does not keep was only counted.
pub(super) async fn entry(config: &Config, id: &str) -> Result<Value, Failure> {
    let mut found = None;
    let read = admin::show_ledger(config, |line| {
        // Most lines are not it, and need not be read as JSON.
        if found.is_none() && contains(line, id.as_bytes()) {
            let entry = serde_json::from_slice::<Value>(line).ok();
            let is_it =
                |entry: &Value| entry.get("decision_id").and_then(Value::as_str) == Some(id);
            found = entry.filter(is_it);
        }
    });
    read.await.map_err(Failure::unavailable)?;
    found.ok_or_else(|| {
        let help = "what fails before the pins of a policy match is only counted, in the summaries of the ledger: \
                    policy explain --token F --audience A shows what policies make of a token";
        Failure::refused(format!(
            "no entry has the decision id {}\n    help: {help}",
            clean(id, false)
        ))
    })
}

fn contains(line: &[u8], part: &[u8]) -> bool {
    !part.is_empty() && line.windows(part.len()).any(|window| window == part)
}
