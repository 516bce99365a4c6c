//! One immutable view of the ring: signing and the published set read the same.

use super::{KeyRow, KeySchedule, KeyState, KeyTimes};
use crate::limits::TTL_MIN;
use crate::ports::Signer;
use std::sync::Arc;
use sts_jose::SigningAlgorithm;
use sts_wire::jwk::PublishedJwk;
use sts_wire::time::{Seconds, Timestamp};

/// A key that can sign.
pub struct RingKey {
    /// The row.
    pub row: KeyRow,
    /// The private half, unsealed.
    pub signer: Arc<dyn Signer>,
}

/// The key that signs now, and until when verifiers can find it.
pub struct ActiveKey<'a> {
    /// The key.
    pub key: &'a RingKey,
    /// Until when it is published at least; none while nobody is to follow it.
    pub published_until: Option<Timestamp>,
}

impl ActiveKey<'_> {
    /// The longest life of a token, at most `ttl`, at whose end a verifier
    /// whose clock lags by the leeway still finds the key; none when there is none.
    #[must_use]
    pub fn cap(&self, ttl: Seconds, now: Timestamp, leeway: Seconds) -> Option<Seconds> {
        let Some(until) = self.published_until else { return Some(ttl) };
        let left = u64::try_from(until.minus(leeway).seconds_since(now)).ok()?;
        Some(ttl.min(Seconds::new(left))).filter(|life| *life >= TTL_MIN)
    }
}

/// Every key, and the schedule that says what each is.
pub struct Ring {
    keys: Vec<RingKey>,
    schedule: KeySchedule,
    read_at: Timestamp,
}

impl Ring {
    /// A ring of these keys, as the store had them at `read_at`.
    #[must_use]
    pub fn new(mut keys: Vec<RingKey>, schedule: KeySchedule, read_at: Timestamp) -> Self {
        keys.sort_by_key(|key| std::cmp::Reverse((key.row.not_before, key.row.slot)));
        Self { keys, schedule, read_at }
    }

    /// The key that signs with this algorithm now. It is in [`Ring::published`]
    /// at the same instant, by construction.
    #[must_use]
    pub fn active(&self, algorithm: SigningAlgorithm, now: Timestamp) -> Option<ActiveKey<'_>> {
        let mut own = self.keys.iter().filter(|key| key.row.algorithm == algorithm);
        let times = |key: &RingKey| key.row.times(self.rows(), &self.schedule, now);
        own.find_map(|key| {
            let KeyTimes { state, published_until, .. } = times(key);
            (state == KeyState::Active).then_some(ActiveKey { key, published_until })
        })
    }

    /// The key set to serve now: active keys first, as some clients look at
    /// nothing else; then those that will sign, then those that did.
    #[must_use]
    pub fn published(&self, now: Timestamp) -> Vec<&PublishedJwk> {
        let in_state =
            |state: KeyState| self.keys.iter().filter(move |key| self.state(key, now) == state);
        let order = [KeyState::Active, KeyState::Next, KeyState::Retired];
        order.into_iter().flat_map(in_state).map(|key| &key.row.public).collect()
    }

    /// How long a verifier may keep the set: for no key that is to sign was the
    /// time between publication and first use any shorter, by the rows
    /// themselves; no longer than until a key may sign that another process
    /// made since these rows were read; and at most what is configured.
    #[must_use]
    pub fn max_age(&self, now: Timestamp) -> Seconds {
        self.announced_ahead(now).min(self.complete_for(now)).min(self.schedule.verifier_cache)
    }

    fn complete_for(&self, now: Timestamp) -> Seconds {
        if self.schedule.poll == Seconds::new(0) {
            return self.schedule.verifier_cache;
        }
        let unknown_signs = self.read_at.plus(self.schedule.lead()).minus(self.schedule.leeway);
        Seconds::new(u64::try_from(unknown_signs.seconds_since(now)).unwrap_or_default())
    }

    fn announced_ahead(&self, now: Timestamp) -> Seconds {
        let waiting = self.rows().filter(|row| row.not_before > now && row.revoked_at.is_none());
        let ahead = waiting.map(|row| row.not_before.seconds_since(row.created_at));
        let shortest = ahead.filter_map(|ahead| u64::try_from(ahead).ok()).min();
        let known = shortest.map(|ahead| ahead.saturating_sub(self.schedule.leeway.get()));
        known.map_or(self.schedule.verifier_cache, Seconds::new)
    }

    /// Every row.
    pub fn rows(&self) -> impl Iterator<Item = &KeyRow> {
        self.keys.iter().map(|key| &key.row)
    }

    /// What a key is now.
    #[must_use]
    pub fn state(&self, key: &RingKey, now: Timestamp) -> KeyState {
        key.row.times(self.rows(), &self.schedule, now).state
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::{Answer, Unavailable};

    struct NoSigner;
    impl Signer for NoSigner {
        fn sign<'a>(&'a self, _: &'a [u8]) -> Answer<'a, Result<Vec<u8>, Unavailable>> {
            Box::pin(std::future::ready(Err(Unavailable(String::new()))))
        }
    }

    fn ring(starts: &[i64]) -> Ring {
        let schedule = KeySchedule {
            rotation_period: Seconds::new(1000),
            publish_ahead: Seconds::new(100),
            verifier_cache: Seconds::new(60),
            ttl_max: Seconds::new(50),
            leeway: Seconds::new(10),
            poll: Seconds::new(10),
        };
        let keys = starts.iter().zip(0..).map(|(start, slot)| {
            let row = KeyRow {
                algorithm: SigningAlgorithm::Es256,
                slot,
                public: super::super::tests::public(format!("k{slot}")),
                created_at: Timestamp::from_seconds(0),
                not_before: Timestamp::from_seconds(*start),
                retention: Seconds::new(0),
                revoked_at: None,
                revoked_because: None,
                sealed_private: Vec::new(),
            };
            RingKey { row, signer: Arc::new(NoSigner) }
        });
        Ring::new(keys.collect(), schedule, Timestamp::from_seconds(0))
    }

    fn seen(ring: &Ring, at: i64) -> (Option<String>, Vec<String>) {
        let now = Timestamp::from_seconds(at);
        let active = ring
            .active(SigningAlgorithm::Es256, now)
            .map(|active| active.key.row.public.kid.clone());
        (active, ring.published(now).iter().map(|jwk| jwk.kid.clone()).collect())
    }

    #[test]
    fn a_key_is_published_before_during_and_after_it_signs() {
        let ring = ring(&[0, 1000, 2000]);
        assert_eq!(
            seen(&ring, 999),
            (Some("k0".into()), vec!["k0".into(), "k2".into(), "k1".into()])
        );
        assert_eq!(
            seen(&ring, 1000),
            (Some("k1".into()), vec!["k1".into(), "k2".into(), "k0".into()])
        );
        assert_eq!(seen(&ring, 1119).1.len(), 3, "ttl 50 + leeway 10 + cache 60");
        assert_eq!(seen(&ring, 1120).1, ["k1", "k2"]);
        assert_eq!(
            seen(&ring, 90_000),
            (Some("k2".into()), vec!["k2".into()]),
            "the last key signs on"
        );
    }

    #[test]
    fn no_token_outlives_what_the_key_set_will_still_publish() {
        let ring = ring(&[0, 1000]);
        let cap = |at, ttl| {
            let active = ring.active(SigningAlgorithm::Es256, Timestamp::from_seconds(at)).unwrap();
            let (now, leeway) = (Timestamp::from_seconds(at), Seconds::new(10));
            active.cap(Seconds::new(ttl), now, leeway).map(Seconds::get)
        };
        assert_eq!(cap(999, 50), Some(50), "published until 1120: ttl 50 + leeway 10 + cache 60");
        assert_eq!(cap(999, 200), Some(111), "what was configured shorter before is cut");
        assert_eq!(cap(5000, 200), Some(200), "nobody is to follow: it stays");
        let active = ring.active(SigningAlgorithm::Es256, Timestamp::from_seconds(999)).unwrap();
        let late = Timestamp::from_seconds(1110);
        assert_eq!(active.cap(Seconds::new(50), late, Seconds::new(10)), None, "nothing is left");
    }

    #[test]
    fn a_key_that_signed_and_is_revoked_wakes_no_older_one() {
        let mut ring = ring(&[0, 1000, 2000]);
        ring.keys[1].row.revoked_at = Some(Timestamp::from_seconds(1500));
        assert_eq!(seen(&ring, 1050).1, ["k2", "k0"], "k0 was retired by k1, and stays so");
        assert_eq!(seen(&ring, 1050).0, None, "nothing signs: that is an outage, and no way back");
        assert_eq!(seen(&ring, 1600).1, ["k2"]);
        assert_eq!(seen(&ring, 2000), (Some("k2".into()), vec!["k2".into()]));
    }

    #[test]
    fn a_set_that_was_read_long_ago_may_be_kept_only_until_an_unknown_key_could_sign() {
        let mut ring = ring(&[0, 100_000]);
        let max_age = |ring: &Ring, at| ring.max_age(Timestamp::from_seconds(at)).get();
        let seen: Vec<_> = [0, 30, 40, 89, 90, 5000].map(|at| max_age(&ring, at)).into();
        assert_eq!(seen, [60, 60, 50, 1, 0, 0], "a key made at 0 signs at 100, less the leeway");
        ring.read_at = Timestamp::from_seconds(5000);
        assert_eq!(max_age(&ring, 5000), 60);
        ring.schedule.poll = Seconds::new(0);
        assert_eq!(max_age(&ring, 90_000), 60, "a single process makes every key itself");
    }

    #[test]
    fn verifiers_may_keep_the_set_for_no_longer_than_every_next_key_was_announced_ahead() {
        let mut ring = ring(&[0, 1000]);
        ring.schedule.poll = Seconds::new(0);
        let max_age = |ring: &Ring, at| ring.max_age(Timestamp::from_seconds(at)).get();
        assert_eq!(max_age(&ring, 500), 60, "announced 1000 s ahead: as configured");
        let waits = ring.keys.iter_mut().find(|key| key.row.slot == 1).unwrap();
        waits.row.created_at = Timestamp::from_seconds(960);
        assert_eq!(max_age(&ring, 970), 30, "40 s ahead, less the leeway");
        assert_eq!(max_age(&ring, 1000), 60, "it signs: verifiers know it");
    }

    #[test]
    fn a_revoked_key_neither_signs_nor_is_published() {
        let mut ring = ring(&[0, 1000]);
        ring.keys[1].row.revoked_at = Some(Timestamp::from_seconds(500));
        assert_eq!(seen(&ring, 999), (None, vec!["k1".into()]));
    }
}
