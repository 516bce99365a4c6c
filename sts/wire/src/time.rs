//! Instants and durations as values. Nobody below `io` asks what time it is.

use std::fmt;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

/// Milliseconds in a second.
const MILLIS: i64 = 1000;

/// Latest instant that is accepted anywhere: the end of year 9999, in seconds.
const SECONDS_MAX: i64 = 253_402_300_799;

/// Longest duration that configuration accepts, in seconds: 400 days.
const DURATION_SECONDS_MAX: u64 = 400 * 86_400;

/// An instant: milliseconds since 1970-01-01T00:00:00Z, leap seconds ignored
/// (RFC 7519 §2, `NumericDate`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since the epoch.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// From whole seconds since the epoch.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(MILLIS))
    }

    /// From a `NumericDate`: an integer or a fraction, never a string; whole
    /// milliseconds are kept. None when it is negative or after year 9999.
    #[must_use]
    pub fn from_numeric_date(number: &serde_json::Number) -> Option<Self> {
        if let Some(seconds) = number.as_i64() {
            return (0..=SECONDS_MAX).contains(&seconds).then(|| Self::from_seconds(seconds));
        }
        let seconds = number.as_f64().filter(|s| (0.0..=SECONDS_MAX as f64).contains(s))?;
        Some(Self((seconds * MILLIS as f64) as i64))
    }

    /// From `2027-06-30`: the end of that day in UTC, so that a date says
    /// until when and not since when.
    #[must_use]
    pub fn from_date_end(date: &str) -> Option<Self> {
        let format = format_description!("[year]-[month]-[day]");
        let date = time::Date::parse(date, &format).ok()?;
        let next = date.next_day()?.midnight().assume_utc();
        Some(Self::from_seconds(next.unix_timestamp()))
    }

    /// From an instant of RFC 3339, as [`Timestamp`] is displayed.
    #[must_use]
    pub fn from_rfc3339(text: &str) -> Option<Self> {
        let instant = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        let millis = instant.unix_timestamp_nanos().div_euclid(1_000_000);
        i64::try_from(millis).ok().map(Self)
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(MILLIS)
    }

    /// This much later; saturates.
    #[must_use]
    pub const fn plus(self, duration: Seconds) -> Self {
        Self(self.0.saturating_add(duration.millis()))
    }

    /// This much earlier; saturates.
    #[must_use]
    pub const fn minus(self, duration: Seconds) -> Self {
        Self(self.0.saturating_sub(duration.millis()))
    }

    /// Whole seconds from `earlier` to `self`, rounded down; negative when `earlier` is later.
    #[must_use]
    pub const fn seconds_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0).div_euclid(MILLIS)
    }
}

/// RFC 3339 with milliseconds, in UTC: `2026-11-23T17:04:40.123Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let format = format_description!(
            "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z"
        );
        let nanos = i128::from(self.0).saturating_mul(1_000_000);
        let text = OffsetDateTime::from_unix_timestamp_nanos(nanos)
            .ok()
            .and_then(|instant| instant.format(&format).or_else(|_| instant.format(&Rfc3339)).ok());
        formatter.write_str(text.as_deref().unwrap_or("an instant out of range"))
    }
}

/// A duration in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seconds(u64);

impl Seconds {
    /// From seconds.
    #[must_use]
    pub const fn new(seconds: u64) -> Self {
        Self(seconds)
    }

    /// As a number of seconds.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// As milliseconds; saturates.
    #[must_use]
    pub const fn millis(self) -> i64 {
        let millis = self.0.saturating_mul(MILLIS as u64);
        if millis > i64::MAX as u64 { i64::MAX } else { millis as i64 }
    }

    /// Sum; saturates.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// Reads `30s`, `15m`, `12h` or `7d`; 1 second to 400 days.
    ///
    /// # Errors
    /// A sentence that says what a duration looks like.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const FORM: &str = "a duration is a whole number with a unit, like 30s, 15m, 12h or 7d";
        let unit = text.chars().last().ok_or(FORM)?;
        let scale: u64 = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            _ => return Err(FORM),
        };
        let digits = text.strip_suffix(unit).ok_or(FORM)?;
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(FORM);
        }
        let seconds = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(scale));
        match seconds {
            Some(seconds @ 1..=DURATION_SECONDS_MAX) => Ok(Self(seconds)),
            _ => Err("a duration is at least 1s and at most 400d"),
        }
    }
}

/// The shortest spelling that [`Seconds::parse`] reads back.
impl fmt::Display for Seconds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (scale, unit) in [(86_400, 'd'), (3600, 'h'), (60, 'm')] {
            if self.0 > 0 && self.0.is_multiple_of(scale) {
                return write!(formatter, "{}{unit}", self.0 / scale);
            }
        }
        write!(formatter, "{}s", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_back_as_they_are_written() {
        for (text, seconds) in
            [("1s", 1), ("90s", 90), ("15m", 900), ("24h", 86_400), ("400d", 34_560_000)]
        {
            assert_eq!(Seconds::parse(text), Ok(Seconds::new(seconds)));
            let spelled = Seconds::new(seconds).to_string();
            assert_eq!(Seconds::parse(&spelled), Ok(Seconds::new(seconds)));
        }
    }

    #[test]
    fn other_durations_are_refused() {
        for text in
            ["", "5", "s", "0s", "-1s", "1.5h", "401d", "1w", "1 m", "99999999999999999999s"]
        {
            assert!(Seconds::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn numeric_dates_keep_their_fraction_and_their_range() {
        let date = |text: &str| Timestamp::from_numeric_date(&text.parse().unwrap());
        assert_eq!(date("1700000000.5"), Some(Timestamp::from_millis(1_700_000_000_500)));
        assert_eq!(date("0"), Some(Timestamp::from_seconds(0)));
        assert_eq!(date("-1"), None);
        assert_eq!(date("253402300800"), None);
        assert_eq!(date("18446744073709551615"), None);
    }

    #[test]
    fn instants_are_spelled_with_milliseconds() {
        let instant = Timestamp::from_millis(1_795_453_480_123);
        assert_eq!(instant.to_string(), "2026-11-23T17:04:40.123Z");
    }

    #[test]
    fn a_date_lasts_until_its_end() {
        let end = Timestamp::from_date_end("2027-06-30").unwrap();
        assert_eq!(end.to_string(), "2027-07-01T00:00:00.000Z");
        assert_eq!(Timestamp::from_date_end("2027-6-30"), None);
    }
}
