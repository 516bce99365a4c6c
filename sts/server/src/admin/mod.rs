//! The administrators' listener: a Unix socket with the credentials of its
//! peers. Every call is an entry of the ledger before it is answered.

mod client;
mod documents;
mod ledger;
mod lines;
mod orders;
mod server;
mod trust;

pub(crate) use client::{
    load_documents, order, show_ledger, show_tokens, snapshot_row, trust_states,
};
pub(crate) use server::{bind, serve};
pub(crate) use trust::describe;

/// Path that gives every entry, one a line.
const LEDGER_PATH: &str = "/ledger";
/// Path that gives every trust bundle, one a line.
const TRUST_PATH: &str = "/trust";
/// Path that loads the documents anew.
const LOAD_PATH: &str = "/documents/load";
/// Query of that path: documents without any policy are meant.
const ACCEPT_EMPTY: &str = "accept_empty";
/// Path below which each snapshot's documents are, by digest.
const SNAPSHOT_PATH: &str = "/snapshots";
/// Path that takes orders.
const ORDERS_PATH: &str = "/orders";
/// Path below which a key's tokens that live are, by `kid`.
const TOKENS_PATH: &str = "/tokens";
/// In place of a digest: the snapshot in force.
const CURRENT_SNAPSHOT: &str = "current";
