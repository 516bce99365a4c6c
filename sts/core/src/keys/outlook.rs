//! How long keys last when no more can be made: what an operator has time for.

use super::{KeyRow, KeySchedule, KeyState};
use sts_jose::SigningAlgorithm;
use sts_wire::time::Timestamp;

/// When the keys of an algorithm run out if none can be made or unsealed any
/// more: when one begins to sign that is not `usable`, or else when the last
/// one has signed for its period and its successor would be missing. None
/// where there is no key.
#[must_use]
pub fn runs_out(
    rows: &[KeyRow],
    algorithm: SigningAlgorithm,
    schedule: &KeySchedule,
    now: Timestamp,
    usable: impl Fn(&str) -> bool,
) -> Option<Timestamp> {
    let signs = |row: &&KeyRow| {
        let state = row.times(rows.iter(), schedule, now).state;
        row.algorithm == algorithm && matches!(state, KeyState::Active | KeyState::Next)
    };
    let signing: Vec<_> = rows.iter().filter(signs).collect();
    let locked = signing.iter().filter(|row| !usable(&row.public.kid));
    let last = signing.iter().map(|row| row.not_before.plus(schedule.rotation_period)).max();
    locked.map(|row| row.not_before).min().or(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sts_wire::time::Seconds;

    const SCHEDULE: KeySchedule = KeySchedule {
        rotation_period: Seconds::new(1000),
        publish_ahead: Seconds::new(100),
        verifier_cache: Seconds::new(60),
        ttl_max: Seconds::new(50),
        leeway: Seconds::new(10),
        poll: Seconds::new(0),
    };

    fn rows(starts: &[i64]) -> Vec<KeyRow> {
        let rows = starts.iter().zip(0..).map(|(start, slot)| KeyRow {
            algorithm: SigningAlgorithm::Es256,
            slot,
            public: super::super::tests::public(format!("k{slot}")),
            created_at: Timestamp::from_seconds(0),
            not_before: Timestamp::from_seconds(*start),
            retention: Seconds::new(0),
            revoked_at: None,
            revoked_because: None,
            sealed_private: Vec::new(),
        });
        rows.collect()
    }

    fn at(rows: &[KeyRow], now: i64, locked: &[&str]) -> Option<i64> {
        let now = Timestamp::from_seconds(now);
        let usable = |kid: &str| !locked.contains(&kid);
        let end = runs_out(rows, SigningAlgorithm::Es256, &SCHEDULE, now, usable);
        end.map(Timestamp::seconds)
    }

    #[test]
    fn keys_last_until_the_successor_of_the_last_would_be_missing() {
        assert_eq!(at(&[], 0, &[]), None);
        assert_eq!(at(&rows(&[0, 1000]), 10, &[]), Some(2000));
        assert_eq!(at(&rows(&[0, 1000]), 2500, &[]), Some(2000), "overdue");
    }

    #[test]
    fn a_key_that_is_not_unsealed_ends_them_when_it_begins_to_sign() {
        assert_eq!(at(&rows(&[0, 1000]), 10, &["k1"]), Some(1000));
        assert_eq!(at(&rows(&[0, 1000]), 10, &["k0"]), Some(0));
        assert_eq!(at(&rows(&[0, 1000, 2000]), 1010, &["k0"]), Some(3000), "k0 signs no more");
    }

    #[test]
    fn a_revoked_key_does_not_count() {
        let mut rows = rows(&[0, 1000]);
        rows[1].revoked_at = Some(Timestamp::from_seconds(5));
        assert_eq!(at(&rows, 10, &["k1"]), Some(1000));
    }
}
