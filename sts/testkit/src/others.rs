//! Other replicas on the same store: what they change is taken over when it is asked for.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use sts_core::ports::{Answer, CatchUp};

type TakeOver = Box<dyn FnOnce() + Send>;

/// The other replicas, as one that keeps up with them sees them.
#[derive(Default)]
pub struct Others {
    next: Mutex<Option<TakeOver>>,
    asked: AtomicUsize,
}

impl Others {
    /// What the next look at the store finds.
    pub fn changed(&self, take_over: impl FnOnce() + Send + 'static) {
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(take_over));
    }

    /// How many looks there were.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

impl CatchUp for Others {
    fn catch_up(&self) -> Answer<'_, ()> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let next = self.next.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(take_over) = next {
            take_over();
        }
        Box::pin(std::future::ready(()))
    }
}
