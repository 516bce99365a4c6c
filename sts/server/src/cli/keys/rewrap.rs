//! `sts keys rewrap`: what is sealed under which key-encryption key, and under one alone afterwards.

use super::change::Arguments;
use crate::admin;
use crate::operate::Order;
use crate::output::{Exit, Failure, clean, line, note};
use serde_json::Value;

/// Runs it.
pub(super) async fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let config = super::load(&arguments.config)?;
    let answer = admin::order(&config, &Order::RewrapKeys { yes: arguments.yes }).await?;
    if arguments.json {
        line(answer.to_string());
        return Ok(Exit::Ok);
    }
    let text = |value: &Value, name: &str| {
        let text = value.get(name).and_then(Value::as_str).unwrap_or_default();
        clean(text, false)
    };
    let was = if arguments.yes { "was" } else { "is" };
    for one in answer.get("before").and_then(Value::as_array).into_iter().flatten() {
        let (what, under) = (text(one, "what"), text(one, "sealed_under"));
        line(format!("{what} {was} sealed under {under}"));
    }
    let under = text(&answer, "sealed_under");
    if arguments.yes {
        line(format!("everything is sealed under {under}"));
        note(
            "seal.previous is not needed any more, once this tells nothing of another key on any replica",
        );
    } else {
        note(format!("nothing was done: add --yes to seal everything under {under}"));
    }
    Ok(Exit::Ok)
}
