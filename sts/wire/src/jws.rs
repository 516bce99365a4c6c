//! A compact JWS whose signature nobody has checked yet (RFC 7515 §7.1, RFC 7519 §7.2).
//!
//! [`UnverifiedToken`] lets a reader see what is needed to find the key, and
//! says in every name that it is unverified.

use crate::base64url;
use crate::json;
use crate::limits::TOKEN_BYTES_MAX;
use crate::names::KeyId;
use serde_json::{Map, Value};

/// Members of a JSON object.
pub type Members = Map<String, Value>;

/// Why a text is no token that we look at further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// Larger than [`TOKEN_BYTES_MAX`].
    #[error("the token is larger than 16384 bytes")]
    TooLarge,
    /// Not exactly three segments of canonical base64url.
    #[error("the token is not three segments of canonical base64url")]
    Framing,
    /// The header is not acceptable JSON.
    #[error("the header is not a JSON object that can be read in one way only")]
    Header,
    /// `alg` is absent or not a string.
    #[error("the header has no alg")]
    Algorithm,
    /// `kid` is not a usable string.
    #[error("the kid is not a string of 1 to 256 bytes")]
    KeyId,
    /// `typ` names another kind of token.
    #[error("the typ names another kind of token")]
    Type,
    /// `crit`, `b64` or `cty`: extensions that we do not understand.
    #[error("the header demands an extension that is not understood")]
    Extension,
    /// A claim in the header differs from that in the payload.
    #[error("a claim in the header differs from that in the payload")]
    Replicated,
    /// The payload is not acceptable JSON.
    #[error("the payload is not a JSON object that can be read in one way only")]
    Payload,
}

/// A token as sent: parsed, bounded, and not to be believed. No `Debug`: it is a bearer secret.
pub struct UnverifiedToken {
    text: String,
    signing_input_len: usize,
    algorithm: String,
    key_id: Option<KeyId>,
    header: Map<String, Value>,
    claims: Map<String, Value>,
    signature: Vec<u8>,
}

impl UnverifiedToken {
    /// Splits and parses; the size is checked before anything is split.
    ///
    /// # Errors
    /// [`TokenFault`], the first one found.
    pub fn parse(text: &str) -> Result<Self, TokenFault> {
        if text.len() > TOKEN_BYTES_MAX {
            return Err(TokenFault::TooLarge);
        }
        let mut segments = text.split('.');
        let (header, payload, signature) =
            match (segments.next(), segments.next(), segments.next(), segments.next()) {
                (Some(header), Some(payload), Some(signature), None) => {
                    (header, payload, signature)
                }
                _ => return Err(TokenFault::Framing),
            };
        let signing_input_len = header.len().saturating_add(1).saturating_add(payload.len());
        let decode = |segment: &str| base64url::decode(segment).map_err(|_| TokenFault::Framing);
        let (header, payload, signature) = (decode(header)?, decode(payload)?, decode(signature)?);
        let header = json::parse_object(&header).map_err(|_| TokenFault::Header)?;
        let (algorithm, key_id) = check_header(&header)?;
        let claims = json::parse_object(&payload).map_err(|_| TokenFault::Payload)?;
        // RFC 7519 §5.3: claims that are replicated in the header are the same.
        let differs =
            |name: &&str| header.get(*name).is_some_and(|own| claims.get(*name) != Some(own));
        if ["iss", "sub", "aud"].iter().any(differs) {
            return Err(TokenFault::Replicated);
        }
        Ok(Self {
            text: text.to_owned(),
            signing_input_len,
            algorithm,
            key_id,
            header,
            claims,
            signature,
        })
    }

    /// Header and claims of any compact JWS, also of one that [`Self::parse`]
    /// refuses for what its header says: for a person to look at.
    ///
    /// # Errors
    /// It is not three segments of base64url with two JSON objects.
    pub fn peek(text: &str) -> Result<(Members, Members), TokenFault> {
        if text.len() > TOKEN_BYTES_MAX {
            return Err(TokenFault::TooLarge);
        }
        let mut segments = text.splitn(3, '.').map(base64url::decode);
        let mut next = || segments.next().and_then(Result::ok).ok_or(TokenFault::Framing);
        let (header, payload, _signature) = (next()?, next()?, next()?);
        let header = json::parse_object(&header).map_err(|_| TokenFault::Header)?;
        let claims = json::parse_object(&payload).map_err(|_| TokenFault::Payload)?;
        Ok((header, claims))
    }

    /// `alg` as sent.
    #[must_use]
    pub fn unverified_algorithm(&self) -> &str {
        &self.algorithm
    }

    /// `kid` as sent.
    #[must_use]
    pub fn unverified_key_id(&self) -> Option<&KeyId> {
        self.key_id.as_ref()
    }

    /// `iss` as sent, when it is a string.
    #[must_use]
    pub fn unverified_issuer(&self) -> Option<&str> {
        self.claims.get("iss").and_then(Value::as_str)
    }

    /// The claims as sent. Only the signature check and `sts inspect` may look at all of them.
    #[must_use]
    pub fn unverified_claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// The header as sent.
    #[must_use]
    pub fn unverified_header(&self) -> &Map<String, Value> {
        &self.header
    }

    /// What the signature covers (RFC 7515 §5.2).
    #[must_use]
    pub fn signing_input(&self) -> &[u8] {
        self.text.as_bytes().get(..self.signing_input_len).unwrap_or_default()
    }

    /// The signature's bytes.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// The signature as it was encoded.
    #[must_use]
    pub fn signature_text(&self) -> &str {
        self.text.get(self.signing_input_len.saturating_add(1)..).unwrap_or_default()
    }

    /// Gives up the claims; what they are worth is the caller's to know.
    #[must_use]
    pub fn into_unverified_claims(self) -> Map<String, Value> {
        self.claims
    }
}

fn check_header(header: &Map<String, Value>) -> Result<(String, Option<KeyId>), TokenFault> {
    // RFC 7515 §4.1.11 and RFC 7797 §7: we understand no extension, so any is
    // refused. A nested token (`cty`) is none of ours.
    if ["crit", "b64", "cty", "zip", "enc"].into_iter().any(|name| header.contains_key(name)) {
        return Err(TokenFault::Extension);
    }
    let algorithm = header.get("alg").and_then(Value::as_str).ok_or(TokenFault::Algorithm)?;
    let key_id = match header.get("kid") {
        None => None,
        Some(value) => {
            let text = value.as_str().ok_or(TokenFault::KeyId)?;
            Some(KeyId::new(text).map_err(|_| TokenFault::KeyId)?)
        }
    };
    check_type(header.get("typ"))?;
    Ok((algorithm.to_owned(), key_id))
}

/// RFC 8725 §3.11: a token that says it is of another kind is none of ours
/// (an access token, a logout token, a proof …). Types that say no more than
/// "JWT" are common among workload issuers.
fn check_type(typ: Option<&Value>) -> Result<(), TokenFault> {
    let Some(typ) = typ else { return Ok(()) };
    let typ = typ.as_str().ok_or(TokenFault::Type)?.to_ascii_lowercase();
    let typ = typ.strip_prefix("application/").unwrap_or(&typ);
    match typ {
        "jwt" | "jose" | "authorization-grant+jwt" => Ok(()),
        _ => Err(TokenFault::Type),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(header: &str, payload: &str) -> String {
        let part = |text: &str| base64url::encode(text.as_bytes());
        format!("{}.{}.{}", part(header), part(payload), part("signature"))
    }

    fn fault(text: &str) -> Option<TokenFault> {
        UnverifiedToken::parse(text).err()
    }

    const PAYLOAD: &str = r#"{"iss":"https://a.example"}"#;

    #[test]
    fn a_plain_token_is_parsed() {
        let text =
            token(r#"{"alg":"RS256","kid":"k","typ":"JWT","jku":"https://evil.example"}"#, PAYLOAD);
        let parsed = UnverifiedToken::parse(&text).ok().unwrap();
        assert_eq!(parsed.unverified_issuer(), Some("https://a.example"));
        assert_eq!(parsed.unverified_key_id().unwrap().as_str(), "k");
        assert_eq!(
            format!(
                "{}.{}",
                String::from_utf8_lossy(parsed.signing_input()),
                parsed.signature_text()
            ),
            text
        );
    }

    #[test]
    fn a_person_can_look_at_what_is_refused() {
        let issued = token(r#"{"alg":"ES256","typ":"at+jwt"}"#, PAYLOAD);
        assert_eq!(fault(&issued), Some(TokenFault::Type));
        let (header, claims) = UnverifiedToken::peek(&issued).unwrap();
        assert_eq!((header.len(), claims.len()), (2, 1));
        for text in ["", "a.b", "a.b.c.d", "{}"] {
            assert!(UnverifiedToken::peek(text).is_err(), "{text}");
        }
    }

    #[test]
    fn framing_is_exact() {
        let good = token(r#"{"alg":"RS256"}"#, PAYLOAD);
        assert_eq!(fault(&good), None);
        for bad in [
            String::new(),
            ".".into(),
            "..".into(),
            "...".into(),
            format!("{good}."),
            format!(".{good}"),
            format!("{good}.x"),
            format!("{good}="),
            format!("{good}\n"),
            format!(" {good}"),
            format!("Bearer {good}"),
            good.replacen('.', "..", 1),
        ] {
            assert!(fault(&bad).is_some(), "{bad}");
        }
        assert_eq!(fault(&"a".repeat(TOKEN_BYTES_MAX + 1)), Some(TokenFault::TooLarge));
    }

    #[test]
    fn headers_are_strict() {
        for (header, expected) in [
            ("[]", TokenFault::Header),
            (r#"{"alg":"RS256","alg":"none"}"#, TokenFault::Header),
            (r#"{"alg":"RS256"} x"#, TokenFault::Header),
            ("{}", TokenFault::Algorithm),
            (r#"{"alg":["RS256"]}"#, TokenFault::Algorithm),
            (r#"{"alg":"RS256","kid":7}"#, TokenFault::KeyId),
            (r#"{"alg":"RS256","kid":""}"#, TokenFault::KeyId),
            (r#"{"alg":"RS256","crit":["exp"]}"#, TokenFault::Extension),
            (r#"{"alg":"RS256","crit":[]}"#, TokenFault::Extension),
            (r#"{"alg":"RS256","b64":false}"#, TokenFault::Extension),
            (r#"{"alg":"RS256","cty":"JWT"}"#, TokenFault::Extension),
            (r#"{"alg":"RS256","typ":"at+jwt"}"#, TokenFault::Type),
            (r#"{"alg":"RS256","typ":"application/dpop+jwt"}"#, TokenFault::Type),
            (r#"{"alg":"RS256","typ":1}"#, TokenFault::Type),
        ] {
            assert_eq!(fault(&token(header, PAYLOAD)), Some(expected), "{header}");
        }
        for header in
            [r#"{"alg":"RS256","typ":"jwt"}"#, r#"{"alg":"RS256","typ":"application/JWT"}"#]
        {
            assert_eq!(fault(&token(header, PAYLOAD)), None, "{header}");
        }
    }

    #[test]
    fn the_payload_has_one_reading() {
        for payload in ["[]", "7", r#"{"sub":"a","\u0073ub":"b"}"#, r#"{"a":{"b":1,"b":2}}"#, "{}x"]
        {
            assert_eq!(
                fault(&token(r#"{"alg":"RS256"}"#, payload)),
                Some(TokenFault::Payload),
                "{payload}"
            );
        }
    }
}
