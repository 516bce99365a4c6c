//! `sts block`: switches that stop exchanges at once.

use super::ConfigArgument;
use crate::admin;
use crate::config::Config;
use crate::operate::Order;
use crate::output::{Exit, Failure, clean, line, note};
use crate::service::StartFault;
use serde_json::{Map, Value};
use sts_wire::time::Seconds;

/// Commands of `sts block`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Stop exchanges: those for which all that is given holds
    #[command(
        after_help = "Example: sts block add --bundle github-actions --tenant 65 --reason 'incident 42' --for 1h --yes"
    )]
    Add(AddArguments),
    /// Show every block
    #[command(after_help = "Example: sts block list --config /etc/sts/sts.yaml")]
    List {
        #[command(flatten)]
        config: ConfigArgument,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Remove a block: what it stopped is decided by the documents again
    #[command(
        after_help = "Example: sts block remove 0193a2b4-… --reason 'incident 42 is over' --yes"
    )]
    Remove {
        /// Its id, as sts block list shows it
        id: String,
        /// Why, in a few words; the ledger keeps them
        #[arg(long, default_value = "", hide_default_value = true)]
        reason: String,
        #[command(flatten)]
        change: ChangeArguments,
    },
}

/// Arguments of `sts block add`.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct AddArguments {
    /// Tokens of this trust bundle
    #[arg(long, value_name = "NAME")]
    bundle: Option<String>,
    /// Tokens with this value of a claim that their bundle's admit asks for
    #[arg(long, value_name = "VALUE")]
    tenant: Option<String>,
    /// Tokens with this sub, or exchanged for one with this sub
    #[arg(long, value_name = "SUB")]
    subject: Option<String>,
    /// What this policy would grant
    #[arg(long, value_name = "NAME")]
    policy: Option<String>,
    /// What is asked for this audience
    #[arg(long, value_name = "AUDIENCE")]
    audience: Option<String>,
    /// Why, in a few words; the ledger keeps them
    #[arg(long)]
    reason: String,
    /// For how long, as 1h; until it is removed when left out
    #[arg(long = "for", value_name = "DURATION", value_parser = Seconds::parse)]
    duration: Option<Seconds>,
    #[command(flatten)]
    change: ChangeArguments,
}

/// Arguments of every verb that changes blocks.
#[derive(Debug, clap::Args)]
pub(crate) struct ChangeArguments {
    #[command(flatten)]
    config: ConfigArgument,
    /// Do it; otherwise only show what would be done
    #[arg(long)]
    yes: bool,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub(crate) async fn run(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::List { config, json } => {
            let answer = admin::order(&load(&config)?, &Order::ListBlocks).await?;
            list(&answer, json);
            Ok(Exit::Ok)
        }
        Command::Add(arguments) => {
            let (target, change) = (target(&arguments), arguments.change);
            let seconds = arguments.duration.map(Seconds::get);
            let order =
                Order::AddBlock { target, reason: arguments.reason, seconds, yes: change.yes };
            carry_out(&change, &order, ["is put up", "would be put up"]).await
        }
        Command::Remove { id, reason, change } => {
            let order = Order::RemoveBlock { id, reason, yes: change.yes };
            carry_out(&change, &order, ["is removed", "would be removed"]).await
        }
    }
}

fn target(arguments: &AddArguments) -> Map<String, Value> {
    let members = [
        ("bundle", &arguments.bundle),
        ("tenant", &arguments.tenant),
        ("subject", &arguments.subject),
        ("policy", &arguments.policy),
        ("audience", &arguments.audience),
    ];
    let given = |(name, value): (&str, &Option<String>)| {
        Some((name.to_owned(), Value::from(value.clone()?)))
    };
    members.into_iter().filter_map(given).collect()
}

async fn carry_out(
    change: &ChangeArguments,
    order: &Order,
    [done, would]: [&str; 2],
) -> Result<Exit, Failure> {
    let answer = admin::order(&load(&change.config)?, order).await?;
    if change.json {
        line(answer.to_string());
        return Ok(Exit::Ok);
    }
    let block = answer.get("block").unwrap_or(&Value::Null);
    let verb = if change.yes { done } else { would };
    line(clean(&format!("{}\n  {verb}", describe(block)), true));
    for unknown in answer.get("unknown").and_then(Value::as_array).into_iter().flatten() {
        note(clean(&format!("careful: {}", unknown.as_str().unwrap_or_default()), false));
    }
    if !change.yes {
        note("nothing was done: add --yes to do it");
    }
    Ok(Exit::Ok)
}

fn list(answer: &Value, json: bool) {
    let blocks: Vec<_> =
        answer.get("blocks").and_then(Value::as_array).into_iter().flatten().collect();
    if blocks.is_empty() && !json {
        line("nothing is blocked");
    }
    for block in blocks {
        line(if json { block.to_string() } else { clean(&describe(block), false) });
    }
}

/// A block in a line.
fn describe(block: &Value) -> String {
    let text = |name: &str| block.get(name).and_then(Value::as_str).unwrap_or_default();
    let stops = block.get("stops").and_then(Value::as_object).into_iter().flatten();
    let stops: Vec<String> = stops
        .map(|(name, value)| format!("{name} {}", value.as_str().unwrap_or_default()))
        .collect();
    let until = match (text("until"), block.get("in_force").and_then(Value::as_bool)) {
        ("", _) => "until it is removed".to_owned(),
        (until, Some(false)) => format!("ended {until}"),
        (until, _) => format!("until {until}"),
    };
    let (id, since, reason) = (text("id"), text("since"), text("reason"));
    format!("{id}  {}  since {since}, {until}: {reason}", stops.join(" and "))
}

fn load(argument: &ConfigArgument) -> Result<Config, Failure> {
    Ok(Config::load(&argument.config).map_err(StartFault::from)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_line_says_what_is_stopped_until_when_and_why() {
        let mut block = json!({"id": "1", "stops": {"bundle": "github-actions", "tenant": "65"},
            "since": "2026", "reason": "drill", "in_force": true});
        assert_eq!(
            describe(&block),
            "1  bundle github-actions and tenant 65  since 2026, until it is removed: drill"
        );
        block["until"] = json!("2027");
        assert!(describe(&block).ends_with("since 2026, until 2027: drill"));
        block["in_force"] = json!(false);
        assert!(describe(&block).ends_with("since 2026, ended 2027: drill"));
    }
}
