//! Which keys have to be created now: a pure function of time, ring and schedule.

use super::KeyRow;
use crate::limits::{KEY_INSERT_TIME, KEY_POLL_MAX};
use sts_jose::SigningAlgorithm;
use sts_wire::time::{Seconds, Timestamp};

/// The durations that rotation obeys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeySchedule {
    /// How long a key signs.
    pub rotation_period: Seconds,
    /// How long a key is published before it signs, at least.
    pub publish_ahead: Seconds,
    /// How long verifiers may keep our key set.
    pub verifier_cache: Seconds,
    /// Longest life of a token that a key signs.
    pub ttl_max: Seconds,
    /// Clock skew that verifiers allow.
    pub leeway: Seconds,
    /// How long until every process knows what one of them wrote; none where
    /// there is only one.
    pub poll: Seconds,
}

impl KeySchedule {
    /// How long a retired key stays published after its successor took over:
    /// its last token lives `ttl_max`, a verifier's clock may lag by the
    /// leeway, and one that cached the set keeps it for `verifier_cache`.
    #[must_use]
    pub const fn retention(&self) -> Seconds {
        self.ttl_max.plus(self.leeway).plus(self.verifier_cache)
    }

    /// The same where processes share the ring: they look at it often enough to
    /// know of a change within a quarter of what a verifier allows for.
    #[must_use]
    pub fn shared(self) -> Self {
        let quarter = self.verifier_cache.plus(self.leeway).get() / 4;
        let poll = Seconds::new(quarter.max(1)).min(KEY_POLL_MAX);
        Self { poll, ..self }
    }

    /// How long a set that may be kept no longer still serves when no fresh one
    /// can be had: no key signs that was made since it was fetched.
    #[must_use]
    pub fn stale_if_error(&self) -> Seconds {
        let kept = self.verifier_cache.plus(self.leeway).plus(self.poll);
        Seconds::new(self.lead().get().saturating_sub(kept.get()))
    }

    /// How long before a key signs it must have been published: every process
    /// serves it by then, and a verifier that just fetched the set without it
    /// keeps that for `verifier_cache`, by a clock that may lag.
    #[must_use]
    pub fn lead(&self) -> Seconds {
        self.publish_ahead.max(self.verifier_cache.plus(self.leeway).plus(self.poll))
    }
}

/// A key that has to be created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlannedKey {
    /// SigningAlgorithm.
    pub algorithm: SigningAlgorithm,
    /// Slot.
    pub slot: u64,
    /// When it begins to sign.
    pub not_before: Timestamp,
    /// Until when it may still be added: later, verifiers would not know it in
    /// time. None for the first key of an empty ring.
    pub insert_by: Option<Timestamp>,
}

/// The keys of one algorithm that are missing now. An empty ring never served
/// a key set, so its first key signs at once; any other key is published for
/// [`KeySchedule::lead`] first, and there is always one that waits.
#[must_use]
pub fn plan(
    now: Timestamp,
    rows: &[KeyRow],
    algorithm: SigningAlgorithm,
    schedule: &KeySchedule,
) -> Vec<PlannedKey> {
    let own = rows.iter().filter(|row| row.algorithm == algorithm);
    let newest = own.max_by_key(|row| row.slot);
    let ahead = |slot: u64, wanted: Timestamp| {
        let not_before = wanted.max(now.plus(schedule.lead()).plus(KEY_INSERT_TIME));
        let insert_by = Some(not_before.minus(schedule.lead()));
        PlannedKey { algorithm, slot, not_before, insert_by }
    };
    let Some(newest) = newest else {
        let first = PlannedKey { algorithm, slot: 0, not_before: now, insert_by: None };
        return vec![first, ahead(1, now.plus(schedule.rotation_period))];
    };
    let slot = newest.slot.saturating_add(1);
    match newest.revoked_at {
        // Its place is taken as soon as it may be.
        Some(_) => vec![ahead(slot, newest.not_before)],
        None if newest.not_before <= now => {
            vec![ahead(slot, newest.not_before.plus(schedule.rotation_period))]
        }
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEDULE: KeySchedule = KeySchedule {
        rotation_period: Seconds::new(1000),
        publish_ahead: Seconds::new(100),
        verifier_cache: Seconds::new(60),
        ttl_max: Seconds::new(50),
        leeway: Seconds::new(10),
        poll: Seconds::new(5),
    };

    fn row(planned: &PlannedKey, now: Timestamp) -> KeyRow {
        KeyRow {
            algorithm: planned.algorithm,
            slot: planned.slot,
            public: super::super::tests::public(format!("kid-{}", planned.slot)),
            created_at: now,
            not_before: planned.not_before,
            retention: Seconds::new(0),
            revoked_at: None,
            revoked_because: None,
            sealed_private: Vec::new(),
        }
    }

    #[test]
    fn an_empty_ring_signs_at_once_and_has_a_next_key() {
        let now = Timestamp::from_seconds(5000);
        let planned = plan(now, &[], SigningAlgorithm::Es256, &SCHEDULE);
        let starts: Vec<_> =
            planned.iter().map(|key| (key.slot, key.not_before.seconds())).collect();
        assert_eq!(starts, [(0, 5000), (1, 6000)]);
    }

    #[test]
    fn whatever_the_pauses_every_later_key_was_published_before_it_signs() {
        let mut rows: Vec<KeyRow> = Vec::new();
        let mut now = Timestamp::from_seconds(5000);
        for pause in
            [0, 10, 999, 1, 5000, 1, 1001, 100_000, 7, 950, 60].into_iter().cycle().take(200)
        {
            now = now.plus(Seconds::new(pause));
            for planned in plan(now, &rows, SigningAlgorithm::Es256, &SCHEDULE) {
                if let Some(insert_by) = planned.insert_by {
                    assert_eq!(insert_by.plus(SCHEDULE.lead()), planned.not_before);
                    assert!(insert_by > now, "there is time to make it");
                }
                assert_eq!(planned.insert_by.is_none(), planned.slot == 0);
                rows.push(row(&planned, now));
            }
            assert!(rows.iter().any(|row| row.not_before > now), "there is a next key");
            assert!(rows.iter().any(|row| row.not_before <= now), "there is an active key");
            assert!(
                plan(now, &rows, SigningAlgorithm::Es256, &SCHEDULE).is_empty(),
                "planning again plans nothing"
            );
        }
    }
}
