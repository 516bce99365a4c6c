//! `sts policy who`: everyone who can reach an audience.

use super::compile;
use crate::cli::unknown;
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
    /// Another folder of policies: only what differs is shown, + for more, - for less
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
        let now = now.ok_or_else(|| undeclared(&loaded, &audience))?;
        now.iter().for_each(|policy| show("", policy, asked.json));
        return Ok(Exit::Ok);
    };
    let then = reach(&compile(config, Some(against))?, &audience);
    if now.is_none() && then.is_none() {
        return Err(Failure::usage(format!("the audience {audience} is declared in neither")));
    }
    let (now, then) = (now.unwrap_or_default(), then.unwrap_or_default());
    now.iter().filter(|one| !then.contains(one)).for_each(|one| show("-", one, asked.json));
    then.iter().filter(|one| !now.contains(one)).for_each(|one| show("+", one, asked.json));
    Ok(if now == then { Exit::Ok } else { Exit::Refused })
}

fn undeclared(loaded: &Loaded, audience: &Audience) -> Failure {
    let known = loaded.snapshot.audiences().iter().map(|one| one.audience.as_str());
    unknown("audience", audience.as_str(), known)
}

/// Each policy that grants the audience; none when it is not declared.
fn reach(loaded: &Loaded, audience: &Audience) -> Option<Vec<Value>> {
    loaded.snapshot.audience(audience)?;
    let policies = loaded.snapshot.policies().iter();
    let granting = policies.filter(|policy| policy.grant.audience.audience == *audience);
    Some(granting.map(|policy| object(policy)).collect())
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

fn show(sign: &str, policy: &Value, json: bool) {
    if json {
        let mut row = policy.clone();
        if let (Some(members), false) = (row.as_object_mut(), sign.is_empty()) {
            members.insert("change".to_owned(), Value::from(sign));
        }
        return line(row.to_string());
    }
    let text = |name: &str| policy.get(name).and_then(Value::as_str).unwrap_or_default();
    let space = if sign.is_empty() { "" } else { " " };
    let shadow =
        if policy.get("shadow") == Some(&Value::Bool(true)) { "  only watches" } else { "" };
    line(format!("{sign}{space}{}  for {}{shadow}", text("policy"), text("ttl")));
    line(format!("    tokens of {} ({})", text("trust_bundle"), text("issuer")));
    for (name, mark) in [("admit", " among "), ("pins", " = "), ("conditions", ": ")] {
        for (key, value) in policy.get(name).and_then(Value::as_object).into_iter().flatten() {
            let value = if name != "conditions" {
                value.to_string()
            } else {
                value.as_str().unwrap_or_default().to_owned()
            };
            line(clean(&format!("    {key}{mark}{value}"), false));
        }
    }
}
