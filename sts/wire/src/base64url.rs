//! Canonical base64url: no padding, no white space, no stray trailing bits.
//!
//! RFC 7515 §2 leaves the last bits free; we refuse all but zero, so that one
//! signature has one spelling and a token cannot be varied past a replay record.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The text is not canonical base64url.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not canonical base64url")]
pub struct NotBase64Url;

/// Encodes without padding.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes canonical base64url.
///
/// # Errors
/// Any character outside the alphabet, padding, an impossible length, or
/// trailing bits that are not zero.
pub fn decode(text: &str) -> Result<Vec<u8>, NotBase64Url> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| NotBase64Url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_text_is_decoded() {
        assert_eq!(decode("_-8").unwrap(), vec![0xff, 0xef]);
        assert_eq!(decode("").unwrap(), Vec::<u8>::new());
    }

    #[test]
    fn every_other_spelling_is_refused() {
        for text in ["_-8=", "/+8", "_-9", "_", "_ -8", "_-8\n", "_\u{2212}8"] {
            assert_eq!(decode(text), Err(NotBase64Url), "{text:?}");
        }
    }
}
