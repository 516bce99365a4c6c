//! `sts policy replay`: recorded exchanges, decided again by the policies of today
//! or of a proposed change.

use super::compile;
use crate::admin;
use crate::config::Config;
use crate::output::{Exit, Failure, clean, line, text};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use sts_core::policy::{Question, Reconsideration, Reconsidered, Watched, reconsider};
use sts_core::ports::Clock as _;
use sts_core::snapshot::Snapshot;
use sts_io::clock::SystemClock;
use sts_wire::names::{Audience, Name, Scope};
use sts_wire::time::{Seconds, Timestamp};

/// Arguments of `sts policy replay`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: sts policy replay --since 30d --against ../proposed/policies --deny-new-permits
Exits 1 when somebody would newly be denied, and with --deny-new-permits when somebody would newly be permitted.
Only what the ledger has can be replayed: exchanges whose token matched the pins of no policy were counted only."
)]
pub(crate) struct Arguments {
    /// How far back, as 30d or 12h
    #[arg(long, default_value = "30d")]
    since: String,
    /// The changed policies to decide by, in place of those of the configuration; what was recorded is what
    /// they are held against
    #[arg(long, value_name = "DIR")]
    against: Option<PathBuf>,
    /// Fail when anybody would newly be permitted
    #[arg(long)]
    deny_new_permits: bool,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// How a recorded exchange would come out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    NewlyPermitted,
    NewlyDenied,
    OtherPolicy,
    Unknown,
    Same,
}

impl Change {
    const fn word(self) -> &'static str {
        match self {
            Self::NewlyPermitted => "newly_permitted",
            Self::NewlyDenied => "newly_denied",
            Self::OtherPolicy => "other_policy",
            Self::Unknown => "unknown",
            Self::Same => "same",
        }
    }
}

/// Exchanges that come out alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    change: Change,
    bundle: String,
    subject: String,
    audience: String,
    why: String,
}

/// What came out alike, and how often.
type Rows = BTreeMap<Row, Seen>;

/// How often something happened.
#[derive(Debug, Default, Clone)]
struct Seen {
    count: u64,
    /// Of the last time, for `sts policy explain`.
    decision_id: String,
}

/// What policies that only watch would have done, by name.
type Shadow = BTreeMap<String, Counts>;

/// How often a team had more policies for a token than are weighed, by its folder.
type LeftOut = BTreeMap<String, u64>;

/// How often a policy that only watches would have permitted, also where
/// everybody else denied, and denied.
#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    permit: u64,
    newly_permitted: u64,
    deny: u64,
}

fn count(shadow: &mut Shadow, watched: &Watched, permitted: bool) {
    let counts = shadow.entry(watched.policy.clone()).or_default();
    counts.permit += u64::from(watched.permits);
    counts.newly_permitted += u64::from(watched.permits && !permitted);
    counts.deny += u64::from(!watched.permits);
}

/// Runs it.
pub(super) async fn run(config: &Config, asked: &Arguments) -> Result<Exit, Failure> {
    let since = Seconds::parse(&asked.since)
        .map_err(|fault| Failure::usage(format!("--since {}: {fault}", asked.since)))?;
    let loaded = compile(config, asked.against.as_deref())?;
    let now = SystemClock.now();
    let begin = now.minus(since).to_string();
    let (mut rows, mut used, mut shadow) = (Rows::new(), BTreeSet::new(), Shadow::new());
    let mut left_out = LeftOut::new();
    let mut each = |line: &[u8]| {
        let Some(entry) = recorded_exchange(line, &begin) else { return };
        let again = decide_again(&loaded.snapshot, &entry, config, now);
        for watched in again.iter().flat_map(|again| &again.watched) {
            count(&mut shadow, watched, text(&entry, "decision") == "permit");
        }
        for crowd in again.iter().flat_map(|again| &again.left_out) {
            let times = left_out.entry(crowd.team.clone()).or_default();
            *times = times.saturating_add(1);
        }
        let (change, why, policy) = compare(&entry, again.map(|again| again.verdict));
        used.extend(policy);
        let of = |name: &str| text(&entry, name).to_owned();
        let audience =
            entry.pointer("/request/audience").and_then(Value::as_str).unwrap_or_default();
        let (bundle, subject) = (of("trust_bundle"), of("subject"));
        let row = Row { change, bundle, subject, audience: audience.to_owned(), why };
        let seen = rows.entry(row).or_default();
        *seen = Seen { count: seen.count.saturating_add(1), decision_id: of("decision_id") };
    };
    admin::show_ledger(config, &mut each).await.map_err(Failure::unavailable)?;
    let names = loaded.snapshot.policies().iter().map(|policy| policy.name.as_str().to_owned());
    let unused: Vec<_> = names.filter(|name| !used.contains(name)).collect();
    if asked.json {
        line(object(&rows, &unused, (&shadow, &left_out)).to_string())
    } else {
        let folder = asked.against.as_ref().unwrap_or(&config.policies).display();
        line(format!("recorded since {begin}, decided again by the policies of {folder}"));
        show(&rows, &unused, (&shadow, &left_out))
    }
    let any = |change: Change| rows.keys().any(|row| row.change == change);
    let bad = any(Change::NewlyDenied) || (asked.deny_new_permits && any(Change::NewlyPermitted));
    Ok(if bad { Exit::Refused } else { Exit::Ok })
}

/// What changes for one entry, why, and which policy would permit it.
fn compare(entry: &Value, after: Option<Reconsidered>) -> (Change, String, Option<String>) {
    let permitted = text(entry, "decision") == "permit";
    match after {
        None => (Change::Unknown, "the entry cannot be read".to_owned(), None),
        Some(Reconsidered::Unknown(claims)) => {
            (Change::Unknown, format!("hashed: {}", claims.join(", ")), None)
        }
        Some(Reconsidered::Deny(reason)) if permitted => {
            (Change::NewlyDenied, reason.as_str().to_owned(), None)
        }
        Some(Reconsidered::Deny(_)) => (Change::Same, String::new(), None),
        Some(Reconsidered::Permit(policy)) => {
            let policy = policy.as_str().to_owned();
            let change = match (permitted, text(entry, "policy") == policy) {
                (false, _) => Change::NewlyPermitted,
                (true, false) => Change::OtherPolicy,
                (true, true) => Change::Same,
            };
            (change, policy.clone(), Some(policy))
        }
    }
}

/// An exchange that policies decided; a used token says nothing of them.
fn recorded_exchange(line: &[u8], begin: &str) -> Option<Value> {
    let entry: Value = serde_json::from_slice(line).ok()?;
    let decided = text(&entry, "kind") == "exchange"
        && text(&entry, "time") >= begin
        && text(&entry, "reason") != "replayed";
    decided.then_some(entry)
}

fn decide_again(
    snapshot: &Snapshot,
    entry: &Value,
    config: &Config,
    now: Timestamp,
) -> Option<Reconsideration> {
    let request = entry.get("request")?;
    let bundle = Name::new(text(entry, "trust_bundle")).ok()?;
    let audience = Audience::new(text(request, "audience")).ok()?;
    let policy = request.get("policy").and_then(Value::as_str).map(Name::new).transpose().ok()?;
    let scopes = request
        .get("scope")
        .and_then(Value::as_str)
        .map(|words| words.split(' ').map(Scope::new).collect::<Result<Vec<_>, _>>());
    let scopes = scopes.transpose().ok()?;
    let question = Question {
        audience: &audience,
        scopes: scopes.as_deref(),
        policy: policy.as_ref(),
        now,
        ttl_max: config.ttl_max(),
    };
    let claims = entry.get("claims")?.as_object()?;
    Some(reconsider(snapshot, &bundle, claims, &question))
}

fn show(rows: &Rows, unused: &[String], (shadow, left_out): (&Shadow, &LeftOut)) {
    for (Row { change, bundle, subject, audience, why }, Seen { count, decision_id }) in rows {
        if *change != Change::Same {
            let times =
                if *count == 1 { "once".to_owned() } else { format!("{count} times, last") };
            let who = format!("{bundle} {subject} -> {audience}: {why} ({times} {decision_id})");
            line(format!("{:16} {}", change.word(), clean(&who, false)));
        }
    }
    let same = rows.iter().filter(|(row, _)| row.change == Change::Same);
    line(match same.map(|(_, seen)| seen.count).sum::<u64>() {
        1 => "1 exchange comes out the same".to_owned(),
        more => format!("{more} exchanges come out the same"),
    });
    for name in unused {
        line(format!("unused           {name}"));
    }
    for (team, times) in left_out {
        line(format!(
            "left_out         team {team} had more policies for a token than are weighed, {times} times"
        ));
    }
    for (name, Counts { permit, newly_permitted, deny }) in shadow {
        line(format!(
            "shadow           {name} would permit {permit} ({newly_permitted} of them are denied), and deny {deny}"
        ));
    }
}

fn object(rows: &Rows, unused: &[String], (shadow, left_out): (&Shadow, &LeftOut)) -> Value {
    let row = |(row, seen): (&Row, &Seen)| {
        json!({
            "change": row.change.word(), "trust_bundle": row.bundle, "subject": row.subject,
            "audience": row.audience, "why": row.why, "count": seen.count, "decision_id": seen.decision_id,
        })
    };
    let watched = |(name, counts): (&String, &Counts)| {
        json!({
            "policy": name, "permit": counts.permit, "newly_permitted": counts.newly_permitted, "deny": counts.deny,
        })
    };
    json!({
        "exchanges": rows.iter().map(row).collect::<Vec<_>>(), "unused": unused,
        "left_out": left_out, "shadow": shadow.iter().map(watched).collect::<Vec<_>>(),
    })
}
