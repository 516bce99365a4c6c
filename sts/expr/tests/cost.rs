//! What an expression costs at most is known before it is loaded.

#[cfg(test)]
mod cost {
    use serde_json::{Map, json};
    use std::collections::BTreeMap;
    use sts_expr::limits::STEPS_MAX;
    use sts_expr::{
        Claim, ClaimType, Compiled, Engine, EvalError, Fault, Inputs, Schema, Use, codes,
        on_large_stack,
    };

    /// A bundle whose list has at most `items` items.
    fn schema(items: u64) -> Schema {
        let claim = |claim_type| Claim { claim_type, present: true, sensitive: false };
        let groups = ClaimType::List(Box::new(ClaimType::STRING), items);
        Schema {
            claims: BTreeMap::from([
                ("ref".to_owned(), claim(ClaimType::STRING)),
                ("groups".to_owned(), claim(groups)),
            ]),
        }
    }

    fn compile(source: &str, items: u64) -> Result<Compiled, Vec<Fault>> {
        on_large_stack(|| Engine::default().compile(source, Use::Condition, &schema(items)))
    }

    fn steps(source: &str, items: u64) -> u64 {
        compile(source, items).unwrap_or_else(|faults| panic!("{source}: {faults:?}")).steps()
    }

    #[test]
    fn ordinary_conditions_are_far_below_the_limit() {
        for source in [
            "assertion.ref == 'refs/heads/main'",
            "assertion.ref in ['refs/heads/main', 'refs/heads/release']",
            "assertion.ref.startsWith('refs/heads/release/')",
            "'sre' in assertion.groups",
        ] {
            assert!(steps(source, 64) < STEPS_MAX / 500, "{source}: {}", steps(source, 64));
        }
        for source in [
            "assertion.ref.fullMatch('refs/tags/v[0-9]+')",
            "assertion.ref.glob('refs/heads/release/*')",
            "assertion.groups.exists(g, g == 'sre' || g == 'dev')",
            "gh.workflow(assertion.ref).repo == 'octo-org/workflows'",
        ] {
            assert!(steps(source, 64) < STEPS_MAX / 30, "{source}: {}", steps(source, 64));
        }
    }

    #[test]
    fn what_is_done_for_each_item_counts_for_the_longest_list_of_the_bundle() {
        let each = "assertion.groups.exists(g, g == 'a')";
        let (few, many) = (steps(each, 1), steps(each, 256));
        assert!(many > few * 100, "{few} {many}");
        let within = "assertion.groups.exists(g, assertion.ref.fullMatch('a[a-z]+'))";
        assert!(steps(within, 64) < STEPS_MAX);
        let faults = compile(within, 256).err().unwrap();
        assert_eq!(faults.first().unwrap().code, codes::TOO_COSTLY);
        assert!(faults.first().unwrap().message.contains("of at most 100000"), "{faults:?}");
    }

    #[test]
    fn a_pattern_costs_what_it_is_large() {
        let plain = steps("assertion.ref.fullMatch('[A-Za-z0-9_.-]+')", 1);
        let counted = steps("assertion.ref.fullMatch('[A-Za-z0-9_.-]{1,100}')", 1);
        assert!(counted > plain * 4, "{plain} {counted}");
        let ambiguous = |count: u32| format!("assertion.ref.fullMatch('[ab]*b[ab]{{{count}}}')");
        let six = |count| vec![ambiguous(count); 6].join(" || ");
        assert_eq!(compile(&six(800), 1).err().unwrap().first().unwrap().code, codes::TOO_COSTLY);
        assert!(compile(&six(8), 1).is_ok());
    }

    #[test]
    fn items_of_one_list_share_the_room_of_a_token() {
        let own = steps("assertion.groups.exists(g, g.fullMatch('a[a-z]+'))", 256);
        let other = steps("assertion.groups.exists(g, assertion.ref.fullMatch('a[a-z]+'))", 64);
        assert!(own < other, "{own} {other}");
    }

    #[test]
    fn a_text_that_is_too_long_for_a_pattern_is_an_error_and_not_false() {
        let engine = Engine::default();
        for source in ["!assertion.ref.fullMatch('b+')", "!assertion.ref.glob('b*')"] {
            let compiled =
                on_large_stack(|| engine.compile(source, Use::Condition, &schema(1))).ok().unwrap();
            for (length, expected) in [(1024, Ok(true)), (1025, Err(EvalError::Value))] {
                let claims = Map::from_iter([("ref".to_owned(), json!("a".repeat(length)))]);
                assert_eq!(compiled.holds(&Inputs::new(&engine, &claims)), expected, "{source}");
            }
        }
    }
}
