//! Key sets of issuers: what is kept, for how long, and what ends the trust at
//! once. Time is handed in; the sets are files, which are fetched like URLs.

#[cfg(test)]
mod key_sets {
    use serde_json::{Value, json};
    use std::path::{Path, PathBuf};
    use std::sync::Arc;
    use sts_core::ports::{KeySource as _, Unavailable};
    use sts_core::trust::TrustBundle;
    use sts_io::files;
    use sts_io::key_source::JwksKeySource;
    use sts_testkit::{Documents, FakeIssuer, ready};
    use sts_wire::names::KeyId;
    use sts_wire::time::Timestamp;

    struct Issuer {
        folder: tempfile::TempDir,
        source: JwksKeySource,
        bundle: Arc<TrustBundle>,
    }

    impl Issuer {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let keys = "keys: {file: keys.json, max_stale: 1h}";
            let documents = Documents::sample().bundle("keys: {discovery: true}", keys);
            let loaded = documents.load().ok().unwrap();
            let bundle = loaded.snapshot.bundles().iter().next().map(Arc::clone).unwrap();
            let source = JwksKeySource::new(folder.path().to_owned(), true);
            Self { folder, source, bundle }
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
        fn has(&self, kid: &str, at: i64) -> Result<bool, Unavailable> {
            let kid = KeyId::new(kid).unwrap();
            let now = Timestamp::from_seconds(at);
            let keys = ready(self.source.keys(&self.bundle, &kid, now))?;
            Ok(keys.find(&kid).is_some())
        }
    }

    fn key(number: u64) -> Value {
        serde_json::to_value(FakeIssuer::new("https://a.example", number).public()).unwrap()
    }

    fn kid(number: u64) -> String {
        key(number)["kid"].as_str().unwrap().to_owned()
    }

    #[test]
    fn a_key_that_is_not_known_is_asked_for_once_per_cool_down() {
        let issuer = Issuer::new();
        issuer.publish(&json!({"keys": [key(1)]}));
        assert_eq!(issuer.has(&kid(1), 0), Ok(true));
        issuer.publish(&json!({"keys": [key(1), key(2)]}));
        assert_eq!(issuer.has(&kid(2), 9), Ok(false), "the cool-down is 10 s");
        assert_eq!(issuer.has(&kid(2), 10), Ok(true));
    }

    #[test]
    fn a_key_removed_upstream_stops_verifying_within_the_refresh_interval() {
        let issuer = Issuer::new();
        issuer.publish(&json!({"keys": [key(1)]}));
        assert_eq!(issuer.has(&kid(1), 0), Ok(true));
        issuer.publish(&json!({"keys": [key(2)]}));
        assert_eq!(issuer.has(&kid(1), 299), Ok(true));
        assert_eq!(issuer.has(&kid(1), 300), Ok(false));
    }

    #[test]
    fn a_bad_document_never_replaces_a_good_one_until_it_is_too_old() {
        let issuer = Issuer::new();
        issuer.publish(&json!({"keys": [key(1)]}));
        assert_eq!(issuer.has(&kid(1), 0), Ok(true));
        for bad in [json!({"keys": []}), json!("<html>"), json!({"error": "down"})] {
            issuer.publish(&bad);
            assert_eq!(issuer.has(&kid(1), 1000), Ok(true), "{bad}");
            assert!(issuer.has(&kid(2), 1020).is_err(), "whether the key exists is not known");
        }
        assert_eq!(issuer.has(&kid(1), 3599), Ok(true));
        assert!(issuer.has(&kid(1), 3600).is_err(), "max_stale is 1h");
        issuer.publish(&json!({"keys": [key(1)]}));
        assert_eq!(issuer.has(&kid(1), 3611), Ok(true));
    }

    #[test]
    fn an_issuer_that_publishes_a_private_key_is_dropped_at_once() {
        let issuer = Issuer::new();
        issuer.publish(&json!({"keys": [key(1)]}));
        assert_eq!(issuer.has(&kid(1), 0), Ok(true));
        let mut private = key(1);
        private["d"] = json!("AQ");
        issuer.publish(&json!({"keys": [private]}));
        assert!(issuer.has(&kid(2), 20).is_err());
        assert!(issuer.has(&kid(1), 21).is_err(), "the known key is not trusted either");
        issuer.publish(&json!({"keys": [key(1)]}));
        assert_eq!(issuer.has(&kid(1), 31), Ok(true));
    }
}
