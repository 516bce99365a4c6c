//! What a trust bundle says about claims, as far as expressions care.

use std::collections::BTreeMap;

/// The type of a claim. A token whose claim has another type is refused before any policy sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimType {
    /// Text; `values` lists the only ones there are, when the bundle knows them.
    String {
        /// The complete set of values, if it is known.
        values: Option<Vec<String>>,
    },
    /// A boolean.
    Bool,
    /// A 64-bit integer.
    Int,
    /// A list of one type, with at most so many items.
    List(Box<ClaimType>, u64),
    /// Named members.
    Object(BTreeMap<String, Claim>),
}

impl ClaimType {
    /// Any text.
    pub const STRING: Self = Self::String { values: None };

    /// What it is called in documents and messages.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::String { .. } => "string",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::List(..) => "list",
            Self::Object(_) => "object",
        }
    }

    /// The same with its article, for sentences.
    #[must_use]
    pub(crate) const fn article(&self) -> &'static str {
        match self {
            Self::String { .. } => "a string",
            Self::Bool => "a bool",
            Self::Int => "an int",
            Self::List(..) => "a list",
            Self::Object(_) => "an object",
        }
    }

    /// Whether a value of one can ever equal a value of the other.
    #[must_use]
    pub(crate) fn comparable(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::List(left, _), Self::List(right, _)) => left.comparable(right),
            (Self::Object(_), _) | (_, Self::Object(_)) => false,
            _ => self.name() == other.name(),
        }
    }
}

/// One claim: its type, and whether every token has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Type.
    pub claim_type: ClaimType,
    /// Whether it is always there: required by the bundle, or pinned by the policy.
    pub present: bool,
    /// Whether it may only be compared with literals: the ledger keeps a keyed hash of it.
    pub sensitive: bool,
}

/// The claims that expressions may read, under the name `assertion`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Schema {
    /// By the name (or alias) used in expressions.
    pub claims: BTreeMap<String, Claim>,
}

impl Schema {
    /// The claim at a path such as `["k8s", "namespace"]`.
    #[must_use]
    pub fn find<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> Option<&Claim> {
        let mut path = path.into_iter();
        let mut claim = self.claims.get(path.next()?)?;
        for member in path {
            let ClaimType::Object(members) = &claim.claim_type else {
                return None;
            };
            claim = members.get(member)?;
        }
        Some(claim)
    }

    /// Marks a pinned claim, and the objects around it, as present.
    pub fn pin<'a>(&mut self, path: impl IntoIterator<Item = &'a str>) {
        let mut members = &mut self.claims;
        for name in path {
            let Some(claim) = members.get_mut(name) else {
                return;
            };
            claim.present = true;
            let ClaimType::Object(inner) = &mut claim.claim_type else {
                return;
            };
            members = inner;
        }
    }
}
