//! What a change of documents widens: compared document by document, without
//! a token. What cannot be ordered is told as what may widen, never as harmless;
//! tests alone are left out, since they decide nothing.

mod claims;
mod compare;
mod documents;
mod shape;

use crate::snapshot::Snapshot;

/// What a change does to who may have what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Somebody may get more, or longer.
    Widens,
    /// It cannot be told: to be read by a person.
    MayWiden,
    /// It decides nothing: who is asked, or how something is written.
    Changes,
    /// Nobody gets more.
    Narrows,
}

impl Effect {
    /// As scripts read it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Widens => "widens",
            Self::MayWiden => "may_widen",
            Self::Changes => "changes",
            Self::Narrows => "narrows",
        }
    }

    const fn opposite(self) -> Self {
        match self {
            Self::Widens => Self::Narrows,
            Self::Narrows => Self::Widens,
            Self::MayWiden | Self::Changes => self,
        }
    }
}

/// One change of one document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// What it does.
    pub effect: Effect,
    /// The kind of document.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// What changed, for a person.
    pub what: String,
}

/// Every change from one set to another: what widens first.
#[must_use]
pub fn difference(before: &Snapshot, after: &Snapshot) -> Vec<Change> {
    let takes_others = after.bundles().iter().any(|bundle| bundle.trust_domain().is_some());
    let (before, after) = (documents::all(before), documents::all(after));
    let mut changes = Vec::new();
    for ((kind, name), old) in &before {
        let mut add = |(effect, what)| {
            changes.push(Change { effect, kind, name: name.clone(), what });
        };
        match after.get(&(*kind, name.clone())) {
            // A token whose `iss` no bundle has any more may belong to a trust domain.
            None if *kind == documents::BUNDLE && takes_others => {
                let what = "is removed: its tokens may belong to a SPIFFE bundle now";
                add((Effect::MayWiden, what.to_owned()));
            }
            None => add((old.meaning.opposite(), "is removed".to_owned())),
            Some(new) => compare::compare(old, new, &mut add),
        }
    }
    for ((kind, name), new) in &after {
        if !before.contains_key(&(*kind, name.clone())) {
            let what = "is new".to_owned();
            changes.push(Change { effect: new.meaning, kind, name: name.clone(), what });
        }
    }
    changes.sort();
    changes
}
