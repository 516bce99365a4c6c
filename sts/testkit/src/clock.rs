//! A clock that moves only when a story says so.

use std::sync::atomic::{AtomicI64, Ordering};
use sts_core::ports::Clock;
use sts_wire::time::{Seconds, Timestamp};

/// The hand-advanced clock.
#[derive(Debug)]
pub struct HandClock(AtomicI64);

impl HandClock {
    /// A clock that shows this instant.
    #[must_use]
    pub const fn at(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.millis()))
    }

    /// Moves on.
    pub fn advance(&self, by: Seconds) {
        self.set(self.now().plus(by));
    }

    /// Moves on by milliseconds, or back when they are negative.
    pub fn advance_millis(&self, by: i64) {
        self.0.fetch_add(by, Ordering::SeqCst);
    }

    /// Moves anywhere.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.millis(), Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}
