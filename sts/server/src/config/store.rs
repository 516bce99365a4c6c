//! Where the store is.

use super::keys;
use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use sts_io::store::{PostgresSettings, PostgresTls};
use sts_wire::yaml::{Lower, Node};
use url::Url;

/// PostgreSQL's own.
const DEFAULT_PORT: u16 = 5432;

const FORM: &str = "write url: \"sqlite:state/sts.db\", or for replicas \"postgres://USER@HOST/DATABASE\" with password_file: FILE";

/// A store, by its technology.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StoreLocation {
    /// A file of this server's own.
    Sqlite(PathBuf),
    /// A database that replicas share.
    Postgres(PostgresSettings),
}

impl StoreLocation {
    /// Whether other replicas may write to it.
    #[must_use]
    pub(crate) const fn is_shared(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }
}

impl fmt::Display for StoreLocation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(file) => file.display().fmt(formatter),
            Self::Postgres(settings) => settings.fmt(formatter),
        }
    }
}

pub(super) fn store(
    lower: Lower<'_>,
    node: &Node,
    folder: &Path,
    development: bool,
) -> Option<StoreLocation> {
    let mut fields = keys::map(lower, node, "store")?;
    let url = keys::required(&mut fields, "store.url");
    let mut file = |key: &'static str| {
        let node = fields.optional(key)?;
        Some((node, folder.join(lower.string(node, key)?)))
    };
    let (password_file, ca_file) = (file("password_file"), file("ca_file"));
    fields.finish();
    let url = url?;
    let text = lower.string(url, "url")?;
    if let Some(path) = text.strip_prefix("sqlite:").filter(|path| !path.is_empty()) {
        for (node, _) in [password_file, ca_file].into_iter().flatten() {
            lower.fault(node.place, "it is for PostgreSQL: the store is a file");
        }
        return Some(StoreLocation::Sqlite(folder.join(path)));
    }
    let ca_file = ca_file.map(|(_, path)| path);
    let read = read_url(text, ca_file, development);
    match read {
        Ok(settings) => Some(StoreLocation::Postgres(PostgresSettings {
            password_file: password_file.map(|(_, path)| path),
            ..settings
        })),
        Err((message, help)) => {
            lower.fault_with_help(url.place, message, help);
            None
        }
    }
}

/// What is wrong, and what to do.
type Fault = (&'static str, &'static str);

fn read_url(
    text: &str,
    ca_file: Option<PathBuf>,
    development: bool,
) -> Result<PostgresSettings, Fault> {
    let url = Url::parse(text).map_err(|_| ("the store's url cannot be read", FORM))?;
    if !matches!(url.scheme(), "postgres" | "postgresql") {
        return Err(("the store is of no kind that is known", FORM));
    }
    if url.password().is_some() {
        let help = "write it into a file of its own: password_file: /etc/sts/db-password";
        return Err(("the store's url holds a password", help));
    }
    // As others write a socket's folder in such a url.
    let host = url.host_str().unwrap_or_default().replace("%2F", "/").replace("%2f", "/");
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let database = url.path().trim_start_matches('/');
    let named = |name: &str| !name.is_empty() && !name.contains(['/', '%']);
    if host.is_empty() || !named(url.username()) || !named(database) {
        return Err(("the store's url names no user, host or database", FORM));
    }
    let parameters: Vec<_> = url.query_pairs().collect();
    let mode = match parameters.as_slice() {
        [] => None,
        [(key, mode)] if key == "sslmode" => Some(mode.as_ref()),
        _ => return Err(("the store's url takes no parameter but sslmode", FORM)),
    };
    Ok(PostgresSettings {
        tls: tls(&host, mode, ca_file, development)?,
        port: url.port().unwrap_or(DEFAULT_PORT),
        user: url.username().to_owned(),
        database: database.to_owned(),
        host,
        password_file: None,
        development,
    })
}

/// TLS wherever the connection leaves this machine, always with the host's name
/// checked: whoever stands in for the database could permit anything.
fn tls(
    host: &str,
    mode: Option<&str>,
    ca_file: Option<PathBuf>,
    development: bool,
) -> Result<PostgresTls, Fault> {
    let here = host.starts_with('/')
        || host == "localhost"
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    match mode {
        Some("disable") if here || development => Ok(PostgresTls::Off),
        Some("disable") => Err((
            "the store would be reached without TLS",
            "leave sslmode out; ca_file names the roots when they are not the public ones",
        )),
        None if here && ca_file.is_none() => Ok(PostgresTls::Off),
        None | Some("verify-full") => Ok(PostgresTls::Verified { ca_file }),
        Some(_) => Err((
            "sslmode is verify-full or disable",
            "leave it out: TLS with the host's name checked is the default, but on this machine",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tls_of(text: &str, ca_file: Option<&str>, development: bool) -> Result<PostgresTls, Fault> {
        read_url(text, ca_file.map(PathBuf::from), development).map(|settings| settings.tls)
    }

    #[test]
    fn a_url_names_user_host_and_database() {
        let read = read_url("postgres://sts@db.example.com/ledger", None, false).unwrap();
        assert_eq!(read.to_string(), "postgres://sts@db.example.com:5432/ledger");
        let read = read_url("postgresql://sts@[::1]:5433/ledger", None, false).unwrap();
        assert_eq!((read.host.as_str(), read.port), ("::1", 5433));
        let read = read_url("postgres://sts@%2Frun%2Fpostgresql/ledger", None, false).unwrap();
        assert_eq!((read.host.as_str(), read.tls), ("/run/postgresql", PostgresTls::Off));
    }

    #[test]
    fn what_is_missing_secret_or_unknown_is_refused() {
        for (text, said) in [
            ("state/sts.db", "cannot be read"),
            ("sqlite:", "no kind"),
            ("mysql://sts@db/ledger", "no kind"),
            ("postgres://db/ledger", "names no user"),
            ("postgres://sts@db", "names no user"),
            ("postgres://sts@/ledger", "cannot be read"),
            ("postgres://sts@db/led%67er", "names no user"),
            ("postgres://sts:hunter2@db/ledger", "holds a password"),
            ("postgres://sts@db/ledger?options=-c", "no parameter but sslmode"),
            ("postgres://sts@db/ledger?sslmode=prefer", "verify-full or disable"),
        ] {
            let (message, _) = read_url(text, None, false).unwrap_err();
            assert!(message.contains(said), "{text}: {message}");
        }
    }

    #[test]
    fn what_leaves_this_machine_is_verified_unless_it_is_development() {
        let verified = |ca_file: Option<&str>| {
            Ok(PostgresTls::Verified { ca_file: ca_file.map(PathBuf::from) })
        };
        let (far, near) = ("postgres://sts@db.example.com/x", "postgres://sts@127.0.0.1/x");
        assert_eq!(tls_of(far, None, false), verified(None));
        assert_eq!(tls_of(far, None, true), verified(None));
        assert_eq!(tls_of(far, Some("ca.pem"), false), verified(Some("ca.pem")));
        assert_eq!(tls_of(near, None, false), Ok(PostgresTls::Off));
        assert_eq!(tls_of(near, Some("ca.pem"), false), verified(Some("ca.pem")));
        assert_eq!(tls_of(&format!("{near}?sslmode=verify-full"), None, false), verified(None));
        let off = format!("{far}?sslmode=disable");
        assert!(tls_of(&off, None, false).unwrap_err().0.contains("without TLS"));
        assert_eq!(tls_of(&off, None, true), Ok(PostgresTls::Off));
    }
}
