//! The administrators' listener: a Unix socket with the credentials of its
//! peers. Every call is an entry of the ledger before it is answered.

mod client;
mod server;

pub(crate) use client::show_ledger;
pub(crate) use server::{bind, serve};

/// Path of the one call there is: entries from `from` on, one a line.
const LEDGER_PATH: &str = "/ledger";
