//! The ledger's entries: the leaf bytes are the canonical JSON themselves (RFC 8785).

mod entry;

pub use entry::{AdminAction, DecisionEntry, Host, KeyEvent, Request, leaf, sensitive_hashed};
