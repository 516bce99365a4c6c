//! One immutable set of documents: what every entry of the ledger names by its digest.

use crate::documents::DocumentFile;
use crate::policy::{AudienceSpec, Guardrail, PolicyIndex, TrustPolicy};
use crate::ports::SnapshotRow;
use crate::trust::TrustBundleSet;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use sts_expr::Engine;
use sts_wire::names::{Audience, Name};
use sts_wire::time::Timestamp;

/// SHA-256 over the canonical documents and their relative paths, in hex.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotDigest(pub(crate) String);

impl SnapshotDigest {
    /// The hex text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SnapshotDigest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Everything that decides, compiled and linked.
pub struct Snapshot {
    pub(crate) digest: SnapshotDigest,
    pub(crate) files: Arc<[DocumentFile]>,
    pub(crate) engine: Engine,
    pub(crate) bundles: TrustBundleSet,
    pub(crate) audiences: Vec<Arc<AudienceSpec>>,
    pub(crate) by_audience: HashMap<Audience, Arc<AudienceSpec>>,
    /// In the order of their names.
    pub(crate) policies: Vec<Arc<TrustPolicy>>,
    pub(crate) guardrails: Vec<Arc<Guardrail>>,
    pub(crate) index: PolicyIndex,
}

impl Snapshot {
    /// Its digest.
    #[must_use]
    pub const fn digest(&self) -> &SnapshotDigest {
        &self.digest
    }

    /// The trust bundles.
    #[must_use]
    pub const fn bundles(&self) -> &TrustBundleSet {
        &self.bundles
    }

    /// The declared audiences.
    #[must_use]
    pub fn audiences(&self) -> &[Arc<AudienceSpec>] {
        &self.audiences
    }

    /// The trust policies.
    #[must_use]
    pub fn policies(&self) -> &[Arc<TrustPolicy>] {
        &self.policies
    }

    /// The trust policy of a name.
    #[must_use]
    pub fn policy(&self, name: &str) -> Option<&Arc<TrustPolicy>> {
        let found = self.policies.binary_search_by(|policy| policy.name.as_str().cmp(name));
        self.policies.get(found.ok()?)
    }

    /// The guardrails.
    #[must_use]
    pub fn guardrails(&self) -> &[Arc<Guardrail>] {
        &self.guardrails
    }

    /// Where policies are found.
    #[must_use]
    pub const fn index(&self) -> &PolicyIndex {
        &self.index
    }

    /// The engine that its expressions were compiled for.
    #[must_use]
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The declaration of an audience.
    #[must_use]
    pub fn audience(&self, audience: &Audience) -> Option<&Arc<AudienceSpec>> {
        self.by_audience.get(audience)
    }

    /// Every document that ends, by kind and name: when.
    pub fn endings(&self) -> impl Iterator<Item = (&'static str, &Name, Timestamp)> {
        let bundles = self.bundles.iter().map(|one| ("TrustBundle", &one.name, one.expires));
        let audiences = self.audiences.iter().map(|one| ("Audience", &one.name, one.expires));
        let policies = self.policies.iter().map(|one| ("TrustPolicy", &one.name, one.expires));
        let all = bundles.chain(audiences).chain(policies);
        all.filter_map(|(kind, name, end)| Some((kind, name, end?)))
    }

    /// The files that it was compiled from.
    #[must_use]
    pub const fn files(&self) -> &Arc<[DocumentFile]> {
        &self.files
    }

    /// As the store keeps it: digest, and the text of every document by path.
    #[must_use]
    pub fn to_row(&self) -> SnapshotRow {
        let texts: serde_json::Map<_, _> = self
            .files
            .iter()
            .map(|file| (file.path(), serde_json::Value::from(&*file.text)))
            .collect();
        SnapshotRow {
            digest: self.digest.0.clone(),
            documents: serde_json::Value::Object(texts).to_string(),
        }
    }
}
