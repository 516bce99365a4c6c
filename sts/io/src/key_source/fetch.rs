//! One fetch of one bundle's key set.

use crate::files;
use crate::http_client::HttpClient;
use crate::limits::FETCH_TIME_MAX;
use crate::network::Reach;
use ipnet::IpNet;
use std::path::{Path, PathBuf};
use sts_core::ports::Unavailable;
use sts_core::trust::{KeySetSource, TrustBundle};
use sts_jose::{VerifyingKeySet, sha256};
use sts_wire::jwk::{KeySetFault, parse_set};
use sts_wire::metadata::Discovery;
use url::Url;

/// How much of another issuer's name is told, in characters.
const NAMED_CHARS_MAX: usize = 200;

/// Why a fetch brought no keys.
pub(super) enum FetchFault {
    /// None can be had now; what is cached may still be good.
    Unavailable(Unavailable),
    /// The issuer gives its private keys away: nothing of it is good any more.
    Compromised(Unavailable),
}

impl From<Unavailable> for FetchFault {
    fn from(fault: Unavailable) -> Self {
        Self::Unavailable(fault)
    }
}

impl From<FetchFault> for Unavailable {
    fn from(fault: FetchFault) -> Self {
        match fault {
            FetchFault::Unavailable(fault) | FetchFault::Compromised(fault) => fault,
        }
    }
}

/// Where a key set is.
enum Source {
    File(PathBuf),
    Url(String),
}

impl std::fmt::Display for Source {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => write!(formatter, "{}", path.display()),
            Self::Url(url) => formatter.write_str(url),
        }
    }
}

/// What a fetch brought.
pub(super) struct Fetched {
    /// Where the key set was found.
    pub(super) source: String,
    pub(super) keys: VerifyingKeySet,
    /// Of each key that is not used, why.
    pub(super) ignored: Vec<String>,
    /// The version of a SPIFFE bundle, where its publisher counts them.
    pub(super) sequence: Option<u64>,
    /// The set as it was served.
    pub(super) document: Vec<u8>,
    /// SHA-256 of it, in hex.
    pub(super) sha256: String,
}

impl Fetched {
    /// Reads a set for a bundle.
    pub(super) fn read(
        bundle: &TrustBundle,
        source: String,
        bytes: Vec<u8>,
    ) -> Result<Self, FetchFault> {
        let fault = |text: String| Unavailable(format!("trust bundle {}: {text}", bundle.name));
        let parsed = parse_set(&bytes).map_err(|error| match error {
            KeySetFault::Private => FetchFault::Compromised(fault(error.to_string())),
            KeySetFault::Json(_) | KeySetFault::TooMany => fault(error.to_string()).into(),
        });
        let set = parsed?;
        let (keys, refused) =
            VerifyingKeySet::load_for(bundle.key_use(), &set.keys, &bundle.algorithms);
        // An empty SPIFFE bundle says that the trust domain is to be trusted no more.
        if keys.is_empty() && bundle.trust_domain().is_none() {
            let seen = set.keys.len().saturating_add(set.unknown);
            return Err(fault(format!("no usable key among {seen}")).into());
        }
        let mut ignored: Vec<String> = refused.iter().map(ToString::to_string).collect();
        ignored
            .extend((0..set.unknown).map(|_| "it is of a kind that is not understood".to_owned()));
        let sha256 = sha256(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { source, keys, ignored, sequence: set.sequence, document: bytes, sha256 })
    }
}

/// How sets are fetched.
#[derive(Debug, Clone)]
pub(super) struct Fetcher {
    /// Folder that files of bundles are relative to.
    pub(super) base: PathBuf,
    /// Whether plain http and loopback are legal.
    pub(super) development: bool,
}

impl Fetcher {
    /// Fetches a bundle's set, past every cache. The certificates are read anew
    /// each time, as platforms rotate them.
    pub(super) async fn fetch(&self, bundle: &TrustBundle) -> Result<Fetched, FetchFault> {
        let fault = |text: String| Unavailable(format!("trust bundle {}: {text}", bundle.name));
        let reach = Reach { networks: bundle.keys.network.clone(), loopback: self.development };
        let ca_file = bundle.keys.ca_file.as_ref().map(|path| self.base.join(path));
        let client = HttpClient::for_issuer(reach, self.development, ca_file.as_deref());
        let client = client.map_err(|error| fault(error.to_string()))?;
        let fetch = Fetch { bundle, base: &self.base, client };
        let in_time = tokio::time::timeout(FETCH_TIME_MAX, fetch.run()).await;
        in_time.unwrap_or_else(|_| Err(fault("the issuer took longer than 3 s".to_owned()).into()))
    }
}

/// One fetch: every document of it through one client.
struct Fetch<'a> {
    bundle: &'a TrustBundle,
    base: &'a Path,
    client: HttpClient,
}

impl Fetch<'_> {
    async fn run(&self) -> Result<Fetched, FetchFault> {
        let bundle = self.bundle;
        let fault = |text: String| Unavailable(format!("trust bundle {}: {text}", bundle.name));
        let source = self.locate().await.map_err(fault)?;
        let bytes = match &source {
            Source::File(path) => files::read(path).map_err(|error| fault(error.to_string()))?,
            Source::Url(url) => self.document(url).await.map_err(fault)?,
        };
        Fetched::read(bundle, source.to_string(), bytes)
    }

    async fn locate(&self) -> Result<Source, String> {
        match &self.bundle.keys.source {
            KeySetSource::File(path) => Ok(Source::File(self.base.join(path))),
            KeySetSource::Url(url) => Ok(Source::Url(url.clone())),
            KeySetSource::Discovery => self.discover().await.map(Source::Url),
        }
    }

    /// RFC 8414 §3.3: the document must name exactly the issuer that was asked.
    async fn discover(&self) -> Result<String, String> {
        let issuer = self.bundle.issuer.as_str();
        let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let discovery =
            Discovery::parse(&self.document(&url).await?).map_err(|error| error.to_string())?;
        if discovery.issuer != issuer {
            let other: String = discovery.issuer.chars().take(NAMED_CHARS_MAX).collect();
            return Err(format!("the discovery document names another issuer, {other:?}"));
        }
        Ok(discovery.jwks_uri)
    }

    async fn document(&self, url: &str) -> Result<Vec<u8>, String> {
        let bundle = self.bundle;
        let url = plain_url(url).ok_or("the URL of the document is not a plain one")?;
        let issuer =
            Url::parse(bundle.issuer.as_str()).map_err(|_| "the issuer is not a URL".to_owned())?;
        check_host(bundle, &issuer, &url)?;
        let bearer = self.bearer(&issuer, &url)?;
        let response = self
            .client
            .get(&url, bearer.as_deref())
            .await
            .map_err(|error| format!("{url}: {error}"))?;
        if response.status != 200 {
            return Err(format!("{url} answered {}", response.status));
        }
        Ok(response.body)
    }

    /// SECURITY: the bearer token goes to the configured hosts only; it is read
    /// anew each time, as platforms rotate it.
    fn bearer(&self, issuer: &Url, url: &Url) -> Result<Option<String>, String> {
        let Some(path) = &self.bundle.keys.token_file else {
            return Ok(None);
        };
        if url.host_str() != issuer.host_str() && !listed(self.bundle, url) {
            return Ok(None);
        }
        let text = files::read_text(&self.base.join(path)).map_err(|error| error.to_string())?;
        Ok(Some(text.trim_end().to_owned()))
    }
}

/// The key set lies on the issuer's own host and port, or on a host that the
/// bundle lists, or where the bundle itself says.
fn check_host(bundle: &TrustBundle, issuer: &Url, url: &Url) -> Result<(), String> {
    let configured = matches!(&bundle.keys.source, KeySetSource::Url(own) if own == url.as_str());
    let origin = |url: &Url| (url.host_str().map(str::to_owned), url.port_or_known_default());
    if configured || origin(url) == origin(issuer) || listed(bundle, url) {
        return Ok(());
    }
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    Err(format!("the key set lies on {host}{port}, which the trust bundle does not list in hosts"))
}

/// A URL with one reading: the parser of URLs would drop line breaks and turn
/// backslashes, and a user part looks like a host.
fn plain_url(text: &str) -> Option<Url> {
    let odd = |byte: u8| !byte.is_ascii_graphic() || matches!(byte, b'\\' | b'#' | b'@');
    if text.bytes().any(odd) {
        return None;
    }
    Url::parse(text).ok()
}

fn listed(bundle: &TrustBundle, url: &Url) -> bool {
    let address = url
        .host_str()
        .and_then(|host| host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().ok());
    let network = |network: &IpNet| address.is_some_and(|address| network.contains(&address));
    bundle.keys.hosts.iter().any(|host| Some(host.as_str()) == url.host_str())
        || bundle.keys.network.iter().any(network)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_with_two_readings_are_not_fetched() {
        for text in [
            "http://a.example:1@b.example/jwks",
            "https://a.example\\@b.example/jwks",
            "https://a.example/jw\nks",
            " https://a.example/jwks",
            "https://a.example/jwks#x",
            "jwks",
        ] {
            assert!(plain_url(text).is_none(), "{text:?}");
        }
        assert!(plain_url("https://a.example:8443/jwks?v=1").is_some());
    }
}
