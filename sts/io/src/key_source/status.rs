//! What operators see of a bundle's keys.

/// Whether a bundle's tokens can be verified now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeySetState {
    /// No token of this issuer came yet, so nothing was fetched.
    NotAsked,
    /// The set at hand is young enough.
    Fresh,
    /// It is old and cannot be fetched; known keys still verify, up to `max_stale`.
    Stale,
    /// There is none, or it is too old.
    Unavailable,
    /// The issuer published a private key: nothing of it is believed until its set is sound.
    Distrusted,
}

impl KeySetState {
    /// The word that people and machines read.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotAsked => "not_asked",
            Self::Fresh => "fresh",
            Self::Stale => "stale",
            Self::Unavailable => "unavailable",
            Self::Distrusted => "distrusted",
        }
    }
}

/// The state of one bundle's key set in one process. Times are whole seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySetStatus {
    /// In short.
    pub state: KeySetState,
    /// Where the set is: a URL, or a file.
    pub source: Option<String>,
    /// The `kid`s that verify.
    pub keys: Vec<String>,
    /// SHA-256 of the set as it was served, in hex: a `kid` may come to stand for another key.
    pub sha256: Option<String>,
    /// How long ago it was fetched.
    pub age: Option<u64>,
    /// How much longer known keys verify if nothing can be fetched any more.
    pub usable_for: u64,
    /// When it is fetched next; none while no token of this issuer comes.
    pub refresh_in: Option<u64>,
    /// Why the last fetch failed, when it did.
    pub fault: Option<String>,
    /// Fetches that brought a set.
    pub fetches: u64,
    /// Fetches that did not.
    pub failures: u64,
}

impl KeySetStatus {
    /// Of a bundle that nobody asked for.
    #[must_use]
    pub const fn not_asked() -> Self {
        Self {
            state: KeySetState::NotAsked,
            source: None,
            keys: Vec::new(),
            sha256: None,
            age: None,
            usable_for: 0,
            refresh_in: None,
            fault: None,
            fetches: 0,
            failures: 0,
        }
    }
}
