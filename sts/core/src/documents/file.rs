//! Files of documents, as they were read.

use std::sync::Arc;

/// Which of the two folders a file lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Folder {
    /// `trust_bundles` of the configuration.
    TrustBundles,
    /// `policies` of the configuration.
    Policies,
}

impl Folder {
    const fn name(self) -> &'static str {
        match self {
            Self::TrustBundles => "trust-bundles",
            Self::Policies => "policies",
        }
    }
}

/// One file of documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentFile {
    /// Its folder.
    pub folder: Folder,
    /// Path below that folder, with `/`.
    pub relative: String,
    /// Name for messages.
    pub shown: String,
    /// Its text; none when it cannot be read.
    pub text: Arc<str>,
    /// Why it cannot be read: a fault of it, and of no other file.
    pub(super) unreadable: Option<String>,
    /// Whether it was in force before: what it waives, it goes on waiving, as
    /// its policies end with their waivers.
    pub(super) was_good: bool,
}

impl DocumentFile {
    /// A file as it was read.
    #[must_use]
    pub fn new(folder: Folder, relative: String, shown: String, text: impl Into<Arc<str>>) -> Self {
        Self { folder, relative, shown, text: text.into(), unreadable: None, was_good: false }
    }

    /// A file, or, with `/` at its end, a folder, that is there and cannot be read.
    #[must_use]
    pub fn unreadable(folder: Folder, relative: String, shown: String, why: String) -> Self {
        Self { unreadable: Some(why), ..Self::new(folder, relative, shown, "") }
    }

    /// Folder and path, the same on every machine.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}/{}", self.folder.name(), self.relative)
    }

    /// From the path that [`Self::path`] gave; none of another form.
    #[must_use]
    pub fn from_path(path: &str, text: String) -> Option<Self> {
        let (folder, relative) = path.split_once('/')?;
        let folder = [Folder::TrustBundles, Folder::Policies]
            .into_iter()
            .find(|one| one.name() == folder)?;
        Some(Self::new(folder, relative.to_owned(), path.to_owned(), text))
    }

    /// The same, as what was in force before.
    #[must_use]
    pub(crate) fn was_in_force(self) -> Self {
        Self { was_good: true, ..self }
    }

    /// The same, named as what a team had before its mistake.
    pub(super) fn last_good(&self) -> Self {
        let shown = format!("{} (last good version)", self.path());
        Self { shown, ..self.clone() }.was_in_force()
    }

    /// Whether it holds only test cases.
    #[must_use]
    pub fn is_cases(&self) -> bool {
        self.relative.ends_with(".cases.yaml")
    }

    /// Whether it holds the claims of a token, as test cases take them.
    #[must_use]
    pub fn is_fixture(&self) -> bool {
        self.relative.ends_with(".json")
    }

    /// The team folder: the first segment of the path, when there is one.
    #[must_use]
    pub fn team(&self) -> Option<&str> {
        self.relative.split_once('/').map(|(team, _)| team)
    }
}
