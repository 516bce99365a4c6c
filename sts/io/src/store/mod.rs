//! The store: SQLite in this process, or PostgreSQL that replicas share.

mod postgres;
mod queue;
mod sqlite;

pub use postgres::{
    PostgresFault, PostgresOpenFault, PostgresSettings, PostgresStore, PostgresTls,
};
pub use sqlite::{OpenFault, SqliteStore};
