//! A key-encryption key that the transit engine of OpenBao or Vault holds: it
//! seals and opens for us, and never gives the key away.

use super::header::{KeyKind, Named};
use super::remote::{Remote, secret_header};
use super::{Context, KeyEncryptionKey, SealFault, Secret};
use crate::files;
use crate::http_client::Response;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde_json::{Value, json};
use std::path::PathBuf;
use sts_core::ports::Answer;
use sts_wire::base64;
use url::Url;
use zeroize::Zeroizing;

/// Where the key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransitSettings {
    /// Address of the server.
    pub url: Url,
    /// Path that the engine is mounted at; a namespace may go before it.
    pub mount: String,
    /// Name of the key, of type `aes256-gcm96`.
    pub key: String,
    /// Holds the token, read at each call: an agent renews it.
    pub token_file: PathBuf,
    /// Certificates that the server's is checked by, in place of the public ones.
    pub ca_file: Option<PathBuf>,
}

/// What transit says of a ciphertext that this key did not make in this context.
const NOT_OURS: [&str; 2] = ["message authentication failed", "invalid ciphertext"];

/// A key of transit.
pub(super) struct TransitKey {
    settings: TransitSettings,
    remote: Remote,
    named: Named,
}

impl TransitKey {
    /// Prepares calls; nothing is asked yet.
    ///
    /// # Errors
    /// The certificates cannot be used.
    pub(super) fn open(settings: &TransitSettings) -> Result<Self, SealFault> {
        let TransitSettings { url, mount, key, ca_file, .. } = settings;
        let shown = format!("the transit key {mount}/{key} at {url}");
        let remote = Remote::new(shown, url, ca_file.as_deref())?;
        let named = Named::new(KeyKind::Transit, format!("{mount}/{key}"));
        Ok(Self { settings: settings.clone(), remote, named })
    }

    /// One member of the answer's `data`, or why there is none.
    async fn ask(
        &self,
        verb: &str,
        context: Context<'_>,
        body: Value,
    ) -> Result<String, SealFault> {
        let TransitSettings { url, mount, key, .. } = &self.settings;
        let path = format!("{}/v1/{mount}/{verb}/{key}", url.path().trim_end_matches('/'));
        let mut url = url.clone();
        url.set_path(&path);
        let answer = self.remote.call(&url, self.headers()?, &body).await?;
        let member = if verb == "encrypt" { "ciphertext" } else { "plaintext" };
        let parsed: Option<Value> = serde_json::from_slice(&answer.body).ok();
        if answer.status == 200 {
            let text = parsed.as_ref().and_then(|parsed| parsed.get("data")?.get(member)?.as_str());
            return text.map(str::to_owned).ok_or_else(|| self.remote.unreadable());
        }
        Err(self.fault(&answer, parsed.as_ref(), context))
    }

    fn headers(&self) -> Result<HeaderMap, SealFault> {
        let token = Zeroizing::new(files::read_text(&self.settings.token_file)?);
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let name = HeaderName::from_static("x-vault-token");
        secret_header(&mut headers, name, token.trim()).map_err(|_| {
            let help = "seal.token_file holds the token and nothing else";
            self.remote.refused("the token file holds no token", help)
        })?;
        Ok(headers)
    }

    fn fault(&self, answer: &Response, body: Option<&Value>, context: Context<'_>) -> SealFault {
        let errors = body.and_then(|body| body.get("errors")?.as_array());
        let errors = errors.into_iter().flatten().filter_map(Value::as_str);
        let errors = errors.collect::<Vec<_>>().join("; ");
        let cause = format!("{} {errors}", answer.status);
        match answer.status {
            400 if NOT_OURS.iter().any(|said| errors.contains(said)) => SealFault::Open {
                key: self.remote.shown().to_owned(),
                what: context.purpose.to_owned(),
                environment: context.environment.to_owned(),
            },
            403 => self.remote.refused(
                &cause,
                "the token of seal.token_file is not valid, or no policy of it permits update on encrypt and decrypt of this key",
            ),
            400 | 404 | 405 => self.remote.refused(
                &cause,
                "seal.mount and seal.key name a key of type aes256-gcm96 that is there; restore it where it is gone, as a new one opens nothing",
            ),
            _ => self.remote.unavailable(&cause),
        }
    }
}

impl KeyEncryptionKey for TransitKey {
    fn named(&self) -> &Named {
        &self.named
    }

    fn shown(&self) -> &str {
        self.remote.shown()
    }

    fn seal<'a>(
        &'a self,
        context: Context<'a>,
        secret: &'a [u8],
    ) -> Answer<'a, Result<Vec<u8>, SealFault>> {
        Box::pin(async move {
            let body = json!({
                "plaintext": base64::encode(secret),
                "associated_data": base64::encode(&context.associated()),
            });
            Ok(self.ask("encrypt", context, body).await?.into_bytes())
        })
    }

    fn open<'a>(
        &'a self,
        context: Context<'a>,
        sealed: &'a [u8],
    ) -> Answer<'a, Result<Secret, SealFault>> {
        Box::pin(async move {
            let ciphertext = std::str::from_utf8(sealed).map_err(|_| SealFault::Corrupt {
                what: context.purpose.to_owned(),
                key: self.shown().to_owned(),
            })?;
            let body = json!({
                "ciphertext": ciphertext,
                "associated_data": base64::encode(&context.associated()),
            });
            let plaintext = Zeroizing::new(self.ask("decrypt", context, body).await?);
            let secret = base64::decode(&plaintext).map_err(|_| self.remote.unreadable())?;
            Ok(Zeroizing::new(secret))
        })
    }
}
