//! One permitted and one denied exchange, over HTTP against this very server,
//! with the explanation from each decision's own trace.

use crate::explain::explain;
use crate::http::Edge;
use crate::output::{Failure, line};
use serde_json::{Value, json};
use sts_io::http_client::HttpClient;
use sts_io::limits::{FETCH_TIME_MAX, READ_BATCH_MAX};
use sts_wire::params::encode_form;
use sts_wire::token_exchange::{GRANT_TYPE, JWT};
use url::Url;

/// What the sample policy grants.
const AUDIENCE: &str = "https://deploy.example.com";
/// What is said of a decision that has no entry.
const UNRECORDED: &str =
    "no policy's pins match this token and audience, so it was counted and not recorded";
/// How much of a token is shown.
const SHOWN_CHARS: usize = 16;

/// Tells the story on standard output; says whether the first exchange was
/// permitted and the second denied, as the samples decide.
///
/// # Errors
/// The server does not answer.
pub(super) async fn tell(url: &str, edge: &Edge) -> Result<bool, Failure> {
    let client = HttpClient::new(None, true, None, FETCH_TIME_MAX).map_err(Failure::unavailable)?;
    let teller = Teller { client, url, edge };
    line("1. A job on refs/heads/main asks for a token to deploy with:\n");
    let first = teller.exchange(json!({})).await?;
    line("\n2. The same job on refs/heads/x asks:\n");
    let second = teller.exchange(json!({"ref": "refs/heads/x"})).await?;
    line("");
    Ok(first && !second)
}

struct Teller<'a> {
    client: HttpClient,
    url: &'a str,
    edge: &'a Edge,
}

impl Teller<'_> {
    /// One exchange; says whether it was permitted.
    async fn exchange(&self, claims: Value) -> Result<bool, Failure> {
        let asked = json!({"profile": "github-actions", "claims": claims}).to_string();
        let issued = self.post("/dev/token", "application/json", asked).await?;
        let token = issued.get("token").and_then(Value::as_str).unwrap_or_default();
        let form = |token: &str| {
            [
                ("grant_type", GRANT_TYPE),
                ("subject_token_type", JWT),
                ("audience", AUDIENCE),
                ("subject_token", token),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
        };
        line(format!("   POST {}/token", self.url));
        for (name, value) in form(&shorten(token)) {
            line(format!("     {name}={value}"));
        }
        let mut answer = self
            .post("/token", "application/x-www-form-urlencoded", encode_form(&form(token)))
            .await?;
        let id = answer.get("decision_id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let permitted = answer.get("access_token").is_some();
        if let Some(secret) = answer.get_mut("access_token") {
            *secret = json!(shorten(secret.as_str().unwrap_or_default()));
        }
        line(format!("\n   answer\n{}", indent(&pretty(&answer))));
        let because = match self.entry(&id).await? {
            Some(entry) => explain(&entry, &self.edge.service.app.snapshot.load_full()),
            None => vec![UNRECORDED.to_owned()],
        };
        line(format!("\n   why\n{}", indent(&because.join("\n"))));
        Ok(permitted)
    }

    async fn post(
        &self,
        path: &str,
        content_type: &'static str,
        body: String,
    ) -> Result<Value, Failure> {
        let url = Url::parse(&format!("{}{path}", self.url)).map_err(Failure::unavailable)?;
        let response =
            self.client.post(&url, content_type, body).await.map_err(Failure::unavailable)?;
        serde_json::from_slice(&response.body).map_err(Failure::unavailable)
    }

    /// The entry of a decision: it was written a moment ago, so it is among the last.
    /// A decision that never met a policy has none.
    async fn entry(&self, id: &str) -> Result<Option<Value>, Failure> {
        let mut from = 0;
        loop {
            let batch = self
                .edge
                .service
                .app
                .store
                .entries(from, READ_BATCH_MAX)
                .await
                .map_err(Failure::unavailable)?;
            let Some((last, _)) = batch.last() else { return Ok(None) };
            from = last.saturating_add(1);
            let entries =
                batch.iter().filter_map(|(_, leaf)| serde_json::from_slice::<Value>(leaf).ok());
            let found = entries
                .into_iter()
                .find(|entry| entry.get("decision_id").and_then(Value::as_str) == Some(id));
            if found.is_some() {
                return Ok(found);
            }
        }
    }
}

fn shorten(token: &str) -> String {
    format!("{}… ({} bytes)", token.chars().take(SHOWN_CHARS).collect::<String>(), token.len())
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

fn indent(text: &str) -> String {
    text.lines().map(|line| format!("     {line}")).collect::<Vec<_>>().join("\n")
}
