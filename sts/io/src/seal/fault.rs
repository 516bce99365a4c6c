//! Why something cannot be sealed or opened: what, where, and what to do.

use crate::files::FileFault;
use sts_core::ports::EntropyFault;

/// Sealing or unsealing is impossible.
#[derive(Debug, thiserror::Error)]
pub enum SealFault {
    /// A file cannot be read or created.
    #[error(
        "{0}\n    help: what seal names (seal.key_file …) must be there, for the user of the server to read; a key file is created at the first start"
    )]
    File(#[from] FileFault),
    /// The key-encryption key is gone while the store still needs it.
    #[error(
        "{key} is missing, but the store holds keys sealed under it: restore it; a new one would lose them\n    help: {help}"
    )]
    Missing {
        /// The key-encryption key.
        key: String,
        /// What to do where it was never there.
        help: &'static str,
    },
    /// Others can read the file.
    #[error("{key} can be read by others\n    help: chmod 600 {file}")]
    Permissions {
        /// The key-encryption key.
        key: String,
        /// Its file.
        file: String,
    },
    /// It is not a key.
    #[error(
        "{0} is not 32 bytes: it was truncated or replaced\n    help: put the file back that the store was first started with"
    )]
    Length(String),
    /// What was sealed does not open.
    #[error(
        "{what} cannot be unsealed with {key}: it was sealed under another key-encryption key, for another environment than {environment}, or was altered\n    help: restore the key-encryption key that the store was first started with, or the row from a backup"
    )]
    Open {
        /// The key-encryption key.
        key: String,
        /// What was to be opened.
        what: String,
        /// Our environment.
        environment: String,
    },
    /// It says itself that it belongs elsewhere.
    #[error(
        "{what} was sealed for the environment {sealed_for}, and this is {environment}\n    help: give each environment a store of its own; environment of the configuration says which one this is"
    )]
    OtherEnvironment {
        /// What was to be opened.
        what: String,
        /// Where it belongs.
        sealed_for: String,
        /// Our environment.
        environment: String,
    },
    /// It says itself that another key opens it.
    #[error(
        "{what} was sealed under {sealed_under}, and {keys} is configured\n    help: restore that key, or add it as seal.previous and run sts keys rewrap"
    )]
    OtherKey {
        /// What was to be opened.
        what: String,
        /// Kind and id of the key that sealed it.
        sealed_under: String,
        /// Those that are configured.
        keys: String,
    },
    /// It is not what any key sealed.
    #[error(
        "{what} is damaged: it is not what {key} sealed\n    help: restore the store from a backup"
    )]
    Corrupt {
        /// What was to be opened.
        what: String,
        /// The key-encryption key.
        key: String,
    },
    /// Who holds the key does not let us use it: nothing changes by waiting.
    #[error("{key} cannot be used: {cause}\n    help: {help}")]
    Refused {
        /// The key-encryption key.
        key: String,
        /// Why.
        cause: String,
        /// What to do.
        help: &'static str,
    },
    /// Who holds the key does not answer now.
    #[error("{key} does not answer: {cause}\n    help: keys that are open go on signing; {help}")]
    Unavailable {
        /// The key-encryption key.
        key: String,
        /// Why.
        cause: String,
        /// What to do.
        help: &'static str,
    },
    /// No randomness.
    #[error(transparent)]
    Entropy(#[from] EntropyFault),
}

impl SealFault {
    /// Whether it may pass by itself: an outage, and no fault of configuration or store.
    #[must_use]
    pub const fn is_outage(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Entropy(_))
    }
}
