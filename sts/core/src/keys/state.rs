//! What a key is at an instant: derived from the times of all rows, never stored.

use super::{KeyRow, KeySchedule};
use sts_wire::time::Timestamp;

/// What a key is at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// Published, does not sign yet.
    Next,
    /// Signs.
    Active,
    /// Published, signs no more.
    Retired,
    /// No longer published: everything it signed has expired.
    Removed,
    /// Taken out before its time.
    Revoked,
}

impl KeyState {
    /// Whether it is in the key set.
    #[must_use]
    pub const fn is_published(self) -> bool {
        matches!(self, Self::Next | Self::Active | Self::Retired)
    }

    /// As people and scripts read it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Active => "active",
            Self::Retired => "retired",
            Self::Removed => "removed",
            Self::Revoked => "revoked",
        }
    }
}

/// A key's times: until when is known only once its successor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyTimes {
    /// What it is now.
    pub state: KeyState,
    /// Until when it signs; none while nobody is to follow it.
    pub signs_until: Option<Timestamp>,
    /// Until when it is published.
    pub published_until: Option<Timestamp>,
}

impl KeyRow {
    /// What it is now, among all rows of the ring.
    #[must_use]
    pub fn times<'a>(
        &self,
        rows: impl Iterator<Item = &'a Self>,
        schedule: &KeySchedule,
        now: Timestamp,
    ) -> KeyTimes {
        let signs_until =
            rows.filter(|other| self.is_followed_by(other)).map(|other| other.not_before).min();
        let retention = self.retention.max(schedule.retention());
        let ends = signs_until.map(|end| end.plus(retention));
        let (state, published_until) = match self.revoked_at {
            Some(revoked) => (KeyState::Revoked, Some(revoked)),
            None if self.not_before > now => (KeyState::Next, ends),
            None if signs_until.is_none_or(|end| now < end) => (KeyState::Active, ends),
            None if ends.is_none_or(|end| now < end) => (KeyState::Retired, ends),
            None => (KeyState::Removed, ends),
        };
        KeyTimes { state, signs_until, published_until }
    }

    /// Whether it is the one that signs at an instant, among all rows of the ring.
    #[must_use]
    pub fn signs_at<'a>(&self, mut rows: impl Iterator<Item = &'a Self>, at: Timestamp) -> bool {
        self.revoked_at.is_none()
            && self.not_before <= at
            && !rows.any(|other| self.is_followed_by(other) && other.not_before <= at)
    }

    /// Whether the other one signs in its place from some time on. One that was
    /// revoked before it ever signed takes nobody's place; one that signed keeps
    /// it, so that no older key wakes up.
    fn is_followed_by(&self, other: &Self) -> bool {
        let signs = other.revoked_at.is_none_or(|revoked| revoked > other.not_before);
        other.algorithm == self.algorithm && other.slot > self.slot && signs
    }
}
