//! `sts policy explain`: why a decision was made, from the entry's own trace; or
//! what policies make of a token or of claims, nearest miss first.

use super::seen::{self, Subject};
use super::{near, undeclared};
use crate::admin;
use crate::config::Config;
use crate::documents;
use crate::explain::{self, conditions_of, located};
use crate::output::{Exit, Failure, clean, line};
use crate::service::{StartFault, load_snapshot};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use sts_core::policy::{
    Condition, ConditionTrace, Examination, GuardrailTrace, PinResult, examine,
};
use sts_core::ports::Clock as _;
use sts_core::snapshot::Snapshot;
use sts_core::trust::TrustBundle;
use sts_core::verify::fit_claims;
use sts_io::clock::SystemClock;
use sts_io::files;
use sts_wire::diagnostic::Place;
use sts_wire::names::Audience;

/// Arguments of `sts policy explain`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sts policy explain 01990a5e-6f00-7000-8000-000000000000
  sts policy explain --token - --audience https://deploy.example.com < token
  sts policy explain --claims claims.json --trust-bundle github-actions
Neither signature nor times of a token are checked: sts inspect looks at these.")]
#[command(group = clap::ArgGroup::new("subject").required(true).args(["decision_id", "token", "claims"]))]
#[group(skip)]
pub(crate) struct Arguments {
    /// The decision, by the id that its answer carried
    decision_id: Option<String>,
    /// A token, in a file, or - for standard input
    #[arg(long, value_name = "FILE")]
    token: Option<PathBuf>,
    /// Claims as policies see them, as JSON in a file, or - for standard input
    #[arg(long, value_name = "FILE", requires = "trust_bundle")]
    claims: Option<PathBuf>,
    /// The trust bundle of the claims
    #[arg(long, value_name = "NAME", requires = "claims")]
    trust_bundle: Option<String>,
    /// Only policies that grant this audience
    #[arg(long)]
    audience: Option<String>,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub(super) async fn run(config: &Config, asked: Arguments) -> Result<Exit, Failure> {
    if let Some(id) = &asked.decision_id {
        return decision(config, id, asked.json).await;
    }
    let snapshot = load_snapshot(config).map_err(StartFault::from)?;
    let (bundle, claims) = match (&asked.token, &asked.claims) {
        (Some(token), _) => seen::from_token(&snapshot, &read(token)?)?,
        (None, Some(claims)) => {
            let name = asked.trust_bundle.as_deref().unwrap_or_default();
            from_claims(&snapshot, name, &read(claims)?)?
        }
        (None, None) => return Err(Failure::usage("name a decision, a token or claims")),
    };
    let audience = asked.audience.as_deref().map(Audience::new).transpose();
    let audience = audience.map_err(|fault| Failure::usage(format!("--audience: {fault}")))?;
    let (guardrails, found) =
        examine(&snapshot, &bundle.name, &claims, audience.as_ref(), SystemClock.now());
    let refused: Vec<_> = bundle.admit.iter().filter(|rule| !rule.admits(&claims)).collect();
    let refused: Vec<_> = refused.iter().map(|rule| rule.path.join(".")).collect();
    let unknown = audience.filter(|audience| snapshot.audience(audience).is_none());
    if asked.json {
        let mut object = object(&bundle, &refused, &guardrails, &found);
        if let (Some(audience), Some(members)) = (&unknown, object.as_object_mut()) {
            let near = near(&snapshot, audience);
            let told = json!({"audience": audience.as_str(), "nearest": near});
            members.insert("undeclared".to_owned(), told);
        }
        line(object.to_string());
    } else {
        if let Some(audience) = &unknown {
            line(undeclared(&snapshot, audience));
        }
        for claim in &refused {
            line(format!(
                "trust bundle {}: does not admit this {claim}: denied whatever policies say",
                bundle.name
            ));
        }
        show(&snapshot, &claims, &guardrails, &found);
    }
    Ok(Exit::Ok)
}

/// What the ledger keeps of a decision; what it does not keep was only counted.
async fn decision(config: &Config, id: &str, as_json: bool) -> Result<Exit, Failure> {
    let entry = seen::entry(config, id).await?;
    let member = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
    let decided_by = documents_of(config, member("snapshot")).await?;
    if as_json {
        let (known, compile) = match &decided_by {
            Documents::Compiled(_) => (true, true),
            Documents::AtFault(_) => (true, false),
            Documents::Unknown => (false, false),
        };
        let object =
            json!({"entry": entry, "documents_known": known, "documents_compile": compile});
        line(object.to_string());
        return Ok(Exit::Ok);
    }
    line(format!("{}  {}  {}", member("time"), member("decision"), member("reason")));
    let why = match &decided_by {
        Documents::Compiled(_) => None,
        Documents::AtFault(fault) => Some(format!(
            "the documents that decided do not compile any more: expressions are those of today ({fault})"
        )),
        Documents::Unknown => Some(
            "the documents that decided are not in the store: expressions are those of today"
                .to_owned(),
        ),
    };
    let snapshot = match decided_by {
        Documents::Compiled(snapshot) => *snapshot,
        _ => load_snapshot(config).map_err(StartFault::from)?,
    };
    why.iter().for_each(|why| line(clean(why, false)));
    explain::explain(&entry, &snapshot).iter().for_each(|text| line(clean(text, true)));
    Ok(Exit::Ok)
}

/// What the store has of the documents that an entry names.
enum Documents {
    /// As they were.
    Compiled(Box<Snapshot>),
    /// They are there, and this program or its configuration takes them no more: the first fault.
    AtFault(String),
    /// The store does not have them.
    Unknown,
}

async fn documents_of(config: &Config, digest: &str) -> Result<Documents, Failure> {
    let row = admin::snapshot_row(config, Some(digest)).await.map_err(Failure::unavailable)?;
    let Some(row) = row else { return Ok(Documents::Unknown) };
    let files = row.files().map_err(Failure::unavailable)?;
    Ok(match documents::compile(config, &files) {
        Ok(loaded) => Documents::Compiled(Box::new(loaded.snapshot)),
        Err(fault) => {
            Documents::AtFault(fault.to_string().lines().next().unwrap_or_default().to_owned())
        }
    })
}

fn from_claims(snapshot: &Snapshot, name: &str, text: &str) -> Result<Subject, Failure> {
    let bundle = seen::bundle(snapshot, name)?;
    let claims = sts_wire::json::parse_object(text.as_bytes())
        .map_err(|fault| Failure::usage(format!("--claims: {fault}")))?;
    let claims = fit_claims(&bundle, &claims).map_err(Failure::refused)?;
    Ok((bundle, claims))
}

fn read(path: &Path) -> Result<String, Failure> {
    files::read_argument(path).map_err(Failure::usage)
}

fn show(
    snapshot: &Snapshot,
    claims: &Map<String, Value>,
    guardrails: &[GuardrailTrace],
    found: &[Examination],
) {
    let entry = json!({
        "claims": claims,
        "trace": {"guardrails": guardrails, "policies": []},
    });
    explain::explain(&entry, snapshot).iter().for_each(|text| line(clean(text, true)));
    if found.is_empty() {
        line("no policy speaks of this trust bundle and audience");
    }
    for one in found {
        let policy = &one.policy;
        let verdict = match one.misses() {
            0 => "everything holds".to_owned(),
            1 => "1 miss".to_owned(),
            more => format!("{more} misses"),
        };
        let shadow = if policy.shadow { "; it only watches" } else { "" };
        let (name, at) = (&policy.name, located(Some(&policy.location)));
        let audience = &policy.grant.audience.audience;
        line(clean(&format!("policy {name}{at} for {audience}: {verdict}{shadow}"), false));
        if let Some(left_out) = &one.left_out {
            line(clean(&format!("  it is not weighed: {left_out}"), false));
        }
        for (pin, place) in one.pins.iter().zip(&policy.pin_places) {
            line(clean(&format!("{}  ({}:{})", shown(pin), place.line, place.column), false));
        }
        let traces = serde_json::to_value(&one.conditions).unwrap_or_default();
        let traces = traces.as_array().map(Vec::as_slice).unwrap_or_default();
        for text in conditions_of(policy, traces, &entry) {
            line(clean(&text, true));
        }
    }
}

fn shown(pin: &PinResult) -> String {
    let wanted = pin.wanted.to_claim();
    if pin.matches {
        return format!("  holds   pin {} = {wanted}", pin.path);
    }
    let found = pin
        .found
        .as_ref()
        .map_or_else(|| "it is absent".to_owned(), |found| format!("found {found}"));
    let near = pin.near.map(|near| format!("; it differs only by {near}")).unwrap_or_default();
    format!("  FAILS   pin {} = {wanted}: {found}{near}", pin.path)
}

fn object(
    bundle: &TrustBundle,
    not_admitted: &[String],
    guardrails: &[GuardrailTrace],
    found: &[Examination],
) -> Value {
    let pin = |(pin, place): (&PinResult, &Place)| {
        json!({
            "line": place.line, "column": place.column,
            "claim": pin.path, "wanted": pin.wanted.to_claim(), "found": pin.found,
            "matches": pin.matches, "differs_only_by": pin.near,
        })
    };
    let condition = |(condition, trace): (&Condition, &ConditionTrace)| {
        json!({
            "id": trace.id, "result": trace.result.to_string(), "expression": condition.expression.source(),
            "range": condition.shown_range(), "claims": condition.expression.claims(),
        })
    };
    let policy = |one: &Examination| {
        json!({
            "policy": one.policy.name.as_str(), "audience": one.policy.grant.audience.audience.as_str(),
            "left_out": one.left_out, "misses": one.misses(), "shadow": one.policy.shadow, "at": one.policy.location.to_string(),
            "pins": one.pins.iter().zip(&one.policy.pin_places).map(pin).collect::<Vec<_>>(),
            "conditions": one.policy.conditions.iter().zip(&one.conditions).map(condition).collect::<Vec<_>>(),
        })
    };
    json!({
        "trust_bundle": bundle.name.as_str(), "not_admitted": not_admitted, "guardrails": guardrails,
        "policies": found.iter().map(policy).collect::<Vec<_>>(),
    })
}
