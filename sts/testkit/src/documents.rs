//! A set of documents under which the sample token is permitted. A story
//! states the one thing that it changes.

use crate::broken::broken;
use sts_core::documents::{DocumentFile, Folder, Loaded, Target, load};
use sts_jose::SigningAlgorithm;
use sts_wire::diagnostic::Diagnostic;
use sts_wire::names::Issuer;
use sts_wire::time::Timestamp;

/// Our own issuer, which is the audience of subject tokens.
pub const OUR_ISSUER: &str = "https://sts.example.com";
/// The issuer of the sample bundle.
pub const ISSUER: &str = "https://token.actions.githubusercontent.com";
/// The audience that the policy `shop-deploy-prod` grants.
pub const DEPLOY: &str = "https://deploy.example.com";
/// The audience that the policy `shop-push-image` grants.
pub const REGISTRY: &str = "https://registry.example.com";

/// When sets are compiled.
const COMPILED_AT: Timestamp = Timestamp::from_seconds(1_795_000_000);

/// The sample set, by path.
const SAMPLE: [(&str, &str); 4] = [
    ("trust-bundles/github-actions/bundle.yaml", include_str!("documents/bundle.yaml")),
    ("policies/platform.yaml", include_str!("documents/platform.yaml")),
    ("policies/shop/deploy-prod.yaml", include_str!("documents/deploy-prod.yaml")),
    ("policies/shop/push-image.yaml", include_str!("documents/push-image.yaml")),
];

/// Document files that were never on a disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Documents(Vec<DocumentFile>);

impl Documents {
    /// No file at all.
    #[must_use]
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// The sample set.
    #[must_use]
    pub fn sample() -> Self {
        SAMPLE.into_iter().fold(Self::none(), |set, (path, text)| set.with(path, text))
    }

    /// Adds a file; the path begins with `trust-bundles/` or `policies/`.
    #[must_use]
    #[track_caller]
    pub fn with(mut self, path: &str, text: &str) -> Self {
        let (folder, relative) = located(path);
        self.0.push(DocumentFile::new(folder, relative, path.to_owned(), text));
        self
    }

    /// Adds, or puts in its place, a file that cannot be read; a folder, with `/` at its end.
    #[must_use]
    #[track_caller]
    pub fn unreadable(mut self, path: &str, why: &str) -> Self {
        self.0.retain(|file| file.shown != path);
        let (folder, relative) = located(path);
        let file = DocumentFile::unreadable(folder, relative, path.to_owned(), why.to_owned());
        self.0.push(file);
        self
    }

    /// Takes a file away.
    #[must_use]
    #[track_caller]
    pub fn without(mut self, path: &str) -> Self {
        let before = self.0.len();
        self.0.retain(|file| file.shown != path);
        if self.0.len() == before {
            broken(format!("{path} is not there"))
        }
        self
    }

    /// Replaces a text that occurs in a file.
    #[must_use]
    #[track_caller]
    pub fn change(mut self, path: &str, from: &str, to: &str) -> Self {
        match self.0.iter_mut().find(|file| file.shown == path && file.text.contains(from)) {
            Some(file) => file.text = file.text.replace(from, to).into(),
            None => broken(format!("{from:?} does not occur in {path}")),
        }
        self
    }

    /// Changes the sample bundle.
    #[must_use]
    #[track_caller]
    pub fn bundle(self, from: &str, to: &str) -> Self {
        self.change("trust-bundles/github-actions/bundle.yaml", from, to)
    }

    /// Changes the audiences and guardrails of the sample.
    #[must_use]
    #[track_caller]
    pub fn platform(self, from: &str, to: &str) -> Self {
        self.change("policies/platform.yaml", from, to)
    }

    /// Changes the policy `shop-deploy-prod`.
    #[must_use]
    #[track_caller]
    pub fn policy(self, from: &str, to: &str) -> Self {
        self.change("policies/shop/deploy-prod.yaml", from, to)
    }

    /// Adds a copy of the policy `shop-deploy-prod` under another name.
    #[must_use]
    #[track_caller]
    pub fn second_policy(self, name: &str, from: &str, to: &str) -> Self {
        let path = format!("policies/shop/{name}.yaml");
        self.with(&path, include_str!("documents/deploy-prod.yaml"))
            .change(&path, "name: shop-deploy-prod", &format!("name: {name}"))
            .change(&path, from, to)
    }

    /// The files.
    #[must_use]
    pub fn files(&self) -> &[DocumentFile] {
        &self.0
    }

    /// Compiles the set, as a server does that is not in development.
    ///
    /// # Errors
    /// Every fault.
    pub fn load(&self) -> Result<Loaded, Vec<Diagnostic>> {
        self.load_for(false)
    }

    /// Compiles the set.
    ///
    /// # Errors
    /// Every fault.
    pub fn load_for(&self, development: bool) -> Result<Loaded, Vec<Diagnostic>> {
        load(&self.0, &Self::target(development))
    }

    /// What sets are compiled for.
    #[must_use]
    pub fn target(development: bool) -> Target {
        let issuer = crate::broken::sound(Issuer::new(OUR_ISSUER));
        Target { issuer, development, algorithms: SigningAlgorithm::ALL.to_vec(), now: COMPILED_AT }
    }
}

#[track_caller]
fn located(path: &str) -> (Folder, String) {
    match path.split_once('/') {
        Some(("trust-bundles", relative)) => (Folder::TrustBundles, relative.to_owned()),
        Some(("policies", relative)) => (Folder::Policies, relative.to_owned()),
        _ => broken(format!("{path} is in neither folder")),
    }
}
