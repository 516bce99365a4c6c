//! Strings that were checked once and are not checked again.

use crate::limits::{KID_BYTES_MAX, URI_BYTES_MAX};
use std::fmt;

/// Why a string is not what it should be: a sentence for a person.
pub type Fault = &'static str;

macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

text_type! {
    /// The party that signs: compared byte by byte, never normalised (RFC 8414 §4).
    Issuer
}

text_type! {
    /// Who a token is for. `audience` and `resource` of a request are one
    /// namespace (RFC 8693 §2.1, RFC 8707 §2).
    Audience
}

text_type! {
    /// Name of a document, a condition or a claim alias: `[a-z0-9][a-z0-9_-]*`, at most 100 bytes.
    Name
}

text_type! {
    /// One scope (RFC 6749 §3.3).
    Scope
}

text_type! {
    /// Key identifier: looked up in one issuer's set only, never used as a path or a query.
    KeyId
}

impl Issuer {
    /// An issuer identifier: an `https`, `http` or `spiffe` URL without query,
    /// fragment, user or white space (RFC 8414 §2).
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn new(text: &str) -> Result<Self, Fault> {
        let url = uri(text)?;
        if !matches!(url.scheme(), "https" | "http" | "spiffe") {
            return Err("an issuer is an https URL");
        }
        if url.host_str().is_none_or(str::is_empty) || text.contains(":///") {
            return Err("an issuer needs a host");
        }
        if text.contains(['?', '#']) || !url.username().is_empty() || url.password().is_some() {
            return Err("an issuer has no query, no fragment and no user");
        }
        Ok(Self(text.to_owned()))
    }

    /// Whether its host is this machine: `localhost`, or a loopback address.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match url::Url::parse(&self.0).as_ref().map(url::Url::host) {
            Ok(Some(url::Host::Domain(name))) => name == "localhost",
            Ok(Some(url::Host::Ipv4(address))) => address.is_loopback(),
            Ok(Some(url::Host::Ipv6(address))) => address.is_loopback(),
            Ok(None) | Err(_) => false,
        }
    }

    /// Whether it is plain `http`, which only development permits.
    #[must_use]
    pub fn is_plain_http(&self) -> bool {
        self.0.starts_with("http:")
    }
}

impl Audience {
    /// An audience: visible ASCII without blanks, at most [`URI_BYTES_MAX`] bytes.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn new(text: &str) -> Result<Self, Fault> {
        visible(text, URI_BYTES_MAX)?;
        if text == "*" {
            return Err("* stands for every audience and is none");
        }
        Ok(Self(text.to_owned()))
    }

    /// A resource indicator: an absolute URI without a fragment (RFC 8707 §2).
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn from_resource(text: &str) -> Result<Self, Fault> {
        uri(text)?;
        if text.contains('#') {
            return Err("a resource has no fragment");
        }
        Ok(Self(text.to_owned()))
    }
}

impl Name {
    /// Longest name in bytes: names appear in `client_id` and in every answer.
    const BYTES_MAX: usize = 100;

    /// Checks a name.
    ///
    /// # Errors
    /// A sentence that says what a name looks like.
    pub fn new(text: &str) -> Result<Self, Fault> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let inner = |byte: u8| plain(byte) || matches!(byte, b'-' | b'_');
        let first = text.bytes().next().is_some_and(plain);
        if !first || !text.bytes().all(inner) || text.len() > Self::BYTES_MAX {
            return Err(
                "a name is made of a-z, 0-9, - and _, begins with a letter or digit, and has at most 100",
            );
        }
        Ok(Self(text.to_owned()))
    }
}

impl Scope {
    /// One scope token: `%x21 / %x23-5B / %x5D-7E` (RFC 6749 §3.3).
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn new(text: &str) -> Result<Self, Fault> {
        visible(text, URI_BYTES_MAX)?;
        if text.contains(['"', '\\']) {
            return Err("a scope has no quotes and no backslash");
        }
        Ok(Self(text.to_owned()))
    }
}

impl KeyId {
    /// Any text of 1 to [`KID_BYTES_MAX`] bytes without control characters.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn new(text: &str) -> Result<Self, Fault> {
        if text.is_empty() || text.len() > KID_BYTES_MAX || text.chars().any(char::is_control) {
            return Err("a key identifier has 1 to 256 bytes and no control characters");
        }
        Ok(Self(text.to_owned()))
    }
}

fn visible(text: &str, bytes_max: usize) -> Result<(), Fault> {
    if text.is_empty() {
        return Err("it is empty");
    }
    if text.len() > bytes_max {
        return Err("it is longer than 1024 bytes");
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("it holds a blank, a control character or a character outside ASCII");
    }
    Ok(())
}

fn uri(text: &str) -> Result<url::Url, Fault> {
    visible(text, URI_BYTES_MAX)?;
    url::Url::parse(text).map_err(|_| "it is not an absolute URI")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issuers_keep_their_exact_spelling() {
        for text in [
            "https://a.example",
            "https://a.example/",
            "https://A.example/x",
            "spiffe://td.example",
        ] {
            assert_eq!(Issuer::new(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn what_is_no_issuer_is_refused() {
        for text in [
            "",
            "a.example",
            "ftp://a.example",
            "https://a.example?x",
            "https://a.example/#",
            "https://u@a.example",
            "https://a.example /",
            "https://ä.example",
            "https:///x",
            "file:///etc/passwd",
        ] {
            assert!(Issuer::new(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn loopback_is_this_machine_only() {
        let loopback = |text: &str| Issuer::new(text).unwrap().is_loopback();
        assert!(
            ["http://localhost:1", "http://127.0.0.1/x", "http://[::1]:80"]
                .into_iter()
                .all(loopback)
        );
        assert!(
            !["http://localhost.evil.example", "http://10.0.0.1", "https://a.example"]
                .into_iter()
                .any(loopback)
        );
    }

    #[test]
    fn a_resource_is_an_absolute_uri_without_fragment() {
        assert!(Audience::from_resource("https://a.example/x?y=z").is_ok());
        for text in ["/x", "deploy", "https://a.example/#", "https://a.example/#x"] {
            assert!(Audience::from_resource(text).is_err(), "{text}");
        }
        assert!(Audience::new("deploy").is_ok());
    }

    #[test]
    fn names_are_plain() {
        assert!(Name::new("shop-deploy_2").is_ok());
        for text in ["", "-a", "Shop", "a b", "a:b", &"a".repeat(101)] {
            assert!(Name::new(text).is_err(), "{text:?}");
        }
    }
}
