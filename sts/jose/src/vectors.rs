//! Wycheproof and the cookbook of RFC 7520 at the JWS layer: their payloads
//! are no JSON, so no token of ours holds them, yet their signatures are the
//! best forgeries that are published.
//!
//! The vectors lie outside the repository, in the folder that `STS_VECTORS`
//! names; without it each test says so and passes.

#[cfg(test)]
mod at_the_jws_layer {
    use crate::{Algorithm, IgnoredKey, SignatureFault, SignedToken, VerifyingKeySet};
    use Verdict::{Accepted, Framing, Header, Key, Signature};
    use serde_json::{Value, json};
    use std::collections::BTreeMap;
    use std::path::PathBuf;
    use sts_wire::base64url;
    use sts_wire::jwk::{KeySetFault, PublicKeySet, parse_set};
    use sts_wire::jws::{TokenFault, UnverifiedToken};

    #[expect(clippy::disallowed_methods, reason = "these tests are the adapter of their vectors")]
    fn folder() -> Option<PathBuf> {
        let folder = std::env::var_os("STS_VECTORS").map(PathBuf::from);
        let folder = folder.filter(|path| path.is_dir());
        if folder.is_none() {
            eprintln!("skipped: vectors are absent (STS_VECTORS names no folder)");
        }
        folder
    }

    #[expect(clippy::disallowed_methods, reason = "these tests are the adapter of their vectors")]
    fn read(path: PathBuf) -> Value {
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }

    fn wycheproof(name: &str) -> Option<Value> {
        Some(read(folder()?.join("wycheproof/testvectors_v1").join(name)))
    }

    /// What became of a JWS, in the order in which a token is checked.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
    enum Verdict {
        /// Not three segments of canonical base64url.
        Framing,
        /// The header is not acceptable.
        Header,
        /// `alg` is not served, or not that of the key.
        Alg,
        /// No usable key has this `kid`, or there is no `kid`.
        Key,
        /// The signature does not verify.
        Signature,
        Accepted,
    }

    /// The path of a real token but for the payload: `{}` stands in for it
    /// while the frame is parsed, and the signature covers the original.
    fn judge(keys: &VerifyingKeySet, jws: &str) -> Verdict {
        let segments: Vec<&str> = jws.split('.').collect();
        let [header, payload, signature] = segments[..] else {
            assert_eq!(UnverifiedToken::parse(jws).err(), Some(TokenFault::Framing));
            return Framing;
        };
        if base64url::decode(payload).is_err() {
            return Framing;
        }
        let token = match UnverifiedToken::parse(&format!("{header}.e30.{signature}")) {
            Ok(token) => token,
            Err(TokenFault::Framing) => return Framing,
            Err(_) => return Header,
        };
        let id = match SignedToken::key_id_of(&token, &Algorithm::ALL) {
            Ok(id) => id,
            Err(SignatureFault::Algorithm) => return Verdict::Alg,
            Err(_) => return Key,
        };
        let Some(key) = keys.find(id) else { return Key };
        if key.algorithm().name() != token.unverified_algorithm() {
            return Verdict::Alg;
        }
        let signed = format!("{header}.{payload}");
        if key.verifies(signed.as_bytes(), token.signature_text()) { Accepted } else { Signature }
    }

    /// What became of a set of one key.
    #[derive(Debug, Clone, PartialEq, Eq)]
    enum Set {
        /// Refused whole: it publishes a secret.
        Private,
        /// The entry is no key that the reader understands.
        NotUnderstood,
        Ignored(IgnoredKey),
        Used,
    }

    fn load(keys: &Value) -> (VerifyingKeySet, Set) {
        let set = if keys.get("keys").is_some() { keys.clone() } else { json!({"keys": [keys]}) };
        match parse_set(set.to_string().as_bytes()) {
            Err(KeySetFault::Private) => (VerifyingKeySet::default(), Set::Private),
            Err(fault) => panic!("{fault}"),
            Ok(PublicKeySet { keys: published, unknown: unread, .. }) => {
                assert_eq!(published.len() + unread, 1);
                // A bundle lists one algorithm for RSA keys that name none.
                let named = published.iter().all(|key| key.algorithm.is_some());
                let plain =
                    [Algorithm::Rs256, Algorithm::Es256, Algorithm::Es384, Algorithm::EdDsa];
                let allowed: &[Algorithm] = if named { &Algorithm::ALL } else { &plain };
                let (keys, mut ignored) = VerifyingKeySet::load(&published, allowed);
                assert_eq!(keys.len() + ignored.len(), published.len());
                let set = match (ignored.pop(), unread) {
                    (_, 1) => Set::NotUnderstood,
                    (Some(reason), _) => Set::Ignored(reason),
                    (None, _) => Set::Used,
                };
                (keys, set)
            }
        }
    }

    fn groups(file: &Value) -> &[Value] {
        file["testGroups"].as_array().unwrap()
    }

    /// The published half; symmetric keys have none, so theirs is the secret itself.
    fn published(group: &Value) -> &Value {
        group.get("public").unwrap_or(&group["private"])
    }

    struct Case {
        number: u64,
        key_algorithm: String,
        valid: bool,
        verdict: Verdict,
    }

    fn judge_all(file: &Value) -> Vec<Case> {
        let mut cases = Vec::new();
        for group in groups(file) {
            let (keys, _) = load(published(group));
            let tests = group["tests"].as_array().unwrap().iter();
            for case in tests.filter(|case| case.get("jws").is_some()) {
                // One file holds a JSON serialization as an object instead of as a text.
                let jws = case["jws"].as_str().map(str::to_owned);
                cases.push(Case {
                    number: case["tcId"].as_u64().unwrap(),
                    key_algorithm: published(group)["alg"].as_str().unwrap_or("none").to_owned(),
                    valid: case["result"] == "valid",
                    verdict: judge(&keys, &jws.unwrap_or_else(|| case["jws"].to_string())),
                });
            }
        }
        cases
    }

    fn tally<K: Ord>(keys: impl Iterator<Item = K>) -> BTreeMap<K, usize> {
        let mut counts = BTreeMap::new();
        keys.for_each(|key| *counts.entry(key).or_default() += 1);
        counts
    }

    #[test]
    fn exactly_the_genuine_signatures_of_served_algorithms_are_accepted() {
        let Some(file) = wycheproof("json_web_signature_test.json") else { return };
        let cases = judge_all(&file);
        assert_eq!(cases.len(), 401);
        let accepted = cases.iter().filter(|case| case.verdict == Accepted);
        let accepted: Vec<_> = accepted.map(|case| (case.number, case.valid)).collect();
        let genuine = [18, 33].into_iter().chain(259..=275).chain([287, 288, 345, 349, 378]);
        assert_eq!(accepted, genuine.map(|number| (number, true)).collect::<Vec<_>>());
        let of = |algorithm: &str| {
            let cases = cases.iter().filter(|case| case.key_algorithm == algorithm);
            tally(cases.map(|case| case.verdict))
        };
        // That 217 and 28 fail as signatures, and no earlier, shows that the
        // forgeries of the suite reached the primitive.
        let rs256 = [(Framing, 5), (Header, 2), (Key, 1), (Signature, 217), (Accepted, 8)];
        assert_eq!(of("RS256"), BTreeMap::from(rs256));
        let es256 = [(Framing, 5), (Header, 2), (Verdict::Alg, 1), (Key, 1), (Signature, 28)];
        let es256 = es256.into_iter().chain([(Accepted, 2)]).collect();
        assert_eq!(of("ES256"), es256);
    }

    #[test]
    fn every_other_algorithm_is_refused() {
        let Some(file) = wycheproof("json_web_signature_test.json") else { return };
        let mut cases = judge_all(&file);
        cases.retain(|case| Algorithm::from_name(&case.key_algorithm).is_none());
        assert!(cases.iter().all(|case| case.verdict != Accepted));
        let counts = tally(cases.iter().map(|case| case.key_algorithm.as_str()));
        let rsa = [("PS384", 5), ("PS512", 20)];
        let others = [("HS256", 40), ("ES521", 2), ("none", 4)];
        assert_eq!(counts, rsa.into_iter().chain(others).collect());
    }

    /// Labelled valid and refused by us: where, and why. 367 and 370 are
    /// labelled invalid although they are 357 byte for byte; all are HS256.
    const DEVIATIONS: [(Verdict, &[u64], &str); 5] = [
        (Verdict::Alg, &[1, 348, 352, 357, 358, 359, 376, 377], "HS256: a verifier could forge"),
        (Framing, &[372, 373], "`?` is no base64url (RFC 7515 §2), lax decoders skip it"),
        (Verdict::Alg, &[320, 321, 322, 323, 325, 326, 327, 328], "PS384, PS512: not served"),
        (Verdict::Alg, &[346, 350], "key says PS256, header PS384 (RFC 8725 §3.1)"),
        (Verdict::Alg, &[347, 351], "key says ES521, which does not exist, header ES512"),
    ];

    #[test]
    fn what_is_labelled_valid_and_refused_is_listed_with_a_reason() {
        let Some(file) = wycheproof("json_web_signature_test.json") else { return };
        let mut cases = judge_all(&file);
        cases.retain(|case| case.valid);
        assert_eq!(cases.len(), 46);
        cases.retain(|case| case.verdict != Accepted);
        let refused: BTreeMap<_, _> =
            cases.iter().map(|case| (case.number, case.verdict)).collect();
        let row = |(verdict, numbers, _): &(Verdict, &'static [u64], &str)| {
            let verdict = *verdict;
            numbers.iter().map(move |number| (*number, verdict))
        };
        let listed: BTreeMap<_, _> = DEVIATIONS.iter().flat_map(row).collect();
        assert_eq!((listed.len(), refused), (22, listed));
    }

    #[test]
    fn a_key_for_encryption_verifies_nothing_and_without_that_word_it_does() {
        let Some(file) = wycheproof("json_web_signature_test.json") else { return };
        let encrypting = groups(&file).iter().filter(|group| published(group).get("alg").is_none());
        let mut seen = 0;
        for group in encrypting {
            let jws = group["tests"][0]["jws"].as_str().unwrap();
            let (keys, set) = load(&group["public"]);
            assert_eq!((judge(&keys, jws), set), (Key, Set::Ignored(IgnoredKey::Usage)));
            let mut twin = group["public"].clone();
            twin.as_object_mut().unwrap().retain(|name, _| name != "use" && name != "key_ops");
            assert_eq!(judge(&load(&twin).0, jws), Accepted);
            seen += 1;
        }
        assert_eq!(seen, 4);
    }

    /// Key sets that are made of secrets: refused whole, whatever else is in them.
    const SECRETS: [u64; 15] = [1, 2, 3, 4, 10, 11, 12, 13, 14, 15, 16, 17, 18, 25, 26];
    /// The others: what becomes of the key and of the token.
    const KEYS: [(u64, Set, Verdict); 11] = [
        (5, Set::Used, Accepted),
        (6, Set::Ignored(IgnoredKey::Usage), Key),
        // The modulus has the ROCA fingerprint.
        (7, Set::Ignored(IgnoredKey::Material), Key),
        (8, Set::Ignored(IgnoredKey::Material), Key),
        (9, Set::Ignored(IgnoredKey::Material), Key),
        (19, Set::Ignored(IgnoredKey::Algorithm), Key),
        (20, Set::Ignored(IgnoredKey::Algorithm), Key),
        (21, Set::Ignored(IgnoredKey::Usage), Key),
        // The point is off the curve.
        (22, Set::Ignored(IgnoredKey::Material), Key),
        (23, Set::Ignored(IgnoredKey::Algorithm), Key),
        (24, Set::NotUnderstood, Key),
    ];

    #[test]
    fn which_keys_are_used_ignored_or_refused_is_pinned() {
        let Some(file) = wycheproof("json_web_key_test.json") else { return };
        let (mut secrets, mut found) = (Vec::new(), Vec::new());
        for group in groups(&file) {
            assert_eq!(load(&group["private"]).1, Set::Private);
            let (keys, set) = load(published(group));
            for case in group["tests"].as_array().unwrap() {
                let number = case["tcId"].as_u64().unwrap();
                let verdict = judge(&keys, case["jws"].as_str().unwrap());
                match set {
                    Set::Private => secrets.push((number, verdict)),
                    _ => found.push((number, set.clone(), verdict)),
                }
            }
        }
        assert_eq!(found, KEYS);
        assert_eq!(secrets, SECRETS.map(|number| (number, Verdict::Alg)));
    }

    #[test]
    fn the_older_suite_has_the_same_answers() {
        let Some(file) = wycheproof("json_web_crypto_test.json") else { return };
        let cases = judge_all(&file);
        let accepted = cases.iter().filter(|case| case.verdict == Accepted);
        // 46 is the key with the ROCA fingerprint again; 1 and 48 are HS256.
        assert_eq!(accepted.map(|case| case.number).collect::<Vec<_>>(), [18, 33]);
        let valid = cases.iter().filter(|case| case.valid).map(|case| case.number);
        assert_eq!((valid.collect::<Vec<_>>(), cases.len()), (vec![1, 18, 33, 48], 49));
    }

    #[test]
    fn nothing_encrypted_is_a_token_nor_is_a_header_that_encrypts() {
        let Some(file) = wycheproof("json_web_encryption_test.json") else { return };
        let cases = groups(&file).iter().flat_map(|group| group["tests"].as_array().unwrap());
        let mut seen = 0;
        for case in cases {
            let jwe = case["jwe"].as_str().unwrap();
            assert_eq!(UnverifiedToken::parse(jwe).err(), Some(TokenFault::Framing), "{jwe}");
            let header = jwe.split('.').next().unwrap();
            assert!(UnverifiedToken::parse(&format!("{header}.e30.AA")).is_err(), "{jwe}");
            seen += 1;
        }
        assert_eq!(seen, 139);
    }

    /// Every JSON document of the cookbook, by its path in it.
    #[expect(clippy::disallowed_methods, reason = "these tests are the adapter of their vectors")]
    fn cookbook() -> Option<BTreeMap<String, Value>> {
        let root = folder()?.join("jose-cookbook");
        let (mut pages, mut open) = (BTreeMap::new(), vec![root.clone()]);
        while let Some(path) = open.pop() {
            if path.is_dir() {
                open.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            } else if path.extension().is_some_and(|kind| kind == "json") {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                pages.insert(name, read(path));
            }
        }
        Some(pages)
    }

    /// What the members of this name hold, at any depth, as a text.
    fn all(page: &Value, name: &str) -> Vec<String> {
        let own =
            page.get(name).map(|found| found.as_str().map_or(found.to_string(), str::to_owned));
        let inner = page.as_object().into_iter().flat_map(|members| members.values());
        own.into_iter().chain(inner.flat_map(|inner| all(inner, name))).collect()
    }

    #[test]
    fn of_the_cookbook_the_one_rs256_signature_is_accepted() {
        let Some(pages) = cookbook() else { return };
        assert_eq!(pages.len(), 32);
        let (keys, set) = load(&pages["jwk/3_3.rsa_public_key.json"]);
        assert_eq!(set, Set::Used);
        let compact = pages.iter().flat_map(|(name, page)| {
            all(page, "compact").into_iter().map(|jws| (name.split('.').next().unwrap(), jws))
        });
        let compact: Vec<_> = compact.collect();
        let verdicts = compact.iter().map(|(name, jws)| (*name, judge(&keys, jws)));
        let (frames, others): (Vec<_>, Vec<_>) = verdicts.partition(|found| found.1 == Framing);
        let expected = [
            ("6", Key),
            ("curve25519/jws", Key),
            ("jws/4_1", Accepted),
            ("jws/4_2", Verdict::Alg),
            ("jws/4_3", Verdict::Alg),
            ("jws/4_4", Verdict::Alg),
            ("jws/4_5", Verdict::Alg),
        ];
        assert_eq!((others, frames.len()), (expected.to_vec(), 12));
        // Content is never looked for outside the token (RFC 7515 appendix F).
        let signed = &compact.iter().find(|(name, _)| *name == "jws/4_1").unwrap().1;
        let segments: Vec<&str> = signed.split('.').collect();
        let detached = format!("{}..{}", segments[0], segments[2]);
        assert_eq!(judge(&keys, &detached), Signature);
    }

    #[test]
    fn of_the_cookbook_no_json_serialization_and_no_secret_key_is_accepted() {
        let Some(pages) = cookbook() else { return };
        let texts = |name| pages.values().flat_map(move |page| all(page, name));
        let serialized: Vec<String> = texts("json").chain(texts("json_flat")).collect();
        assert!(serialized.iter().all(|text| UnverifiedToken::parse(text).is_err()));
        assert_eq!(serialized.len(), 50);
        let keys = pages.iter().filter(|(name, _)| name.starts_with("jwk/"));
        let sets: Vec<Set> = keys.map(|(_, key)| load(key).1).collect();
        let p521 = Set::Ignored(IgnoredKey::Algorithm);
        let secret = || Set::Private;
        assert_eq!(sets, [p521, secret(), Set::Used, secret(), secret(), secret()]);
    }
}
