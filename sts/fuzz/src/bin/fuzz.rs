//! The fuzzer: `sts/fuzz/run` builds it with coverage and starts it.
#![no_main]

use std::sync::LazyLock;
use sts_fuzz::{Target, target};

/// The target that the name of the executable ends with, as `fuzz-jws`.
static TARGET: LazyLock<Option<&'static Target>> = LazyLock::new(|| {
    let program = std::env::args().next()?;
    target(program.rsplit_once("fuzz-")?.1)
});

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    match *TARGET {
        Some(target) => {
            let _accepted = (target.check)(input);
        }
        None => std::process::abort(),
    }
});
