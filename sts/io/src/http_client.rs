//! The bounded HTTP client: no redirects, no proxy, one deadline for all, a cap on bytes.

use crate::limits::{FETCH_BYTES_MAX, FETCH_TIME_MAX};
use crate::network::{GuardedResolver, Reach};
use crate::tls::{self, TlsFault};
use http::HeaderMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use url::{Host, Url};

/// A client for one issuer, or for `sts exchange`.
#[derive(Debug, Clone)]
pub struct HttpClient {
    client: reqwest::Client,
    reach: Option<Reach>,
    plain_http: bool,
}

/// An answer that was read whole.
#[derive(Debug)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Body, at most [`FETCH_BYTES_MAX`].
    pub body: Vec<u8>,
}

/// A request that had no answer; the text is for operators.
#[derive(Debug, thiserror::Error)]
pub enum HttpFault {
    /// The URL may not be fetched.
    #[error("{0}")]
    Url(&'static str),
    /// No connection, no answer in time, or broken off.
    #[error("no answer: {0}")]
    Transport(String),
    /// The body is too large.
    #[error("the answer is larger than 131072 bytes")]
    TooLarge,
}

impl HttpClient {
    /// A client that reaches only what `reach` permits; everything, when there is none.
    ///
    /// # Errors
    /// The certificates cannot be used.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that builds HTTP clients")]
    pub fn new(
        reach: Option<Reach>,
        plain_http: bool,
        ca_file: Option<&Path>,
        time_max: Duration,
    ) -> Result<Self, TlsFault> {
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls::client(ca_file)?)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .timeout(time_max)
            .pool_max_idle_per_host(0)
            .https_only(!plain_http);
        if let Some(reach) = &reach {
            builder = builder.dns_resolver(Arc::new(GuardedResolver(reach.clone())));
        }
        let client = builder
            .build()
            .map_err(|error| TlsFault::Rustls(rustls::Error::General(error.to_string())))?;
        Ok(Self { client, reach, plain_http })
    }

    /// A client for an issuer's documents: [`FETCH_TIME_MAX`] in all.
    ///
    /// # Errors
    /// The certificates cannot be used.
    pub fn for_issuer(
        reach: Reach,
        plain_http: bool,
        ca_file: Option<&Path>,
    ) -> Result<Self, TlsFault> {
        Self::new(Some(reach), plain_http, ca_file, FETCH_TIME_MAX)
    }

    /// Fetches a document.
    ///
    /// # Errors
    /// [`HttpFault`].
    pub async fn get(&self, url: &Url, bearer: Option<&str>) -> Result<Response, HttpFault> {
        self.check(url)?;
        let mut request = self.client.get(url.clone()).header("accept", "application/json");
        if let Some(bearer) = bearer {
            request = request.bearer_auth(bearer);
        }
        read(request).await
    }

    /// Posts a form.
    ///
    /// # Errors
    /// [`HttpFault`].
    pub async fn post(
        &self,
        url: &Url,
        content_type: &'static str,
        body: String,
    ) -> Result<Response, HttpFault> {
        self.check(url)?;
        read(self.client.post(url.clone()).header("content-type", content_type).body(body)).await
    }

    /// Posts JSON with headers of an API's own.
    ///
    /// # Errors
    /// [`HttpFault`].
    pub async fn post_with(
        &self,
        url: &Url,
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> Result<Response, HttpFault> {
        self.check(url)?;
        read(self.client.post(url.clone()).headers(headers).body(body)).await
    }

    /// A host written as an address never meets the resolver, so it is checked here.
    fn check(&self, url: &Url) -> Result<(), HttpFault> {
        if url.scheme() != "https" && !(self.plain_http && url.scheme() == "http") {
            return Err(HttpFault::Url("only https is fetched"));
        }
        let Some(reach) = &self.reach else {
            return Ok(());
        };
        let permitted = match url.host() {
            None => false,
            Some(Host::Domain(_)) => true,
            Some(Host::Ipv4(address)) => reach.permits_literal(address.into()),
            Some(Host::Ipv6(address)) => reach.permits_literal(address.into()),
        };
        if permitted {
            Ok(())
        } else {
            Err(HttpFault::Url(
                "the host is an address that the trust bundle does not list in network",
            ))
        }
    }
}

async fn read(request: reqwest::RequestBuilder) -> Result<Response, HttpFault> {
    let transport = |error: reqwest::Error| HttpFault::Transport(describe(&error));
    let mut response = request.send().await.map_err(transport)?;
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(transport)? {
        if body.len().saturating_add(chunk.len()) > FETCH_BYTES_MAX {
            return Err(HttpFault::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Response { status, body })
}

/// The innermost cause: what an operator can act on.
fn describe(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it took too long".to_owned();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
