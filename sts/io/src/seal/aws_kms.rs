//! A key-encryption key that AWS KMS holds: Encrypt and Decrypt, signed by
//! `aws-sigv4`. The environment and the purpose are the encryption context, so
//! that key policies can name them and `CloudTrail` shows them.

mod credentials;
mod signature;

use super::header::{KeyKind, Named};
use super::remote::Remote;
use super::{Context, KeyEncryptionKey, SealFault, Secret};
use crate::clock::SystemClock;
use crate::http_client::Response;
use serde_json::{Value, json};
use signature::Call;
use std::path::PathBuf;
use sts_core::ports::{Answer, Clock as _};
use sts_wire::base64;
use url::Url;
use zeroize::Zeroizing;

/// Where the key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsKmsSettings {
    /// Id, ARN or alias of a symmetric key.
    pub key_id: String,
    /// Region of the key.
    pub region: String,
    /// Address of the API.
    pub endpoint: Url,
    /// A file of the form that AWS' own tools read, read at each call; the environment's variables without one.
    pub credentials_file: Option<PathBuf>,
    /// Certificates that the server's is checked by, in place of the public ones.
    pub ca_file: Option<PathBuf>,
}

/// A key of KMS.
pub(super) struct AwsKmsKey {
    settings: AwsKmsSettings,
    remote: Remote,
    named: Named,
}

/// Errors of a call that waiting may cure: the API's page on Decrypt, and common errors.
const PASSING: [&str; 5] = [
    "ThrottlingException",
    "KMSInternalException",
    "KeyUnavailableException",
    "DependencyTimeoutException",
    "ServiceUnavailable",
];

impl AwsKmsKey {
    /// Prepares calls; nothing is asked yet.
    ///
    /// # Errors
    /// The certificates cannot be used.
    pub(super) fn open(settings: &AwsKmsSettings) -> Result<Self, SealFault> {
        let AwsKmsSettings { key_id, region, endpoint, ca_file, .. } = settings;
        let shown = format!("the AWS KMS key {key_id} in {region}");
        let remote = Remote::new(shown, endpoint, ca_file.as_deref())?;
        let named = Named::new(KeyKind::AwsKms, key_id.clone());
        Ok(Self { settings: settings.clone(), remote, named })
    }

    /// The bytes of one member of the answer, or why there are none.
    async fn ask(
        &self,
        operation: &'static str,
        member: &str,
        context: Context<'_>,
        body: Value,
    ) -> Result<Secret, SealFault> {
        let credentials = credentials::read(self.settings.credentials_file.as_deref())
            .map_err(|cause| {
                self.remote.refused(
                    &cause,
                    "seal.credentials_file names a file with [default], aws_access_key_id and aws_secret_access_key; without it AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are read",
                )
            })?;
        let call = Call {
            operation,
            endpoint: &self.settings.endpoint,
            region: &self.settings.region,
            now: SystemClock.now(),
        };
        let headers = call.sign(&credentials, &body).map_err(|cause| {
            self.remote
                .refused(&cause, "the credentials hold characters that no AWS credentials have")
        })?;
        let answer = self.remote.call(&self.settings.endpoint, headers, &body).await?;
        let parsed: Option<Value> = serde_json::from_slice(&answer.body).ok();
        if answer.status != 200 {
            return Err(self.fault(&answer, parsed.as_ref(), context));
        }
        let text = parsed.as_ref().and_then(|parsed| parsed.get(member)?.as_str());
        let bytes = text.and_then(|text| base64::decode(text).ok());
        bytes.map(Zeroizing::new).ok_or_else(|| self.remote.unreadable())
    }

    fn body(&self, context: Context<'_>, member: &str, bytes: &[u8]) -> Value {
        json!({
            "KeyId": self.settings.key_id,
            member: base64::encode(bytes),
            "EncryptionContext": {
                "sts:environment": context.environment,
                "sts:purpose": context.purpose,
            },
        })
    }

    fn fault(&self, answer: &Response, body: Option<&Value>, context: Context<'_>) -> SealFault {
        let text = |member: &str| body.and_then(|body| body.get(member)?.as_str());
        let kind = text("__type").unwrap_or_default();
        let kind = kind.rsplit('#').next().unwrap_or_default();
        let message = text("message").or_else(|| text("Message")).unwrap_or_default();
        let cause = format!("{} {kind} {message}", answer.status);
        match kind {
            "InvalidCiphertextException" | "IncorrectKeyException" => SealFault::Open {
                key: self.remote.shown().to_owned(),
                what: context.purpose.to_owned(),
                environment: context.environment.to_owned(),
            },
            _ if answer.status >= 500 || answer.status == 429 || PASSING.contains(&kind) => {
                self.remote.unavailable(&cause)
            }
            "NotFoundException" | "DisabledException" | "KMSInvalidStateException" => {
                self.remote.refused(
                    &cause,
                    "seal.key_id and seal.region name an enabled symmetric key; cancel its deletion where one is scheduled, as a new one opens nothing",
                )
            }
            _ => self.remote.refused(
                &cause,
                "the credentials must be valid and permit kms:Encrypt and kms:Decrypt with this key and encryption context",
            ),
        }
    }
}

impl KeyEncryptionKey for AwsKmsKey {
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
            let body = self.body(context, "Plaintext", secret);
            Ok(self.ask("Encrypt", "CiphertextBlob", context, body).await?.to_vec())
        })
    }

    fn open<'a>(
        &'a self,
        context: Context<'a>,
        sealed: &'a [u8],
    ) -> Answer<'a, Result<Secret, SealFault>> {
        Box::pin(async move {
            let body = self.body(context, "CiphertextBlob", sealed);
            self.ask("Decrypt", "Plaintext", context, body).await
        })
    }
}
