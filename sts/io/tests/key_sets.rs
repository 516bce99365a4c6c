//! Key sets of issuers: what is kept, for how long, and what ends the trust at
//! once. The clock is advanced by hand; the sets are files, which are fetched like URLs.

#[cfg(test)]
mod key_sets {
    use serde_json::{Value, json};
    use std::path::{Path, PathBuf};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::{Duration, Instant};
    use sts_core::ports::{KeySource as _, Unavailable};
    use sts_core::trust::{Care, TrustBundle};
    use sts_io::clock::{SteadyClock, monotonic};
    use sts_io::files;
    use sts_io::key_source::JwksKeySource;
    use sts_io::key_source::KeySetState;
    use sts_testkit::{Documents, FakeIssuer, SeededEntropy};
    use sts_wire::names::{KeyId, Name};
    use sts_wire::time::Timestamp;
    use tokio::task::JoinSet;

    /// Seconds since it was made, advanced by hand.
    struct HandClock(Instant, AtomicU64);

    impl SteadyClock for HandClock {
        fn instant(&self) -> Instant {
            self.0 + Duration::from_secs(self.1.load(Ordering::SeqCst))
        }
    }

    const KEYS: &str = "keys: {file: keys.json, max_stale: 1h}";

    struct Issuer {
        folder: tempfile::TempDir,
        clock: Arc<HandClock>,
        source: JwksKeySource,
        bundle: Arc<TrustBundle>,
    }

    impl Issuer {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let documents = Documents::sample().bundle("keys: {discovery: true}", KEYS);
            let loaded = documents.load().ok().unwrap();
            let bundle = loaded.snapshot.bundles().iter().next().map(Arc::clone).unwrap();
            let clock = Arc::new(HandClock(monotonic(), AtomicU64::new(0)));
            let base = folder.path().to_owned();
            let entropy = Arc::new(SeededEntropy::new(1));
            let source = JwksKeySource::new(base, true, clock.clone(), entropy);
            Self { folder, clock, source, bundle }
        }

        fn path(&self) -> PathBuf {
            let sts_core::trust::KeySetSource::File(relative) = &self.bundle.keys.source else {
                panic!("the bundle reads a file")
            };
            self.folder.path().join(Path::new(relative))
        }

        fn publish(&self, set: &Value) {
            files::write(&self.path(), set.to_string().as_bytes(), 0o600).unwrap();
        }

        /// Whether the key can be had at this second; an error is our own outage.
        async fn has(&self, kid: &str, at: u64) -> Result<bool, Unavailable> {
            let kid = KeyId::new(kid).unwrap();
            self.clock.1.store(at, Ordering::SeqCst);
            let keys = self.source.keys(&self.bundle, &kid).await?;
            Ok(keys.find(&kid).is_some())
        }

        /// What the server does every second.
        async fn refresh(&self, at: u64) {
            self.clock.1.store(at, Ordering::SeqCst);
            let mut refreshing = JoinSet::new();
            self.source.begin_due(&mut refreshing);
            refreshing.join_all().await;
        }

        /// The bundle's parts, to make another of.
        fn copy(&self) -> TrustBundle {
            let loaded = Documents::sample().bundle("keys: {discovery: true}", KEYS).load();
            let loaded = loaded.ok().unwrap();
            let bundles = loaded.snapshot.bundles().iter().next().map(Arc::clone);
            drop(loaded);
            Arc::into_inner(bundles.unwrap()).unwrap()
        }

        fn bundle_named(&self, number: u32) -> Arc<TrustBundle> {
            let name = Name::new(&format!("bundle-{number}")).unwrap();
            Arc::new(TrustBundle { name, ..self.copy() })
        }

        fn fetches(&self) -> (u64, u64) {
            let status = self.source.status(&self.bundle);
            (status.fetches, status.failures)
        }
    }

    fn key(number: u64) -> Value {
        serde_json::to_value(FakeIssuer::new("https://a.example", number).public()).unwrap()
    }

    fn kid(number: u64) -> String {
        key(number)["kid"].as_str().unwrap().to_owned()
    }

    #[tokio::test]
    async fn a_key_that_is_not_known_is_asked_for_at_once_but_once_per_cool_down() {
        let issuer = Issuer::new();
        issuer.publish(&json!({"keys": [key(1)]}));
        assert_eq!(issuer.has(&kid(1), 0).await, Ok(true));
        issuer.publish(&json!({"keys": [key(1), key(2)]}));
        assert_eq!(issuer.has(&kid(2), 1).await, Ok(true), "not published ahead, and found");
        assert_eq!(issuer.has(&kid(3), 2).await, Ok(false));
        issuer.publish(&json!({"keys": [key(1), key(2), key(3)]}));
        assert_eq!(issuer.has(&kid(3), 11).await, Ok(false), "the cool-down is 10 s");
        assert_eq!(issuer.has(&kid(3), 12).await, Ok(true));
        assert_eq!(issuer.fetches(), (4, 0));
    }

    #[tokio::test]
    async fn a_key_removed_upstream_stops_verifying_within_the_refresh_interval() {
        let issuer = Issuer::new();
        issuer.publish(&json!({"keys": [key(1)]}));
        assert_eq!(issuer.has(&kid(1), 0).await, Ok(true));
        issuer.publish(&json!({"keys": [key(2)]}));
        assert_eq!(issuer.has(&kid(1), 299).await, Ok(true));
        assert_eq!(issuer.has(&kid(1), 300).await, Ok(false));
    }

    #[tokio::test]
    async fn a_bad_document_never_replaces_a_good_one_until_it_is_too_old() {
        let issuer = Issuer::new();
        issuer.publish(&json!({"keys": [key(1)]}));
        assert_eq!(issuer.has(&kid(1), 0).await, Ok(true));
        for bad in [json!({"keys": []}), json!("<html>"), json!({"error": "down"})] {
            issuer.publish(&bad);
            assert_eq!(issuer.has(&kid(1), 1000).await, Ok(true), "{bad}");
            assert!(
                issuer.has(&kid(2), 1020).await.is_err(),
                "whether the key exists is not known"
            );
        }
        assert_eq!(issuer.has(&kid(1), 3599).await, Ok(true));
        assert!(issuer.has(&kid(1), 3600).await.is_err(), "max_stale is 1h");
        issuer.publish(&json!({"keys": [key(1)]}));
        assert_eq!(issuer.has(&kid(1), 3611).await, Ok(true));
    }

    #[tokio::test]
    async fn an_issuer_that_publishes_a_private_key_is_dropped_at_once() {
        let issuer = Issuer::new();
        issuer.publish(&json!({"keys": [key(1)]}));
        assert_eq!(issuer.has(&kid(1), 0).await, Ok(true));
        let mut private = key(1);
        private["d"] = json!("AQ");
        issuer.publish(&json!({"keys": [private]}));
        assert!(issuer.has(&kid(2), 20).await.is_err());
        assert!(issuer.has(&kid(1), 21).await.is_err(), "the known key is not trusted either");
        issuer.publish(&json!({"keys": [key(1)]}));
        assert_eq!(issuer.has(&kid(1), 31).await, Ok(true));
    }

    #[tokio::test]
    async fn a_set_in_use_is_fetched_ahead_so_that_no_token_waits_for_its_issuer() {
        let issuer = Issuer::new();
        issuer.publish(&json!({"keys": [key(1)]}));
        assert_eq!(issuer.has(&kid(1), 0).await, Ok(true));
        issuer.refresh(149).await;
        assert_eq!(issuer.fetches(), (1, 0), "not before half of the interval");
        issuer.publish(&json!({"keys": [key(1), key(2)]}));
        issuer.refresh(240).await;
        assert_eq!(issuer.fetches(), (2, 0), "at four fifths at the latest");
        assert_eq!(issuer.has(&kid(2), 241).await, Ok(true));
        assert_eq!(issuer.fetches(), (2, 0), "the new key was there before its first token");
    }

    #[tokio::test]
    async fn times_of_fetches_ahead_differ_between_sets() {
        let issuer = Issuer::new();
        issuer.publish(&json!({"keys": [key(1)]}));
        let mut times = std::collections::BTreeSet::new();
        assert_eq!(issuer.has(&kid(1), 0).await, Ok(true));
        for round in 1..20 {
            let at = round * 300;
            issuer.refresh(at).await;
            assert_eq!(issuer.has(&kid(1), at).await, Ok(true));
            times.insert(issuer.source.status(&issuer.bundle).refresh_in.unwrap());
        }
        assert!(times.len() > 5 && times.iter().all(|at| (150..240).contains(at)), "{times:?}");
    }

    #[tokio::test]
    async fn an_issuer_whose_tokens_nobody_brings_is_left_alone() {
        let issuer = Issuer::new();
        issuer.publish(&json!({"keys": [key(1)]}));
        issuer.refresh(1).await;
        assert_eq!(issuer.fetches(), (0, 0), "nobody asked for it yet");
        assert_eq!(issuer.has(&kid(1), 2).await, Ok(true));
        issuer.refresh(3601).await;
        assert_eq!(issuer.fetches(), (2, 0));
        issuer.refresh(3602).await;
        issuer.refresh(7200).await;
        assert_eq!(issuer.fetches(), (2, 0), "an hour without a token");
        assert_eq!(issuer.has(&kid(1), 7201).await, Ok(true));
        assert_eq!(issuer.fetches(), (3, 0));
    }

    #[tokio::test]
    async fn an_outage_is_tried_again_each_cool_down_and_seen() {
        let issuer = Issuer::new();
        let state = || issuer.source.status(&issuer.bundle).state;
        assert_eq!(state(), KeySetState::NotAsked);
        assert!(issuer.has(&kid(1), 0).await.is_err());
        assert_eq!(state(), KeySetState::Unavailable);
        issuer.publish(&json!({"keys": [key(1)]}));
        issuer.refresh(9).await;
        assert_eq!(state(), KeySetState::Unavailable);
        issuer.refresh(10).await;
        assert_eq!(state(), KeySetState::Fresh);
        issuer.publish(&json!({"keys": []}));
        for at in [250, 260, 270, 280, 290, 300, 310] {
            issuer.refresh(at).await;
        }
        assert_eq!(issuer.fetches(), (1, 8));
        assert_eq!(issuer.has(&kid(1), 320).await, Ok(true));
        assert_eq!(issuer.fetches(), (1, 8), "a token with a known key does not wait for a fetch");
        let status = issuer.source.status(&issuer.bundle);
        assert_eq!((status.state, status.age), (KeySetState::Stale, Some(310)));
        assert_eq!((status.usable_for, status.refresh_in), (3290, Some(0)));
        assert!(status.fault.unwrap().contains("no usable key among 0"));
    }

    #[tokio::test]
    async fn fetches_for_unknown_keys_are_bounded_over_all_bundles() {
        let issuer = Issuer::new();
        issuer.publish(&json!({"keys": [key(1)]}));
        let bundles: Vec<_> = (0..60).map(|number| issuer.bundle_named(number)).collect();
        let known = KeyId::new(&kid(1)).unwrap();
        let unknown = KeyId::new("unknown").unwrap();
        for bundle in &bundles {
            assert!(issuer.source.keys(bundle, &known).await.is_ok());
        }
        for bundle in &bundles {
            assert!(issuer.source.keys(bundle, &unknown).await.is_ok(), "nobody flooded it yet");
        }
        issuer.clock.1.store(10, Ordering::SeqCst);
        let mut asked = 0;
        for bundle in &bundles {
            asked += u32::from(issuer.source.keys(bundle, &unknown).await.is_ok());
        }
        assert_eq!(asked, 50, "the others are our own outage, not an answer");
        for bundle in &bundles {
            assert!(issuer.source.keys(bundle, &known).await.is_ok(), "known keys need no fetch");
        }
    }

    #[tokio::test]
    async fn another_owner_is_no_reason_to_fetch_anew_and_another_expiry_is() {
        let mut issuer = Issuer::new();
        issuer.publish(&json!({"keys": [key(1)]}));
        assert_eq!(issuer.has(&kid(1), 0).await, Ok(true));
        let care = Care { owner: "somebody else".to_owned(), review_by: None };
        issuer.bundle = Arc::new(TrustBundle { care, ..issuer.copy() });
        issuer.source.keep_only([&issuer.bundle].into_iter());
        assert_eq!(issuer.fetches(), (1, 0), "what was fetched for it is kept");
        let expires = Some(Timestamp::from_seconds(4_000_000_000));
        issuer.bundle = Arc::new(TrustBundle { expires, ..issuer.copy() });
        issuer.source.keep_only([&issuer.bundle].into_iter());
        assert_eq!(issuer.fetches(), (0, 0));
    }

    #[tokio::test]
    async fn a_spiffe_bundle_that_goes_back_in_its_sequence_is_not_taken() {
        let mut issuer = Issuer::new();
        issuer.bundle = Arc::new(TrustBundle {
            issuer: sts_wire::names::Issuer::new("spiffe://corp.example").unwrap(),
            ..issuer.copy()
        });
        let svid = |number| {
            let mut entry = key(number);
            entry["use"] = json!("jwt-svid");
            entry
        };
        issuer.publish(&json!({"keys": [svid(1)], "spiffe_sequence": 7}));
        assert_eq!(issuer.has(&kid(1), 0).await, Ok(true));
        issuer.publish(&json!({"keys": [svid(2)], "spiffe_sequence": 6}));
        assert!(issuer.has(&kid(2), 10).await.is_err());
        issuer.publish(&json!({"keys": [svid(2)]}));
        assert!(issuer.has(&kid(2), 20).await.is_err(), "leaving it out is no way around it");
        issuer.publish(&json!({"keys": [svid(2)], "spiffe_sequence": 8}));
        assert_eq!(issuer.has(&kid(2), 30).await, Ok(true));
        issuer.publish(&json!({"keys": [], "spiffe_sequence": 9}));
        assert_eq!(issuer.has(&kid(2), 330).await, Ok(false), "an empty bundle ends the trust");
    }
}
