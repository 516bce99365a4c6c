//! What an operator may do to the ring. Each answers the changes to write, or why not.

use super::{KeyRow, KeySchedule, KeyState, RevocationReason};
use crate::limits::PUBLISHED_KEYS_MAX;
use sts_jose::SigningAlgorithm;
use sts_wire::time::{Seconds, Timestamp};

/// A change of one key; those of one operation are written together or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyChange {
    /// It neither signs nor is published any more. For good.
    Revoke {
        /// The key.
        kid: String,
        /// When.
        at: Timestamp,
        /// Why.
        because: RevocationReason,
    },
    /// It stays published for longer after its successor took over.
    Retain {
        /// The key.
        kid: String,
        /// For how long.
        retention: Seconds,
    },
    /// A key that waits begins to sign earlier.
    Start {
        /// The key.
        kid: String,
        /// When.
        at: Timestamp,
    },
}

impl KeyChange {
    /// The key that changes.
    #[must_use]
    pub fn kid(&self) -> &str {
        let (Self::Revoke { kid, .. } | Self::Retain { kid, .. } | Self::Start { kid, .. }) = self;
        kid
    }

    /// Changes the row of its key; says whether it still applied. What time
    /// has passed over never changes back: that is what verifiers rely on.
    pub fn apply(&self, row: &mut KeyRow) -> bool {
        match *self {
            Self::Revoke { at, because, .. } if row.revoked_at.is_none() => {
                (row.revoked_at, row.revoked_because) = (Some(at), Some(because));
            }
            Self::Retain { retention, .. } if row.retention < retention => {
                row.retention = retention;
            }
            Self::Start { at, .. } if row.revoked_at.is_none() && at <= row.not_before => {
                row.not_before = at;
            }
            _ => return false,
        }
        true
    }
}

/// Why the ring stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefusal {
    /// No such key.
    #[error("there is no key {0}: sts keys list shows them")]
    Unknown(String),
    /// It is revoked already.
    #[error("the key {0} is revoked already")]
    AlreadyRevoked(String),
    /// It signs.
    #[error(
        "the key {0} signs now: sts keys compromise puts the next one in its place at once, sts keys rotate in good order"
    )]
    Active(String),
    /// No key waits.
    #[error(
        "no key waits to sign with {0}: one is made within a minute, and is published for a while before it signs"
    )]
    NoNext(SigningAlgorithm),
    /// The set would be larger than some verifiers read.
    #[error(
        "{PUBLISHED_KEYS_MAX} keys are published, and some verifiers read no more: the first of them leaves the key set {until}"
    )]
    TooMany {
        /// When one leaves the set.
        until: Timestamp,
    },
    /// Verifiers may not have the next key yet.
    #[error(
        "the key {kid} has not been published for long enough: verifiers that keep our key set may not know it before {until}"
    )]
    TooEarly {
        /// The key that waits.
        kid: String,
        /// When it may sign.
        until: Timestamp,
    },
}

/// The next key signs soon, and the active one retires in good order.
///
/// # Errors
/// [`KeyRefusal::NoNext`], or [`KeyRefusal::TooEarly`] while a verifier that
/// keeps the key set may not know it.
pub fn rotate(
    rows: &[KeyRow],
    algorithm: SigningAlgorithm,
    schedule: &KeySchedule,
    now: Timestamp,
) -> Result<Vec<KeyChange>, KeyRefusal> {
    let next = next(rows, algorithm, schedule, now).ok_or(KeyRefusal::NoNext(algorithm))?;
    let kid = next.public.kid.clone();
    let until = next.created_at.plus(schedule.lead());
    if now < until {
        return Err(KeyRefusal::TooEarly { kid, until });
    }
    room(rows, schedule, now)?;
    // Every replica knows by then; one that did not would sign on with a key whose end is counted already.
    Ok(vec![KeyChange::Start { kid, at: now.plus(schedule.poll).min(next.not_before) }])
}

/// The next key signs at once, whether verifiers know it or not: the way out
/// when no key signs.
///
/// # Errors
/// [`KeyRefusal::NoNext`].
pub fn rotate_now(
    rows: &[KeyRow],
    algorithm: SigningAlgorithm,
    schedule: &KeySchedule,
    now: Timestamp,
) -> Result<Vec<KeyChange>, KeyRefusal> {
    let next = next(rows, algorithm, schedule, now).ok_or(KeyRefusal::NoNext(algorithm))?;
    Ok(vec![KeyChange::Start { kid: next.public.kid.clone(), at: now }])
}

/// A key that does not sign leaves the published set at once.
///
/// # Errors
/// [`KeyRefusal`]: the active key is not revoked, as nothing would sign.
pub fn revoke(
    rows: &[KeyRow],
    kid: &str,
    schedule: &KeySchedule,
    now: Timestamp,
) -> Result<Vec<KeyChange>, KeyRefusal> {
    let (_, state) = find(rows, kid, schedule, now)?;
    match state {
        KeyState::Active => Err(KeyRefusal::Active(kid.to_owned())),
        _ => {
            let because = RevocationReason::Superseded;
            Ok(vec![KeyChange::Revoke { kid: kid.to_owned(), at: now, because }])
        }
    }
}

/// A key that somebody else may have is revoked; where it signs, the next one
/// does so at once. Verifiers hold that one already, as it was published ahead.
///
/// # Errors
/// [`KeyRefusal`]: also when no key could follow, as then [`revoke`] after a
/// rotation is the way, or a stop of the server.
pub fn compromise(
    rows: &[KeyRow],
    kid: &str,
    schedule: &KeySchedule,
    now: Timestamp,
) -> Result<Vec<KeyChange>, KeyRefusal> {
    let (row, state) = find(rows, kid, schedule, now)?;
    let because = RevocationReason::Compromised;
    let mut changes = vec![KeyChange::Revoke { kid: kid.to_owned(), at: now, because }];
    if state == KeyState::Active {
        let next = next(rows, row.algorithm, schedule, now);
        let next = next.ok_or(KeyRefusal::NoNext(row.algorithm))?;
        changes.push(KeyChange::Start { kid: next.public.kid.clone(), at: now });
    }
    Ok(changes)
}

/// A rotation makes another key: the set must have room for it.
fn room(rows: &[KeyRow], schedule: &KeySchedule, now: Timestamp) -> Result<(), KeyRefusal> {
    let times = || rows.iter().map(|row| row.times(rows.iter(), schedule, now));
    if times().filter(|times| times.state.is_published()).count() < PUBLISHED_KEYS_MAX {
        return Ok(());
    }
    let retired = times().filter(|times| times.state == KeyState::Retired);
    let until = retired.filter_map(|times| times.published_until).min();
    Err(KeyRefusal::TooMany { until: until.unwrap_or(now) })
}

/// What must be kept in mind when the configured durations grow: a key may
/// have signed under them by the time they shrink again.
#[must_use]
pub fn retain(rows: &[KeyRow], schedule: &KeySchedule, now: Timestamp) -> Vec<KeyChange> {
    let retention = schedule.retention();
    let shorter = |row: &&KeyRow| {
        let state = row.times(rows.iter(), schedule, now).state;
        row.retention < retention && state.is_published()
    };
    let retain = |row: &KeyRow| KeyChange::Retain { kid: row.public.kid.clone(), retention };
    rows.iter().filter(shorter).map(retain).collect()
}

fn find<'a>(
    rows: &'a [KeyRow],
    kid: &str,
    schedule: &KeySchedule,
    now: Timestamp,
) -> Result<(&'a KeyRow, KeyState), KeyRefusal> {
    let row = rows.iter().find(|row| row.public.kid == kid);
    let row = row.ok_or_else(|| KeyRefusal::Unknown(kid.to_owned()))?;
    match row.times(rows.iter(), schedule, now).state {
        KeyState::Revoked => Err(KeyRefusal::AlreadyRevoked(kid.to_owned())),
        state => Ok((row, state)),
    }
}

/// The key that waits, and signs first of those that do.
fn next<'a>(
    rows: &'a [KeyRow],
    algorithm: SigningAlgorithm,
    schedule: &KeySchedule,
    now: Timestamp,
) -> Option<&'a KeyRow> {
    let own = rows.iter().filter(|row| row.algorithm == algorithm);
    let waiting = own.filter(|row| row.times(rows.iter(), schedule, now).state == KeyState::Next);
    waiting.min_by_key(|row| (row.not_before, row.slot))
}

#[cfg(test)]
mod tests;
