//! `sts exchange`: the client's side.

mod ambient;

use crate::output::{Exit, Failure, clean, line, note};
use clap::ValueEnum;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::Duration;
use sts_io::environment;
use sts_io::files;
use sts_io::http_client::{HttpClient, Response};
use sts_wire::params::encode_form;
use sts_wire::token_exchange::{GRANT_TYPE, JWT};
use url::Url;

/// Longest wait for the server, which itself waits for an issuer at most 3 s.
const TIME_MAX: Duration = Duration::from_secs(15);

/// Arguments of `sts exchange`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sts exchange --url https://sts.example.com --audience https://deploy.example.com
  sts exchange --url https://sts.example.com --audience https://deploy.example.com --subject-token-file token --format json
The token is all that standard output gets. Exits 1 when it is refused, 3 when the server cannot be reached.")]
pub(super) struct Arguments {
    /// The server: its issuer URL
    #[arg(long, value_parser = server_url)]
    url: Url,
    /// Who the issued token is for
    #[arg(long)]
    audience: String,
    /// File of the subject token, - for standard input; without it the platform's own is used where it can be found
    #[arg(long, value_name = "FILE")]
    subject_token_file: Option<PathBuf>,
    /// Scopes, blank separated; without them all that is granted
    #[arg(long)]
    scope: Option<String>,
    /// The policy that is meant, where several permit
    #[arg(long)]
    policy: Option<String>,
    /// Certificates to verify the server with, instead of the public ones
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// What to print
    #[arg(long, value_enum, default_value = "token")]
    format: Format,
}

/// What is printed of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The token alone
    Token,
    /// The whole answer
    Json,
}

/// Runs it.
pub(super) async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let client = client(&arguments)?;
    let subject_token = subject_token(&arguments, &client).await?;
    let mut form = vec![
        ("grant_type".to_owned(), GRANT_TYPE.to_owned()),
        ("subject_token_type".to_owned(), JWT.to_owned()),
        ("subject_token".to_owned(), subject_token),
        ("audience".to_owned(), arguments.audience.clone()),
    ];
    let optional = [("scope", &arguments.scope), ("policy", &arguments.policy)];
    form.extend(
        optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?))),
    );
    let url = endpoint(&arguments.url, "token")?;
    let response = client.post(&url, "application/x-www-form-urlencoded", encode_form(&form)).await;
    let response =
        response.map_err(|fault| Failure::unavailable(unanswered(&url, &fault.to_string())))?;
    if !matches!(response.status, 200 | 400 | 401 | 413 | 429 | 503) {
        let help = "--url is the server's issuer, without /token";
        let message =
            format!("{url} answered {}: is it an sts?\n    help: {help}", response.status);
        return Err(Failure::unavailable(message));
    }
    print(&response, arguments.format)
}

/// What went wrong, and what that mostly means.
fn unanswered(url: &Url, fault: &str) -> String {
    let help = if fault.contains("peer certificate") {
        "--ca-file names the certificates that the server's is verified with; it cannot be one of them itself"
    } else if url.scheme() == "https" && fault.contains("InvalidContentType") {
        "that is not TLS: does the server speak plain http there?"
    } else if url.scheme() == "http" && fault.contains("HTTP version") {
        "that is not plain http: is the URL an https one?"
    } else {
        "--url is the server's issuer: is the server running, and reachable from here?"
    };
    format!("{url}: {fault}\n    help: {help}")
}

fn server_url(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text).ok().filter(Url::has_host);
    url.ok_or("it is a URL, like https://sts.example.com")
}

/// SECURITY: a token is a bearer secret, so plain http is for loopback only.
fn client(arguments: &Arguments) -> Result<HttpClient, Failure> {
    let plain = arguments.url.scheme() == "http";
    let host = arguments.url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let loopback = host == "localhost"
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    if (plain && !loopback) || !matches!(arguments.url.scheme(), "http" | "https") {
        return Err(Failure::usage(
            "--url is an https URL; plain http would show the token to the network",
        ));
    }
    HttpClient::new(None, plain, arguments.ca_file.as_deref(), TIME_MAX).map_err(Failure::usage)
}

fn endpoint(base: &Url, path: &str) -> Result<Url, Failure> {
    Url::parse(&format!("{}/{path}", base.as_str().trim_end_matches('/'))).map_err(Failure::usage)
}

async fn subject_token(arguments: &Arguments, client: &HttpClient) -> Result<String, Failure> {
    let text = match arguments.subject_token_file.as_deref() {
        Some(path) if path == Path::new("-") => files::read_stdin().map_err(Failure::usage)?,
        Some(path) => files::read_text(path).map_err(Failure::usage)?,
        None => {
            let found = ambient::find(&arguments.url, client).await?;
            mask(&found);
            found
        }
    };
    let text = text.trim_end();
    if text.is_empty() {
        return Err(Failure::usage("the subject token is empty: is the file the right one?"));
    }
    Ok(text.to_owned())
}

fn print(response: &Response, format: Format) -> Result<Exit, Failure> {
    let answer: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let text = |name: &str| answer.get(name).and_then(Value::as_str);
    if let (200, Some(token)) = (response.status, text("access_token")) {
        // RFC 6750 §2.1: what a bearer token is made of; anything else could
        // write into the logs and scripts that read it.
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
        if token.is_empty() || !token.bytes().all(fits) {
            return Err(Failure::unavailable("the answer holds no usable access_token"));
        }
        mask(token);
        match format {
            Format::Token => line(token),
            Format::Json => line(String::from_utf8_lossy(&response.body).trim_end()),
        }
        return Ok(Exit::Ok);
    }
    if format == Format::Json {
        line(String::from_utf8_lossy(&response.body).trim_end());
    }
    let text = |name: &str| text(name).map(|value| clean(value, false));
    let reason = text("reason").unwrap_or_else(|| "no reason given".to_owned());
    let description = text("error_description")
        .unwrap_or_else(|| "the answer is not that of a token endpoint".to_owned());
    let mut message = format!("status {}: {reason}: {description}", response.status);
    for policy in answer.get("failed").and_then(Value::as_array).into_iter().flatten() {
        let name = policy.get("policy").and_then(Value::as_str).unwrap_or_default();
        let ids = policy.get("conditions").and_then(Value::as_array).into_iter().flatten();
        let ids: Vec<_> = ids.filter_map(Value::as_str).collect();
        message.push_str(&format!("\n    policy {name}: {} did not hold", ids.join(", ")));
    }
    if let Some(id) = text("decision_id") {
        message.push_str(&format!("\n    decision {id}"));
    }
    let message = clean(&message, true);
    match response.status {
        400..=499 if response.status != 429 => Err(Failure::refused(message)),
        _ => Err(Failure::unavailable(message)),
    }
}

/// Tells the CI system to hide a secret in its logs. GitHub reads such lines on
/// standard error as well, where they are not taken for the result.
fn mask(secret: &str) {
    if environment::variable("GITHUB_ACTIONS").as_deref() == Some("true") {
        note(format!("::add-mask::{secret}"));
    }
}
