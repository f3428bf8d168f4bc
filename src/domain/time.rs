//! Time and randomness. Both enter the program through [`Environment`] and nowhere else, so that a test can hold the
//! clock still and deal the cards.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Where time and randomness come from. The real one is made in `app`; tests bring their own.
pub trait Environment: Send + Sync + 'static {
    /// The wall clock: for people, validity dates and tokens. May jump.
    fn now(&self) -> Timestamp;
    /// Milliseconds since the machine started, suspended time included, so that a copy that slept knows how old it is.
    /// Never goes back.
    fn uptime_ms(&self) -> u64;
    /// Unpredictable bytes, good enough for keys.
    fn fill_random(&self, bytes: &mut [u8]);
}

/// A moment: milliseconds since 1970-01-01T00:00:00Z. Its text form is RFC 3339 in UTC with milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// The text is no moment that we take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be a date and time with time zone after RFC 3339, such as 2026-03-01T07:30:00Z, between the years 1970 and 2105"
)]
pub struct NotATimestamp;

/// One second, minute, hour and day in milliseconds.
pub const SECOND_MS: i64 = 1_000;
/// One minute in milliseconds.
pub const MINUTE_MS: i64 = 60 * SECOND_MS;
/// One hour in milliseconds.
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
/// One day in milliseconds.
pub const DAY_MS: i64 = 24 * HOUR_MS;

impl Timestamp {
    /// The last moment we take: the index keeps validity in 32-bit seconds, which end in February 2106.
    pub const MAX: Self = Self(4_260_211_199_999);
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);

    /// The moment this many milliseconds after the epoch.
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since the epoch.
    pub const fn as_ms(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, as tokens carry them (RFC 7519 section 2, NumericDate).
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(SECOND_MS)
    }

    /// The moment `ms` milliseconds later.
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Its text form, ASCII.
    pub fn text(self) -> [u8; 24] {
        let mut out = [0; 24];
        let days = self.0.div_euclid(DAY_MS);
        let of_day = self.0.rem_euclid(DAY_MS);
        let (year, month, day) = civil_from_days(days);
        let mut put = |at: usize, width: usize, value: i64| {
            // No part of a date is negative or has more than four digits; unsigned division is much the faster one.
            let mut value = value as u32;
            for position in (at..at + width).rev() {
                out[position] = b'0' + (value % 10) as u8;
                value /= 10;
            }
        };
        put(0, 4, year);
        put(5, 2, month);
        put(8, 2, day);
        put(11, 2, of_day / HOUR_MS);
        put(14, 2, of_day / MINUTE_MS % 60);
        put(17, 2, of_day / SECOND_MS % 60);
        put(20, 3, of_day % SECOND_MS);
        for (position, mark) in [
            (4, b'-'),
            (7, b'-'),
            (10, b'T'),
            (13, b':'),
            (16, b':'),
            (19, b'.'),
            (23, b'Z'),
        ] {
            out[position] = mark;
        }
        out
    }
}

/// Year, month and day of a day number in the proleptic Gregorian calendar, by whole 400-year eras of 146 097 days.
/// Written out because every gate answer formats three moments and must not allocate.
const fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.text()).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Timestamp {
    type Err = NotATimestamp;

    fn from_str(text: &str) -> Result<Self, NotATimestamp> {
        let ms = text
            .parse::<jiff::Timestamp>()
            .map_err(|_| NotATimestamp)?
            .as_millisecond();
        if (0..=Self::MAX.0).contains(&ms) {
            Ok(Self(ms))
        } else {
            Err(NotATimestamp)
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer
            .serialize_str(std::str::from_utf8(&self.text()).map_err(serde::ser::Error::custom)?)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Timestamp;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a date and time with time zone after RFC 3339")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Timestamp, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_calendar_agrees_with_jiff_on_every_day_of_140_years() {
        for day in 0..=49_000 {
            let moment = Timestamp::from_ms(day * DAY_MS + 45_296_789);
            let theirs = jiff::Timestamp::from_millisecond(moment.as_ms()).expect("in range");
            assert_eq!(moment.to_string(), format!("{theirs:.3}"));
        }
        assert_eq!(Timestamp::MAX.to_string(), "2104-12-31T23:59:59.999Z");
    }

    #[test]
    fn text_and_value_are_one_to_one() {
        let moment: Timestamp = "2026-03-01T08:30:00.25+01:00".parse().expect("is a moment");
        assert_eq!(moment.to_string(), "2026-03-01T07:30:00.250Z");
        for wrong in [
            "",
            "2026-03-01",
            "2026-03-01T07:30:00",
            "1969-12-31T23:59:59Z",
            "2106-01-01T00:00:00Z",
        ] {
            assert_eq!(wrong.parse::<Timestamp>(), Err(NotATimestamp), "{wrong}");
        }
    }
}
