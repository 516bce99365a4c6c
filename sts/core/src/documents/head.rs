//! What every document begins with: `apiVersion`, `kind`, `metadata`.

use super::{DocumentFile, Folder};
use crate::trust::Care;
use sts_wire::diagnostic::nearest;
use sts_wire::names::Name;
use sts_wire::time::Timestamp;
use sts_wire::yaml::{Lower, Node};

/// The one version of the document format.
const API_VERSION: &str = "sts/v1";

/// Kinds, in the order in which they are linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    TrustBundle,
    Audience,
    TrustPolicy,
    Guardrail,
}

impl Kind {
    const ALL: [(&'static str, Self); 4] = [
        ("TrustBundle", Self::TrustBundle),
        ("Audience", Self::Audience),
        ("TrustPolicy", Self::TrustPolicy),
        ("Guardrail", Self::Guardrail),
    ];
}

/// The head of a document.
#[derive(Debug, Clone)]
pub(super) struct Head {
    pub(super) kind: Kind,
    pub(super) name: Name,
    pub(super) expires: Option<Timestamp>,
    pub(super) care: Care,
}

/// Reads the head and checks that the document lies where its kind belongs.
pub(super) fn read(lower: Lower<'_>, node: &Node, file: &DocumentFile) -> Option<Head> {
    let mut fields = Lower { ..lower }.fields(node, "a document")?;
    let version = fields.required("apiVersion");
    let kind = fields.required("kind").and_then(|node| kind(lower, node));
    let metadata = fields.required("metadata").and_then(|node| metadata(lower, node, kind?));
    if let Some(version) = version.filter(|version| version.scalar() != Some(API_VERSION)) {
        lower.fault(version.place, "apiVersion is sts/v1");
    }
    let kind = kind?;
    let Metadata { name, expires, care } = metadata?;
    match (kind, file.folder, file.team()) {
        (Kind::TrustBundle, Folder::TrustBundles, _)
        | (Kind::TrustPolicy, Folder::Policies, Some(_))
        | (Kind::Audience | Kind::Guardrail, Folder::Policies, None) => {}
        (Kind::TrustBundle, Folder::Policies, _) => {
            lower.fault(node.place, "a TrustBundle lies in the folder of trust bundles");
        }
        (Kind::TrustPolicy, Folder::Policies, None) => {
            let help = "move it to policies/TEAM/, which the audience names in granted_by";
            lower.fault_with_help(node.place, "a TrustPolicy lies in a team folder", help);
        }
        (Kind::Audience | Kind::Guardrail, Folder::Policies, Some(_)) => {
            lower.fault(
                node.place,
                "audiences and guardrails lie beside the team folders, not in one",
            );
        }
        (Kind::TrustPolicy | Kind::Audience | Kind::Guardrail, Folder::TrustBundles, _) => {
            lower
                .fault(node.place, "only TrustBundle documents lie in the folder of trust bundles");
        }
    }
    Some(Head { kind, name, expires, care })
}

fn kind(lower: Lower<'_>, node: &Node) -> Option<Kind> {
    let text = node.scalar().unwrap_or_default();
    let found = Kind::ALL.into_iter().find(|(name, _)| *name == text).map(|(_, kind)| kind);
    if found.is_none() {
        let names = Kind::ALL.map(|(name, _)| name);
        let near =
            nearest(text, names).unwrap_or("TrustBundle, Audience, TrustPolicy or Guardrail");
        lower.fault_with_help(
            node.place,
            format!("there is no kind {text}"),
            format!("did you mean {near}?"),
        );
    }
    found
}

struct Metadata {
    name: Name,
    expires: Option<Timestamp>,
    care: Care,
}

fn metadata(lower: Lower<'_>, node: &Node, kind: Kind) -> Option<Metadata> {
    let mut fields = lower.fields(node, "metadata")?;
    let name = fields.parsed("name", Name::new);
    let owner = fields.required("owner").and_then(|node| lower.string(node, "owner"));
    let review_by = fields.optional("review_by");
    let expires = fields.optional("expires");
    fields.finish();
    let review_by = review_by.and_then(|node| date(lower, node, "review_by"));
    let ends = expires.map(|node| date(lower, node, "expires"));
    if let (Kind::Guardrail, Some(node)) = (kind, expires) {
        lower.fault(node.place, "a guardrail never expires: remove it when it is no longer wanted");
    }
    let care = Care { owner: owner?.to_owned(), review_by };
    let expires = match ends {
        None => None,
        Some(end) => Some(end?),
    };
    Some(Metadata { name: name?, expires, care })
}

pub(super) fn date(lower: Lower<'_>, node: &Node, what: &str) -> Option<Timestamp> {
    let read = node.scalar().and_then(Timestamp::from_date_end);
    if read.is_none() {
        lower.fault(node.place, format!("{what} is a date like 2027-06-30"));
    }
    read
}
