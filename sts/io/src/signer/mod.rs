//! Holders of private signing keys.

mod local;
mod public;
mod token;

pub use local::{KeyFault, LocalSigner, NewKey, generate};
pub use token::{TokenKeyFault, TokenKeys, is_token_reference};
