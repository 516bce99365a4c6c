//! The administrators' listener: a Unix socket with the credentials of its
//! peers. Every call is an entry of the ledger before it is answered.

mod client;
mod ledger;
mod server;
mod trust;

pub(crate) use client::{show_ledger, trust_states};
pub(crate) use server::{bind, serve};
pub(crate) use trust::describe;

/// Path that gives every entry, one a line.
const LEDGER_PATH: &str = "/ledger";
/// Path that gives every trust bundle, one a line.
const TRUST_PATH: &str = "/trust";
