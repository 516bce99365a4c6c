//! YAML as a tree with positions, so that every fault can be shown at once
//! and in its place; [`Fields`] lowers it into types.
//!
//! A subset: no anchors, aliases, tags or merge keys, no key twice. What is
//! refused here would let a reviewer read something else than the machine.

mod fields;
mod read;

pub use fields::{Fields, Lower};
pub use read::read_documents;

use crate::diagnostic::Place;

/// A value with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Where it begins.
    pub place: Place,
    /// What it is.
    pub kind: Kind,
}

/// What a value is. Scalars keep their text: which type they have is decided by who reads them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Text; `quoted` tells `"65"` from `65`.
    Scalar {
        /// The text.
        text: String,
        /// Whether it was quoted or a block.
        quoted: bool,
    },
    /// A list.
    List(Vec<Node>),
    /// A map, in the order of the file.
    Map(Vec<(Node, Node)>),
}

impl Node {
    /// What a person would call it.
    #[must_use]
    pub fn describe(&self) -> &'static str {
        match &self.kind {
            Kind::Scalar { quoted: true, .. } => "a string",
            Kind::Scalar { text, .. } if text.is_empty() => "nothing",
            Kind::Scalar { text, .. } if text == "true" || text == "false" => "a boolean",
            Kind::Scalar { text, .. } if text.parse::<f64>().is_ok() => "a number",
            Kind::Scalar { .. } => "a string",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a map",
        }
    }

    /// Whether it is a plain empty, `~` or `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar { text, quoted: false } if matches!(text.as_str(), "" | "~" | "null"))
    }

    /// The text of a scalar.
    #[must_use]
    pub fn scalar(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar { text, .. } => Some(text),
            Kind::List(_) | Kind::Map(_) => None,
        }
    }

    /// The items of a list; none of anything else.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        match &self.kind {
            Kind::List(items) => items,
            Kind::Scalar { .. } | Kind::Map(_) => &[],
        }
    }

    /// The value under a key of a map.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        match &self.kind {
            Kind::Map(entries) => {
                entries.iter().find(|(name, _)| name.scalar() == Some(key)).map(|(_, value)| value)
            }
            Kind::Scalar { .. } | Kind::List(_) => None,
        }
    }
}
