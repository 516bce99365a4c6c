//! Key sets in files: they are no documents, and decide whose tokens are believed all the same.

use crate::admin;
use crate::config::Config;
use crate::output::Failure;
use serde_json::Value;
use std::collections::BTreeSet;
use sts_core::difference::{Change, Effect};
use sts_core::snapshot::Snapshot;
use sts_core::trust::{KeySetSource, TrustBundle};
use sts_io::files;
use sts_io::key_source::KeyReport;

/// What the files hold that a running server does not believe yet, and the other way around. Where another file
/// is named, the documents differ already.
///
/// # Errors
/// A server runs and does not answer.
pub(super) async fn changes(
    config: &Config,
    before: &Snapshot,
    after: &Snapshot,
) -> Result<Vec<Change>, Failure> {
    let was = |name: &str| before.bundles().iter().find(|old| old.name.as_str() == name);
    let pinned = after.bundles().iter().filter_map(|bundle| {
        let old = was(bundle.name.as_str())?;
        match &bundle.keys.source {
            KeySetSource::File(path) if old.keys.source == bundle.keys.source => {
                Some((bundle, path))
            }
            KeySetSource::File(_) | KeySetSource::Discovery | KeySetSource::Url(_) => None,
        }
    });
    let pinned: Vec<_> = pinned.collect();
    if pinned.is_empty() {
        return Ok(Vec::new());
    }
    let states = admin::trust_states(config).await.map_err(Failure::unavailable)?;
    let states = states.unwrap_or_default();
    let state = |name: &str| {
        let of = |state: &&Value| state.get("trust_bundle").and_then(Value::as_str) == Some(name);
        states.iter().find(of).and_then(|state| state.get("key_set"))
    };
    let told = pinned.into_iter().flat_map(|(bundle, path)| {
        let lines = compare(config, (bundle, path), state(bundle.name.as_str()));
        lines.into_iter().map(|(effect, what)| Change {
            effect,
            kind: "trust bundle",
            name: bundle.name.to_string(),
            what,
        })
    });
    Ok(told.collect())
}

fn compare(
    config: &Config,
    (bundle, path): (&TrustBundle, &str),
    known: Option<&Value>,
) -> Vec<(Effect, String)> {
    let read = files::read(&config.trust_bundles.join(path)).map_err(|fault| fault.to_string());
    let read = read.and_then(|set| {
        KeyReport::read(bundle, path.to_owned(), set).map_err(|fault| fault.to_string())
    });
    let report = match read {
        Ok(report) => report,
        Err(fault) => return vec![(Effect::MayWiden, format!("keys of {path}: {fault}"))],
    };
    let found: BTreeSet<&str> = report.keys.iter().map(|(kid, _)| kid.as_str()).collect();
    let before = known.and_then(|known| {
        let keys = known.get("keys")?.as_array()?.iter().filter_map(Value::as_str);
        Some((known.get("sha256")?.as_str()?, keys.collect::<BTreeSet<_>>()))
    });
    let Some((sha256, kids)) = before else {
        let found: Vec<_> = found.into_iter().collect();
        let text = format!(
            "keys of {path}: {} now; no server says which were believed before",
            found.join(", ")
        );
        return vec![(Effect::MayWiden, text)];
    };
    if sha256 == report.sha256 {
        return Vec::new();
    }
    let added = found.difference(&kids);
    let added = added.map(|kid| (Effect::Widens, format!("believes the key {kid} of {path}")));
    let gone = kids.difference(&found);
    let gone =
        gone.map(|kid| (Effect::Narrows, format!("no longer believes the key {kid} of {path}")));
    let mut told: Vec<_> = added.chain(gone).collect();
    if !kids.is_disjoint(&found) {
        // SECURITY: under a name that stayed there may be another key.
        let text = format!("keys of {path}: the file is another one than the server has read");
        told.push((Effect::MayWiden, text));
    }
    told
}
