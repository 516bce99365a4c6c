//! `sts policy who`: everyone who can reach an audience.

mod changes;

use super::{compile, undeclared};
use crate::config::Config;
use crate::output::{Exit, Failure, clean, line};
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use sts_core::documents::Loaded;
use sts_core::policy::TrustPolicy;
use sts_core::trust::{Pin, PinValue};
use sts_wire::names::{Audience, Scope};

/// Arguments of `sts policy who`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: sts policy who https://deploy.example.com --against ../proposed/policies"
)]
pub(crate) struct Arguments {
    /// The audience
    audience: String,
    /// The changed policies: only what they change is shown, - for what the configuration's say, + for what
    /// these say
    #[arg(long, value_name = "DIR")]
    against: Option<PathBuf>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub(super) fn run(config: &Config, asked: &Arguments) -> Result<Exit, Failure> {
    let audience = Audience::new(&asked.audience)
        .map_err(|fault| Failure::usage(format!("{}: {fault}", asked.audience)))?;
    let loaded = compile(config, None)?;
    let now = reach(&loaded, &audience);
    let Some(against) = &asked.against else {
        let now = now.map_err(Failure::usage)?;
        for policy in &now {
            if asked.json {
                line(policy.to_string());
            } else {
                lines(policy).iter().for_each(|text| line(clean(text, false)));
            }
        }
        return Ok(Exit::Ok);
    };
    let then = reach(&compile(config, Some(against))?, &audience);
    if let (Err(_), Err(fault)) = (&now, &then) {
        return Err(Failure::usage(format!("{fault} (here as there)")));
    }
    let (now, then) = (now.unwrap_or_default(), then.unwrap_or_default());
    changes::show(&now, &then, asked.json);
    Ok(if now == then { Exit::Ok } else { Exit::Refused })
}

/// Each policy that grants the audience.
///
/// # Errors
/// The audience is not declared.
fn reach(loaded: &Loaded, audience: &Audience) -> Result<Vec<Value>, String> {
    if loaded.snapshot.audience(audience).is_none() {
        return Err(undeclared(&loaded.snapshot, audience));
    }
    let policies = loaded.snapshot.policies().iter();
    let granting = policies.filter(|policy| policy.grant.audience.audience == *audience);
    Ok(granting.map(|policy| object(policy)).collect())
}

fn object(policy: &TrustPolicy) -> Value {
    let pins: Map<_, _> =
        policy.pins.iter().map(|pin| (pin.path.join("."), pin.value.to_claim())).collect();
    let conditions: Map<_, _> = policy
        .conditions
        .iter()
        .map(|one| (one.id.as_str().to_owned(), Value::from(one.expression.source())))
        .collect();
    let values = |rule: &Pin<Vec<PinValue>>| rule.value.iter().map(PinValue::to_claim).collect();
    let admit: Map<String, Value> =
        policy.bundle.admit.iter().map(|rule| (rule.path.join("."), values(rule))).collect();
    let scopes: Vec<_> = policy.grant.scopes.iter().map(Scope::as_str).collect();
    json!({
        "policy": policy.name.as_str(), "trust_bundle": policy.bundle.name.as_str(),
        "issuer": policy.bundle.issuer.as_str(), "admit": admit, "pins": pins, "conditions": conditions,
        "scopes": scopes, "ttl": policy.grant.ttl_max.to_string(),
        "subject": policy.grant.subject.source(), "shadow": policy.shadow,
        "expires": policy.expires.map(|end| end.to_string()),
    })
}

/// A policy for a person.
fn lines(policy: &Value) -> Vec<String> {
    let text = |name: &str| policy.get(name).and_then(Value::as_str).unwrap_or_default();
    let shadow =
        if policy.get("shadow") == Some(&Value::Bool(true)) { "  only watches" } else { "" };
    let mut lines = vec![
        format!("{}  for {}{shadow}", text("policy"), text("ttl")),
        format!("    tokens of {} ({})", text("trust_bundle"), text("issuer")),
    ];
    for (name, mark) in [("admit", " among "), ("pins", " = "), ("conditions", ": ")] {
        for (key, value) in policy.get(name).and_then(Value::as_object).into_iter().flatten() {
            let value = match value {
                Value::String(source) if name == "conditions" => source.clone(),
                value => value.to_string(),
            };
            lines.push(format!("    {key}{mark}{value}"));
        }
    }
    let scopes = policy.get("scopes").and_then(Value::as_array).into_iter().flatten();
    let scopes: Vec<_> = scopes.filter_map(Value::as_str).collect();
    if !scopes.is_empty() {
        lines.push(format!("    scopes {}", scopes.join(" ")));
    }
    lines.push(format!("    as {}", text("subject")));
    if !text("expires").is_empty() {
        lines.push(format!("    until {}", text("expires")));
    }
    lines
}
