//! The shape of dates and times: whether digits directly followed by `-digit` are one.

/// What a literal of digits and dashes is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `2026-11-22`
    Date,
    /// `2026-11-22T09:00:00Z`
    Time,
}

/// Tells a date from a time; `None` for what is neither, a day that the calendar does not have included.
pub(crate) fn shape(text: &str) -> Option<Shape> {
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    if !is_date(date) {
        return None;
    }
    match time {
        None => Some(Shape::Date),
        Some(time) => is_time(time).then_some(Shape::Time),
    }
}

fn is_date(text: &str) -> bool {
    let mut parts = text.split('-');
    let (Some(year), Some(month), Some(day), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let (Some(year), Some(month), Some(day)) = (digits(year, 4), digits(month, 2), digits(day, 2)) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// `09:00[:00[.123]]` and then `Z` or an offset.
fn is_time(text: &str) -> bool {
    let clock = if let Some(clock) = text.strip_suffix('Z') {
        clock
    } else {
        let Some((clock, offset)) = text.rsplit_once(['+', '-']) else {
            return false;
        };
        let Some((hours, minutes)) = offset.split_once(':') else {
            return false;
        };
        if !below(hours, 24) || !below(minutes, 60) {
            return false;
        }
        clock
    };
    let (clock, fraction) = match clock.split_once('.') {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (clock, None),
    };
    if fraction.is_some_and(|fraction| !(1..=9).contains(&fraction.len()) || !fraction.bytes().all(|byte| byte.is_ascii_digit())) {
        return false;
    }
    let mut parts = clock.split(':');
    let (Some(hour), Some(minute)) = (parts.next(), parts.next()) else {
        return false;
    };
    let second = parts.next();
    if parts.next().is_some() || (second.is_none() && fraction.is_some()) {
        return false;
    }
    below(hour, 24) && below(minute, 60) && second.is_none_or(|second| below(second, 60))
}

fn below(text: &str, limit: u32) -> bool {
    digits(text, 2).is_some_and(|number| number < limit)
}

fn digits(text: &str, count: usize) -> Option<u32> {
    (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::{Shape, shape};

    #[test]
    fn only_what_the_calendar_has_is_a_date() {
        for text in ["2026-11-22", "2024-02-29", "2000-02-29", "0001-01-01"] {
            assert_eq!(shape(text), Some(Shape::Date), "{text}");
        }
        for text in ["2026-11-22T09:00:00Z", "2026-11-22T09:00Z", "2026-11-22T09:00:00.5+01:00", "2026-11-22T23:59:59-08:00"] {
            assert_eq!(shape(text), Some(Shape::Time), "{text}");
        }
        for text in [
            "2026-13-1",
            "2026-13-01",
            "2026-02-29",
            "1-2",
            "2026-11-22T",
            "2026-11-22T09:00",
            "2026-11-22T24:00Z",
            "2026-11-22T09:00:00.Z",
            "2026-1-22-3",
        ] {
            assert_eq!(shape(text), None, "{text}");
        }
    }
}
