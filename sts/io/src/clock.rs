//! The only place that asks what time it is.

use std::time::{Instant, SystemTime, UNIX_EPOCH};
use sts_core::ports::Clock;
use sts_wire::time::Timestamp;

/// The wall clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everyone else is handed")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let millis = since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
        Timestamp::from_millis(millis)
    }
}

/// A clock that nobody sets: for the age of caches.
pub trait SteadyClock: Send + Sync {
    /// Now.
    fn instant(&self) -> Instant;
}

impl SteadyClock for SystemClock {
    fn instant(&self) -> Instant {
        monotonic()
    }
}

/// A monotonic instant, for deadlines and latencies.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the clock that everyone else is handed")]
pub fn monotonic() -> Instant {
    Instant::now()
}
