//! `sts trust add`: discovers an issuer, shows what it found, writes a bundle.

mod draft;
mod plan;
mod sample;

use super::check;
use crate::config::Config;
use crate::output::{Exit, Failure, line};
use plan::Plan;
use serde_json::json;
use std::path::PathBuf;

/// Arguments of `sts trust add`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sts trust add https://token.actions.githubusercontent.com --admit repository_owner_id=65
  sts trust add https://login.example.com --token-sample token.jwt --ca-file ca.pem
  sts trust add https://cluster.local --like kubernetes-pinned --name prod --audience https://sts.example.com/prod
Nothing is changed that exists; sts policy load puts the new bundle in force.")]
pub(crate) struct Arguments {
    /// The issuer, letter by letter as in `iss`
    url: String,
    /// Platform whose bundle is the template; guessed from the URL
    #[arg(long, value_name = "PLATFORM")]
    like: Option<String>,
    /// Name of the bundle; default: the platform's, or the host's
    #[arg(long)]
    name: Option<String>,
    /// Who is asked when it fails
    #[arg(long, default_value = "platform")]
    owner: String,
    /// Who is let in: a claim and one value it may have; may be repeated
    #[arg(long, value_name = "CLAIM=VALUE")]
    admit: Vec<String>,
    /// Audience of its tokens; default: our issuer; may be repeated
    #[arg(long)]
    audience: Vec<String>,
    /// URL of the key set, where the issuer has no discovery document
    #[arg(long, value_name = "URL")]
    jwks_uri: Option<String>,
    /// Host beside the issuer's own that serves the key set; may be repeated
    #[arg(long)]
    host: Vec<String>,
    /// Certificates that the issuer's host is verified with, instead of the public ones
    #[arg(long, value_name = "FILE")]
    ca_file: Option<String>,
    /// File with a bearer token for the issuer's host
    #[arg(long, value_name = "FILE")]
    token_file: Option<String>,
    /// Private network that may be connected to, such as 10.0.0.0/8; may be repeated
    #[arg(long, value_name = "NETWORK")]
    network: Vec<String>,
    /// A token of this issuer, or - for standard input: its claims are written down with their types
    #[arg(long, value_name = "FILE")]
    token_sample: Option<PathBuf>,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub(super) async fn run(config: &Config, mut arguments: Arguments) -> Result<Exit, Failure> {
    let json = arguments.json;
    for file in [&mut arguments.ca_file, &mut arguments.token_file].into_iter().flatten() {
        let absolute = std::path::absolute(&*file).map_err(Failure::usage)?;
        *file = absolute.display().to_string();
    }
    let plan = Plan::new(config, arguments)?;
    let found = match plan.platform {
        Some(platform) => plan.for_platform(platform).await?,
        None => plan.for_stranger().await?,
    };
    plan.write(&found)?;
    if json {
        let report = found.report.map(|report| check::object(&found.bundle, &Ok(report)));
        let file = plan.file.display().to_string();
        line(json!({"written": file, "found": report}).to_string());
    } else {
        plan.tell(found);
    }
    Ok(Exit::Ok)
}
