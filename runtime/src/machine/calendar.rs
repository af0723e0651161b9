//! Which days are business days.

use std::collections::BTreeSet;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{ToSpan as _, ZonedDateTime};

use crate::ids::At;

/// The business days of a project; Monday to Friday where nothing is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// INVARIANT: not empty, or no business day would ever come.
    workdays: Vec<Weekday>,
    holidays: BTreeSet<Date>,
}

impl Default for Calendar {
    fn default() -> Self {
        use Weekday::{Friday, Monday, Thursday, Tuesday, Wednesday};
        Self { workdays: vec![Monday, Tuesday, Wednesday, Thursday, Friday], holidays: BTreeSet::new() }
    }
}

impl Calendar {
    /// A calendar; `None` without a single workday.
    #[must_use]
    pub fn new(workdays: Vec<Weekday>, holidays: BTreeSet<Date>) -> Option<Self> {
        (!workdays.is_empty()).then_some(Self { workdays, holidays })
    }

    /// Whether people work on that day.
    #[must_use]
    pub fn is_business_day(&self, date: Date) -> bool {
        self.workdays.contains(&date.weekday()) && !self.holidays.contains(&date)
    }

    /// So many business days later, at the same time of day.
    #[must_use]
    pub fn later(&self, at: At, days: u32, zone: &TimeZone) -> At {
        let mut time = ZonedDateTime::new(at.timestamp(), zone.clone());
        let mut left = days;
        while left > 0 {
            let Ok(later) = time.checked_add(1.day()) else { break };
            time = later;
            left -= u32::from(self.is_business_day(time.date()));
        }
        At::from(time.timestamp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(calendar: &Calendar, zone: &str, from: &str, days: u32, expected: &str) {
        let zone = TimeZone::get(zone).unwrap();
        let at = At::from(from.parse::<jiff::Timestamp>().unwrap());
        assert_eq!(calendar.later(at, days, &zone).timestamp().to_string(), expected);
    }

    #[test]
    fn days_off_do_not_count() {
        let usual = Calendar::default();
        // A Friday; at a quarter past midnight it is Saturday in Berlin already.
        check(&usual, "UTC", "2026-12-18T10:00:00Z", 1, "2026-12-21T10:00:00Z");
        check(&usual, "Europe/Berlin", "2026-12-18T23:15:00Z", 1, "2026-12-20T23:15:00Z");
        // Clocks go forward on the Sunday.
        check(&usual, "Europe/Berlin", "2027-03-26T09:00:00Z", 1, "2027-03-29T08:00:00Z");
        let holidays = ["2026-12-25", "2026-12-28"].map(|day| day.parse().unwrap()).into();
        let own = Calendar::new(vec![Weekday::Monday, Weekday::Friday, Weekday::Sunday], holidays).unwrap();
        check(&own, "UTC", "2026-12-21T10:00:00Z", 1, "2026-12-27T10:00:00Z");
        check(&own, "UTC", "2026-12-21T10:00:00Z", 2, "2027-01-01T10:00:00Z");
        check(&own, "UTC", "2026-12-21T10:00:00Z", 0, "2026-12-21T10:00:00Z");
        assert_eq!(Calendar::new(Vec::new(), BTreeSet::new()), None);
    }
}
