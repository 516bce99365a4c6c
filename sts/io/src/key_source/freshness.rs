//! What to do with what is known of a bundle's keys: a function of ages alone.

use crate::limits::{FAILURE_STANDS, FETCH_COOL_DOWN, KEY_SET_REFRESH};
use std::time::Duration;

/// What is known when a key is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    /// Age of the set at hand, when there is one.
    pub(super) set: Option<Duration>,
    /// Whether the key is in it.
    pub(super) has_key: bool,
    /// The last attempt to fetch one.
    pub(super) last: Option<Attempt>,
    /// The bundle's bound: how old a set may be used when none can be fetched.
    pub(super) max_stale: Duration,
}

/// An attempt to fetch a set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attempt {
    /// How long ago it began.
    pub(super) age: Duration,
    /// Whether it brought a set.
    pub(super) succeeded: bool,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The set at hand answers.
    Use,
    /// Fetch one.
    Fetch,
    /// Fetch one if the budget permits: the caller's `kid` is the only reason.
    FetchWithinBudget,
    /// It was asked a moment ago, in vain.
    Wait,
}

/// A known key outlives an outage of its issuer up to the bundle's bound; an
/// unknown one is never accepted from an old set, and whether it exists is asked
/// at most once per cool-down.
pub(super) fn step(known: Known) -> Step {
    let usable = known.is_usable();
    match (known.set, known.last) {
        (Some(age), _) if known.has_key && age < KEY_SET_REFRESH => Step::Use,
        (_, Some(last)) if last.age < FETCH_COOL_DOWN => {
            let said_no = last.succeeded && known.set.is_some();
            if usable || said_no { Step::Use } else { Step::Wait }
        }
        (_, Some(last)) if usable && !last.succeeded && last.age < FAILURE_STANDS => Step::Use,
        (Some(_), _) if !known.has_key => Step::FetchWithinBudget,
        _ => Step::Fetch,
    }
}

impl Known {
    /// Whether the set may answer for the key when no newer one can be had.
    pub(super) fn is_usable(&self) -> bool {
        self.has_key && self.set.is_some_and(|age| age < self.max_stale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX_STALE: u64 = 3600;

    /// (age of the set, whether it has the key, (age of the last attempt, whether it succeeded))
    type Row = (Option<u64>, bool, Option<(u64, bool)>, Step);

    const ROWS: [Row; 16] = [
        (None, false, None, Step::Fetch),
        (None, false, Some((9, false)), Step::Wait),
        (None, false, Some((10, false)), Step::Fetch),
        (Some(0), true, Some((0, true)), Step::Use),
        (Some(299), true, Some((299, true)), Step::Use),
        (Some(300), true, Some((300, true)), Step::Fetch),
        (Some(9), false, Some((9, true)), Step::Use),
        (Some(10), false, Some((10, true)), Step::FetchWithinBudget),
        (Some(100), false, Some((9, false)), Step::Wait),
        (Some(400), true, Some((9, false)), Step::Use),
        (Some(400), true, Some((29, false)), Step::Use),
        (Some(400), true, Some((30, false)), Step::Fetch),
        (Some(400), false, Some((29, false)), Step::FetchWithinBudget),
        (Some(MAX_STALE - 1), true, Some((9, false)), Step::Use),
        (Some(MAX_STALE), true, Some((9, false)), Step::Wait),
        (Some(MAX_STALE), true, Some((10, false)), Step::Fetch),
    ];

    #[test]
    fn known_keys_outlive_an_outage_and_unknown_ones_are_asked_for_once_per_cool_down() {
        for (set, has_key, last, expected) in ROWS {
            let seconds = Duration::from_secs;
            let last = last.map(|(age, succeeded)| Attempt { age: seconds(age), succeeded });
            let known =
                Known { set: set.map(seconds), has_key, last, max_stale: seconds(MAX_STALE) };
            assert_eq!(step(known), expected, "{known:?}");
        }
    }
}
