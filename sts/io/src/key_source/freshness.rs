//! What to do with what is known of a bundle's keys: a function of ages alone.

use crate::limits::{FAILURE_STANDS, FETCH_COOL_DOWN, KEY_SET_REFRESH, MISS_REMEMBERED};
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
    /// How long ago a fetch did not bring a key that was wanted.
    pub(super) missed: Option<Duration>,
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
/// unknown one is never accepted from an old set. Whether it exists is asked at
/// once, as issuers exist that sign with a key at the moment they publish it;
/// but after a fetch in vain, only when the cool-down is over.
pub(super) fn step(known: Known) -> Step {
    let usable = known.is_usable();
    match (known.set, known.last) {
        (Some(age), _) if known.has_key && age < KEY_SET_REFRESH => Step::Use,
        (_, Some(last)) if !last.succeeded && last.age < FETCH_COOL_DOWN => {
            if usable {
                Step::Use
            } else {
                Step::Wait
            }
        }
        (Some(_), _) if known.missed.is_some_and(|age| age < FETCH_COOL_DOWN) => Step::Use,
        (_, Some(last)) if usable && !last.succeeded && last.age < FAILURE_STANDS => Step::Use,
        (Some(_), _) if !known.has_key && known.missed.is_some_and(|age| age < MISS_REMEMBERED) => {
            Step::FetchWithinBudget
        }
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

    /// Age of the set, whether it has the key, age of the last attempt and whether
    /// it succeeded, age of the last fetch in vain, and what to do.
    type Row = (Option<u64>, bool, Option<(u64, bool)>, Option<u64>, Step);

    const ROWS: [Row; 20] = [
        (None, false, None, None, Step::Fetch),
        (None, false, Some((9, false)), None, Step::Wait),
        (None, false, Some((10, false)), None, Step::Fetch),
        (Some(0), true, Some((0, true)), None, Step::Use),
        (Some(299), true, Some((299, true)), None, Step::Use),
        (Some(300), true, Some((300, true)), None, Step::Fetch),
        (Some(300), true, Some((300, true)), Some(300), Step::Fetch),
        (Some(1), false, Some((1, true)), None, Step::Fetch),
        (Some(61), false, Some((61, true)), Some(60), Step::Fetch),
        (Some(60), false, Some((60, true)), Some(59), Step::FetchWithinBudget),
        (Some(9), false, Some((9, true)), Some(9), Step::Use),
        (Some(5), false, Some((5, true)), Some(10), Step::FetchWithinBudget),
        (Some(100), false, Some((9, false)), None, Step::Wait),
        (Some(400), true, Some((9, false)), None, Step::Use),
        (Some(400), true, Some((29, false)), None, Step::Use),
        (Some(400), true, Some((30, false)), None, Step::Fetch),
        (Some(400), false, Some((29, false)), None, Step::Fetch),
        (Some(MAX_STALE - 1), true, Some((9, false)), None, Step::Use),
        (Some(MAX_STALE), true, Some((9, false)), None, Step::Wait),
        (Some(MAX_STALE), true, Some((10, false)), None, Step::Fetch),
    ];

    #[test]
    fn known_keys_outlive_an_outage_and_unknown_ones_are_asked_for_once_per_cool_down() {
        for (set, has_key, last, missed, expected) in ROWS {
            let seconds = Duration::from_secs;
            let last = last.map(|(age, succeeded)| Attempt { age: seconds(age), succeeded });
            let (set, missed) = (set.map(seconds), missed.map(seconds));
            let known = Known { set, has_key, last, missed, max_stale: seconds(MAX_STALE) };
            assert_eq!(step(known), expected, "{known:?}");
        }
    }
}
