//! From an HTTP request to an exchange request: media type, size, parameters.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt as _;
use std::time::Duration;
use sts_core::exchange::Refused;
use sts_core::reason::Reason;
use sts_wire::limits::BODY_BYTES_MAX;
use sts_wire::params::Params;
use sts_wire::token_exchange::TokenExchangeRequest;

/// Longest time for a body to arrive.
const BODY_TIME_MAX: Duration = Duration::from_secs(10);

/// Bytes beyond the cap that are read and thrown away, so that a client that is
/// still sending can read the answer; one that sends more is cut off.
const DRAIN_BYTES_MAX: usize = 1024 * 1024;

/// Longest time for that.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(1);

/// Why there is no exchange request.
pub(super) enum Fault {
    /// Neither form nor JSON.
    UnsupportedMediaType,
    /// Everything else.
    Refused(Refused),
}

static MALFORMED: Refused = Refused::because(Reason::MalformedRequest);

impl Fault {
    /// The refusal, for logs and metrics.
    pub(super) fn refused(&self) -> &Refused {
        match self {
            Self::UnsupportedMediaType => &MALFORMED,
            Self::Refused(refused) => refused,
        }
    }

    const fn because(reason: Reason) -> Self {
        Self::Refused(Refused::because(reason))
    }
}

#[derive(Clone, Copy)]
enum Media {
    Form,
    Json,
}

/// Reads the request; parameters of the query string are not looked at.
pub(super) async fn read(request: Request) -> Result<TokenExchangeRequest, Fault> {
    let media = media(request.headers());
    let client = request.headers().contains_key(header::AUTHORIZATION);
    if announced(request.headers()) > DRAIN_BYTES_MAX {
        return Err(Fault::because(Reason::TooLarge));
    }
    let mut body = request.into_body();
    let collected = tokio::time::timeout(BODY_TIME_MAX, collect(&mut body)).await;
    let bytes = collected.map_err(|_| Fault::because(Reason::MalformedRequest))??;
    let Some(bytes) = bytes else {
        // It is too large whether it ends, breaks off or never ends.
        let _read_or_not = tokio::time::timeout(DRAIN_TIME_MAX, drain(&mut body)).await;
        return Err(Fault::because(Reason::TooLarge));
    };
    let params = match media.ok_or(Fault::UnsupportedMediaType)? {
        Media::Form => Params::from_form(&bytes),
        Media::Json => Params::from_json(&bytes),
    };
    let params = params.map_err(|_| Fault::because(Reason::MalformedRequest))?;
    if client {
        return Err(Fault::because(Reason::ClientRejected));
    }
    Ok(TokenExchangeRequest::from_params(&params)?)
}

/// One `Content-Type`, one of two media types, UTF-8 if it says so; no encoding of the body.
fn media(headers: &HeaderMap) -> Option<Media> {
    if headers.contains_key(header::CONTENT_ENCODING) {
        return None;
    }
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(only), None) = (types.next(), types.next()) else {
        return None;
    };
    let text = only.to_str().ok()?.to_ascii_lowercase();
    let mut parts = text.split(';').map(str::trim);
    let media = match parts.next()? {
        "application/x-www-form-urlencoded" => Media::Form,
        "application/json" => Media::Json,
        _ => return None,
    };
    let utf8 = |part: &str| matches!(part, "" | "charset=utf-8" | "charset=\"utf-8\"");
    parts.all(utf8).then_some(media)
}

/// `Content-Length`, when there is one.
fn announced(headers: &HeaderMap) -> usize {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    length.and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// The body; none as soon as it is larger than the cap.
async fn collect(body: &mut Body) -> Result<Option<Vec<u8>>, Fault> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Fault::because(Reason::MalformedRequest))?;
        let Ok(chunk) = frame.into_data() else { continue };
        if bytes.len().saturating_add(chunk.len()) > BODY_BYTES_MAX {
            return Ok(None);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Some(bytes))
}

/// Reads on and keeps nothing.
async fn drain(body: &mut Body) {
    let mut read = 0_usize;
    while let Some(Ok(frame)) = body.frame().await {
        read = read.saturating_add(frame.data_ref().map_or(0, |chunk| chunk.len()));
        if read > DRAIN_BYTES_MAX {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn accepts(types: &[&'static str]) -> bool {
        let mut headers = HeaderMap::new();
        for text in types {
            headers.append(header::CONTENT_TYPE, HeaderValue::from_static(text));
        }
        media(&headers).is_some()
    }

    #[test]
    fn form_and_json_are_media_types_that_are_read_and_nothing_else_is() {
        for good in [
            "application/json",
            "Application/X-WWW-Form-Urlencoded",
            "application/json; charset=UTF-8",
        ] {
            assert!(accepts(&[good]), "{good}");
        }
        for bad in [
            "text/plain",
            "multipart/form-data; boundary=x",
            "application/json; charset=utf-16",
            "application/jsonp",
            "",
        ] {
            assert!(!accepts(&[bad]), "{bad}");
        }
        assert!(!accepts(&[]));
        assert!(!accepts(&["application/json", "application/json"]));
    }
}
