//! The headers of one call, signed with Signature Version 4.

use super::super::remote::secret_header;
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde_json::Value;
use std::time::{Duration, UNIX_EPOCH};
use sts_wire::time::Timestamp;
use url::Url;

/// What a call is, beside its body.
pub(super) struct Call<'a> {
    pub operation: &'static str,
    pub endpoint: &'a Url,
    pub region: &'a str,
    pub now: Timestamp,
}

impl Call<'_> {
    /// Every header to send: a signature covers them, the host and the body.
    ///
    /// # Errors
    /// Text that no header may hold.
    pub(super) fn sign(
        &self,
        credentials: &Credentials,
        body: &Value,
    ) -> Result<HeaderMap, String> {
        let text = |error: &dyn std::fmt::Display| error.to_string();
        let target = format!("TrentService.{}", self.operation);
        let headers = [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", &*target)];
        let body = body.to_string();
        let body = SignableBody::Bytes(body.as_bytes());
        let request =
            SignableRequest::new("POST", self.endpoint.as_str(), headers.into_iter(), body)
                .map_err(|error| text(&error))?;
        let identity = credentials.clone().into();
        let since = Duration::from_millis(u64::try_from(self.now.millis()).unwrap_or_default());
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name("kms")
            .time(UNIX_EPOCH.checked_add(since).unwrap_or(UNIX_EPOCH))
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| text(&error))?
            .into();
        let (signed, _query) =
            sign(request, &params).map_err(|error| text(&error))?.into_parts().0.into_parts();
        let mut all = HeaderMap::new();
        all.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.1"));
        let target = HeaderValue::from_str(&target).map_err(|error| text(&error))?;
        all.insert(HeaderName::from_static("x-amz-target"), target);
        for header in signed {
            let name = HeaderName::from_static(header.name());
            secret_header(&mut all, name, header.value()).map_err(|error| text(&error))?;
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_call_is_signed_with_its_host_target_and_body() {
        let credentials = Credentials::new("AKID", "secret", Some("session".into()), None, "test");
        let call = |operation| {
            Call {
                operation,
                endpoint: &Url::parse("https://kms.eu-central-1.amazonaws.com/").unwrap(),
                region: "eu-central-1",
                now: Timestamp::from_seconds(1_440_938_160),
            }
            .sign(&credentials, &json!({"KeyId": "k"}))
            .unwrap()
        };
        let signed = call("Decrypt");
        let authorization = signed["authorization"].to_str().unwrap();
        assert!(authorization.starts_with(
            "AWS4-HMAC-SHA256 Credential=AKID/20150830/eu-central-1/kms/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, Signature="
        ), "{authorization}");
        assert_eq!(signed["x-amz-date"], "20150830T123600Z");
        assert_eq!(signed["x-amz-security-token"], "session");
        assert!(signed["authorization"].is_sensitive());
        assert_ne!(call("Encrypt")["authorization"], signed["authorization"]);
    }
}
