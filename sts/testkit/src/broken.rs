//! Where a story that cannot go on ends.

use std::fmt::Display;

/// Ends the story: the fake world itself is broken, or the story misuses it.
#[track_caller]
#[expect(
    clippy::panic,
    reason = "only tests link this crate, and a broken one must say so at once"
)]
pub(crate) fn broken(what: impl Display) -> ! {
    panic!("{what}")
}

/// The value, which a sound fake world always has.
#[track_caller]
pub(crate) fn sound<T, E: Display>(result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(fault) => broken(fault),
    }
}
