//! Sealing: private keys and secrets at rest, under a key-encryption key that
//! is never in the store.

mod file;

pub use file::{FileSeal, SealFault};
