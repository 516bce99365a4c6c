//! What expressions may say and what they mean, on the claims of a GitHub token.

#[cfg(test)]
mod language {
    use serde_json::{Map, Value, json};
    use std::collections::BTreeMap;
    use sts_expr::{
        Claim, ClaimType, Compiled, Engine, EvalError, Fault, Inputs, Schema, Use, on_large_stack,
    };

    fn schema() -> Schema {
        let claim =
            |claim_type: ClaimType, present: bool| Claim { claim_type, present, sensitive: false };
        let events = ["push", "workflow_dispatch", "pull_request"].map(str::to_owned).to_vec();
        let service_account = BTreeMap::from([("name".to_owned(), claim(ClaimType::STRING, true))]);
        let k8s = BTreeMap::from([
            ("namespace".to_owned(), claim(ClaimType::STRING, true)),
            ("serviceaccount".to_owned(), claim(ClaimType::Object(service_account), false)),
        ]);
        Schema {
            claims: BTreeMap::from([
                ("repository".to_owned(), claim(ClaimType::STRING, true)),
                ("repository_owner_id".to_owned(), claim(ClaimType::STRING, true)),
                ("ref".to_owned(), claim(ClaimType::STRING, true)),
                ("event_name".to_owned(), claim(ClaimType::String { values: Some(events) }, true)),
                ("svid".to_owned(), claim(ClaimType::STRING, true)),
                ("role".to_owned(), claim(ClaimType::STRING, true)),
                ("workflow".to_owned(), claim(ClaimType::STRING, true)),
                ("address".to_owned(), claim(ClaimType::STRING, true)),
                ("mapped".to_owned(), claim(ClaimType::STRING, true)),
                ("environment".to_owned(), claim(ClaimType::STRING, false)),
                ("run_id".to_owned(), claim(ClaimType::STRING, false)),
                ("attempt".to_owned(), claim(ClaimType::Int, true)),
                (
                    "groups".to_owned(),
                    claim(ClaimType::List(Box::new(ClaimType::STRING), 64), true),
                ),
                ("k8s".to_owned(), claim(ClaimType::Object(k8s), true)),
            ]),
        }
    }

    fn claims() -> Map<String, Value> {
        let value = json!({
            "repository": "octo-org/octo-repo", "repository_owner_id": "65", "ref": "refs/heads/main",
            "event_name": "push", "attempt": 2, "groups": ["a", "b"], "environment": "production",
            "k8s": {"namespace": "payments"},
            "svid": "spiffe://corp.example/ns/backup/sa/agent",
            "role": "arn:aws:iam::123456789012:role/etl-nightly",
            "workflow": "octo-org/workflows/.github/workflows/deploy.yml@refs/tags/v1",
            "address": "10.1.2.3", "mapped": "::ffff:10.1.2.3",
        });
        value.as_object().cloned().unwrap_or_default()
    }

    fn compile(source: &str, usage: Use) -> Result<Compiled, Vec<Fault>> {
        on_large_stack(|| Engine::default().compile(source, usage, &schema()))
    }

    fn holds(source: &str) -> Result<bool, EvalError> {
        let engine = Engine::default();
        let compiled = on_large_stack(|| engine.compile(source, Use::Condition, &schema()));
        let compiled = compiled.map_err(|faults| panic!("{source}: {faults:?}")).unwrap();
        let claims = claims();
        compiled.holds(&Inputs::new(&engine, &claims))
    }

    fn refused(source: &str) -> Vec<Fault> {
        compile(source, Use::Condition).err().unwrap_or_default()
    }

    #[test]
    fn conditions_mean_what_they_say() {
        for (source, expected) in [
            ("assertion.ref == 'refs/heads/main'", true),
            ("assertion.ref != 'refs/heads/main'", false),
            ("!!(assertion.repository == 'evil')", false),
            ("assertion.event_name in ['push', 'workflow_dispatch']", true),
            ("!(assertion.event_name in ['pull_request'])", true),
            ("has(assertion.environment) && assertion.environment == 'production'", true),
            ("has(assertion.run_id) ? assertion.run_id == '1' : true", true),
            ("'a' in assertion.groups", true),
            ("assertion.groups.exists(g, g == 'b') && !assertion.groups.all(g, g == 'b')", true),
            ("assertion.k8s.namespace == 'payments'", true),
            ("has(assertion.k8s.serviceaccount)", false),
            ("assertion.attempt > 1 && assertion.groups.size() == 2", true),
            ("assertion.repository.startsWith('octo-org/')", true),
            ("assertion.ref.fullMatch('refs/heads/(main|release)')", true),
            ("assertion.ref.fullMatch('heads')", false),
            ("assertion.ref.glob('refs/heads/*')", true),
            ("assertion.ref.glob('refs/*')", false),
            ("spiffe.trustDomain(assertion.svid) == 'corp.example'", true),
            ("spiffe.path(assertion.svid) == '/ns/backup/sa/agent'", true),
            ("arn.account(assertion.role) == '123456789012'", true),
            ("arn.resource(assertion.role).fullMatch('role/etl-[a-z]{1,20}')", true),
            ("gh.workflow(assertion.workflow).repo == 'octo-org/workflows'", true),
            ("gh.workflow(assertion.workflow).path == '.github/workflows/deploy.yml'", true),
            ("gh.workflow(assertion.workflow).ref.glob('refs/tags/*')", true),
            ("cidr.contains('10.0.0.0/8', assertion.address)", true),
            ("cidr.contains('2001:db8::/32', assertion.address)", false),
            ("cidr.contains('10.0.0.0/8', assertion.mapped)", true),
        ] {
            assert_eq!(holds(source), Ok(expected), "{source}");
        }
    }

    #[test]
    fn what_everyday_mistakes_would_allow_is_refused_before_it_loads() {
        for source in [
            "assertion['repositry'] == assertion['repositry_owner']",
            "assertion['missing'] != 'x'",
            "assertion.missing == 'a' || assertion.ref == 'b'",
            "assertion.repository && assertion.ref",
            "assertion.repository in 'octo-org/octo-repo-evil'",
            "assertion.groups[5] == assertion.groups[7]",
            "assertion.repository_owner_id != 65",
            "assertion.attempt == '2'",
            "assertion.attempt in ['2']",
            "assertion.ref == 'a' ||",
            "assertion.ref == 'a",
            "assertion.environment == 'production'",
            "assertion.environment == 'production' && has(assertion.environment)",
            "has(assertion.environment) || assertion.environment == 'x'",
            "assertion.k8s.serviceaccount.name == 'api'",
            "has(assertion.k8s.serviceaccount.name)",
            "assertion.event_name == 'pushed'",
            "assertion.event_name in ['push', 'pullrequest']",
            "assertion.ref.matches('main')",
            "assertion.groups.exists(g, g == 5)",
            "assertion.groups.map(g, g + g) == assertion.groups",
            "assertion.groups.exists(g, assertion.groups.exists(h, h == g))",
            "assertion.ref + 'x' == 'y'",
            "assertion == assertion",
            "assertion.ref in []",
            "foo.bar == 'x'",
            "assertion.ref.fullMatch(assertion.repository)",
            "assertion.ref.fullMatch('(')",
            "assertion.ref.fullMatch('(a{1,100}){1,100}b')",
            "assertion.ref.glob('refs/**')",
            "assertion.attempt.glob('*')",
            "spiffe.path(assertion.attempt) == 'x'",
            "spiffe.name(assertion.svid) == 'x'",
            "spiffe == 'x'",
            "arn.account(assertion.role, 'x') == 'x'",
            "gh.workflow(assertion.workflow) == 'x'",
            "gh.workflow(assertion.workflow).sha == 'x'",
            "has(gh.workflow(assertion.workflow).repo)",
            "cidr.contains('10.0.0.1/8', assertion.address)",
            "cidr.contains(assertion.address, assertion.address)",
            "['arn'].exists(arn, arn.account('x') == 'x')",
            "assertion.ref",
            "{'a': 1}.a == 1",
            "1.5 == 1.5",
            "b'x' == b'x'",
            "assertion.groups == assertion.ref",
            "duration('1s') == duration('1s')",
        ] {
            assert!(!refused(source).is_empty(), "{source}");
        }
    }

    #[test]
    fn a_misspelt_claim_is_named_in_its_place_with_the_nearest() {
        let faults = refused("assertion.ref == 'x' && assertion.repositry == 'y'");
        let fault = faults.first().unwrap();
        assert_eq!(fault.message, "the trust bundle declares no claim repositry");
        assert_eq!(fault.help.as_deref(), Some("did you mean repository?"));
        assert_eq!(fault.offset, "assertion.ref == 'x' && assertion.".len());
    }

    #[test]
    fn faults_point_at_what_is_wrong_and_say_what_to_do() {
        for (source, offset, help) in [
            ("assertion.ref == 'x' && assertion.ref", 24, None),
            (
                "assertion.ref == refs.heads.main",
                17,
                Some(
                    "claims are read as assertion.NAME; a text stands in quotes, as in 'refs/heads/main'",
                ),
            ),
            ("claims.ref == 'x'", 0, Some("did you mean assertion.ref?")),
            ("assertion.ref = 'x'", 14, Some("write == to compare")),
            (
                "assertion.repository_owner_id == 65",
                0,
                Some("identifiers are strings: write them in quotes"),
            ),
        ] {
            let faults = refused(source);
            let first = faults.first().unwrap();
            assert_eq!(
                (first.offset, first.help.as_deref()),
                (offset, help),
                "{source}: {faults:?}"
            );
        }
    }

    #[test]
    fn an_absent_claim_that_slipped_through_is_an_error_and_not_true() {
        let engine = Engine::default();
        let source = "assertion.ref != 'x'";
        let compiled =
            on_large_stack(|| engine.compile(source, Use::Condition, &schema())).ok().unwrap();
        let empty = Map::new();
        assert_eq!(compiled.holds(&Inputs::new(&engine, &empty)), Err(EvalError::MissingClaim));
    }

    #[test]
    fn what_is_not_the_text_that_a_function_takes_apart_is_an_error_and_not_false() {
        for source in [
            "spiffe.path(assertion.ref) == 'x'",
            "spiffe.trustDomain(assertion.ref) != 'x'",
            "arn.account(assertion.ref) != 'x'",
            "gh.workflow(assertion.ref).repo != 'x'",
            "!cidr.contains('10.0.0.0/8', assertion.ref)",
        ] {
            assert_eq!(holds(source), Err(EvalError::Value), "{source}");
        }
    }

    fn facts(source: &str) -> sts_expr::Facts {
        compile(source, Use::Condition)
            .map_err(|faults| panic!("{faults:?}"))
            .unwrap()
            .facts()
            .clone()
    }

    #[test]
    fn what_a_condition_limits_a_claim_to_is_known() {
        for (source, claim, values) in [
            ("assertion.event_name == 'push'", "event_name", Some(vec!["push"])),
            (
                "'push' == assertion.event_name && assertion.attempt > 1",
                "event_name",
                Some(vec!["push"]),
            ),
            (
                "assertion.event_name in ['push', 'workflow_dispatch']",
                "event_name",
                Some(vec!["push", "workflow_dispatch"]),
            ),
            (
                "assertion.event_name == 'push' || assertion.event_name == 'workflow_dispatch'",
                "event_name",
                Some(vec!["push", "workflow_dispatch"]),
            ),
            ("assertion.event_name == 'push' || assertion.ref == 'x'", "event_name", None),
            ("!(assertion.event_name == 'push')", "event_name", None),
            (
                "assertion.event_name in ['push', 'pull_request'] && assertion.event_name != 'push'",
                "event_name",
                Some(vec!["push", "pull_request"]),
            ),
            ("assertion.k8s.namespace == 'a'", "k8s.namespace", Some(vec!["a"])),
        ] {
            let expected = values.map(|values| values.into_iter().map(str::to_owned).collect());
            assert_eq!(facts(source).limited.get(claim), expected.as_ref(), "{source}");
        }
    }

    #[test]
    fn a_claim_of_which_something_is_said_is_told_from_one_that_is_only_denied() {
        for (source, told) in [
            ("assertion.ref == 'x'", true),
            ("assertion.ref in ['x', 'y']", true),
            ("assertion.ref.startsWith('y/') && assertion.ref != 'y/x'", true),
            ("assertion.ref == assertion.repository", true),
            ("has(assertion.run_id) ? assertion.ref == 'x' : false", true),
            ("assertion.ref == 'x' || assertion.ref == 'y'", true),
            ("assertion.ref != 'x'", false),
            ("!(assertion.ref in ['x'])", false),
            ("!assertion.ref.startsWith('x/')", false),
            ("assertion.ref == 'x' ? false : true", false),
            ("(assertion.ref == 'x') == false", false),
            ("(assertion.ref == 'x') in [false]", false),
            ("assertion.ref != 'x' && size(assertion.ref) > 0", false),
            ("assertion.ref != 'x' || assertion.ref == 'y'", false),
        ] {
            assert_eq!(facts(source).told.contains("ref"), told, "{source}");
        }
        assert!(facts("'a' in assertion.groups").told.contains("groups"));
        assert!(facts("assertion.groups.exists(g, g == 'a')").told.contains("groups"));
        assert!(!facts("assertion.groups.all(g, g == 'a')").told.contains("groups"));
    }

    #[test]
    fn parts_of_names_that_others_have_too_are_known() {
        for (source, open) in [
            ("assertion.repository.startsWith('octo-org')", true),
            ("assertion.repository.startsWith('octo-org/')", false),
            ("assertion.repository.contains('octo-org/')", true),
            ("!assertion.repository.contains('evil')", false),
            ("assertion.repository.contains('evil') == false", false),
            ("assertion.repository.startsWith('octo-org') != false", true),
            ("assertion.repository.startsWith('octo-org') == true", true),
            ("assertion.repository.endsWith('repo')", true),
            ("assertion.repository.endsWith('/repo')", false),
            ("assertion.repository.glob('octo-org/*')", false),
            ("assertion.repository.glob('octo-org*')", true),
            ("assertion.repository.glob('octo-*/repo')", true),
            ("assertion.repository.glob('*/repo')", true),
            ("assertion.repository.glob('octo-org/repo')", false),
            ("assertion.repository.fullMatch('octo-org/[a-z]+')", false),
            ("assertion.repository.fullMatch('octo-org/.+')", true),
            ("!assertion.repository.fullMatch('evil/.*')", false),
            ("assertion.ref.fullMatch('refs/heads/main[^/]*')", true),
            ("assertion.ref.fullMatch('refs/heads/[^/]*main')", true),
            ("assertion.ref.fullMatch('refs/heads/main/[^/]*')", false),
            ("assertion.repository.startsWith(assertion.ref)", true),
            ("assertion.repository.endsWith(has(assertion.run_id) ? '/a' : '/b')", true),
            ("assertion.groups.exists(g, assertion.repository.startsWith(g))", true),
            ("!assertion.repository.startsWith(assertion.ref)", false),
            ("['a/', 'b'].exists(part, assertion.repository.startsWith(part))", true),
            ("['a/', 'b/'].exists(part, assertion.repository.startsWith(part))", false),
            ("!assertion.repository.startsWith('a') ? false : true", true),
            ("assertion.repository.startsWith('a') ? true : assertion.attempt == 1", true),
            ("assertion.repository.startsWith('a') ? false : true", false),
            ("(!assertion.repository.startsWith('a')) != has(assertion.run_id)", true),
            ("(!assertion.repository.startsWith('a')) in [has(assertion.run_id)]", true),
        ] {
            assert_eq!(!facts(source).open_parts.is_empty(), open, "{source}");
        }
        let parts = facts("assertion.attempt > 1 && assertion.ref.startsWith('x')").open_parts;
        assert_eq!(parts.first().unwrap().offset, 25);
    }

    #[test]
    fn what_a_condition_comes_to_for_one_value_of_a_claim_is_known_where_nothing_else_matters() {
        for (source, expected) in [
            ("assertion.event_name == 'push'", Some(true)),
            ("'push' != assertion.event_name", Some(false)),
            ("assertion.event_name in ['pull_request', 'push']", Some(true)),
            ("!(assertion.event_name in ['push'])", Some(false)),
            ("assertion.event_name.startsWith('pu')", Some(true)),
            ("assertion.event_name.endsWith('x') == false", Some(true)),
            ("assertion.ref == 'x' && assertion.event_name != 'push'", Some(false)),
            ("assertion.ref == 'x' && assertion.event_name == 'push'", None),
            ("assertion.ref == 'x' || assertion.event_name == 'push'", Some(true)),
            ("assertion.event_name == 'push' ? false : assertion.ref == 'x'", Some(false)),
            ("assertion.ref == 'x' ? assertion.event_name == 'pull_request' : false", Some(false)),
            ("assertion.ref == 'push'", None),
            ("has(assertion.event_name) && assertion.event_name == 'push'", Some(true)),
            ("has(assertion.run_id)", None),
            ("size(assertion.event_name) > 2", None),
        ] {
            let compiled = compile(source, Use::Condition).ok().unwrap();
            assert_eq!(compiled.under("event_name", "push"), expected, "{source}");
            for other in ["x", "y", "push"] {
                let mut token = claims();
                token.insert("ref".to_owned(), json!(other));
                let held = compiled.holds(&Inputs::new(&Engine::default(), &token));
                assert!(expected.is_none() || held == expected.ok_or(EvalError::Value), "{source}");
            }
        }
    }

    #[test]
    fn an_or_between_two_callers_is_told_from_one_that_says_the_same_of_both() {
        for (source, found) in [
            ("assertion.ref == 'x' || assertion.ref == 'y'", true),
            ("assertion.ref == 'x' || assertion.repository == 'a'", true),
            ("assertion.attempt > 1 && (assertion.ref == 'x' || assertion.ref == 'y')", true),
            ("assertion.ref in ['x', 'y']", false),
            ("!has(assertion.run_id) || assertion.ref == 'x'", false),
            ("has(assertion.run_id) ? assertion.run_id == 'x' : assertion.ref == 'y'", false),
            ("assertion.ref == 'x' || assertion.ref == 'x' && assertion.attempt > 1", false),
            ("!(assertion.ref == 'x' || assertion.ref == 'y')", false),
        ] {
            assert_eq!(!facts(source).alternatives.is_empty(), found, "{source}");
        }
        let chain = "assertion.ref == 'x' || assertion.ref == 'y' || assertion.ref == 'z'";
        assert_eq!(facts(chain).alternatives.len(), 1, "a chain is one");
    }

    #[test]
    fn the_version_of_a_workflow_file_is_known() {
        use sts_expr::Reference::{Fixed, Moving, Untold};
        const FILE: &str = "o/r/.github/workflows/d.yml";
        for (source, expected) in [
            (format!("assertion.ref == '{FILE}@refs/tags/v1'"), vec![Fixed]),
            (format!("assertion.ref == '{FILE}@{}'", "0a".repeat(20)), vec![Fixed]),
            (format!("assertion.ref == '{FILE}@refs/heads/main'"), vec![Moving]),
            (format!("assertion.ref in ['{FILE}@refs/tags/v1', '{FILE}@x']"), vec![Fixed, Moving]),
            (format!("assertion.ref.startsWith('{FILE}@')"), vec![Moving]),
            (format!("assertion.ref.startsWith('{FILE}@refs/tags/')"), vec![Fixed]),
            (format!("assertion.ref.glob('{FILE}@refs/tags/*')"), vec![Fixed]),
            ("assertion.ref.fullMatch('o/r/[.]github/workflows/d[.]yml@refs/tags/v[0-9]+')".into(), vec![Fixed]),
            ("assertion.ref.fullMatch('o/r/.github/workflows/d.yml@(refs/tags/v1|refs/heads/x)')".into(), vec![Moving]),
            (format!("assertion.ref == '{FILE}'"), vec![]),
            (format!("assertion.ref != '{FILE}@refs/heads/x'"), vec![]),
            ("gh.workflow(assertion.ref).repo == 'o/r'".into(), vec![Untold]),
            ("gh.workflow(assertion.ref).ref.startsWith('refs/tags/')".into(), vec![Fixed]),
            ("gh.workflow(assertion.ref).ref == 'refs/heads/main'".into(), vec![Moving]),
            ("gh.workflow(assertion.ref).ref.fullMatch('refs/tags/v[0-9]+')".into(), vec![Fixed]),
            ("assertion.ref == 'refs/heads/main'".into(), vec![]),
        ] {
            let found = facts(&source).workflows;
            let found: Vec<_> = found.into_iter().map(|fact| fact.reference).collect();
            assert_eq!(found, expected, "{source}");
        }
    }

    #[test]
    fn subjects_cannot_be_forged_through_their_segments() {
        let engine = Engine::default();
        let value = |source: &str| {
            let compiled =
                on_large_stack(|| engine.compile(source, Use::Subject, &schema())).ok().unwrap();
            let claims = claims();
            compiled.value(&Inputs::new(&engine, &claims))
        };
        assert_eq!(value("subject('gha', 'a:b', '50%')"), Ok(json!("gha:a%3Ab:50%25")));
        assert_eq!(value("subject('gha', assertion.ref)"), Ok(json!("gha:refs/heads/main")));
        assert_eq!(value("subject('gha', '')"), Err(EvalError::Value));
        assert_eq!(value(&format!("subject('{}')", "x".repeat(127))), Ok(json!("x".repeat(127))));
        assert_eq!(value(&format!("subject('{}')", "x".repeat(128))), Err(EvalError::Value));
    }

    #[test]
    fn no_size_or_shape_of_text_takes_the_process_down() {
        let long = |unit: &str| unit.repeat(4096 / unit.len());
        for source in [
            long("("),
            long("!"),
            long("["),
            long("1+"),
            format!("1{}", long("+1")),
            format!("a{}", long(".a")),
            format!("a{}", long(".size()")),
            format!("true{}", long("&&true")),
            long("-"),
            "\u{0}".into(),
            "😀".into(),
            "x".repeat(5000),
            format!("{}1{}", "(".repeat(90), ")".repeat(90)),
        ] {
            assert!(
                !refused(&source).is_empty(),
                "{}…",
                source.chars().take(20).collect::<String>()
            );
        }
    }
}
