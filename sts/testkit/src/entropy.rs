//! Randomness that is the same in every run: splitmix64 from a seed.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use sts_core::ports::{Entropy, EntropyFault};

/// What splitmix64 adds to its state for each number.
const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// The seeded generator.
#[derive(Debug)]
pub struct SeededEntropy {
    state: AtomicU64,
    exhausted: AtomicBool,
}

impl SeededEntropy {
    /// A generator that repeats itself for the same seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { state: AtomicU64::new(seed), exhausted: AtomicBool::new(false) }
    }

    /// From now on there is no randomness, or there is again.
    pub fn exhaust(&self, exhausted: bool) {
        self.exhausted.store(exhausted, Ordering::SeqCst);
    }

    /// The next number.
    pub fn next(&self) -> u64 {
        let mut mixed = self.state.fetch_add(GAMMA, Ordering::SeqCst).wrapping_add(GAMMA);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyFault> {
        if self.exhausted.load(Ordering::SeqCst) {
            return Err(EntropyFault);
        }
        for chunk in bytes.chunks_mut(8) {
            for (byte, random) in chunk.iter_mut().zip(self.next().to_le_bytes()) {
                *byte = random;
            }
        }
        Ok(())
    }
}
