//! Every way in which two processes can share a key ring: each reads the rows
//! and keeps what it read for as long as it likes, plans, stands still, writes
//! late or dies, while operators rotate and declare keys compromised. Checked
//! exhaustively, with the rules of `keys` themselves.
//!
//! Verifiers are at their worst: at every instant one fetches the key set from
//! each process and keeps it for as long as that process says.

#[cfg(test)]
mod model;

#[cfg(test)]
mod tests {
    use super::model::{Rules, Sharing};
    use stateright::{Checker, HasDiscoveries, Model};

    /// Last instant that is looked at: three keys have signed by then.
    const HORIZON: i64 = 8;

    #[expect(clippy::disallowed_methods, reason = "a longer run names its horizon")]
    fn check(rules: Rules) -> (usize, Vec<&'static str>) {
        let horizon = std::env::var("STS_MODEL_HORIZON").ok().and_then(|text| text.parse().ok());
        let sharing = Sharing { rules, horizon: horizon.unwrap_or(HORIZON) };
        // A violation ends it; without one every state is looked at.
        let ends = HasDiscoveries::AnyFailures;
        let checker = sharing.checker().threads(2).finish_when(ends).spawn_bfs().join();
        (checker.unique_state_count(), checker.discoveries().into_keys().collect())
    }

    #[test]
    fn no_order_of_events_breaks_a_verifier() {
        let (states, found) = check(Rules::default());
        println!("{states} states");
        assert!(states > 100_000, "{states} states");
        assert_eq!(
            found,
            ["a third key signs"],
            "what must never happen did, or the model is idle"
        );
    }

    #[test]
    fn without_the_guard_of_the_record_a_process_that_stood_still_signs_with_a_retired_key() {
        let (_, found) = check(Rules { guard: false, ..Rules::default() });
        assert!(found.contains(&"one key signs"), "{found:?}");
    }

    #[test]
    fn without_a_time_to_insert_by_a_key_signs_before_verifiers_know_it() {
        let (_, found) = check(Rules { insert_by: false, ..Rules::default() });
        assert!(found.contains(&"verifiers know what signs"), "{found:?}");
    }

    #[test]
    fn without_the_age_of_what_was_read_a_key_signs_that_verifiers_do_not_know() {
        let (_, found) = check(Rules { age: false, ..Rules::default() });
        assert!(found.contains(&"verifiers know what signs"), "{found:?}");
    }
}
