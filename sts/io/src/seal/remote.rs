//! What kinds have in common whose key is behind an HTTP API.

use super::SealFault;
use crate::http_client::{HttpClient, Response};
use crate::limits::{FOREIGN_TEXT_MAX, SEAL_TIME_MAX};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use std::path::Path;
use url::Url;

/// An API that holds a key-encryption key.
pub(super) struct Remote {
    client: HttpClient,
    shown: String,
}

impl Remote {
    /// The API of a URL, whose scheme the configuration has checked.
    pub(super) fn new(shown: String, url: &Url, ca_file: Option<&Path>) -> Result<Self, SealFault> {
        let client = HttpClient::new(None, url.scheme() == "http", ca_file, SEAL_TIME_MAX);
        let client = client.map_err(|fault| SealFault::Refused {
            key: shown.clone(),
            cause: fault.to_string(),
            help: "seal.ca_file names the certificates, in PEM, that the server's own is checked by",
        })?;
        Ok(Self { client, shown })
    }

    /// What and where it is, for operators.
    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    /// One call. It is not tried again: whoever asked does so at the next look at the ring.
    pub(super) async fn call(
        &self,
        url: &Url,
        headers: HeaderMap,
        body: &Value,
    ) -> Result<Response, SealFault> {
        let answer = self.client.post_with(url, headers, body.to_string().into_bytes()).await;
        answer.map_err(|fault| self.unavailable(&fault.to_string()))
    }

    /// It does not answer now.
    pub(super) fn unavailable(&self, cause: &str) -> SealFault {
        SealFault::Unavailable {
            key: self.shown.clone(),
            cause: printable(cause),
            help: "sts_keys_run_out_seconds says for how long",
        }
    }

    /// It answers, and does not let us use the key.
    pub(super) fn refused(&self, cause: &str, help: &'static str) -> SealFault {
        SealFault::Refused { key: self.shown.clone(), cause: printable(cause), help }
    }

    /// It answered what none of its kind answers.
    pub(super) fn unreadable(&self) -> SealFault {
        self.unavailable("its answer cannot be read")
    }
}

/// A header that is not shown in any debugging output.
pub(super) fn secret_header(
    headers: &mut HeaderMap,
    name: HeaderName,
    value: &str,
) -> Result<(), http::header::InvalidHeaderValue> {
    let mut value = HeaderValue::from_str(value)?;
    value.set_sensitive(true);
    headers.insert(name, value);
    Ok(())
}

/// Another system's words, short and on one line: they go into logs.
fn printable(text: &str) -> String {
    let plain = text.chars().map(|character| if character.is_control() { ' ' } else { character });
    plain.take(FOREIGN_TEXT_MAX).collect()
}
