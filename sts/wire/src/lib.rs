//! Bytes to types and back. No I/O, no clock, no cryptography, no policy.
//!
//! | module | what | source |
//! |---|---|---|
//! | [`token_exchange`] | the exchange request, as form or JSON | RFC 8693 §2.1 |
//! | [`answer`] | what the token endpoint answers | RFC 8693 §2.2, RFC 6749 §5.2 |
//! | [`params`] | parameters of a request body, duplicates refused | RFC 6749 §3.2 |
//! | [`jws`] | compact serialization, still unverified | RFC 7515 §7.1 |
//! | [`jwk`] | key sets, read and published | RFC 7517 |
//! | [`metadata`] | discovery documents, read and published | RFC 8414, OIDC Discovery |
//! | [`json`] | JSON without duplicate members or inexact numbers | RFC 8259 |
//! | [`base64url`] | canonical base64url | RFC 4648 §5 |
//! | [`spiffe`] | SPIFFE identifiers | SPIFFE-ID §2 |
//! | [`names`] | validated strings | |
//! | [`characters`] | characters that make a text mean something else than it seems to | UTS 39 |
//! | [`time`] | instants and durations as values | RFC 7519 §2 |
//! | [`yaml`], [`diagnostic`] | configuration and documents with their positions | |
//! | [`limits`] | every limit of this crate, with unit and reason | |

pub mod answer;
pub mod base64;
pub mod base64url;
pub mod characters;
pub mod diagnostic;
pub mod json;
pub mod jwk;
pub mod jws;
pub mod limits;
pub mod metadata;
pub mod names;
pub mod near;
pub mod params;
pub mod spiffe;
pub mod time;
pub mod token_exchange;
pub mod yaml;
