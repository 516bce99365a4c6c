//! Wycheproof and the cookbook of RFC 7520 at the JWS layer: their payloads
//! are no JSON, so a token of ours never holds them, yet their signatures are
//! the best forgeries that exist.
//!
//! The vectors lie outside the repository, in the folder that `STS_VECTORS`
//! names; without it each test says so and passes.

#[cfg(test)]
mod at_the_jws_layer {
    use crate::{Algorithm, IgnoredKey, SignatureFault, SignedToken, VerifyingKeySet};
    use serde_json::{Value, json};
    use std::collections::BTreeMap;
    use std::path::PathBuf;
    use sts_wire::base64url;
    use sts_wire::jwk::{KeySetFault, parse_set};
    use sts_wire::jws::{TokenFault, UnverifiedToken};

    #[expect(clippy::disallowed_methods, reason = "these tests are the adapter of their vectors")]
    fn read(file: &str) -> Option<Value> {
        let folder = std::env::var_os("STS_VECTORS").map(PathBuf::from).filter(|path| path.is_dir());
        let Some(folder) = folder else {
            eprintln!("skipped: vectors are absent (STS_VECTORS names no folder)");
            return None;
        };
        Some(serde_json::from_slice(&std::fs::read(folder.join(file)).unwrap()).unwrap())
    }

    fn wycheproof(file: &str) -> Option<Value> {
        read(&format!("wycheproof/testvectors_v1/{file}"))
    }

    /// What became of a JWS, in the order in which a token is checked.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
    enum Verdict {
        /// Not three segments of canonical base64url.
        Framing,
        /// The header is not acceptable.
        Header,
        /// `alg` is not served, or not that of the key.
        Algorithm,
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
            return Verdict::Framing;
        };
        let token = match UnverifiedToken::parse(&format!("{header}.e30.{signature}")) {
            Ok(token) if base64url::decode(payload).is_ok() => token,
            Ok(_) | Err(TokenFault::Framing) => return Verdict::Framing,
            Err(_) => return Verdict::Header,
        };
        let id = match SignedToken::key_id_of(&token, &Algorithm::ALL) {
            Ok(id) => id,
            Err(SignatureFault::Algorithm) => return Verdict::Algorithm,
            Err(_) => return Verdict::Key,
        };
        let Some(key) = keys.find(id) else { return Verdict::Key };
        if key.algorithm().name() != token.unverified_algorithm() {
            return Verdict::Algorithm;
        }
        match key.verifies(format!("{header}.{payload}").as_bytes(), token.signature_text()) {
            true => Verdict::Accepted,
            false => Verdict::Signature,
        }
    }

    /// Loads the published half of a group, a lone key as a set of one; what
    /// cannot be read as a set verifies nothing.
    fn keys_of(group: &Value) -> (VerifyingKeySet, Result<Vec<IgnoredKey>, KeySetFault>) {
        let published = group.get("public").unwrap_or(&group["private"]);
        match parse_set(as_set(published).as_bytes()) {
            Ok((keys, unread)) => {
                let (set, mut ignored) = VerifyingKeySet::load(&keys, &Algorithm::ALL);
                ignored.extend((0..unread).map(|_| IgnoredKey::Material));
                (set, Ok(ignored))
            }
            Err(fault) => (VerifyingKeySet::default(), Err(fault)),
        }
    }

    fn as_set(keys: &Value) -> String {
        if keys.get("keys").is_some() { keys.to_string() } else { json!({"keys": [keys]}).to_string() }
    }

    /// One case: its number, the `alg` of its key, whether it is labelled valid, our verdict.
    struct Case(u64, String, bool, Verdict);

    fn cases(file: &Value) -> Vec<Case> {
        let mut cases = Vec::new();
        for group in file["testGroups"].as_array().unwrap() {
            let (keys, _) = keys_of(group);
            let published = group.get("public").unwrap_or(&group["private"]);
            let algorithm = published["alg"].as_str().unwrap_or("absent").to_owned();
            for case in group["tests"].as_array().unwrap().iter().filter(|case| !case["jws"].is_null())
            {
                // A JSON serialization is a text or, in one file, an object.
                let jws = case["jws"].as_str().map_or_else(|| case["jws"].to_string(), str::to_owned);
                let verdict = judge(&keys, &jws);
                let number = case["tcId"].as_u64().unwrap();
                cases.push(Case(number, algorithm.clone(), case["result"] == "valid", verdict));
            }
        }
        cases
    }

    fn tally<K: Ord>(cases: impl Iterator<Item = K>) -> BTreeMap<K, usize> {
        let mut counts = BTreeMap::new();
        cases.for_each(|key| *counts.entry(key).or_default() += 1);
        counts
    }

    #[test]
    fn probe() {
        let Some(file) = wycheproof("json_web_signature_test.json") else { return };
        let cs = cases(&file);
        eprintln!("{:#?}", tally(cs.iter().map(|c| (c.1.clone(), c.2, c.3))));
        eprintln!("{:?}", cs.iter().filter(|c| c.3 == Verdict::Accepted).map(|c| c.0).collect::<Vec<_>>());
        eprintln!("{:?}", cs.iter().filter(|c| c.2 && c.3 != Verdict::Accepted).map(|c| (c.0,c.3)).collect::<Vec<_>>());
        eprintln!("{:?}", cs.iter().filter(|c| !c.2 && (c.1=="RS256"||c.1=="ES256") && c.3 != Verdict::Signature).map(|c| (c.0,c.3)).collect::<Vec<_>>());
        let file = wycheproof("json_web_key_test.json").unwrap();
        for (g,_) in file["testGroups"].as_array().unwrap().iter().zip(0..) {
            let k = keys_of(g);
            eprintln!("{} {:?} {} private {:?}", g["tests"][0]["tcId"], k.1, k.0.len(), parse_set(as_set(&g["private"]).as_bytes()).err());
        }
        eprintln!("{:?}", cases(&file).iter().map(|c| (c.0,c.3)).collect::<Vec<_>>());
        let file = wycheproof("json_web_crypto_test.json").unwrap();
        eprintln!("{:?}", cases(&file).iter().map(|c| (c.0,c.2, c.3)).collect::<Vec<_>>());
    }
}
