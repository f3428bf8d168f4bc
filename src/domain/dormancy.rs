//! When a credential that nobody uses goes to sleep: a pass that lies in a drawer is one that nobody would miss. Days are those
//! of the calendar in Brussels; whoever comes back has it lifted at once, by one person.

use super::calendar::Day;
use super::credential::Credential;
use super::time::Timestamp;

/// How many whole days a credential may go unused. It sleeps from the beginning of the next.
pub const UNUSED_DAYS: i64 = 60;

/// Whatever was last used on this day, or before, sleeps today.
pub fn last_used(today: Day) -> Day {
    today.plus_days(-UNUSED_DAYS - 1)
}

/// The day from which a credential counts as unused that was issued, or lifted, at this moment.
pub fn counts_from(credential: &Credential, at: Timestamp) -> Day {
    Day::of(credential.valid_from.max(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_sleeps_after_sixty_whole_days_whatever_the_calendar_does() {
        // Over the 29th of February or a 28th, Easter, both changes of the clock, and the end of a year.
        for (used, last_awake, asleep) in [
            ("2028-01-01", "2028-03-01", "2028-03-02"),
            ("2027-01-01", "2027-03-02", "2027-03-03"),
            ("2026-03-02", "2026-05-01", "2026-05-02"),
            ("2026-03-28", "2026-05-27", "2026-05-28"),
            ("2026-10-24", "2026-12-23", "2026-12-24"),
            ("2026-12-05", "2027-02-03", "2027-02-04"),
        ] {
            let day = |text: &str| text.parse::<Day>().expect("a day");
            assert!(day(used) > last_used(day(last_awake)), "{used}");
            assert_eq!(last_used(day(asleep)), day(used));
        }
    }

    #[test]
    fn the_day_begins_at_midnight_in_brussels() {
        for (used, asleep) in [
            // Winter, then summer: 22:30 is half past eleven in the evening, and then half past midnight.
            ("2026-01-10T22:30:00.000Z", "2026-03-11T23:00:00.000Z"),
            ("2026-01-10T23:30:00.000Z", "2026-03-12T23:00:00.000Z"),
            ("2026-03-27T23:30:00.000Z", "2026-05-27T22:00:00.000Z"),
        ] {
            let moment = |text: &str| text.parse::<Timestamp>().expect("a moment");
            let (used, asleep) = (Day::of(moment(used)), moment(asleep));
            assert!(used <= last_used(Day::of(asleep)));
            assert!(used > last_used(Day::of(asleep.plus_ms(-1))));
        }
    }
}
