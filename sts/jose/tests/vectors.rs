//! One token of our own and its neighbourhood: whatever is changed in its
//! text, it is refused (RFC 7515 §5.2, RFC 8725 §3.10). Needs no vectors from elsewhere.

#[cfg(test)]
mod vectors {
    use sts_jose::{Algorithm, SignatureFault, SignedToken, VerifyingKeySet};
    use sts_wire::jwk::parse_set;
    use sts_wire::jws::UnverifiedToken;

    /// Its private key was thrown away.
    const KEYS: &str = r#"{"keys":[{"kty":"EC","crv":"P-256","kid":"one",
        "x":"quOW3WPwuteMyD8Y0eBcbPLiFONfXw9Fg95o3CIC7Z4",
        "y":"MhZI-Gut1ZYuHGX73uW8zZn5nXZARTeU7bod6s3WcW0"}]}"#;
    const SIGNING_INPUT: &str = "eyJhbGciOiJFUzI1NiIsImtpZCI6Im9uZSJ9.eyJpc3MiOiJodHRwczovL2EuZXhhbXBsZSIsInN1YiI6InMiLCJhdWQiOiJiIiwiZXhwIjo0MTAyNDQ0ODAwfQ";
    const SIGNATURE: &str =
        "s8Q68bRRtlNxGTyn8nQRD1rfKp5kwJF4vAc2Z_YNXiqaWPFohwP61r7IhS0_UukUU2YYmEtDi0CuvUMKVQep7A";
    /// The same `r` with `n - s`: as genuine as the other, by the mathematics of ECDSA.
    const MIRRORED: &str =
        "s8Q68bRRtlNxGTyn8nQRD1rfKp5kwJF4vAc2Z_YNXiplpw6WePwFKkE3etLArRbraYDiFVvUE0RE_Ie4p1t7ZQ";

    fn keys() -> VerifyingKeySet {
        let (keys, ignored) =
            VerifyingKeySet::load(&parse_set(KEYS.as_bytes()).unwrap().keys, &Algorithm::ALL);
        assert_eq!((keys.len(), ignored.len()), (1, 0));
        keys
    }

    /// What `text` comes to: not parsed, refused as a signature, or believed.
    fn verify(keys: &VerifyingKeySet, text: &str) -> Option<Result<SignedToken, SignatureFault>> {
        let token = UnverifiedToken::parse(text).ok()?;
        let key = match SignedToken::key_id_of(&token, &Algorithm::ALL) {
            Ok(id) => keys.find(id)?,
            Err(fault) => return Some(Err(fault)),
        };
        Some(SignedToken::verify(token, key))
    }

    /// xorshift64: the same mutations on every machine.
    struct Seeded(u64);

    impl Seeded {
        fn below(&mut self, bound: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            usize::try_from(self.0 >> 33).unwrap() % bound
        }

        /// Half of the bytes keep base64url intact, so that half of the
        /// mutations get as far as the header, the payload or the signature.
        fn byte(&mut self) -> u8 {
            const ALPHABET: &[u8] =
                b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
            match self.below(2) {
                0 => ALPHABET[self.below(ALPHABET.len())],
                _ => u8::try_from(self.below(128)).unwrap(),
            }
        }
    }

    #[test]
    fn no_mutation_of_a_token_is_believed() {
        const MUTATIONS: usize = 20_000;
        let keys = keys();
        let original = format!("{SIGNING_INPUT}.{SIGNATURE}");
        assert!(matches!(verify(&keys, &original), Some(Ok(_))));
        let mut random = Seeded(0x5354_5320_7365_6564);
        let mut forged = 0;
        for _ in 0..MUTATIONS {
            let mut bytes = original.clone().into_bytes();
            let at = random.below(bytes.len());
            match random.below(4) {
                0 => bytes[at] ^= 1 << random.below(7),
                1 => bytes[at] = random.byte(),
                2 => bytes.insert(at, random.byte()),
                _ => drop(bytes.remove(at)),
            }
            let text = String::from_utf8(bytes).unwrap();
            match verify(&keys, &text) {
                Some(Ok(_)) => assert_eq!(text, original),
                Some(Err(SignatureFault::Signature)) => forged += 1,
                Some(Err(_)) | None => {}
            }
        }
        // Mutations that never got as far as the signature would show nothing.
        assert!(forged > MUTATIONS / 4, "{forged}");
    }

    #[test]
    fn no_prefix_and_no_exchange_of_segments_is_believed() {
        let keys = keys();
        let original = format!("{SIGNING_INPUT}.{SIGNATURE}");
        for end in 0..original.len() {
            assert!(!matches!(verify(&keys, original.get(..end).unwrap()), Some(Ok(_))), "{end}");
        }
        let (header, payload) = SIGNING_INPUT.split_once('.').unwrap();
        for text in [
            format!("{payload}.{header}.{SIGNATURE}"),
            format!("{header}.{SIGNATURE}.{payload}"),
            format!("{header}.{header}.{SIGNATURE}"),
            format!("{header}..{SIGNATURE}"),
            format!("{original}{SIGNATURE}"),
        ] {
            assert!(!matches!(verify(&keys, &text), Some(Ok(_))), "{text}");
        }
    }

    #[test]
    fn two_signatures_of_one_text_name_one_token() {
        // Replay is kept by what was signed: were it kept by the whole text,
        // a mirrored signature would pass as another token.
        let [first, second] = [SIGNATURE, MIRRORED].map(|signature| {
            verify(&keys(), &format!("{SIGNING_INPUT}.{signature}")).unwrap().ok().unwrap()
        });
        assert_eq!(first.signing_input_sha256(), second.signing_input_sha256());
        assert_eq!(first.claims(), second.claims());
    }
}
