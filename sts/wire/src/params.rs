//! The parameters of a request body: form or JSON, each at most once except
//! `audience` and `resource`, empty means absent.
//!
//! RFC 6749 §3.2 (no parameter twice, empty is omitted), RFC 8693 §2.1
//! (`audience` and `resource` may repeat).

use crate::json;
use crate::limits::PARAMS_MAX;
use serde_json::Value;
use std::collections::BTreeMap;

/// Parameters that a request may repeat (RFC 8693 §2.1, RFC 8707 §2).
const REPEATABLE: [&str; 2] = ["audience", "resource"];

/// The body is not a well-formed set of parameters. It does not say more, as
/// the caller's text must not come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed parameters")]
pub struct MalformedParams;

/// Parameters by name, in the order they were sent, none empty.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Params(BTreeMap<String, Vec<String>>);

impl Params {
    /// Reads `application/x-www-form-urlencoded`, UTF-8 (RFC 6749 appendix B).
    ///
    /// # Errors
    /// Broken percent-encoding, not UTF-8, control characters, a parameter
    /// twice, or more than [`PARAMS_MAX`].
    pub fn from_form(body: &[u8]) -> Result<Self, MalformedParams> {
        let mut params = Collector::default();
        for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let name = decode(halves.next().unwrap_or_default())?;
            let value = decode(halves.next().unwrap_or_default())?;
            params.add(name, value)?;
        }
        params.finish()
    }

    /// Reads the same members as one JSON object: strings, and for the
    /// repeatable ones also lists of strings; null means absent; members that
    /// are neither are kept out, as unknown ones must be ignored.
    ///
    /// # Errors
    /// Not strict JSON, or a fault as in [`Params::from_form`].
    pub fn from_json(body: &[u8]) -> Result<Self, MalformedParams> {
        let members = json::parse_object(body).map_err(|_| MalformedParams)?;
        let mut params = Collector::default();
        for (name, value) in members {
            match value {
                Value::String(text) => params.add(name, text)?,
                Value::Array(items) if REPEATABLE.contains(&name.as_str()) => {
                    for item in items {
                        let text = item.as_str().ok_or(MalformedParams)?;
                        params.add(name.clone(), text.to_owned())?;
                    }
                }
                Value::Null => {}
                _ if KNOWN.contains(&name.as_str()) => return Err(MalformedParams),
                _ => {}
            }
        }
        params.finish()
    }

    /// The only value of `name`, when it was sent and is not empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(|values| values.first()).map(String::as_str)
    }

    /// Every value of a repeatable parameter.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0.get(name).into_iter().flatten().map(String::as_str)
    }
}

/// Members that must be strings when they appear in JSON.
const KNOWN: [&str; 13] = [
    "grant_type",
    "subject_token",
    "subject_token_type",
    "actor_token",
    "actor_token_type",
    "requested_token_type",
    "audience",
    "resource",
    "scope",
    "policy",
    "client_secret",
    "client_assertion",
    "client_assertion_type",
];

#[derive(Default)]
struct Collector {
    values: BTreeMap<String, Vec<String>>,
    count: usize,
}

impl Collector {
    fn add(&mut self, name: String, value: String) -> Result<(), MalformedParams> {
        self.count = self.count.saturating_add(1);
        let control = |text: &str| text.chars().any(|c| c.is_control() && !c.is_ascii_whitespace());
        if self.count > PARAMS_MAX || control(&name) || control(&value) {
            return Err(MalformedParams);
        }
        let values = self.values.entry(name).or_default();
        values.push(value);
        Ok(())
    }

    fn finish(self) -> Result<Params, MalformedParams> {
        let mut kept = BTreeMap::new();
        for (name, mut values) in self.values {
            if values.len() > 1 && !REPEATABLE.contains(&name.as_str()) {
                return Err(MalformedParams);
            }
            values.retain(|value| !value.is_empty());
            if !values.is_empty() {
                kept.insert(name, values);
            }
        }
        Ok(Params(kept))
    }
}

/// Writes a form body: everything but unreserved characters is percent-encoded (RFC 3986 §2.3).
#[must_use]
pub fn encode_form(pairs: &[(String, String)]) -> String {
    let encode = |text: &str| {
        let mut encoded = String::with_capacity(text.len());
        for byte in text.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    encoded.push(char::from(byte))
                }
                other => encoded.push_str(&format!("%{other:02X}")),
            }
        }
        encoded
    };
    pairs
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect::<Vec<_>>()
        .join("&")
}

/// Percent-decoding that refuses what lenient decoders repair.
fn decode(text: &[u8]) -> Result<String, MalformedParams> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter().copied();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = rest.next().and_then(hex).ok_or(MalformedParams)?;
                let low = rest.next().and_then(hex).ok_or(MalformedParams)?;
                high << 4 | low
            }
            other => other,
        });
    }
    String::from_utf8(bytes).map_err(|_| MalformedParams)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn form_and_json_mean_the_same() {
        let form =
            Params::from_form(b"grant_type=a%3Ab&scope=x+y&audience=p&audience=q&empty=").unwrap();
        let json = Params::from_json(
            br#"{"grant_type":"a:b","scope":"x y","audience":["p","q"],"empty":"","none":null,"extra":{"a":1}}"#,
        );
        assert!(form == json.unwrap());
        assert_eq!(form.get("scope"), Some("x y"));
        assert_eq!(form.get("empty"), None);
        assert_eq!(form.all("audience").collect::<Vec<_>>(), ["p", "q"]);
    }

    #[test]
    fn what_is_encoded_is_read_back() {
        let pair = ("scope".to_owned(), "a b&=+%é~".to_owned());
        let body = encode_form(std::slice::from_ref(&pair));
        assert_eq!(body, "scope=a%20b%26%3D%2B%25%C3%A9~");
        assert_eq!(Params::from_form(body.as_bytes()).unwrap().get("scope"), Some(pair.1.as_str()));
    }

    #[test]
    fn a_parameter_twice_is_refused_also_an_unknown_or_empty_one() {
        for body in ["scope=a&scope=b", "x=1&x=1", "scope=&scope=a", "scope=a&%73cope=b"] {
            assert!(Params::from_form(body.as_bytes()).is_err(), "{body}");
        }
        assert!(Params::from_json(br#"{"scope":"a","scope":"b"}"#).is_err());
        assert!(Params::from_form(b"resource=a&resource=b").is_ok());
    }

    #[test]
    fn broken_encoding_is_refused() {
        for body in ["a=%", "a=%2", "a=%zz", "a=%C0%AF", "a=%E9", "a=%00", "a=\u{1b}[2J"] {
            assert!(Params::from_form(body.as_bytes()).is_err(), "{body}");
        }
        assert!(Params::from_form(b"a=%C3%A9&b=c;d=e&f=g=h").is_ok());
    }

    #[test]
    fn a_known_member_of_another_type_is_refused() {
        assert!(Params::from_json(br#"{"scope":["a"]}"#).is_err());
        assert!(Params::from_json(br#"{"audience":[1]}"#).is_err());
        assert!(Params::from_json(br#"["audience"]"#).is_err());
    }

    #[test]
    fn the_number_of_parameters_is_bounded() {
        let body =
            |count: usize| (0..count).map(|n| format!("p{n}=1")).collect::<Vec<_>>().join("&");
        assert!(Params::from_form(body(PARAMS_MAX).as_bytes()).is_ok());
        assert!(Params::from_form(body(PARAMS_MAX + 1).as_bytes()).is_err());
    }
}
