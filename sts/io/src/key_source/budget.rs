//! How many fetches callers may cause, over all bundles.

use crate::limits::{UNKNOWN_KEY_FETCH_EVERY, UNKNOWN_KEY_FETCHES_MAX};
use std::time::Instant;

/// A bucket of fetches that fills with time.
///
/// SECURITY: a `kid` is the caller's choice and so is the issuer, among those of
/// all bundles: the cool-down of one bundle does not bound their sum.
#[derive(Debug)]
pub(super) struct Budget {
    /// When the bucket was, or will be, full: each fetch moves it on.
    full_at: Instant,
}

impl Budget {
    /// A full bucket.
    pub(super) const fn new(now: Instant) -> Self {
        Self { full_at: now }
    }

    /// Takes one fetch, when there is one.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        let size = UNKNOWN_KEY_FETCH_EVERY.saturating_mul(UNKNOWN_KEY_FETCHES_MAX);
        let owed = self.full_at.saturating_duration_since(now);
        let after = owed.saturating_add(UNKNOWN_KEY_FETCH_EVERY);
        let granted = after <= size;
        if granted {
            self.full_at = now + owed + UNKNOWN_KEY_FETCH_EVERY;
        }
        granted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "any instant will do")]
    fn a_burst_is_granted_and_then_one_fetch_at_a_time() {
        let begin = Instant::now();
        let mut budget = Budget::new(begin);
        let granted = (0..100).filter(|_| budget.take(begin)).count();
        assert_eq!(granted, 50);
        assert!(!budget.take(begin + Duration::from_millis(199)));
        assert!(budget.take(begin + Duration::from_millis(200)));
        assert!(!budget.take(begin + Duration::from_millis(200)));
        let later = begin + Duration::from_secs(3600);
        assert_eq!((0..100).filter(|_| budget.take(later)).count(), 50, "it does not overflow");
    }
}
