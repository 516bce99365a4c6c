//! `sts.yaml`: read strictly, checked at load, every fault at once.

mod check;
mod keys;
mod lower;
mod seal;
mod signer;
mod store;

pub(crate) use store::StoreLocation;

use ipnet::IpNet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use sts_core::keys::KeySchedule;
use sts_io::files;
use sts_io::pkcs11::TokenSettings;
use sts_io::seal::SealSettings;
use sts_jose::SigningAlgorithm;
use sts_wire::diagnostic::{Diagnostic, Problems, Source};
use sts_wire::names::Issuer;
use sts_wire::time::Seconds;
use sts_wire::yaml::{Lower, read_documents};

/// The configuration of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Config {
    /// Our issuer, exactly.
    pub issuer: Issuer,
    /// URL of the token endpoint, as published.
    pub token_endpoint: String,
    /// URL of the key set, as published.
    pub jwks_uri: String,
    /// Name of the environment: bound into everything sealed.
    pub environment: String,
    /// Folder of trust bundles.
    pub trust_bundles: PathBuf,
    /// Folder of policies.
    pub policies: PathBuf,
    /// Where to listen.
    pub listen: Listen,
    /// Certificate and key of the public listener.
    pub tls: Option<TlsFiles>,
    /// Balancers whose forwarded address is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// The store.
    pub store: StoreLocation,
    /// The key-encryption keys.
    pub seal: SealSettings,
    /// The token that signs; this process without one.
    pub signer: Option<TokenSettings>,
    /// Algorithms that keys are kept for.
    pub algorithms: Vec<SigningAlgorithm>,
    /// Durations of keys and tokens.
    pub schedule: KeySchedule,
    /// Plain http and loopback issuers are legal.
    pub development: bool,
}

/// The listeners.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listen {
    /// Exchange, keys, discovery.
    pub public: SocketAddr,
    /// Metrics, when wanted.
    pub metrics: Option<SocketAddr>,
    /// Socket of the administrators.
    pub admin: PathBuf,
}

/// Files of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TlsFiles {
    /// PEM chain.
    pub cert_file: PathBuf,
    /// PEM key.
    pub key_file: PathBuf,
}

/// The configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigFault {
    /// The configuration cannot be read.
    #[error(
        "{0}\n    help: --config names the configuration file; sts dev --once writes a whole one: .sts-dev/sts.yaml"
    )]
    File(files::FileFault),
    /// A document or its folder cannot be read.
    #[error("{0}\n    help: trust_bundles and policies of the configuration name the two folders")]
    Document(#[from] files::FileFault),
    /// Documents were written while they were read.
    #[error(
        "the documents change while they are read\n    help: load them again when the copy is complete, or swap the whole folder"
    )]
    Changing,
    /// They hold no policy, where what is in force has so many.
    #[error(
        "the documents hold no trust policy, and {0} would end: everyone would be denied\n    help: load them when the folder is filled; where nobody is to be let in any more: sts policy load --accept-empty"
    )]
    Emptied(usize),
    /// Compiling them ended in a panic, which is a fault of this program.
    #[error("the documents could not be compiled: a fault of this program, please report it")]
    Abandoned,
    /// It, or a document, has faults.
    #[error("{}", list(.0))]
    Faults(Vec<Diagnostic>),
}

fn list(faults: &[Diagnostic]) -> String {
    let lines: Vec<_> = faults.iter().map(ToString::to_string).collect();
    let count = match faults.len() {
        1 => "1 fault".to_owned(),
        more => format!("{more} faults"),
    };
    format!("{}\n{count}", lines.join("\n"))
}

impl Config {
    /// Reads and checks a configuration file.
    ///
    /// # Errors
    /// [`ConfigFault`].
    pub(crate) fn load(path: &Path) -> Result<Self, ConfigFault> {
        let text = files::read_text(path).map_err(ConfigFault::File)?;
        let folder = path.parent().unwrap_or_else(|| Path::new(""));
        Self::parse(&path.display().to_string(), text, folder).map_err(ConfigFault::Faults)
    }

    /// Reads a configuration whose paths are relative to `folder`.
    ///
    /// # Errors
    /// Every fault, in order.
    pub(crate) fn parse(name: &str, text: String, folder: &Path) -> Result<Self, Vec<Diagnostic>> {
        let source = Arc::new(Source { name: name.to_owned(), text });
        let problems = Problems::default();
        let documents = read_documents(&source, &problems);
        let lower = Lower { source: &source, problems: &problems };
        let config = match documents.as_slice() {
            [document] => lower::config(lower, document, folder),
            [] => None,
            [_, second, ..] => {
                lower.fault(second.place, "a configuration is one document");
                None
            }
        };
        if documents.is_empty() && problems.is_empty() {
            let place = sts_wire::diagnostic::Place { line: 1, column: 1 };
            lower.fault_with_help(place, "the configuration is empty", keys::needed());
        }
        match config {
            Some(config) if problems.is_empty() => Ok(config),
            _ => Err(problems.into_sorted()),
        }
    }

    /// Longest life of a token that this server issues.
    #[must_use]
    pub(crate) const fn ttl_max(&self) -> Seconds {
        self.schedule.ttl_max
    }

    /// Clock skew that is allowed.
    #[must_use]
    pub(crate) const fn leeway(&self) -> Seconds {
        self.schedule.leeway
    }
}
