//! `sts keys rotate`, `revoke` and `compromise`: what changes, and whom it touches.

use super::super::ConfigArgument;
use super::list;
use crate::admin;
use crate::config::Config;
use crate::operate::Order;
use crate::output::{Exit, Failure, clean, line, note, text};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Arguments of every verb that changes keys.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub config: ConfigArgument,
    /// Do it; otherwise only show what would be done
    #[arg(long)]
    pub yes: bool,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

/// Runs it.
pub(super) async fn run(arguments: &Arguments, order: &Order) -> Result<Exit, Failure> {
    let config = super::load(&arguments.config)?;
    let mut answer = admin::order(&config, order).await?;
    let tokens = match order {
        Order::CompromiseKey { kid, .. } | Order::RevokeKey { kid, .. } => {
            Some(live_tokens(&config, kid).await?)
        }
        _ => None,
    };
    if arguments.json {
        if let (Some(tokens), Some(members)) = (tokens, answer.as_object_mut()) {
            members.insert("live_tokens".to_owned(), json!(tokens));
        }
        line(answer.to_string());
        return Ok(Exit::Ok);
    }
    show(&answer, arguments.yes);
    if let Some(tokens) = tokens {
        by_audience(&tokens);
    }
    if !arguments.yes {
        note("nothing was done: add --yes to do it");
    }
    Ok(Exit::Ok)
}

fn show(answer: &Value, done: bool) {
    let changes = answer.get("changes").and_then(Value::as_array).into_iter().flatten();
    for change in changes {
        let text = |name: &str| change.get(name).and_then(Value::as_str).unwrap_or_default();
        let (kid, revoked, starts) = (text("kid"), text("revoked_at"), text("signs_from"));
        line(match (done, revoked.is_empty()) {
            (true, false) => format!("{kid} is revoked: it left the key set"),
            (false, false) => format!("{kid} would be revoked: it would leave the key set"),
            (true, true) => format!("{kid} signs from {starts}"),
            (false, true) => format!("{kid} would sign from {starts}"),
        });
    }
    if let Some(until) = answer.get("unknown_until").and_then(Value::as_str) {
        note(format!(
            "careful: verifiers that keep our key set may not know the key that signs before {until}"
        ));
    }
    list::show(answer, false, false);
}

async fn live_tokens(config: &Config, kid: &str) -> Result<Vec<Value>, Failure> {
    let mut tokens = Vec::new();
    let each = |bytes: &[u8]| tokens.extend(serde_json::from_slice::<Value>(bytes));
    admin::show_tokens(config, kid, each).await?;
    Ok(tokens)
}

/// How many live for each audience and until when, then each of them.
fn by_audience(tokens: &[Value]) {
    if tokens.is_empty() {
        return line("no token of this key lives");
    }
    let mut audiences: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for token in tokens {
        audiences.entry(text(token, "audience")).or_default().push(token);
    }
    line("tokens of this key that live");
    for (audience, tokens) in audiences {
        let last = tokens.iter().map(|token| text(token, "expires_at")).max().unwrap_or_default();
        line(clean(&format!("  {audience}: {}, the last until {last}", tokens.len()), false));
        for token in tokens {
            let (subject, policy) = (text(token, "subject"), text(token, "policy"));
            let (jti, expires) = (text(token, "jti"), text(token, "expires_at"));
            line(clean(&format!("    {jti}  until {expires}  {subject}  by {policy}"), false));
        }
    }
}
