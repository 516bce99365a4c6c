//! What engines of expressions were measured to get wrong, as rows that stay:
//! mistakes that let somebody in, and inputs that take a process down.

#[cfg(test)]
mod everyday_mistakes {
    use serde_json::{Map, Value, json};
    use std::collections::BTreeMap;
    use sts_expr::{
        Claim, ClaimType, Engine, EvalError, Inputs, Schema, Use, codes, on_large_stack,
    };

    fn schema() -> Schema {
        let claim = |claim_type| Claim { claim_type, present: true, sensitive: false };
        let list = ClaimType::List(Box::new(ClaimType::STRING), 64);
        let texts = ["repository", "repository_owner_id", "ref"];
        let claims = texts.map(|name| (name.to_owned(), claim(ClaimType::STRING)));
        let others = [("aud", list.clone()), ("groups", list), ("attempt", ClaimType::Int)];
        let others = others.map(|(name, of)| (name.to_owned(), claim(of)));
        Schema { claims: BTreeMap::from_iter(claims.into_iter().chain(others)) }
    }

    fn claims() -> Map<String, Value> {
        let value = json!({
            "repository": "octo-org/octo-repo", "repository_owner_id": "65", "attempt": 1,
            "ref": "refs/heads/main", "aud": ["a"], "groups": ["a"],
        });
        value.as_object().cloned().unwrap()
    }

    /// What comes of a condition: the code it is refused with, or its value.
    fn outcome(source: &str) -> Result<Result<bool, EvalError>, &'static str> {
        let engine = Engine::default();
        let compiled = on_large_stack(|| engine.compile(source, Use::Condition, &schema()));
        let compiled = compiled.map_err(|faults| faults.first().unwrap().code)?;
        let claims = claims();
        Ok(compiled.holds(&Inputs::new(&engine, &claims)))
    }

    fn refused(code: &'static str, sources: &[&str]) {
        for source in sources {
            assert_eq!(
                outcome(source),
                Err(code),
                "{}",
                source.chars().take(60).collect::<String>()
            );
        }
    }

    #[test]
    fn two_absent_claims_are_not_equal() {
        refused(codes::INDEXED, &["assertion['repositry'] == assertion['repositry_owner']"]);
        refused(codes::UNKNOWN_CLAIM, &["assertion.repositry == assertion.repositry_owner"]);
        assert_eq!(outcome("assertion.repository == assertion.ref"), Ok(Ok(false)));
    }

    #[test]
    fn an_absent_claim_is_not_unequal_to_everything() {
        refused(codes::INDEXED, &["assertion['missing'] != 'x'"]);
        refused(codes::UNKNOWN_CLAIM, &["assertion.missing != 'x'"]);
        assert_eq!(outcome("assertion.ref != 'x'"), Ok(Ok(true)));
    }

    #[test]
    fn a_double_negation_is_none() {
        assert_eq!(outcome("!!(assertion.repository == 'evil')"), Ok(Ok(false)));
        assert_eq!(outcome("!!(assertion.repository == 'octo-org/octo-repo')"), Ok(Ok(true)));
        assert_eq!(outcome("!!!(assertion.repository == 'evil')"), Ok(Ok(true)));
    }

    #[test]
    fn a_text_is_not_true() {
        let sources = [
            "assertion.repository && assertion.ref",
            "!assertion.repository",
            "assertion.repository ? true : false",
            "assertion.attempt || assertion.ref == 'x'",
        ];
        refused(codes::WRONG_TYPE, &sources);
        assert_eq!(outcome("assertion.repository != '' && assertion.ref != ''"), Ok(Ok(true)));
    }

    #[test]
    fn in_is_no_search_in_a_text() {
        refused(codes::WRONG_TYPE, &["assertion.repository in 'octo-org/octo-repo-evil'"]);
        assert_eq!(outcome("assertion.repository in ['octo-org/octo-repo-evil']"), Ok(Ok(false)));
    }

    #[test]
    fn items_beyond_the_end_are_not_equal() {
        refused(codes::INDEXED, &["assertion.aud[5] == assertion.aud[7]"]);
        assert_eq!(outcome("'a' in assertion.aud"), Ok(Ok(true)));
    }

    #[test]
    fn an_error_is_absorbed_by_what_decides_without_it_on_either_side() {
        refused(codes::UNKNOWN_CLAIM, &["assertion.missing == 'a' || assertion.ref != ''"]);
        let (error, good, bad) = (
            "spiffe.path(assertion.ref) == 'x'",
            "assertion.attempt == 1",
            "assertion.attempt == 2",
        );
        for (source, expected) in [
            (format!("{error} || {good}"), Ok(true)),
            (format!("{good} || {error}"), Ok(true)),
            (format!("{error} || {bad}"), Err(EvalError::Value)),
            (format!("{bad} || {error}"), Err(EvalError::Value)),
            (format!("{error} && {bad}"), Ok(false)),
            (format!("{error} && {good}"), Err(EvalError::Value)),
            (format!("!({error})"), Err(EvalError::Value)),
        ] {
            assert_eq!(outcome(&source), Ok(expected), "{source}");
        }
    }

    #[test]
    fn a_number_is_not_unequal_to_a_text() {
        refused(
            codes::TWO_TYPES,
            &["assertion.repository_owner_id != 65", "assertion.repository_owner_id == 65"],
        );
        assert_eq!(outcome("assertion.repository_owner_id != '65'"), Ok(Ok(false)));
    }

    #[test]
    fn a_text_that_ends_too_early_is_a_fault_and_no_panic() {
        let whole = "assertion.repository == 'a' || size(assertion.groups) > 0 && !('x' in assertion.groups)";
        assert_eq!(outcome(whole), Ok(Ok(true)));
        for end in 0..whole.len() {
            let part = whole.get(..end).unwrap();
            if let Err(code) = outcome(part) {
                assert!(codes::ALL.contains(&code), "{part}");
            }
        }
        refused(codes::SYNTAX, &["assertion.repository == 'a' ||", "assertion.repository == 'a"]);
    }

    #[test]
    fn what_builds_lists_or_goes_through_them_twice_is_not_offered() {
        let sources = [
            "assertion.groups.exists(a, assertion.groups.exists(b, a == b))",
            "assertion.groups.map(x, x) == assertion.groups",
            "assertion.groups.filter(x, x == 'a') == assertion.groups",
            "[1].map(x, [1].map(y, x)) == [[1]]",
            "assertion.groups.exists_one(x, x == 'a')",
            "size(lists.range(1000000)) == 1000000",
            "assertion.ref + assertion.ref == 'x'",
            "assertion.ref.replace('a', 'aaaa') == 'x'",
        ];
        refused(codes::NO_FUNCTION, &sources);
        assert_eq!(outcome("assertion.groups.exists(a, a in assertion.aud)"), Ok(Ok(true)));
    }

    #[test]
    fn a_pattern_is_linear_bounded_and_not_the_callers() {
        refused(codes::BAD_PATTERN, &["assertion.ref.fullMatch('(a{1,100}){1,100}b')"]);
        refused(codes::NOT_LITERAL, &["assertion.ref.fullMatch(assertion.repository)"]);
        assert_eq!(outcome("assertion.ref.fullMatch('(([a-z/]+)+)+0')"), Ok(Ok(false)));
        assert_eq!(outcome("assertion.ref.fullMatch('(([a-z/]+)+)+')"), Ok(Ok(true)));
    }
}
