//! Instants as people say them.

use jiff::Timestamp;

/// An instant: for programs, for people, and how far away it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    /// RFC 3339.
    pub(super) exact: String,
    /// `23 Nov 2026, 14:05 UTC`
    pub(super) plain: String,
    /// `3 hours ago`, `in 2 days`
    pub(super) far: String,
    /// Whether it has passed.
    pub(super) past: bool,
}

impl Moment {
    /// An instant as the engine writes it.
    pub(super) fn of(text: &str, now: Timestamp) -> Self {
        let Ok(at) = text.parse::<Timestamp>() else {
            return Self { exact: text.to_owned(), plain: text.to_owned(), far: String::new(), past: false };
        };
        let plain = at.strftime("%-d %b %Y, %H:%M UTC").to_string();
        let seconds = at.as_second().saturating_sub(now.as_second());
        let span = span(seconds.unsigned_abs());
        let far = match seconds {
            -4..=4 => "just now".to_owned(),
            5.. => format!("in {span}"),
            _ => format!("{span} ago"),
        };
        Self { exact: at.to_string(), plain, far, past: seconds <= 0 }
    }

    /// The time that is left until then.
    pub(super) fn left(&self) -> &str {
        self.far.strip_prefix("in ").unwrap_or(if self.past { "no time" } else { "moments" })
    }
}

fn span(seconds: u64) -> String {
    let (count, unit) = match seconds {
        0..90 => (seconds, "second"),
        90..7_200 => (seconds / 60, "minute"),
        7_200..172_800 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_said_plainly() -> Result<(), jiff::Error> {
        let now: Timestamp = "2026-11-23T12:00:00Z".parse()?;
        for (text, far, left) in [
            ("2026-11-23T12:00:02Z", "just now", "moments"),
            ("2026-11-23T11:59:20Z", "40 seconds ago", "no time"),
            ("2026-11-23T13:15:00Z", "in 75 minutes", "75 minutes"),
            ("2026-11-23T15:30:00Z", "in 3 hours", "3 hours"),
            ("2026-11-21T12:00:00Z", "2 days ago", "no time"),
        ] {
            let moment = Moment::of(text, now);
            assert_eq!((moment.far.as_str(), moment.left()), (far, left), "{text}");
        }
        assert_eq!(Moment::of("2026-11-03T09:05:00.123Z", now).plain, "3 Nov 2026, 09:05 UTC");
        assert_eq!(Moment::of("<nonsense>", now).plain, "<nonsense>");
        Ok(())
    }
}
