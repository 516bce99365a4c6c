//! Tokens that Kubernetes, SPIRE, Keycloak and OpenBao really issued, from
//! their text to typed claims.
//!
//! They lie outside the repository, in the folder that `STS_VECTORS` names;
//! without it each test says so and passes.

#[cfg(test)]
mod real_tokens {
    use serde_json::{Value, json};
    use std::path::PathBuf;
    use sts_core::documents::{DocumentFile, Folder, Target, load};
    use sts_core::snapshot::Snapshot;
    use sts_core::verify::{TimeFault, VerifiedToken, VerifyFault, find_bundle, verify};
    use sts_jose::{
        Algorithm, IgnoredKey, SignatureFault, SignedToken, SigningAlgorithm, VerifyingKeySet,
    };
    use sts_wire::jwk::{PublicJwk, parse_set};
    use sts_wire::jws::UnverifiedToken;
    use sts_wire::metadata::Discovery;
    use sts_wire::names::Issuer;
    use sts_wire::time::{Seconds, Timestamp};

    const LEEWAY: Seconds = Seconds::new(30);

    /// A token with the key set that its server published.
    struct Case {
        name: String,
        text: String,
        published: Vec<PublicJwk>,
        keys: VerifyingKeySet,
        ignored: Vec<IgnoredKey>,
        file: Value,
    }

    impl Case {
        fn token(&self) -> UnverifiedToken {
            UnverifiedToken::parse(&self.text).ok().unwrap()
        }

        /// The server that issued it: the first word of its name.
        fn server(&self) -> &str {
            self.name.split('-').next().unwrap()
        }

        fn time(&self, claim: &str) -> Timestamp {
            Timestamp::from_seconds(self.file["claims"][claim].as_i64().unwrap())
        }

        fn verify_at(&self) -> Timestamp {
            Timestamp::from_seconds(self.file["verify_at"].as_i64().unwrap())
        }
    }

    #[expect(clippy::disallowed_methods, reason = "these tests are the adapter of their vectors")]
    fn cases() -> Option<Vec<Case>> {
        let folder = std::env::var_os("STS_VECTORS").map(PathBuf::from);
        let Some(folder) = folder.filter(|path| path.is_dir()) else {
            eprintln!("skipped: vectors are absent (STS_VECTORS names no folder)");
            return None;
        };
        let entries = std::fs::read_dir(folder.join("real-tokens")).unwrap();
        let mut cases = Vec::new();
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.extension().is_none_or(|kind| kind != "json") {
                continue;
            }
            let file: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            let set = parse_set(file["jwks"].to_string().as_bytes()).unwrap();
            let (published, unknown) = (set.keys, set.unknown);
            assert_eq!(unknown, 0, "every key that they publish is understood");
            let (keys, ignored) = VerifyingKeySet::load(&published, &Algorithm::ALL);
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let text = file["token"].as_str().unwrap().to_owned();
            cases.push(Case { name, text, published, keys, ignored, file });
        }
        cases.sort_by(|one, other| one.name.cmp(&other.name));
        assert_eq!(cases.len(), 18);
        Some(cases)
    }

    /// Finds the key and checks the signature, as an exchange does.
    fn signed(token: UnverifiedToken, keys: &VerifyingKeySet) -> Result<SignedToken, VerifyFault> {
        let id = SignedToken::key_id_of(&token, &Algorithm::ALL)?.clone();
        let key = keys.find(&id).ok_or(VerifyFault::UnknownKey)?;
        Ok(SignedToken::verify(token, key)?)
    }

    const VERIFIED: [&str; 16] = [
        "keycloak-eddsa",
        "keycloak-es256",
        "keycloak-es384",
        "keycloak-ps256",
        "keycloak-rs256",
        "keycloak-rs384",
        "keycloak-rs512",
        "kubernetes-bound-pod",
        "kubernetes-default-audience",
        "kubernetes-eks-shaped",
        "kubernetes-es256",
        "kubernetes-two-audiences",
        "openbao-eddsa",
        "openbao-es256",
        "openbao-rs256",
        "spire-oidc-discovery",
    ];

    /// Their keys say `use: jwt-svid`, which only a SPIFFE bundle reads as
    /// permission to verify.
    const JWT_SVIDS: [&str; 2] = ["spire-jwt-svid", "spire-jwt-svid-two-audiences"];

    #[test]
    fn a_real_token_verifies_under_its_own_key_set() {
        let Some(cases) = cases() else { return };
        let (mut verified, mut keyless) = (Vec::new(), Vec::new());
        for case in &cases {
            match signed(case.token(), &case.keys) {
                Ok(signed) => {
                    assert_eq!(Some(signed.claims()), case.file["claims"].as_object());
                    verified.push(case.name.as_str());
                }
                Err(VerifyFault::UnknownKey) => keyless.push(case.name.as_str()),
                Err(fault) => panic!("{}: {fault}", case.name),
            }
        }
        assert_eq!(verified, VERIFIED);
        assert_eq!(keyless, JWT_SVIDS);
    }

    #[test]
    fn keys_of_other_purposes_are_left_out_of_real_key_sets() {
        let Some(cases) = cases() else { return };
        for case in &cases {
            let usage = IgnoredKey::Usage;
            let expected = match (case.server(), case.name.as_str()) {
                // The one left out is for encryption.
                ("keycloak", _) => (7, vec![usage]),
                ("openbao", _) => (6, vec![]),
                ("spire", "spire-oidc-discovery") => (1, vec![]),
                ("spire", _) => (0, vec![usage; 2]),
                (_, "kubernetes-eks-shaped" | "kubernetes-es256") => (2, vec![]),
                _ => (1, vec![]),
            };
            assert_eq!((case.keys.len(), case.ignored.clone()), expected, "{}", case.name);
        }
    }

    #[test]
    fn no_real_token_verifies_under_another_servers_key_set() {
        let Some(cases) = cases() else { return };
        let (mut pairs, mut forged) = (0, 0);
        for case in cases.iter().filter(|case| VERIFIED.contains(&case.name.as_str())) {
            let id = case.token().unverified_key_id().cloned();
            for other in cases.iter().filter(|other| other.server() != case.server()) {
                let found = signed(case.token(), &other.keys).err();
                assert_eq!(found, Some(VerifyFault::UnknownKey), "{} {}", case.name, other.name);
                pairs += 1;
                // Nor when the other server calls its keys by this one's name.
                for key in &other.published {
                    let key = PublicJwk { key_id: id.clone(), ..key.clone() };
                    let (keys, _) = VerifyingKeySet::load(&[key], &Algorithm::ALL);
                    let found = signed(case.token(), &keys).err();
                    assert!(found.is_some(), "{} {}", case.name, other.name);
                    forged += usize::from(found == Some(SignatureFault::Signature.into()));
                }
            }
        }
        // The rest of the renamed keys are of another algorithm, or of none that is served.
        assert_eq!((pairs, forged), (202, 135));
    }

    #[test]
    fn a_discovery_document_names_the_issuer_of_its_tokens() {
        let Some(cases) = cases() else { return };
        let (with, without): (Vec<_>, Vec<_>) =
            cases.iter().partition(|case| case.file["discovery"].is_object());
        for case in with {
            let found = Discovery::parse(case.file["discovery"].to_string().as_bytes()).unwrap();
            assert_eq!(Some(found.issuer.as_str()), case.token().unverified_issuer());
        }
        assert_eq!(without.iter().map(|case| &case.name).collect::<Vec<_>>(), JWT_SVIDS);
    }

    /// One bundle for each issuer, Keycloak's a plain-http one for development.
    const BUNDLES: &str = r#"
apiVersion: sts/v1
kind: TrustBundle
metadata: {name: kubernetes, owner: platform}
issuer: https://kubernetes.default.svc.cluster.local
keys: {file: keys.json}
algorithms: [RS256]
subject_token: {max_lifetime: 10m, replay: single_use}
claims:
  sub: {type: string, required: true, identity: true, trust: platform}
  kubernetes.io:
    as: k8s
    type: object
    required: true
    trust: platform
    claims:
      namespace: {type: string, required: true, trust: platform}
      serviceaccount:
        {type: object, required: true, claims: {name: {type: string}, uid: {type: string}}}
      pod: {type: object, claims: {name: {type: string, required: true}}}
      warnafter: {type: int}
---
apiVersion: sts/v1
kind: TrustBundle
metadata: {name: eks, owner: platform}
issuer: https://oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE
keys: {discovery: true}
algorithms: [RS256]
claims: {sub: {type: string, required: true}}
---
apiVersion: sts/v1
kind: TrustBundle
metadata: {name: cluster-b, owner: platform}
issuer: https://cluster-b.example.com
keys: {discovery: true}
algorithms: [ES256]
claims: {sub: {type: string, required: true}}
---
apiVersion: sts/v1
kind: TrustBundle
metadata: {name: openbao, owner: platform}
issuer: https://vault.corp.example:8200/v1/identity/oidc
keys: {discovery: true}
algorithms: [RS256, ES256]
subject_token: {replay: single_use, id_claim: signing_input}
claims: {namespace: {type: string, required: true}}
---
apiVersion: sts/v1
kind: TrustBundle
metadata: {name: spire, owner: platform}
issuer: https://oidc.corp.example
keys: {discovery: true}
algorithms: [ES256]
claims: {sub: {type: string, required: true}}
---
apiVersion: sts/v1
kind: TrustBundle
metadata: {name: keycloak, owner: platform}
issuer: http://127.0.0.1:18080/realms/corp
audiences: [deploy]
keys: {discovery: true}
algorithms: [RS256, ES256]
claims: {sub: {type: string, required: true}}
"#;

    fn snapshot() -> Snapshot {
        compile(BUNDLES)
    }

    fn compile(text: &str) -> Snapshot {
        let target = Target {
            now: Timestamp::from_seconds(0),
            issuer: Issuer::new("https://sts.example.com").unwrap(),
            development: true,
            algorithms: vec![SigningAlgorithm::Es256, SigningAlgorithm::Rs256],
        };
        let file = DocumentFile::new(
            Folder::TrustBundles,
            "real.yaml".to_owned(),
            "real.yaml".to_owned(),
            text.to_owned(),
        );
        load(&[file], &target).map_err(|faults| panic!("{faults:?}")).unwrap().snapshot
    }

    /// The whole way from the text to a token that is to be believed.
    fn believe(case: &Case, now: Timestamp) -> Result<VerifiedToken, VerifyFault> {
        let (token, snapshot) = (case.token(), snapshot());
        let bundle = find_bundle(&token, snapshot.bundles(), now)?;
        verify(&signed(token, &case.keys)?, bundle, now, LEEWAY)
    }

    #[test]
    fn a_real_svid_is_believed_by_its_trust_domain_and_for_us_alone() {
        let Some(cases) = cases() else { return };
        let text = BUNDLES.replace(
            "issuer: https://oidc.corp.example\nkeys: {discovery: true}",
            "issuer: spiffe://corp.example\nkeys: {file: corp.json}",
        );
        let snapshot = compile(&text);
        let verdict = |name: &str| {
            let case = cases.iter().find(|case| case.name == name).unwrap();
            let token = case.token();
            let bundle = find_bundle(&token, snapshot.bundles(), case.verify_at())?;
            let (keys, _) =
                VerifyingKeySet::load_for(bundle.key_use(), &case.published, &bundle.algorithms);
            let believed = verify(&signed(token, &keys)?, bundle, case.verify_at(), LEEWAY)?;
            assert_eq!(believed.bundle().name.as_str(), "spire");
            Ok::<_, VerifyFault>(believed.subject().to_owned())
        };
        assert_eq!(verdict("spire-jwt-svid"), Ok("spiffe://corp.example/billing/api".to_owned()));
        assert_eq!(verdict("spire-jwt-svid-two-audiences"), Err(VerifyFault::Audience));
    }

    #[test]
    fn a_bound_pod_token_is_believed_with_its_claims_typed() {
        let Some(cases) = cases() else { return };
        let case = cases.iter().find(|case| case.name == "kubernetes-bound-pod").unwrap();
        let token = believe(case, case.verify_at()).unwrap();
        assert_eq!(token.bundle().name.as_str(), "kubernetes");
        assert_eq!(token.subject(), "system:serviceaccount:shop:deployer");
        assert_eq!(token.audience().as_str(), "https://sts.example.com");
        assert_eq!(token.token_id(), Some("a47dfb61-d80b-4c7f-8dc6-b0e3daff0102"));
        // The node is in the token but not declared, so it does not exist.
        let claims = json!({
            "sub": "system:serviceaccount:shop:deployer",
            "k8s": {
                "namespace": "shop",
                "serviceaccount": {"name": "deployer", "uid": "01e96775-0b39-4467-8552-d9cbaab444e2"},
                "pod": {"name": "api-7d9c5b-x2x9k"},
            },
        });
        assert_eq!(Some(token.claims()), claims.as_object());
        assert_eq!(token.validity().expires_at, case.time("exp"));
    }

    #[test]
    fn a_bound_pod_token_is_believed_to_the_second() {
        let Some(cases) = cases() else { return };
        let case = cases.iter().find(|case| case.name == "kubernetes-bound-pod").unwrap();
        let (first, end) = (case.time("nbf").minus(LEEWAY), case.time("exp").plus(LEEWAY));
        let second = Seconds::new(1);
        let fault = |now| believe(case, now).err();
        assert_eq!(fault(first), None);
        assert_eq!(fault(end.minus(second)), None);
        assert_eq!(fault(first.minus(second)), Some(TimeFault::NotYet(31).into()));
        assert_eq!(fault(end), Some(TimeFault::Expired(30).into()));
        assert_eq!(fault(end.plus(second)), Some(TimeFault::Expired(31).into()));
    }

    #[test]
    fn each_real_token_is_believed_or_refused_for_one_reason() {
        let Some(cases) = cases() else { return };
        for case in &cases {
            let expected = match case.name.as_str() {
                // Three audiences, or two, or the API server itself.
                name if name.starts_with("keycloak-") => Some(VerifyFault::Audience),
                "kubernetes-two-audiences" | "spire-jwt-svid-two-audiences" => {
                    Some(VerifyFault::Audience)
                }
                "kubernetes-default-audience" => Some(VerifyFault::Audience),
                "spire-jwt-svid" => Some(VerifyFault::UnknownKey),
                _ => None,
            };
            let found = believe(case, case.verify_at());
            assert_eq!(found.as_ref().err(), expected.as_ref(), "{}", case.name);
            // OpenBao and SPIRE send no jti: the former's tokens are told
            // apart by what was signed, the latter's not at all.
            let named = found.ok().map(|token| token.token_id().is_some());
            let expected = expected.is_none().then(|| case.server() != "spire");
            assert_eq!(named, expected, "{}", case.name);
        }
        assert_eq!(cases.iter().filter(|case| believe(case, case.verify_at()).is_ok()).count(), 7);
    }
}
