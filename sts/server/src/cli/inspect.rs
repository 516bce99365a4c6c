//! `sts inspect`: decodes a token and says what is unusual; contacts nobody.

mod problems;

use crate::config::Config;
use crate::documents;
use crate::output::{Exit, Failure, clean, line};
use crate::service::StartFault;
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use sts_core::ports::Clock as _;
use sts_core::snapshot::Snapshot;
use sts_io::clock::SystemClock;
use sts_io::files;
use sts_wire::jws::UnverifiedToken;
use sts_wire::time::{Seconds, Timestamp};

/// Clock skew that is assumed when no configuration says.
const LEEWAY_DEFAULT: Seconds = Seconds::new(30);

/// Arguments of `sts inspect`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: sts inspect --config sts.yaml - < token\nThe signature is neither checked nor shown."
)]
pub(super) struct Arguments {
    /// The token, or - for standard input
    token: String,
    /// Configuration whose trust bundles and policies the token is held against
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let text = match arguments.token.as_str() {
        "-" => files::read_stdin().map_err(Failure::usage)?,
        token => token.to_owned(),
    };
    let text = text.trim_end();
    let (header, claims) = UnverifiedToken::peek(text)
        .map_err(|fault| Failure::refused(format!("not a token: {fault}{}", hint(text))))?;
    let known = arguments.config.as_ref().map(|path| known(path)).transpose()?;
    let (snapshot, leeway) = match &known {
        Some((config, snapshot)) => (Some(snapshot), config.leeway()),
        None => (None, LEEWAY_DEFAULT),
    };
    let now = SystemClock.now();
    let found = match UnverifiedToken::parse(text) {
        Ok(token) => problems::find(&token, snapshot, now, leeway),
        Err(fault) => problems::Found { problems: vec![fault.to_string()], ..Default::default() },
    };
    if arguments.json {
        line(json!({
            "header": header, "claims": claims, "signature": "not checked",
            "trust_bundle": found.bundle, "policies": found.policies.as_deref().unwrap_or_default(), "problems": found.problems,
        }).to_string());
    } else {
        show(&header, &claims, &found);
    }
    Ok(if found.problems.is_empty() { Exit::Ok } else { Exit::Refused })
}

/// What people hand over instead of a token.
fn hint(text: &str) -> &'static str {
    if text.is_empty() {
        "\n    help: the input is empty"
    } else if text.starts_with("Bearer ") {
        "\n    help: leave the word Bearer out"
    } else if files::exists(std::path::Path::new(text)) {
        "\n    help: that is a file; give - and redirect the file to standard input"
    } else {
        ""
    }
}

fn known(path: &std::path::Path) -> Result<(Config, Snapshot), Failure> {
    let config = Config::load(path).map_err(StartFault::from)?;
    let loaded = documents::read(&config).map_err(StartFault::from)?;
    Ok((config, loaded.snapshot))
}

fn show(header: &Map<String, Value>, claims: &Map<String, Value>, found: &problems::Found) {
    line(format!("header (signature not checked)\n{}", pretty(header)));
    line(format!("claims\n{}", pretty(claims)));
    for name in ["iat", "nbf", "exp"] {
        if let Some(Value::Number(number)) = claims.get(name) {
            let shown = Timestamp::from_numeric_date(number)
                .map_or_else(|| "out of range".to_owned(), |time| time.to_string());
            line(format!("{name}  {shown}"));
        }
    }
    if let Some(bundle) = &found.bundle {
        line(format!("trust bundle  {bundle}"));
        let policies = match found.policies.as_deref() {
            None => "not looked at: the claims do not fit the bundle".to_owned(),
            Some([]) => "none: no pins match".to_owned(),
            Some(names) => names.join(", "),
        };
        line(format!("policies whose pins match  {policies}"));
    }
    for problem in &found.problems {
        line(format!("problem: {problem}"));
    }
    if found.problems.is_empty() {
        line(
            "no problem found; neither signature nor keys were looked at: sts trust check shows the keys",
        );
    }
}

/// Escaped as JSON and cleaned, so that no text of the token reaches the terminal raw.
fn pretty(members: &Map<String, Value>) -> String {
    let text = clean(&serde_json::to_string_pretty(members).unwrap_or_default(), true);
    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}
