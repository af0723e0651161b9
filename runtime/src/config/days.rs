//! `[calendar]`: the zone, the days on which people work, and those on which they do not.

use std::collections::BTreeSet;

use jiff::civil::{Date, Weekday};
use serde::Deserialize;

use super::error;
use super::words::Zone;

/// `[calendar]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Calendar {
    /// The zone of `today`, of schedules that name none, and of business days.
    pub timezone: Zone,
    /// The days of the week on which people work; default Monday to Friday.
    pub workdays: Option<Workdays>,
    /// Days on which they do not.
    pub holidays: Vec<Holiday>,
}

/// The days of a week on which people work, such as `["mon", "tue"]`; one at least.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct Workdays(pub Vec<Weekday>);

/// A day, as `"2026-12-25"` or `2026-12-25`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "toml::Value")]
pub struct Holiday(pub Date);

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

impl TryFrom<Vec<String>> for Workdays {
    type Error = String;

    fn try_from(names: Vec<String>) -> Result<Self, String> {
        let mut days = Vec::new();
        for name in names {
            let found = DAYS.iter().find(|(short, _)| *short == name.to_lowercase());
            let Some((_, day)) = found else {
                let known: Vec<&str> = DAYS.iter().map(|(short, _)| *short).collect();
                let hint = match error::nearest(&name, &known) {
                    Some(near) => format!(", did you mean `{near}`?"),
                    None => format!(": they are {}", error::list(&known)),
                };
                return Err(format!("`{name}` is no day of the week{hint}"));
            };
            days.push(*day);
        }
        if days.is_empty() { Err("a week has one workday at least".to_owned()) } else { Ok(Self(days)) }
    }
}

impl TryFrom<toml::Value> for Holiday {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Self, String> {
        let text = match &value {
            toml::Value::String(text) => text.clone(),
            toml::Value::Datetime(datetime) => datetime.to_string(),
            other => other.to_string(),
        };
        text.parse().map(Self).map_err(|_| format!("`{text}` is no date, such as `2026-12-25`"))
    }
}

impl Calendar {
    /// The business days.
    #[must_use]
    pub fn days(&self) -> crate::machine::Calendar {
        let holidays: BTreeSet<Date> = self.holidays.iter().map(|Holiday(date)| *date).collect();
        let usual = || DAYS.iter().take(5).map(|(_, day)| *day).collect();
        let workdays = self.workdays.as_ref().map_or_else(usual, |Workdays(days)| days.clone());
        crate::machine::Calendar::new(workdays, holidays).unwrap_or_default()
    }
}
