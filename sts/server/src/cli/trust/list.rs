//! `sts trust list`: whose tokens are believed, and how its keys are.

use crate::admin;
use crate::config::Config;
use crate::output::{Exit, Failure, clean, line, note, rough};
use crate::service::{StartFault, load_snapshot};
use serde_json::Value;

/// Lists what the running server trusts; with none, what the documents say.
pub(super) async fn run(config: &Config, json: bool) -> Result<Exit, Failure> {
    let known = admin::trust_states(config).await.map_err(Failure::unavailable)?;
    let bundles = match known {
        Some(bundles) => {
            tell_unloaded(config, &bundles);
            bundles
        }
        None => from_documents(config)?,
    };
    for bundle in &bundles {
        if json { line(bundle.to_string()) } else { show(bundle) }
    }
    Ok(Exit::Ok)
}

/// What was written since the server started is not in force: it says so.
fn tell_unloaded(config: &Config, known: &[Value]) {
    let Ok(snapshot) = load_snapshot(config) else {
        return note(
            "the documents have faults now, which the running server has not seen: sts policy check",
        );
    };
    let listed = |name: &str| {
        known.iter().any(|one| one.get("trust_bundle").and_then(Value::as_str) == Some(name))
    };
    for bundle in snapshot.bundles().iter().filter(|bundle| !listed(bundle.name.as_str())) {
        note(format!("{} is not loaded by the running server: sts policy load", bundle.name));
    }
}

fn from_documents(config: &Config) -> Result<Vec<Value>, Failure> {
    note(format!(
        "no server answers on {}: the state of key sets is not known (sts trust check fetches them)",
        config.listen.admin.display()
    ));
    let snapshot = load_snapshot(config).map_err(StartFault::from)?;
    Ok(snapshot.bundles().iter().map(|bundle| admin::describe(bundle, None)).collect())
}

fn show(bundle: &Value) {
    let text = |name: &str| bundle.get(name).and_then(Value::as_str).unwrap_or_default();
    line(format!("{}  {}", text("trust_bundle"), text("issuer")));
    let audiences = bundle.get("audiences").and_then(Value::as_array).into_iter().flatten();
    let audiences: Vec<_> = audiences.filter_map(Value::as_str).collect();
    line(format!("  audience  {}", audiences.join(", ")));
    if !text("expires").is_empty() {
        line(format!("  ends      {}", text("expires")));
    }
    if let Some(key_set) = bundle.get("key_set").filter(|key_set| !key_set.is_null()) {
        line(format!("  key set   {}", clean(&summary(key_set), false)));
        if let Some(fault) = key_set.get("fault").and_then(Value::as_str) {
            line(format!("  FAILED    {}", clean(fault, false)));
        }
    }
}

/// The state of a key set in one line.
fn summary(key_set: &Value) -> String {
    let seconds = |name: &str| rough(key_set.get(name).and_then(Value::as_u64).unwrap_or_default());
    let keys = key_set.get("keys").and_then(Value::as_array).map_or(0, Vec::len);
    let keys = if keys == 1 { "1 key".to_owned() } else { format!("{keys} keys") };
    let source = key_set.get("source").and_then(Value::as_str).unwrap_or_default();
    match key_set.get("state").and_then(Value::as_str).unwrap_or_default() {
        "fresh" => format!("fresh: {keys}, fetched {} ago from {source}", seconds("age")),
        "stale" => format!(
            "STALE: {keys}, fetched {} ago; these still verify for {}",
            seconds("age"),
            seconds("usable_for")
        ),
        "not_asked" => "not asked for: no token of this issuer came yet".to_owned(),
        "distrusted" => "DISTRUSTED: no token of this issuer is believed".to_owned(),
        _ => "UNAVAILABLE: tokens of this issuer are answered with 503".to_owned(),
    }
}
