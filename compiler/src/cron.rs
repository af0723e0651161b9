//! Schedules: cron expressions of five fields, in the wall clock time of a zone.
//!
//! What is skipped and repeated when clocks change is the library's to say: a fixed time that is skipped happens right after the gap, one
//! that comes twice happens once. This is its only home, and ties it to the project's library for times.

use std::cmp::Ordering;

use croner::errors::CronError;
use croner::parser::{CronParser, Seconds, Year};
use croner::{CivilDate, CivilDateTime, CivilTime, Cron, CronDateTime, Resolution, Weekday};
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp, ZonedDateTime};

use crate::plan::Schedule;

/// The fields of a cron expression, and the numbers and names that each may hold.
const FIELDS: [(&str, &str); 5] = [
    ("minute", "0 to 59"),
    ("hour", "0 to 23"),
    ("day of the month", "1 to 31, or `L` for the last"),
    ("month", "1 to 12, or JAN to DEC"),
    ("day of the week", "0 to 7, or SUN to SAT"),
];

/// Checks a cron expression: that it can be read, and that such a time ever comes.
///
/// # Errors
/// What is wrong with it, in a few words.
pub(crate) fn check(text: &str) -> Result<(), String> {
    let cron = parse(text).map_err(|_| wrong(text))?;
    let start = Moment(ZonedDateTime::new(Timestamp::UNIX_EPOCH, TimeZone::UTC));
    cron.find_next_occurrence(&start, false).map(|_| ()).map_err(|_| NEVER.to_owned())
}

const NEVER: &str = "there is never such a time";

fn parse(text: &str) -> Result<Cron, CronError> {
    CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build().parse(text)
}

/// What is wrong with an expression that cannot be read: the library's own words are about its patterns, not about the author's.
fn wrong(text: &str) -> String {
    let parts: Vec<&str> = text.split_whitespace().collect();
    if parts.len() != FIELDS.len() {
        let number = parts.len();
        return format!("it has {number} {} where five are needed", if number == 1 { "part" } else { "parts" });
    }
    let alone = |at: usize| {
        let mut fields = ["*"; FIELDS.len()];
        if let (Some(field), Some(part)) = (fields.get_mut(at), parts.get(at)) {
            *field = part;
        }
        fields.join(" ")
    };
    let found = FIELDS.iter().zip(&parts).enumerate().find(|(at, _)| parse(&alone(*at)).is_err());
    found.map_or_else(
        || NEVER.to_owned(),
        |(_, ((field, values), part))| format!("`{part}` is no {field}: it takes {values}, ranges, lists, `*` and steps such as `*/2`"),
    )
}

impl Schedule {
    /// The first time after `time`; `zone` is meant where the schedule names none. `None` where there is none any more.
    #[must_use]
    pub fn next(&self, time: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let named = self.zone.as_deref().and_then(|name| TimeZone::get(name).ok());
        let start = Moment(ZonedDateTime::new(time, named.unwrap_or_else(|| zone.clone())));
        let cron = parse(&self.cron).ok()?;
        cron.find_next_occurrence(&start, false).ok().map(|Moment(next)| next.timestamp())
    }
}

/// A time in a zone, for the library.
#[derive(Clone)]
struct Moment(ZonedDateTime);

impl CronDateTime for Moment {
    fn to_civil(&self) -> CivilDateTime {
        let (date, time) = (self.0.datetime().date(), self.0.datetime().time());
        let number = |part: i8| u32::try_from(part).unwrap_or_default();
        CivilDateTime::new(
            CivilDate::from_parts_unchecked(i32::from(date.year()), number(date.month()), number(date.day())),
            CivilTime::from_parts_unchecked(number(time.hour()), number(time.minute()), number(time.second())),
        )
    }

    fn civil_weekday(&self) -> Weekday {
        Weekday::from_days_from_sunday(u32::try_from(self.0.weekday().to_sunday_zero_offset()).unwrap_or_default())
    }

    fn resolve_civil(&self, civil: CivilDateTime) -> Result<Resolution<Self>, CronError> {
        let part = |part: u32| i8::try_from(part).map_err(|_| CronError::InvalidTime);
        let year = i16::try_from(civil.year()).map_err(|_| CronError::InvalidDate)?;
        let (month, day) = (part(civil.month())?, part(civil.day())?);
        let (hour, minute, second) = (part(civil.hour())?, part(civil.minute())?, part(civil.second())?);
        let datetime = DateTime::new(year, month, day, hour, minute, second, 0).map_err(|_| CronError::InvalidDate)?;
        let ambiguous = self.0.time_zone().to_ambiguous_zoned_datetime(datetime);
        let moment = |zoned: Result<ZonedDateTime, jiff::Error>| zoned.map(Moment).map_err(|_| CronError::InvalidTime);
        Ok(match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { .. } => Resolution::Single(moment(ambiguous.unambiguous())?),
            AmbiguousOffset::Fold { .. } => Resolution::Ambiguous(moment(ambiguous.clone().earlier())?, moment(ambiguous.later())?),
            AmbiguousOffset::Gap { .. } => Resolution::Gap,
        })
    }

    fn checked_add_seconds(&self, seconds: i64) -> Option<Self> {
        self.0.checked_add(SignedDuration::from_secs(seconds)).ok().map(Self)
    }

    fn cmp_instant(&self, other: &Self) -> Ordering {
        self.0.timestamp().cmp(&other.0.timestamp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(cron: &str, zone: &str, after: &str, expected: &[&str]) {
        let schedule = Schedule { cron: cron.into(), zone: Some(zone.into()) };
        let mut time: Timestamp = after.parse().unwrap();
        for wanted in expected {
            time = schedule.next(time, &TimeZone::UTC).unwrap();
            assert_eq!(time.to_string(), *wanted, "{cron} in {zone}");
        }
    }

    #[test]
    fn times_come_in_their_zone() {
        check("0 9 * * MON-FRI", "Europe/Berlin", "2026-11-27T12:00:00Z", &["2026-11-30T08:00:00Z", "2026-12-01T08:00:00Z"]);
        check("*/20 * * * *", "UTC", "2026-11-27T12:00:00Z", &["2026-11-27T12:20:00Z", "2026-11-27T12:40:00Z"]);
        check("0 0 29 2 *", "UTC", "2026-11-27T12:00:00Z", &["2028-02-29T00:00:00Z"]);
    }

    #[test]
    fn a_fixed_time_that_is_skipped_comes_after_the_gap_and_one_that_comes_twice_is_once() {
        // On 2027-03-28 clocks go from 2 to 3, on 2026-10-25 from 3 back to 2.
        let spring = ["2027-03-27T01:30:00Z", "2027-03-28T01:00:00Z", "2027-03-29T00:30:00Z"];
        check("30 2 * * *", "Europe/Berlin", "2027-03-26T12:00:00Z", &spring);
        let autumn = ["2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"];
        check("30 2 * * *", "Europe/Berlin", "2026-10-23T12:00:00Z", &autumn);
    }

    #[test]
    fn five_fields_are_read_and_nothing_else() {
        for text in ["", "every monday", "0 0 * *", "0 0 0 * * *", "61 * * * *", "0 0 * * MON extra 2027"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
