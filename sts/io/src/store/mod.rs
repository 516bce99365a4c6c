//! The store: SQLite in this process.

mod sqlite;

pub use sqlite::{OpenFault, SqliteStore};
