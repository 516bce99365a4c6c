//! Operators and the ring: what they may do when, and that verifiers never notice.

use super::*;
use crate::keys::tests::public;
use proptest::prelude::*;
use sts_wire::time::Seconds;

const SCHEDULE: KeySchedule = KeySchedule {
    rotation_period: Seconds::new(1000),
    publish_ahead: Seconds::new(100),
    verifier_cache: Seconds::new(60),
    ttl_max: Seconds::new(50),
    leeway: Seconds::new(10),
    poll: Seconds::new(10),
};

const ES256: SigningAlgorithm = SigningAlgorithm::Es256;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

fn row(slot: u64, created: i64, not_before: i64) -> KeyRow {
    KeyRow {
        algorithm: ES256,
        slot,
        public: public(format!("k{slot}")),
        created_at: at(created),
        not_before: at(not_before),
        retention: Seconds::new(0),
        revoked_at: None,
        revoked_because: None,
        sealed_private: Vec::new(),
    }
}

/// What the store does with changes: all of them.
fn apply(rows: &mut [KeyRow], changes: &[KeyChange]) {
    for change in changes {
        let row = rows.iter_mut().find(|row| row.public.kid == change.kid()).unwrap();
        assert!(change.apply(row), "{change:?}");
    }
}

fn states(rows: &[KeyRow], now: i64) -> Vec<&'static str> {
    rows.iter().map(|row| row.times(rows.iter(), &SCHEDULE, at(now)).state.word()).collect()
}

#[test]
fn a_rotation_waits_until_verifiers_know_the_next_key() {
    let rows = [row(0, 0, 0), row(1, 500, 1000)];
    let refused = rotate(&rows, ES256, &SCHEDULE, at(599));
    assert_eq!(refused, Err(KeyRefusal::TooEarly { kid: "k1".into(), until: at(600) }));
    let start = KeyChange::Start { kid: "k1".into(), at: at(610) };
    assert_eq!(rotate(&rows, ES256, &SCHEDULE, at(600)), Ok(vec![start]));
    let soon = KeyChange::Start { kid: "k1".into(), at: at(1000) };
    assert_eq!(
        rotate(&rows, ES256, &SCHEDULE, at(995)),
        Ok(vec![soon]),
        "never later than planned"
    );
    assert_eq!(rotate(&rows[..1], ES256, &SCHEDULE, at(1)), Err(KeyRefusal::NoNext(ES256)));
}

#[test]
fn a_key_that_signs_is_not_revoked_and_any_other_is_once() {
    let mut rows = vec![row(0, 0, 0), row(1, 0, 1000), row(2, 900, 2000)];
    assert_eq!(states(&rows, 1050), ["retired", "active", "next"]);
    assert_eq!(revoke(&rows, "k1", &SCHEDULE, at(1050)), Err(KeyRefusal::Active("k1".into())));
    assert_eq!(revoke(&rows, "k9", &SCHEDULE, at(1050)), Err(KeyRefusal::Unknown("k9".into())));
    let changes = revoke(&rows, "k0", &SCHEDULE, at(1050)).unwrap();
    apply(&mut rows, &changes);
    assert_eq!(states(&rows, 1050), ["revoked", "active", "next"]);
    let again = revoke(&rows, "k0", &SCHEDULE, at(1051));
    assert_eq!(again, Err(KeyRefusal::AlreadyRevoked("k0".into())));
}

#[test]
fn in_place_of_a_compromised_key_the_next_one_signs_at_once() {
    let mut rows = vec![row(0, 0, 0), row(1, 0, 1000)];
    let changes = compromise(&rows, "k0", &SCHEDULE, at(500)).unwrap();
    apply(&mut rows, &changes);
    assert_eq!(states(&rows, 500), ["revoked", "active"]);
    let planned = crate::keys::plan(at(500), &rows, ES256, &SCHEDULE);
    assert_eq!(planned.len(), 1, "and another one is made to follow");
    assert_eq!((planned[0].slot, planned[0].not_before), (2, at(1500)));
    let alone = compromise(&rows, "k1", &SCHEDULE, at(501));
    assert_eq!(alone, Err(KeyRefusal::NoNext(ES256)), "nothing would sign");
}

#[test]
fn the_place_of_a_revoked_key_that_waited_is_taken_when_it_would_have_signed() {
    let mut rows = vec![row(0, 0, 0), row(1, 0, 1000)];
    let changes = revoke(&rows, "k1", &SCHEDULE, at(200)).unwrap();
    apply(&mut rows, &changes);
    assert_eq!(
        states(&rows, 2000),
        ["active", "revoked"],
        "what never signed takes nobody's place"
    );
    let planned = crate::keys::plan(at(200), &rows, ES256, &SCHEDULE);
    assert_eq!((planned[0].slot, planned[0].not_before), (2, at(1000)));
    let late = crate::keys::plan(at(950), &rows, ES256, &SCHEDULE);
    assert_eq!(late[0].not_before, at(1051), "but never before verifiers know it");
}

proptest! {
    /// Whatever operators do and whenever: a verifier that keeps the key set for as long as it may
    /// knows every key that signs, unless a compromise forced it; exactly one key signs; what it signed
    /// can be verified until it expires unless it is revoked, and a revoked key never comes back.
    #[test]
    fn operators_cannot_break_verifiers(steps in proptest::collection::vec((0_u8..4, 1_i64..700, 0_usize..4), 1..60)) {
        let mut rows: Vec<KeyRow> = Vec::new();
        let mut now = 5000;
        let mut forced: Vec<String> = Vec::new();
        let mut tokens: Vec<(String, i64)> = Vec::new();
        for (step, pause, which) in steps {
            now += pause;
            for planned in crate::keys::plan(at(now), &rows, ES256, &SCHEDULE) {
                let mut fresh = row(planned.slot, now, 0);
                fresh.not_before = planned.not_before;
                rows.push(fresh);
            }
            let kid = rows.get(rows.len().saturating_sub(which + 1)).map(|row| row.public.kid.clone()).unwrap_or_default();
            let changes = match step {
                0 => Ok(Vec::new()),
                1 => rotate(&rows, ES256, &SCHEDULE, at(now)),
                2 => revoke(&rows, &kid, &SCHEDULE, at(now)),
                _ => compromise(&rows, &kid, &SCHEDULE, at(now)),
            };
            if let Ok(changes) = &changes {
                if step == 3 {
                    forced.extend(changes.iter().filter_map(|change| match change {
                        KeyChange::Start { kid, .. } => Some(kid.clone()),
                        KeyChange::Revoke { .. } | KeyChange::Retain { .. } => None,
                    }));
                }
                apply(&mut rows, changes);
            }
            let found = states(&rows, now);
            prop_assert!(found.iter().filter(|state| **state == "active").count() == 1, "{found:?}");
            for (row, state) in rows.iter().zip(&found) {
                // A verifier whose clock lags by the leeway looks at it until then.
                let lives = |(kid, ends): &(String, i64)| *kid == row.public.kid && now < ends + 10;
                let published = ["active", "retired", "revoked"].contains(state);
                prop_assert!(published || !tokens.iter().any(lives), "{} is {state}", row.public.kid);
                if *state == "active" {
                    tokens.push((row.public.kid.clone(), now + 50));
                }
                prop_assert_eq!(row.revoked_at.is_some(), *state == "revoked");
                let first = row.slot == 0 || forced.contains(&row.public.kid);
                let known = row.not_before >= row.created_at.plus(SCHEDULE.lead());
                prop_assert!(first || known, "{} signs before verifiers know it", row.public.kid);
            }
        }
    }
}

#[test]
fn no_rotation_makes_the_set_larger_than_verifiers_read() {
    let retired = (0..8).map(|slot| row(slot, 0, i64::try_from(slot).unwrap()));
    let mut rows: Vec<KeyRow> = retired.chain([row(8, 0, 8), row(9, 0, 1000)]).collect();
    assert_eq!(
        rotate(&rows, ES256, &SCHEDULE, at(100)),
        Err(KeyRefusal::TooMany { until: at(121) }),
        "the first signed until 1 and is published for 120 more"
    );
    assert!(rotate(&rows, ES256, &SCHEDULE, at(121)).is_ok());
    rows.remove(0);
    assert!(rotate(&rows, ES256, &SCHEDULE, at(100)).is_ok());
}

#[test]
fn a_key_is_kept_for_as_long_as_the_longest_durations_it_signed_under() {
    let longer = KeySchedule { ttl_max: Seconds::new(500), ..SCHEDULE };
    let mut rows = vec![row(0, 0, 0), row(1, 0, 1000)];
    let changes = retain(&rows, &longer, at(500));
    assert_eq!(changes.len(), 2);
    apply(&mut rows, &changes);
    assert!(retain(&rows, &longer, at(500)).is_empty(), "once");
    assert!(retain(&rows, &SCHEDULE, at(500)).is_empty(), "shorter durations change nothing");
    let until = |rows: &[KeyRow]| rows[0].times(rows.iter(), &SCHEDULE, at(500)).published_until;
    assert_eq!(until(&rows), Some(at(1570)), "500 + 10 + 60 after the other took over");
    let fresh = [row(0, 0, 0), row(1, 0, 1000)];
    assert_eq!(until(&fresh), Some(at(1120)));
}

#[test]
fn when_no_key_signs_the_next_one_can_be_made_to_at_once() {
    let mut rows = vec![row(0, 0, 0), row(1, 500, 1000)];
    rows[0].revoked_at = Some(at(510));
    assert_eq!(states(&rows, 520), ["revoked", "next"], "nothing signs");
    assert!(rotate(&rows, ES256, &SCHEDULE, at(520)).is_err(), "verifiers may not know it");
    let changes = rotate_now(&rows, ES256, &SCHEDULE, at(520)).unwrap();
    apply(&mut rows, &changes);
    assert_eq!(states(&rows, 520), ["revoked", "active"]);
    let none = rotate_now(&rows, ES256, &SCHEDULE, at(520));
    assert_eq!(none, Err(KeyRefusal::NoNext(ES256)));
}
