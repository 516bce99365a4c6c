//! JSONTestSuite (RFC 8259) against the strict reader, and as the parts of a
//! token, of a key set and of a discovery document.
//!
//! The vectors lie outside the repository, in the folder that `STS_VECTORS`
//! names; without it each test says so and passes.

#[cfg(test)]
mod vectors {
    use std::collections::BTreeMap;
    use std::path::PathBuf;
    use sts_wire::jws::{TokenFault, UnverifiedToken};
    use sts_wire::metadata::Discovery;
    use sts_wire::{base64url, json, jwk};

    /// Every file of the suite by name; the counts are those of the suite at 1ef36fa.
    #[expect(clippy::disallowed_methods, reason = "these tests are the adapter of their vectors")]
    fn suite() -> Option<BTreeMap<String, Vec<u8>>> {
        let folder =
            std::env::var_os("STS_VECTORS").map(PathBuf::from).filter(|path| path.is_dir());
        let Some(folder) = folder else {
            eprintln!("skipped: vectors are absent (STS_VECTORS names no folder)");
            return None;
        };
        let entries = std::fs::read_dir(folder.join("json-test-suite/test_parsing")).unwrap();
        let read = |entry: std::fs::DirEntry| {
            let name = entry.file_name().into_string().unwrap();
            (name.strip_suffix(".json").unwrap().to_owned(), std::fs::read(entry.path()).unwrap())
        };
        let files: BTreeMap<_, _> = entries.map(|entry| read(entry.unwrap())).collect();
        let count = |kind: &str| files.keys().filter(|name| name.starts_with(kind)).count();
        assert_eq!((count("y_"), count("n_"), count("i_"), files.len()), (95, 188, 35, 318));
        Some(files)
    }

    /// The files of one kind, with the kind cut off their names.
    fn of<'a>(
        files: &'a BTreeMap<String, Vec<u8>>,
        kind: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a [u8])> {
        files.iter().filter_map(move |(name, text)| Some((name.strip_prefix(kind)?, &text[..])))
    }

    fn token(header: &[u8], payload: &[u8]) -> String {
        format!("{}.{}.AA", base64url::encode(header), base64url::encode(payload))
    }

    fn fault(header: &[u8], payload: &[u8]) -> Option<TokenFault> {
        UnverifiedToken::parse(&token(header, payload)).err()
    }

    /// `text` as the value of a member, so that what is refused is `text` and
    /// not merely that it is no object.
    fn member(before: &str, text: &[u8]) -> Vec<u8> {
        [b"{", before.as_bytes(), b"\"x\":", text, b"}"].concat()
    }

    /// RFC 8259 permits these to be read; we do not. Each has one reason.
    const DEVIATIONS: [(&str, &str); 7] = [
        ("number", "123e65 names an integer that no double holds (RFC 8259 §6)"),
        ("number_real_capital_e", "1E22 is beyond 2^53"),
        ("number_real_exponent", "123e45 is beyond 2^53"),
        ("number_real_fraction_exponent", "123.456e78 is beyond 2^53"),
        ("object_duplicated_key", "a member twice has two readings (RFC 8259 §4)"),
        ("object_duplicated_key_and_value", "a member twice is refused whatever its values"),
        ("object_extreme_numbers", "-1.0e+28 is beyond 2^53"),
    ];

    #[test]
    fn what_every_reader_must_accept_is_accepted_but_for_two_written_reasons() {
        let Some(files) = suite() else { return };
        let refused: Vec<_> =
            of(&files, "y_").filter(|(_, text)| json::parse(text).is_err()).map(|f| f.0).collect();
        assert_eq!(refused, DEVIATIONS.map(|(name, _)| name));
        let wrapped = |text: &[u8]| fault(br#"{"alg":"RS256"}"#, &member("", text)).is_none();
        assert_eq!(of(&files, "y_").filter(|(_, text)| wrapped(text)).count(), 88);
        let wrapped = |text: &[u8]| fault(&member(r#""alg":"RS256","#, text), b"{}").is_none();
        assert_eq!(of(&files, "y_").filter(|(_, text)| wrapped(text)).count(), 88);
    }

    #[test]
    fn what_every_reader_must_refuse_is_refused() {
        let Some(files) = suite() else { return };
        let accepted: Vec<_> =
            of(&files, "n_").filter(|(_, text)| json::parse(text).is_ok()).map(|f| f.0).collect();
        assert_eq!(accepted, [""; 0]);
    }

    #[test]
    fn what_is_no_json_is_no_part_of_a_token() {
        let Some(files) = suite() else { return };
        // The two files of 100,000 brackets and more are larger than any token.
        let large = |name: &str| {
            ["structure_100000_opening_arrays", "structure_open_array_object"].contains(&name)
        };
        let good_header = br#"{"alg":"RS256"}"#;
        assert_eq!(fault(good_header, b"{}"), None);
        for (name, text) in of(&files, "n_") {
            let expected = |fault| Some(if large(name) { TokenFault::TooLarge } else { fault });
            let header = member(r#""alg":"RS256","#, text);
            assert_eq!(fault(text, b"{}"), expected(TokenFault::Header), "{name}");
            assert_eq!(fault(&header, b"{}"), expected(TokenFault::Header), "{name}");
            assert_eq!(fault(good_header, text), expected(TokenFault::Payload), "{name}");
            let payload = member(r#""iss":"https://a.example","#, text);
            assert_eq!(fault(good_header, &payload), expected(TokenFault::Payload), "{name}");
        }
    }

    #[test]
    fn what_is_no_json_is_no_part_of_a_key_set_or_discovery_document() {
        let Some(files) = suite() else { return };
        let known = r#""issuer":"https://a.example","jwks_uri":"https://a.example/keys","#;
        assert!(jwk::parse_set(&member(r#""keys":[],"#, b"0")).is_ok());
        assert!(Discovery::parse(&member(known, b"0")).is_ok());
        for (name, text) in of(&files, "n_") {
            assert!(jwk::parse_set(text).is_err(), "{name}");
            assert!(jwk::parse_set(&member(r#""keys":[],"#, text)).is_err(), "{name}");
            assert!(Discovery::parse(text).is_err(), "{name}");
            assert!(Discovery::parse(&member(known, text)).is_err(), "{name}");
        }
    }

    /// Where RFC 8259 leaves the answer to the reader, these are accepted and
    /// the other 33 refused: integers beyond 64 bits, exponents beyond 2^53,
    /// lone surrogates, text that is not UTF-8, byte order marks, deep nesting.
    const ACCEPTED_BY_CHOICE: [(&str, &str); 2] =
        [("number_double_huge_neg_exp", "[0.0]"), ("number_real_underflow", "[0.0]")];

    #[test]
    fn where_readers_may_differ_our_answer_is_pinned() {
        let Some(files) = suite() else { return };
        let read = |text| json::parse(text).ok().map(|value| value.to_string());
        let accepted: Vec<_> =
            of(&files, "i_").filter_map(|(name, text)| Some((name, read(text)?))).collect();
        assert_eq!(accepted, ACCEPTED_BY_CHOICE.map(|(name, value)| (name, value.to_owned())));
    }
}
