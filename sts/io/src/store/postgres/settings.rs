//! Where the database is and how it is reached.

use std::fmt;
use std::path::PathBuf;

/// A PostgreSQL database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresSettings {
    /// Host, or the folder of a Unix socket.
    pub host: String,
    /// Port.
    pub port: u16,
    /// User.
    pub user: String,
    /// Database.
    pub database: String,
    /// File of the password, read at each connection: it may be replaced.
    pub password_file: Option<PathBuf>,
    /// How the connection is protected.
    pub tls: PostgresTls,
    /// A database that may lose what it confirmed is warned of, not refused.
    pub development: bool,
}

/// How a connection is protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PostgresTls {
    /// Not at all: it does not leave this machine.
    Off,
    /// By TLS, with the host's name in a certificate of these roots: the
    /// public ones, or only those of the file.
    Verified {
        /// Roots.
        ca_file: Option<PathBuf>,
    },
}

/// Without a secret, as it holds none.
impl fmt::Display for PostgresSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user, host, port, database, .. } = self;
        write!(formatter, "postgres://{user}@{host}:{port}/{database}")
    }
}
