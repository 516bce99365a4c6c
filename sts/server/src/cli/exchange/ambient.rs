//! The token that the platform gives to this job.

use super::endpoint;
use crate::output::Failure;
use serde_json::Value;
use sts_io::environment;
use sts_io::http_client::HttpClient;
use url::Url;

/// Where GitHub Actions (and Forgejo, which follows it) gives out tokens.
const REQUEST_URL: &str = "ACTIONS_ID_TOKEN_REQUEST_URL";
/// What one has to show there.
const REQUEST_TOKEN: &str = "ACTIONS_ID_TOKEN_REQUEST_TOKEN";

/// Asks the platform for a token whose audience is the server's issuer.
pub(super) async fn find(server: &Url, client: &HttpClient) -> Result<String, Failure> {
    let (Some(url), Some(bearer)) =
        (environment::variable(REQUEST_URL), environment::variable(REQUEST_TOKEN))
    else {
        return Err(Failure::usage(missing()));
    };
    let mut url =
        Url::parse(&url).map_err(|_| Failure::usage(format!("{REQUEST_URL} is not a URL")))?;
    let issuer = issuer(server, client).await?;
    url.query_pairs_mut().append_pair("audience", &issuer);
    let answer = get(&url, Some(&bearer), client).await?;
    let token = answer.get("value").and_then(Value::as_str);
    token
        .map(str::to_owned)
        .ok_or_else(|| Failure::unavailable("the platform's answer holds no token"))
}

/// The server's own word for itself: the audience that its trust bundles expect by default.
async fn issuer(server: &Url, client: &HttpClient) -> Result<String, Failure> {
    let answer = get(&endpoint(server, ".well-known/openid-configuration")?, None, client).await?;
    let issuer = answer.get("issuer").and_then(Value::as_str);
    issuer.map(str::to_owned).ok_or_else(|| {
        Failure::unavailable(format!("{server} has no discovery document: is it an sts?"))
    })
}

async fn get(url: &Url, bearer: Option<&str>, client: &HttpClient) -> Result<Value, Failure> {
    // The query may hold the platform's own secrets: it is not shown.
    let shown = format!("{}{}", url.origin().ascii_serialization(), url.path());
    let response = client
        .get(url, bearer)
        .await
        .map_err(|fault| Failure::unavailable(format!("{shown}: {fault}")))?;
    if response.status != 200 {
        return Err(Failure::unavailable(format!("{shown} answered {}", response.status)));
    }
    serde_json::from_slice(&response.body)
        .map_err(|_| Failure::unavailable(format!("{shown} did not answer with JSON")))
}

fn missing() -> String {
    let mut message =
        "no subject token: give --subject-token-file FILE, or - for standard input".to_owned();
    if environment::variable("GITHUB_ACTIONS").is_some() {
        message.push_str("\n    help: this job cannot get one from GitHub; add to the job\n        permissions:\n          id-token: write");
    }
    message
}
