//! Shapes of text that were measured to abort a process: a stack that is full
//! is no panic, so nothing could catch it. Each is tried from a thread with the
//! stack of a server's worker.

#[cfg(test)]
mod blow_ups {
    use serde_json::{Map, json};
    use std::collections::BTreeMap;
    use std::thread::Builder;
    use sts_expr::{Claim, ClaimType, Engine, Inputs, Schema, Use, codes, on_large_stack};

    /// The stack of a worker; evaluation without optimisation takes many times as much.
    const WORKER_STACK_BYTES: usize = if cfg!(debug_assertions) { 32 << 20 } else { 2 << 20 };

    fn on_worker<T: Send + 'static>(bytes: usize, work: impl FnOnce() -> T + Send + 'static) -> T {
        Builder::new().stack_size(bytes).spawn(work).unwrap().join().unwrap()
    }

    fn schema() -> Schema {
        let claim = |claim_type| Claim { claim_type, present: true, sensitive: false };
        Schema { claims: BTreeMap::from([("ref".to_owned(), claim(ClaimType::STRING))]) }
    }

    /// The code of the first fault; None when it loads.
    fn compiled_by_worker(source: String) -> Option<&'static str> {
        on_worker(2 << 20, move || {
            let compiled =
                on_large_stack(|| Engine::default().compile(&source, Use::Condition, &schema()));
            compiled.err().map(|faults| faults.first().unwrap().code)
        })
    }

    fn chain(first: &str, next: &str, terms: usize) -> String {
        format!("{first}{}", next.repeat(terms.saturating_sub(1)))
    }

    #[test]
    fn long_chains_are_refused_by_a_worker_that_lives_on() {
        for (name, source, code) in [
            ("1,500 sums", chain("1", "+1", 1500), codes::NO_FUNCTION),
            ("2,047 sums", chain("1", "+1", 2047), codes::NO_FUNCTION),
            ("1,500 or", chain("assertion.ref == 'x'", "||true", 650), codes::TOO_LARGE),
            ("800 and", chain("true", "&&true", 680), codes::TOO_LARGE),
            ("2,047 members", chain("a", ".a", 2047), codes::NO_NAME),
            ("2,047 members of ours", chain("assertion", ".a", 2040), codes::UNKNOWN_CLAIM),
            ("585 calls", chain("a", ".size()", 585), codes::TOO_LARGE),
            ("1,300 indexes", chain("a", "[0]", 1300), codes::INDEXED),
            ("4,090 negations", format!("{}true", "!".repeat(4090)), codes::CONSTANT),
            ("4,091 negations", format!("{}true", "!".repeat(4091)), codes::CONSTANT),
            ("4,090 minus", format!("{}1", "-".repeat(4090)), codes::RESULT_TYPE),
            ("800 choices", format!("{}true", "true?true:".repeat(400)), codes::TOO_LARGE),
            ("2,040 items", format!("1 in [{}1]", "1,".repeat(2040)), codes::TOO_LARGE),
        ] {
            assert_eq!(compiled_by_worker(source), Some(code), "{name}");
        }
    }

    #[test]
    fn deep_nesting_is_refused_by_a_worker_that_lives_on() {
        let nested = |open: &str, depth: usize, close: &str| {
            format!("{}assertion.ref=='x'{}", open.repeat(depth), close.repeat(depth))
        };
        for (name, source) in [
            ("97 parentheses", nested("(", 97, ")")),
            ("2,000 parentheses", nested("(", 2000, ")")),
            ("10,000 parentheses", nested("(", 10_000, ")")),
            ("10,000 open parentheses", "(".repeat(10_000)),
            ("4,000 open parentheses", "(".repeat(4_000)),
            ("90 lists", nested("[", 90, "]")),
            ("1,300 lists", nested("[", 1300, "]")),
            ("4,000 open lists", "[".repeat(4_000)),
            ("90 negations", nested("!(", 90, ")")),
            ("1,300 terms of 4,097 bytes", chain("1", "+1", 2049)),
        ] {
            assert_eq!(compiled_by_worker(source), Some(codes::TOO_LARGE), "{name}");
        }
        assert_eq!(compiled_by_worker(nested("(", 90, ")")), None);
    }

    #[test]
    fn what_loads_is_evaluated_by_a_worker_that_lives_on() {
        let not = |depth: usize| {
            format!("{}assertion.ref == 'x'{}", "!(".repeat(depth), ")".repeat(depth))
        };
        let choice = |depth: usize| {
            format!(
                "{}assertion.ref == 'y'{}",
                "(assertion.ref == 'x' ? false : ".repeat(depth),
                ")".repeat(depth)
            )
        };
        let either = |depth: usize| {
            format!(
                "{}assertion.ref == 'y'{}",
                "(assertion.ref == 'x' || ".repeat(depth),
                ")".repeat(depth)
            )
        };
        for (name, build) in
            [("not", &not as &dyn Fn(usize) -> String), ("choice", &choice), ("either", &either)]
        {
            let sources = (1..=96).rev().map(build);
            let deepest =
                sources.into_iter().find(|source| compiled_by_worker(source.clone()).is_none());
            let source = deepest.unwrap_or_else(|| panic!("{name}: nothing loads"));
            let evaluated = on_worker(WORKER_STACK_BYTES, move || {
                let engine = Engine::default();
                let compiled =
                    on_large_stack(|| engine.compile(&source, Use::Condition, &schema()))
                        .ok()
                        .unwrap();
                let claims = Map::from_iter([("ref".to_owned(), json!("z"))]);
                compiled.holds(&Inputs::new(&engine, &claims))
            });
            assert!(evaluated.is_ok(), "{name}");
        }
    }
}
