//! When a token may be believed (RFC 7519 §4.1.4–§4.1.6), by a clock that was handed in.

use serde_json::{Map, Value};
use sts_wire::time::{Seconds, Timestamp};

/// What is wrong with a token's times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TimeFault {
    /// A time is not a number in range, or a required one is absent.
    #[error("{0} is absent or not a number of seconds")]
    Malformed(&'static str),
    /// It has expired.
    #[error("the token expired {0} s ago")]
    Expired(i64),
    /// `nbf` or `iat` lies in the future.
    #[error("the token becomes valid in {0} s")]
    NotYet(i64),
    /// `exp` is not after `iat`, or the life is longer than the bundle permits.
    #[error("the token's lifetime is longer than the trust bundle permits, or not positive")]
    Lifetime,
}

/// What times are held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Clock skew that is allowed.
    pub leeway: Seconds,
    /// Longest life.
    pub max_lifetime: Seconds,
    /// Whether `iat` is required; without one the life that is left is bounded.
    pub iat: bool,
}

/// A token's times, checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// `exp`.
    pub expires_at: Timestamp,
    /// `iat`.
    pub issued_at: Timestamp,
}

impl Validity {
    /// Checks `exp`, `iat` and `nbf` with the same leeway, applied once to each.
    ///
    /// # Errors
    /// [`TimeFault`].
    pub fn check(
        claims: &Map<String, Value>,
        now: Timestamp,
        limits: Limits,
    ) -> Result<Self, TimeFault> {
        let Limits { leeway, max_lifetime, iat } = limits;
        let expires_at = time(claims, "exp")?.ok_or(TimeFault::Malformed("exp"))?;
        let issued_at = match time(claims, "iat")? {
            Some(issued_at) => issued_at,
            None if iat => return Err(TimeFault::Malformed("iat")),
            None => now.min(expires_at.minus(Seconds::new(1))),
        };
        let not_before = time(claims, "nbf")?.unwrap_or(issued_at);
        // "on or after" the expiration time is expired.
        if now >= expires_at.plus(leeway) {
            return Err(TimeFault::Expired(now.seconds_since(expires_at)));
        }
        let valid_from = issued_at.max(not_before);
        if now < valid_from.minus(leeway) {
            return Err(TimeFault::NotYet(valid_from.seconds_since(now)));
        }
        if expires_at <= valid_from || expires_at > issued_at.plus(max_lifetime) {
            return Err(TimeFault::Lifetime);
        }
        Ok(Self { expires_at, issued_at })
    }
}

fn time(claims: &Map<String, Value>, name: &'static str) -> Result<Option<Timestamp>, TimeFault> {
    match claims.get(name) {
        None => Ok(None),
        Some(Value::Number(number)) => {
            Timestamp::from_numeric_date(number).map(Some).ok_or(TimeFault::Malformed(name))
        }
        Some(_) => Err(TimeFault::Malformed(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: i64 = 1_000_000;
    const LIMITS: Limits =
        Limits { leeway: Seconds::new(30), max_lifetime: Seconds::new(900), iat: true };

    fn check(claims: Value) -> Result<Validity, TimeFault> {
        let claims = claims.as_object().cloned().unwrap();
        Validity::check(&claims, Timestamp::from_seconds(NOW), LIMITS)
    }

    #[test]
    fn times_hold_up_to_the_leeway_and_not_a_second_more() {
        assert!(check(json!({"exp": NOW + 300, "iat": NOW})).is_ok());
        assert!(check(json!({"exp": NOW - 29, "iat": NOW - 300})).is_ok());
        assert_eq!(check(json!({"exp": NOW - 30, "iat": NOW - 300})), Err(TimeFault::Expired(30)));
        assert!(check(json!({"exp": NOW + 300, "iat": NOW + 30})).is_ok());
        assert_eq!(check(json!({"exp": NOW + 300, "iat": NOW + 31})), Err(TimeFault::NotYet(31)));
        assert!(check(json!({"exp": NOW + 300, "iat": NOW, "nbf": NOW + 30})).is_ok());
        assert_eq!(
            check(json!({"exp": NOW + 300, "iat": NOW, "nbf": NOW + 31})),
            Err(TimeFault::NotYet(31))
        );
    }

    #[test]
    fn times_are_numbers_and_fractions_count() {
        for bad in [json!("1000300"), json!(null), json!(true), json!([]), json!(-1), json!(1e15)] {
            assert!(check(json!({"exp": bad, "iat": NOW})).is_err(), "{bad}");
            assert!(check(json!({"exp": NOW + 300, "iat": bad})).is_err(), "{bad}");
            assert!(check(json!({"exp": NOW + 300, "iat": NOW, "nbf": bad})).is_err(), "{bad}");
        }
        assert_eq!(check(json!({"iat": NOW})), Err(TimeFault::Malformed("exp")));
        assert_eq!(check(json!({"exp": NOW + 300})), Err(TimeFault::Malformed("iat")));
        assert!(check(json!({"exp": NOW as f64 + 300.5, "iat": NOW})).is_ok());
    }

    #[test]
    fn without_an_iat_the_life_that_is_left_is_bounded() {
        let check = |exp: i64| {
            let claims = json!({"exp": exp}).as_object().cloned().unwrap();
            let limits = Limits { iat: false, ..LIMITS };
            Validity::check(&claims, Timestamp::from_seconds(NOW), limits)
        };
        assert!(check(NOW + 900).is_ok() && check(NOW - 29).is_ok());
        assert_eq!(check(NOW + 901), Err(TimeFault::Lifetime));
        assert_eq!(check(NOW - 30), Err(TimeFault::Expired(30)));
    }

    #[test]
    fn lifetimes_are_bounded_and_positive() {
        assert!(check(json!({"exp": NOW + 900, "iat": NOW})).is_ok());
        assert_eq!(check(json!({"exp": NOW + 901, "iat": NOW})), Err(TimeFault::Lifetime));
        assert_eq!(check(json!({"exp": NOW, "iat": NOW})), Err(TimeFault::Lifetime));
        assert_eq!(
            check(json!({"exp": NOW + 5, "iat": NOW, "nbf": NOW + 10})),
            Err(TimeFault::Lifetime)
        );
    }
}
