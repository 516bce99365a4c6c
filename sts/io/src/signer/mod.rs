//! Holders of private signing keys.

mod local;

pub use local::{KeyFault, LocalSigner, NewKey, generate};
