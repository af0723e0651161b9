//! Dates, times and durations as text.

use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp, civil::Date};

/// Reads `2026-11-22`, and no other way of writing it.
pub(super) fn date(text: &str) -> Option<Date> {
    (text.len() == 10).then(|| text.parse().ok()).flatten()
}

/// Reads an RFC 3339 time: with a `T` and with an offset or `Z`.
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    let dated = text.as_bytes().get(10).is_some_and(|byte| matches!(byte, b'T' | b't'));
    (dated && !text.contains('[')).then(|| text.parse().ok()).flatten()
}

/// Reads an ISO 8601 duration whose length is known without a calendar: `PT4H`, `P2D`, `P1W`.
pub(super) fn duration(text: &str) -> Option<SignedDuration> {
    if !text.trim_start_matches(['-', '+']).starts_with(['P', 'p']) {
        return None;
    }
    length(text)
}

/// Reads the same, or as the language writes it: `4 hours`, `2 days`.
pub(super) fn any_duration(text: &str) -> Option<SignedDuration> {
    length(text)
}

fn length(text: &str) -> Option<SignedDuration> {
    let span: Span = text.parse().ok()?;
    if span.get_years() != 0 || span.get_months() != 0 {
        return None;
    }
    span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()
}

/// As the language writes it: `2 days`, `1 hour 30 minutes`.
pub(crate) fn duration_text(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().unsigned_abs();
    let units = [("day", seconds / 86_400), ("hour", seconds / 3_600 % 24), ("minute", seconds / 60 % 60)];
    let mut words: Vec<String> = units
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(unit, count)| format!("{count} {unit}{}", if count == 1 { "" } else { "s" }))
        .collect();
    let (second, nanos) = (seconds % 60, duration.subsec_nanos().unsigned_abs());
    if nanos > 0 {
        let fraction = format!("{nanos:09}");
        words.push(format!("{second}.{} seconds", fraction.trim_end_matches('0')));
    } else if second > 0 || words.is_empty() {
        words.push(format!("{second} second{}", if second == 1 { "" } else { "s" }));
    }
    let sign = if duration.is_negative() { "-" } else { "" };
    format!("{sign}{}", words.join(" "))
}
