//! Futures of the fake world never wait.

use crate::broken::broken;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// The value of a future whose ports answer at once. No runtime is needed, and
/// a story cannot depend on one.
#[track_caller]
pub fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => broken("a future of the fake world waits for something"),
    }
}
