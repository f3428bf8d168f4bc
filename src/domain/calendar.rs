//! Days on the wall in Brussels, the legal holidays of Belgium, and the term that is counted in them.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use jiff::civil::{Date, Weekday, date};
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::time::Timestamp;

/// The time zone that all member ports share. Its rules are built in, so that a machine without them, or with old ones,
/// counts no differently.
pub static BRUSSELS: LazyLock<TimeZone> =
    LazyLock::new(|| TimeZone::get("Europe/Brussels").expect("the time zones are built in"));

/// A day of the calendar, without time and time zone. Its text is `yyyy-mm-dd` and nothing else.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(Date);

/// The text is no day that we take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a day such as 2026-03-02")]
pub struct NotADay;

/// Day number 0.
const EPOCH: Date = date(1970, 1, 1);

impl Day {
    /// The day that this moment falls on, by the clock on the wall in Brussels.
    pub fn of(moment: Timestamp) -> Self {
        let moment = jiff::Timestamp::from_millisecond(moment.as_ms())
            .expect("clock and ledger give moments between the years 1970 and 2104");
        Self(BRUSSELS.to_datetime(moment).date())
    }

    /// The same day so many years later; the 28th of February where there is no 29th.
    pub fn plus_years(self, years: i64) -> Self {
        self.plus(years.years())
    }

    /// The day so many days later.
    pub fn plus_days(self, days: i64) -> Self {
        self.plus(days.days())
    }

    /// The first moment after it, by the clock on the wall in Brussels.
    pub fn ends_at(self) -> Timestamp {
        let next = self.plus(1.day()).0.to_zoned(BRUSSELS.clone());
        next.map_or(Timestamp::MAX, |next| {
            Timestamp::from_ms(next.timestamp().as_millisecond())
        })
    }

    /// Days since 1970-01-01, as they are stored.
    pub fn number(self) -> i32 {
        self.0.duration_since(EPOCH).as_hours() as i32 / 24
    }

    /// The day stored under this number; `None` outside the calendar's years.
    pub fn from_number(number: i32) -> Option<Self> {
        let span = Span::new().try_days(number).ok()?;
        EPOCH.checked_add(span).ok().map(Self)
    }

    /// Whether offices are open: neither Saturday nor Sunday nor a legal holiday.
    pub fn is_working_day(self) -> bool {
        !matches!(self.0.weekday(), Weekday::Saturday | Weekday::Sunday)
            && !legal_holidays(self.0.year()).contains(&self)
    }

    fn plus(self, span: Span) -> Self {
        Self(self.0.saturating_add(span))
    }
}

/// The ten legal holidays of a year (Act of 4 January 1974 on holidays, royal decree of 18 April 1974, article 1), in
/// the order of the calendar but for those that move.
pub fn legal_holidays(year: i16) -> [Day; 10] {
    let easter = easter(year);
    [
        Day(date(year, 1, 1)),
        // Easter Monday, Ascension, Whit Monday.
        easter.plus(1.day()),
        easter.plus(39.days()),
        easter.plus(50.days()),
        Day(date(year, 5, 1)),
        Day(date(year, 7, 21)),
        Day(date(year, 8, 15)),
        Day(date(year, 11, 1)),
        Day(date(year, 11, 11)),
        Day(date(year, 12, 25)),
    ]
}

/// Easter Sunday in the Gregorian calendar, by the anonymous method of Nature, 20 April 1876, as in Meeus, Astronomical
/// Algorithms, chapter 8. The letters are theirs.
fn easter(year: i16) -> Day {
    let year = i32::from(year);
    let a = year.rem_euclid(19);
    let (b, c) = (year.div_euclid(100), year.rem_euclid(100));
    let (d, e) = (b.div_euclid(4), b.rem_euclid(4));
    let f = (b + 8).div_euclid(25);
    let g = (b - f + 1).div_euclid(3);
    let h = (19 * a + b - d - g + 15).rem_euclid(30);
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k).rem_euclid(7);
    let m = (a + 11 * h + 22 * l) / 451;
    let n = h + l - 7 * m + 114;
    // From 22 March to 25 April, whatever the year.
    Day(date(year as i16, (n / 31) as i8, (n % 31 + 1) as i8))
}

/// Days in which a refused worker may appeal (Act of 11 December 1998, as its appeal body explains the term).
const APPEAL_DAYS: i64 = 8;

/// The last day on which an appeal is in time: the eighth after the day of the notice, which is not counted itself; the
/// next working day where that one is a Saturday, Sunday or legal holiday. Only whole days count, so no clock that is
/// put forward or back bears on it.
pub fn appeal_deadline(notified: Day) -> Day {
    let mut last = notified.plus(APPEAL_DAYS.days());
    // Ends: the last day of the calendar, 31 December 9999, is a Friday.
    while !last.is_working_day() {
        last = last.plus(1.day());
    }
    last
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for Day {
    type Err = NotADay;

    fn from_str(text: &str) -> Result<Self, NotADay> {
        // One spelling only; jiff takes more.
        let shaped = text.len() == 10
            && text.bytes().enumerate().all(|(at, b)| match at {
                4 | 7 => b == b'-',
                _ => b.is_ascii_digit(),
            });
        let day = shaped.then(|| text.parse().ok()).flatten();
        day.map(Self).ok_or(NotADay)
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <std::borrow::Cow<'de, str>>::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().expect("a day")
    }

    #[test]
    fn easter_is_where_the_almanac_has_it() {
        // The earliest and latest there can be, both exceptions of Gauss's rule (1954, 1981), and the years at hand.
        for text in [
            "1818-03-22",
            "1886-04-25",
            "1943-04-25",
            "1954-04-18",
            "1961-04-02",
            "1981-04-19",
            "2000-04-23",
            "2008-03-23",
            "2024-03-31",
            "2025-04-20",
            "2026-04-05",
            "2027-03-28",
            "2028-04-16",
            "2029-04-01",
            "2030-04-21",
            "2038-04-25",
            "2049-04-18",
            "2076-04-19",
            "2285-03-22",
        ] {
            assert_eq!(easter(day(text).0.year()), day(text));
        }
    }

    /// Gauss's rule with its two exceptions, as it holds from 1900 to 2099.
    #[test]
    fn easter_is_where_gauss_has_it_for_two_hundred_years() {
        for year in 1900_i16..2100 {
            let (a, b, c) = (year % 19, year % 4, year % 7);
            let d = (19 * a + 24) % 30;
            let e = (2 * b + 4 * c + 6 * d + 5) % 7;
            let early = (d == 29 && e == 6) || (d == 28 && e == 6 && a > 10);
            let after = i64::from(d + e) - if early { 7 } else { 0 };
            assert_eq!(easter(year), Day(date(year, 3, 22)).plus(after.days()));
        }
    }

    #[test]
    fn the_holidays_of_a_year_are_the_ten_of_the_almanac() {
        let mut found = legal_holidays(2026).map(|day| day.to_string());
        found.sort();
        let almanac = [
            "2026-01-01",
            "2026-04-06",
            "2026-05-01",
            "2026-05-14",
            "2026-05-25",
            "2026-07-21",
            "2026-08-15",
            "2026-11-01",
            "2026-11-11",
            "2026-12-25",
        ];
        assert_eq!(found, almanac);
    }

    #[test]
    fn the_term_of_appeal_ends_on_the_eighth_day_or_the_next_on_which_offices_are_open() {
        for (notified, last, why) in [
            (
                "2026-03-02",
                "2026-03-10",
                "Monday to the Tuesday of the week after",
            ),
            ("2026-03-05", "2026-03-13", "to a Friday"),
            ("2026-03-06", "2026-03-16", "a Saturday gives way to Monday"),
            ("2026-03-07", "2026-03-16", "and so does a Sunday"),
            (
                "2026-03-08",
                "2026-03-16",
                "a Monday stays; a notice on a Sunday counts from Monday",
            ),
            (
                "2026-03-28",
                "2026-04-07",
                "Easter Sunday, then Easter Monday",
            ),
            ("2026-03-29", "2026-04-07", "Easter Monday"),
            ("2026-03-27", "2026-04-07", "the Saturday before Easter"),
            (
                "2026-04-23",
                "2026-05-04",
                "1 May is a Friday, with the weekend behind it",
            ),
            ("2026-05-06", "2026-05-15", "Ascension, always a Thursday"),
            ("2026-05-17", "2026-05-26", "Whit Monday"),
            ("2026-07-13", "2026-07-22", "21 July"),
            ("2026-08-07", "2026-08-17", "15 August is a Saturday"),
            ("2027-10-24", "2027-11-02", "1 November is a Monday"),
            ("2026-11-03", "2026-11-12", "11 November"),
            ("2027-11-03", "2027-11-12", "11 November is a Thursday"),
            ("2026-12-17", "2026-12-28", "25 December is a Friday"),
            (
                "2026-12-24",
                "2027-01-04",
                "1 January is a Friday of another year",
            ),
            (
                "2026-12-23",
                "2026-12-31",
                "the last day of the year is a working day",
            ),
            ("2028-02-21", "2028-02-29", "a leap day"),
            ("2028-02-22", "2028-03-01", "over a leap day"),
            ("2027-02-22", "2027-03-02", "no leap day"),
            (
                "2026-03-23",
                "2026-03-31",
                "over the night in which clocks are put forward",
            ),
            (
                "2026-10-19",
                "2026-10-27",
                "over the night in which they are put back",
            ),
        ] {
            assert_eq!(
                appeal_deadline(day(notified)),
                day(last),
                "{notified}: {why}"
            );
        }
    }

    #[test]
    fn a_moment_falls_on_the_day_of_the_wall_clock() {
        for (moment, on) in [
            ("2026-03-02T22:59:59.999Z", "2026-03-02"),
            ("2026-03-02T23:00:00Z", "2026-03-03"),
            ("2026-07-01T21:59:59.999Z", "2026-07-01"),
            ("2026-07-01T22:00:00Z", "2026-07-02"),
        ] {
            assert_eq!(
                Day::of(moment.parse().expect("a moment")),
                day(on),
                "{moment}"
            );
        }
        assert_eq!(Day::of(Timestamp::MAX), day("2105-01-01"));
    }

    #[test]
    fn a_day_has_one_text_and_one_number() {
        for (text, number) in [
            ("1969-12-31", -1),
            ("1970-01-01", 0),
            ("2026-03-02", 20_514),
            ("9999-12-31", 2_932_896),
        ] {
            assert_eq!(day(text).number(), number);
            assert_eq!(Day::from_number(number), Some(day(text)));
            assert_eq!(day(text).to_string(), text);
        }
        assert_eq!(Day::from_number(2_932_897), None);
        assert_eq!(Day::from_number(i32::MIN), None);
        for wrong in [
            "",
            "2026-02-30",
            "2027-02-29",
            "20260302",
            "2026-3-2",
            "2026-03-02T00",
            "02-03-2026",
            "2026/03/02",
            "+2026-03-2",
            " 2026-03-02",
            "２０２６",
        ] {
            assert_eq!(wrong.parse::<Day>(), Err(NotADay), "{wrong}");
        }
        assert_eq!(day("2028-02-29").plus_years(5), day("2033-02-28"));
        assert_eq!(day("2026-03-02").plus_years(5), day("2031-03-02"));
    }
}
