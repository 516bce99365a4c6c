//! What goes wrong with a shared database, for operators.

use super::schema::SCHEMA_VERSION;
use crate::files::FileFault;
use crate::tls::TlsFault;
use std::error::Error as _;
use tokio_postgres::error::SqlState;

/// The database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PostgresFault {
    /// It refuses, or the connection broke.
    #[error("{}", words(.0))]
    Sql(#[from] tokio_postgres::Error),
    /// The password cannot be read.
    #[error("store.password_file: {0}")]
    Password(#[from] FileFault),
    /// The roots cannot be used.
    #[error("store.ca_file: {0}")]
    Tls(#[from] TlsFault),
    /// It does not answer.
    #[error("it did not answer in time")]
    Silent,
    /// What it confirmed came with a warning: a standby may not have it.
    #[error("the commit was not confirmed by the standby: whether it stays is not known")]
    Unconfirmed,
    /// What it confirms can be lost.
    #[error(
        "it may lose what it confirmed: {0}\n    help: a synchronous standby is required, as an entry that is lost leaves a credential that nobody knows of: set synchronous_standby_names and synchronous_commit = on in PostgreSQL; development: true warns instead"
    )]
    NotDurable(String),
    /// It follows another server.
    #[error("it is a standby and takes no writes: the url must lead to the primary")]
    Standby,
    /// It was written by another version.
    #[error(
        "it has schema {0}, this program knows {SCHEMA_VERSION}: run the program that wrote it, or a newer one"
    )]
    Version(i64),
    /// There are no tables.
    #[error("it holds no store: no server has run with this configuration")]
    Empty,
    /// A row that this program did not write.
    #[error("it holds {0}, which this program does not know")]
    Unknown(String),
    /// No thread could be started.
    #[error("no thread for the store: {0}")]
    Thread(String),
}

const NOT_REACHED: &str = "\n    help: store.url of the configuration says where PostgreSQL answers, store.ca_file whose certificates it may have";
const NOT_ADMITTED: &str =
    "\n    help: store.password_file of the configuration names the file with the user's password";

/// The database cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("the store {database} cannot be used: {cause}{}", .cause.help())]
pub struct PostgresOpenFault {
    /// Which one.
    pub database: String,
    /// Why.
    pub cause: PostgresFault,
}

impl PostgresFault {
    /// What to look at, where the fault does not say so itself.
    fn help(&self) -> &'static str {
        match self {
            Self::Silent => NOT_REACHED,
            Self::Sql(error) => match error.code() {
                None => NOT_REACHED,
                Some(&SqlState::INVALID_PASSWORD) => NOT_ADMITTED,
                Some(_) => "",
            },
            _ => "",
        }
    }

    /// Whether no server has used the database yet.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }
}

/// The database's own words where it has some, else those of the connection.
fn words(error: &tokio_postgres::Error) -> String {
    let Some(told) = error.as_db_error() else {
        let cause = error.source().map(|cause| format!(": {cause}"));
        return format!("{error}{}", cause.unwrap_or_default());
    };
    let help = if told.code() == &SqlState::INSUFFICIENT_PRIVILEGE {
        "\n    help: the user must own the database, or may create in its schema: GRANT CREATE, USAGE ON SCHEMA public TO the user"
    } else {
        ""
    };
    format!("{} ({}){help}", told.message(), told.code().code())
}
