//! The ledger's entries: the leaf bytes are the canonical JSON themselves (RFC 8785).

mod entry;
mod summary;

pub use entry::{AdminAction, DecisionEntry, Host, KeyEvent, Request, leaf, sensitive_hashed};
pub use summary::{Summaries, Summary};
