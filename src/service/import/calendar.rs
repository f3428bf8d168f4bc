//! What the days of a file mean as moments: a credential is good from the first instant of its first day to the last
//! instant of its last day, by the clock on the wall in Brussels, which all member ports share.

use jiff::civil::Date;

use crate::domain::calendar::BRUSSELS;
use crate::domain::time::Timestamp;

/// The first instant of a day; `None` outside the years that we take.
pub(super) fn start_of(day: Date) -> Option<Timestamp> {
    let midnight = day.to_zoned(BRUSSELS.clone()).ok()?;
    let moment = Timestamp::from_ms(midnight.timestamp().as_millisecond());
    (Timestamp::EPOCH..=Timestamp::MAX)
        .contains(&moment)
        .then_some(moment)
}

/// The first instant after a day, up to which its last one reaches; `None` outside the years that we take.
pub(super) fn end_of(day: Date) -> Option<Timestamp> {
    start_of(day.tomorrow().ok()?)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn days_begin_at_midnight_in_brussels_also_when_the_clock_changes() {
        for (day, start, end) in [
            (
                date(2027, 12, 31),
                "2027-12-30T23:00:00.000Z",
                "2027-12-31T23:00:00.000Z",
            ),
            (
                date(2027, 7, 1),
                "2027-06-30T22:00:00.000Z",
                "2027-07-01T22:00:00.000Z",
            ),
            // 23 hours and 25 hours long.
            (
                date(2027, 3, 28),
                "2027-03-27T23:00:00.000Z",
                "2027-03-28T22:00:00.000Z",
            ),
            (
                date(2027, 10, 31),
                "2027-10-30T22:00:00.000Z",
                "2027-10-31T23:00:00.000Z",
            ),
        ] {
            let moments =
                [start_of(day), end_of(day)].map(|moment| moment.expect("in range").to_string());
            assert_eq!(moments, [start, end], "{day}");
        }
    }

    #[test]
    fn years_beyond_the_index_are_no_moments() {
        assert_eq!(start_of(date(1970, 1, 1)), None);
        assert!(start_of(date(1970, 1, 2)).is_some());
        assert!(end_of(date(2104, 12, 30)).is_some());
        assert_eq!(end_of(date(2105, 1, 1)), None);
        assert_eq!(end_of(Date::MAX), None);
    }
}
