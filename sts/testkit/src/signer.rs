//! Signers that keep a list of what they signed.

use crate::keys::TestKey;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use sts_core::ports::{Answer, Signer, Unavailable};

/// Everything that the world's signers were asked to do.
#[derive(Debug, Default)]
pub struct SignatureLog {
    signed: Mutex<Vec<String>>,
    broken: AtomicBool,
}

impl SignatureLog {
    /// The `kid` of each signature, in order.
    #[must_use]
    pub fn kids(&self) -> Vec<String> {
        self.signed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on no key can be used, or all can again.
    pub fn break_keys(&self, broken: bool) {
        self.broken.store(broken, Ordering::SeqCst);
    }

    fn add(&self, kid: String) {
        self.signed.lock().unwrap_or_else(PoisonError::into_inner).push(kid);
    }
}

/// A test key as the ring holds it.
pub(crate) struct FakeSigner {
    pub(crate) key: TestKey,
    pub(crate) log: Arc<SignatureLog>,
}

impl FakeSigner {
    fn sign_now(&self, signing_input: &[u8]) -> Result<Vec<u8>, Unavailable> {
        if self.log.broken.load(Ordering::SeqCst) {
            return Err(Unavailable("the story broke the keys".to_owned()));
        }
        self.log.add(self.key.public().kid);
        Ok(self.key.sign(signing_input))
    }
}

impl Signer for FakeSigner {
    fn sign<'a>(&'a self, signing_input: &'a [u8]) -> Answer<'a, Result<Vec<u8>, Unavailable>> {
        Box::pin(std::future::ready(self.sign_now(signing_input)))
    }
}
