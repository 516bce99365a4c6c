//! Randomness of the operating system.

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use sts_core::ports::{Entropy, EntropyFault};

/// The operating system's generator.
#[derive(Debug, Default)]
pub struct SystemEntropy(SystemRandom);

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyFault> {
        self.0.fill(bytes).map_err(|_| EntropyFault)
    }
}
