//! Issuers' key sets, without a network that could be touched unseen.

use crate::broken::sound;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use sts_core::ports::{Answer, KeySource, Unavailable};
use sts_core::trust::TrustBundle;
use sts_jose::VerifyingKeySet;
use sts_wire::jwk::{PublishedJwk, parse_set};
use sts_wire::names::KeyId;

/// What each issuer publishes, and how often it was asked.
#[derive(Debug, Default)]
pub struct FakeKeySource {
    published: Mutex<BTreeMap<String, Vec<PublishedJwk>>>,
    calls: AtomicUsize,
    down: AtomicBool,
}

impl FakeKeySource {
    /// From now on this issuer publishes exactly these keys.
    pub fn publish(&self, issuer: &str, keys: Vec<PublishedJwk>) {
        let mut published = self.published.lock().unwrap_or_else(PoisonError::into_inner);
        published.insert(issuer.to_owned(), keys);
    }

    /// From now on nothing can be fetched, or it can again.
    pub fn take_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    /// How often keys were asked for: zero means that no network was touched.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    fn keys_now(&self, bundle: &TrustBundle) -> Result<Arc<VerifyingKeySet>, Unavailable> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        if self.down.load(Ordering::SeqCst) {
            return Err(Unavailable("the story took the issuer down".to_owned()));
        }
        let published = self.published.lock().unwrap_or_else(PoisonError::into_inner);
        let keys = published.get(bundle.issuer.as_str()).cloned().unwrap_or_default();
        let document = serde_json::json!({ "keys": keys }).to_string();
        let parsed = sound(parse_set(document.as_bytes())).keys;
        Ok(Arc::new(VerifyingKeySet::load_for(bundle.key_use(), &parsed, &bundle.algorithms).0))
    }
}

impl KeySource for FakeKeySource {
    fn keys<'a>(
        &'a self,
        bundle: &'a Arc<TrustBundle>,
        _: &'a KeyId,
    ) -> Answer<'a, Result<Arc<VerifyingKeySet>, Unavailable>> {
        Box::pin(std::future::ready(self.keys_now(bundle)))
    }
}
