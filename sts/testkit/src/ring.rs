//! The world's key ring.

use crate::keys::TestKey;
use crate::signer::{FakeSigner, SignatureLog};
use std::sync::Arc;
use sts_core::keys::{KeyRow, KeySchedule, Ring, RingKey};
use sts_jose::SigningAlgorithm;
use sts_wire::time::{Seconds, Timestamp};

/// The schedule of the world's ring.
pub const SCHEDULE: KeySchedule = KeySchedule {
    rotation_period: Seconds::new(7 * 86_400),
    publish_ahead: Seconds::new(86_400),
    verifier_cache: Seconds::new(3600),
    ttl_max: Seconds::new(900),
    leeway: Seconds::new(30),
    poll: Seconds::new(10),
};

/// Number of the first test key of the ring; issuers' keys have smaller ones.
const RING_KEYS: u64 = 1000;

/// The row of the ring's key in this slot: it signs from `not_before` on.
pub(crate) fn row(slot: u64, not_before: Timestamp) -> KeyRow {
    KeyRow {
        algorithm: SigningAlgorithm::Es256,
        slot,
        public: key(slot).public(),
        created_at: not_before,
        not_before,
        retention: Seconds::new(0),
        revoked_at: None,
        revoked_because: None,
        sealed_private: format!("sealed {slot}").into_bytes(),
    }
}

/// The ring of these rows.
pub(crate) fn ring(rows: Vec<KeyRow>, read_at: Timestamp, log: &Arc<SignatureLog>) -> Ring {
    let keys = rows.into_iter().map(|row| RingKey {
        signer: Arc::new(FakeSigner { key: key(row.slot), log: Arc::clone(log) }),
        row,
    });
    Ring::new(keys.collect(), SCHEDULE, read_at)
}

fn key(slot: u64) -> TestKey {
    TestKey::numbered(RING_KEYS.saturating_add(slot))
}
