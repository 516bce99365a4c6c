//! Adapters: what `core` asks for in words of the domain, done with real technology.
//!
//! The only crate that touches clock, randomness, files, environment, sockets
//! and the database. One folder per port, one file per technology.

pub mod clock;
pub mod entropy;
pub mod environment;
pub mod files;
pub mod http_client;
pub mod key_source;
pub mod limits;
pub mod network;
pub mod pkcs11;
pub mod seal;
pub mod signer;
pub mod store;
pub mod tls;
