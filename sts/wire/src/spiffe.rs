//! SPIFFE identifiers (SPIFFE-ID §2): `spiffe://trust-domain/path`.

use crate::limits::SUBJECT_BYTES_MAX;

/// The scheme, as it is written.
const SCHEME: &str = "spiffe://";
/// Longest trust domain in bytes (SPIFFE-ID §2.3).
const TRUST_DOMAIN_BYTES_MAX: usize = 255;

/// A well-formed SPIFFE identifier, borrowed from its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpiffeId<'a> {
    trust_domain: &'a str,
    path: &'a str,
}

impl<'a> SpiffeId<'a> {
    /// Reads an identifier; what the specification does not permit is none:
    /// no user, port, query, fragment, percent-encoding, empty or dot segment,
    /// and no trailing slash.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let rest = text.strip_prefix(SCHEME).filter(|_| text.len() <= SUBJECT_BYTES_MAX)?;
        let (trust_domain, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let domain = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'_')
        };
        let named = (1..=TRUST_DOMAIN_BYTES_MAX).contains(&trust_domain.len());
        if !named || !trust_domain.bytes().all(domain) {
            return None;
        }
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        let segment = |text: &str| !matches!(text, "" | "." | "..") && text.bytes().all(inner);
        let sound = path.split('/').skip(1).all(segment);
        sound.then_some(Self { trust_domain, path })
    }

    /// The trust domain, without scheme.
    #[must_use]
    pub const fn trust_domain(&self) -> &'a str {
        self.trust_domain
    }

    /// The path with its leading slash; empty for the trust domain itself.
    #[must_use]
    pub const fn path(&self) -> &'a str {
        self.path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_formed_identifiers_are_taken_apart() {
        let id = SpiffeId::parse("spiffe://corp.example/billing/api").unwrap();
        assert_eq!((id.trust_domain(), id.path()), ("corp.example", "/billing/api"));
        assert_eq!(SpiffeId::parse("spiffe://a_b-1.c").unwrap().path(), "");
        assert!(SpiffeId::parse("spiffe://a/B._-9/...").is_some());
    }

    #[test]
    fn what_the_specification_does_not_permit_is_none() {
        for text in [
            "",
            "spiffe://",
            "spiffe:///x",
            "SPIFFE://a/x",
            "spiffe://A/x",
            "https://a/x",
            "spiffe://a/",
            "spiffe://a//x",
            "spiffe://a/./x",
            "spiffe://a/../x",
            "spiffe://a/x/",
            "spiffe://a:1/x",
            "spiffe://u@a/x",
            "spiffe://a/x?y",
            "spiffe://a/x#y",
            "spiffe://a/%41",
            "spiffe://a/ä",
            "spiffe://a/x y",
            "spiffe://ä/x",
        ] {
            assert_eq!(SpiffeId::parse(text), None, "{text}");
        }
        assert!(SpiffeId::parse(&format!("spiffe://{}/x", "a".repeat(255))).is_some());
        assert!(SpiffeId::parse(&format!("spiffe://{}/x", "a".repeat(256))).is_none());
        assert!(SpiffeId::parse(&format!("spiffe://a/{}", "x".repeat(2048))).is_none());
    }
}
