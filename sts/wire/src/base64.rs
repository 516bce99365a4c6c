//! Base64 with padding (RFC 4648 §4), as other systems' APIs write bytes in JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The text is not base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not base64")]
pub struct NotBase64;

/// Encodes with padding.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Decodes canonical base64 with its padding.
///
/// # Errors
/// Any character outside the alphabet, or wrong padding.
pub fn decode(text: &str) -> Result<Vec<u8>, NotBase64> {
    STANDARD.decode(text).map_err(|_| NotBase64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padded_text_is_decoded_and_any_other_refused() {
        assert_eq!(encode(&[0xff, 0xef]), "/+8=");
        assert_eq!(decode("/+8=").unwrap(), [0xff, 0xef]);
        for text in ["/+8", "_-8=", "/+8= ", "/+9="] {
            assert_eq!(decode(text), Err(NotBase64), "{text:?}");
        }
    }
}
