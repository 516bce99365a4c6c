//! What is wrong with an expression is told by a code, in our words and in its place.

#[cfg(test)]
mod faults {
    use std::collections::BTreeMap;
    use sts_expr::{Claim, ClaimType, Engine, Fault, Schema, Use, codes, on_large_stack};

    /// The claims that `policies/FAULTS.md` writes about.
    fn schema() -> Schema {
        let claim = |claim_type, present, sensitive| Claim { claim_type, present, sensitive };
        let text = || ClaimType::STRING;
        let events = ["push", "workflow_dispatch"].map(str::to_owned).to_vec();
        let namespace = BTreeMap::from([("namespace".to_owned(), claim(text(), true, false))]);
        let claims = [
            ("repository", claim(text(), true, false)),
            ("repository_id", claim(text(), true, false)),
            ("ref", claim(text(), true, false)),
            ("event_name", claim(ClaimType::String { values: Some(events) }, true, false)),
            ("environment", claim(text(), false, false)),
            ("attempt", claim(ClaimType::Int, true, false)),
            ("email", claim(text(), true, true)),
            ("address", claim(text(), true, false)),
            ("groups", claim(ClaimType::List(Box::new(text()), 64), true, false)),
            ("k8s", claim(ClaimType::Object(namespace), true, false)),
        ];
        Schema {
            claims: claims.into_iter().map(|(name, claim)| (name.to_owned(), claim)).collect(),
        }
    }

    fn faults(source: &str, usage: Use) -> Vec<Fault> {
        let compiled = on_large_stack(|| Engine::default().compile(source, usage, &schema()));
        compiled.err().unwrap_or_default()
    }

    fn codes_of(source: &str) -> Vec<&'static str> {
        faults(source, Use::Condition).iter().map(|fault| fault.code).collect()
    }

    /// `key: "expression"   # wrong`, or right.
    fn example(line: &str) -> Option<(Use, &str, bool)> {
        let (key, rest) = line.trim_start().split_once(": \"")?;
        let (expression, mark) = rest.rsplit_once('"')?;
        let usage = if key == "subject" { Use::Subject } else { Use::Condition };
        match mark.trim() {
            "# wrong" => Some((usage, expression, false)),
            "# right" => Some((usage, expression, true)),
            _ => None,
        }
    }

    #[test]
    fn every_code_has_a_page_whose_examples_are_what_they_say() {
        let page = include_str!("../../../policies/FAULTS.md");
        assert_eq!(page.matches("\n## C").count(), codes::ALL.len());
        for code in codes::ALL {
            let section = page.split("\n## ").find(|text| text.starts_with(&format!("{code}: ")));
            let section = section.unwrap_or_else(|| panic!("no section for {code}"));
            let examples: Vec<_> = section.lines().filter_map(example).collect();
            for wanted in [true, false] {
                assert!(examples.iter().any(|(.., right)| *right == wanted), "{code} {wanted}");
            }
            for (usage, expression, right) in examples {
                let found = faults(expression, usage);
                let found: Vec<_> = found.iter().map(|fault| fault.code).collect();
                assert_eq!(found, if right { vec![] } else { vec![code] }, "{expression}");
            }
        }
    }

    #[test]
    fn a_text_that_is_no_expression_is_explained_in_our_words_and_in_its_place() {
        for (source, offset, message) in [
            ("", 0, "the expression is empty"),
            (" ", 1, "the expression is empty"),
            ("assertion.ref ==", 16, "something is missing at the end, after an operator"),
            ("assertion.ref == 'a' ||", 23, "something is missing at the end, after an operator"),
            ("assertion.ref == 'a", 17, "the text that begins here has no end"),
            (
                "'é' == assertion.ref && assertion.ref == \"a",
                41,
                "the text that begins here has no end",
            ),
            ("assertion.ref == 'it's'", 21, "s cannot stand here"),
            (
                "assertion.ref.fullMatch('\\d')",
                24,
                "a backslash in this text stands before something unknown",
            ),
            ("(assertion.ref == 'a'", 21, ") is missing"),
            ("assertion.ref == 'a')", 20, ") cannot stand here"),
            ("assertion.ref in ['a'", 21, "] is missing at the end"),
            ("assertion.ref == 'a' ? true", 27, ": is missing at the end"),
            ("assertion.ref 'x'", 14, "a text cannot stand here"),
            ("assertion.ref == 'x' and true", 21, "and cannot stand here"),
            ("not assertion.ref == 'x'", 4, "assertion cannot stand here"),
            ("assertion.ref == 'x' & true", 21, "a single & means nothing here"),
            ("assertion.ref == 'x' &&\n && true", 25, "&& cannot stand here"),
            ("assertion..ref == 'x'", 10, "a name is missing after the dot"),
            ("assertion.in == 'x'", 10, "a name is missing after the dot"),
            ("has(assertion)", 4, "has takes the name of a claim"),
            ("assertion.groups.exists('g', true)", 24, "a name for the item is missing"),
            ("99999999999999999999 == assertion.attempt", 0, "the number is too large"),
            ("package.x == 1", 0, "package is a reserved word"),
            ("assertion.?ref == 'x'", 9, "optional and quoted names are not offered"),
            ("“x” == assertion.ref", 0, "“ means nothing here"),
        ] {
            let found = faults(source, Use::Condition);
            let found: Vec<_> =
                found.iter().map(|f| (f.code, f.offset, f.message.as_str())).collect();
            assert_eq!(found, [(codes::SYNTAX, offset, message)], "{source}");
        }
    }

    #[test]
    fn words_of_other_languages_are_told_what_stands_for_them() {
        for source in ["assertion.ref == 'x' and true", "not assertion.ref == 'x'", "true OR false"]
        {
            let help = faults(source, Use::Condition).first().and_then(|fault| fault.help.clone());
            assert_eq!(help.as_deref(), Some("write && for and, || for or, ! for not"), "{source}");
        }
    }

    #[test]
    fn who_denies_is_told_how_to_deny_what_is_absent() {
        let help =
            |usage| faults("assertion.environment == 'x'", usage).pop().unwrap().help.unwrap();
        assert_eq!(
            help(Use::Condition),
            "write has(assertion.environment) && … before it, or pin it"
        );
        assert_eq!(
            help(Use::Denial),
            "to deny all but one value write !(has(assertion.environment) && assertion.environment == …), and to deny one has(assertion.environment) && …"
        );
        let sound = "!(has(assertion.environment) && assertion.environment == 'x')";
        assert_eq!(faults(sound, Use::Denial), []);
        assert_eq!(faults("1 == 1", Use::Denial).len(), 1, "a guardrail that says nothing");
    }

    #[test]
    fn what_nobody_sees_is_refused_where_it_stands_also_in_a_comment() {
        for (source, offset) in [
            ("assertion.ref == 'main\u{200b}'", 22),
            ("assertion.ref == 'x' // \u{202e} 'y' ==", 24),
            ("assertion.ref ==\u{a0}'x'", 16),
            ("assertion.ref == 'x' // \u{1b}[2K", 24),
            ("\0", 0),
            ("assertion.ref == 'm\u{430}in'", 17),
            ("assertion.ref.fullMatch('m\u{430}in')", 24),
            ("assertion.ref.fullMatch('m\\\\x{430}in')", 24),
            ("assertion.ref in ['x', 'm\\u0430in']", 23),
        ] {
            let found = faults(source, Use::Condition);
            let found: Vec<_> = found.iter().map(|f| (f.code, f.offset)).collect();
            assert_eq!(found, [(codes::DECEIT, offset)], "{source:?}");
        }
        for source in [
            "assertion.ref == 'ветка'",
            "assertion.ref == 'größe' // die Größe: ой",
            "assertion.ref.fullMatch('[a-zа-я]{1,9}')",
        ] {
            assert_eq!(faults(source, Use::Condition), [], "{source}");
        }
    }

    #[test]
    fn a_condition_that_is_the_same_for_every_token_is_refused() {
        for source in [
            "true",
            "1 == 1",
            "'a' in ['a']",
            "!(1 == 2)",
            "1 == 1 ? true : false",
            "['a'].exists(x, x == 'a')",
            "assertion.ref == 'x' && 'a' == 'a'",
            "assertion.ref == 'x' && cidr.contains('10.0.0.0/8', '10.0.0.1')",
            "assertion.ref == 'x' && 'ab'.startsWith('a')",
            "assertion.ref == 'x' && ['a'].all(x, x == 'a')",
            "assertion.ref == assertion.ref",
            "assertion.attempt != assertion.attempt",
            "assertion.attempt <= assertion.attempt",
            "assertion.k8s.namespace == assertion.k8s.namespace",
            "size(assertion.ref) == size(assertion.ref)",
            "assertion.ref in ['x', assertion.ref]",
            "assertion.ref.startsWith(assertion.ref)",
            "assertion.ref.startsWith('')",
            "assertion.ref == 'x' || true",
            "true || assertion.ref == 'x'",
            "assertion.ref == 'x' && false",
            "assertion.event_name == 'push' && (assertion.ref == 'x' || true)",
            "assertion.ref == 'x' ? true : true",
            "true ? assertion.ref == 'x' : false",
            "has(assertion.ref)",
            "!has(assertion.ref)",
            "has(assertion.k8s.namespace)",
            "assertion.groups.all(g, true)",
            "assertion.groups.exists(g, false)",
            "assertion.groups.exists(g, g == g)",
            "assertion.groups.exists(g, 'a' == 'a')",
            "assertion.ref in []",
            "assertion.ref == 'a' || assertion.ref != 'a'",
            "'a' != assertion.ref || assertion.ref == 'a'",
            "assertion.ref != 'a' || assertion.ref != 'b'",
            "assertion.ref == 'a' || !(assertion.ref in ['a'])",
            "assertion.ref in ['a', 'b'] || (assertion.attempt == 1 || !(assertion.ref in ['b', 'a']))",
            "assertion.ref == 'x' || assertion.repository == 'y' || !(assertion.ref == 'x')",
            "has(assertion.environment) || !has(assertion.environment)",
            "assertion.ref == assertion.repository || assertion.repository != assertion.ref",
            "assertion.attempt < 3 || assertion.attempt >= 3",
            "(assertion.ref == 'a') == (assertion.ref != 'a')",
            "assertion.ref == 'a' && assertion.ref == 'b'",
            "assertion.ref in ['a', 'b'] && assertion.ref == 'c'",
            "assertion.ref == 'a' && assertion.ref != 'a'",
            "size(assertion.ref) >= 0",
            "assertion.ref.size() > -1",
            "0 <= size(assertion.ref)",
            "size(assertion.ref) < 0",
            "size(assertion.groups) != -1",
            "assertion.ref.endsWith('')",
            "assertion.ref.contains('')",
        ] {
            assert_eq!(codes_of(source), [codes::CONSTANT], "{source}");
        }
    }

    #[test]
    fn a_condition_that_some_token_meets_and_another_does_not_is_no_constant() {
        for source in [
            "assertion.ref == 'x'",
            "assertion.ref == assertion.repository",
            "has(assertion.environment)",
            "!has(assertion.environment)",
            "has(assertion.ref) && assertion.ref == 'x'",
            "has(assertion.environment) ? assertion.environment == 'x' : true",
            "assertion.ref == 'x' ? assertion.attempt == 1 : false",
            "(assertion.ref == 'x') == true",
            "assertion.groups.exists(g, g == 'a')",
            "assertion.groups.exists(g, true)",
            "['a', 'b'].exists(x, x == assertion.ref)",
            "'a' in assertion.groups",
            "'a' in [assertion.repository, assertion.ref]",
            "size(assertion.groups) == 0",
            "size(assertion.ref) > 0",
            "1 <= size(assertion.groups)",
            "assertion.ref == 'a' || assertion.ref != 'b'",
            "assertion.ref == 'a' || assertion.ref == 'b'",
            "assertion.ref != 'a' && assertion.ref != 'b'",
            "assertion.ref in ['a', 'b'] && assertion.ref != 'a'",
            "assertion.ref in ['a', 'b'] && assertion.ref in ['b', 'c']",
            "assertion.ref == 'a' || assertion.repository != 'a'",
            "has(assertion.environment) && assertion.environment == 'x' || assertion.ref != 'x'",
            "'a' in assertion.groups && 'b' in assertion.groups",
            "assertion.attempt < 3 || assertion.attempt > 3",
            "cidr.contains('10.0.0.0/8', assertion.address)",
            "assertion.ref == subject('a', 'b')",
        ] {
            assert_eq!(codes_of(source), [""; 0], "{source}");
        }
    }

    #[test]
    fn what_a_grant_says_may_be_the_same_for_every_token() {
        for source in ["'fixed'", "subject('a', 'b')", "true ? 'a' : 'b'"] {
            assert_eq!(faults(source, Use::Subject), [], "{source}");
        }
        assert_eq!(faults("1 == 1", Use::MintedClaim), []);
    }
}
