//! The approval card: what is asked, what will run, who asked, and how long is left.

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value as Json};

use crate::client::types::{Approval, Shown, WillRun};
use crate::table;
use crate::terminal::{ERROR, FAINT, GOOD, HELP, STRONG, WARNING, visible};
use crate::texts::count;

/// How wide the line above a card is.
const RULE: usize = 72;

/// The narrowest column of names.
const NAMES: usize = 11;

/// A table on a card has no more rows than this.
const MOST_ROWS: usize = 40;

/// What is said of a value that a model wrote.
pub(crate) const BY_MODEL: &str = "written by a model";

/// Draws a card, with the address of its page where there is one.
pub(crate) fn draw(approval: &Approval, url: Option<&str>, now: Timestamp) -> String {
    let mut out = String::new();
    let (style, what) = match approval.status.as_str() {
        "pending" if approval.in_doubt() => (ERROR, "in doubt"),
        "pending" if approval.sent_back.is_some() => (WARNING, "sent back to you"),
        "pending" => (WARNING, "approval needed"),
        outcome => (GOOD, outcome),
    };
    let rule = "─".repeat(RULE.saturating_sub(what.len() + 4));
    let _ = writeln!(out, "\n{style}── {what} {rule}{style:#}");
    let _ = writeln!(out, "{STRONG}{}{STRONG:#}", visible(&approval.title));
    if let Some(description) = &approval.description {
        let _ = writeln!(out, "{FAINT}{}{FAINT:#}", visible(description));
    }
    out.push('\n');
    let mut rows = Rows { out: &mut out, width: names(approval) };
    approval.shown.iter().for_each(|shown| rows.shown(shown));
    if !approval.shown.is_empty() {
        rows.out.push('\n');
    }
    calls(&mut rows, approval);
    rows.row("asked by", &format!("{}, {}", flow_runtime::view::requester(approval.requester.as_deref()), since(&approval.asked_at, now)));
    if let Some(why) = &approval.why_asked {
        rows.row("because", why);
    }
    if !approval.approvers.is_empty() {
        rows.row("decides", &approval.approvers.join(", "));
    }
    if let Some(why) = &approval.why_nobody {
        rows.row("nobody", &format!("can decide this now: {why}"));
    }
    asked_of(&mut rows, approval);
    if approval.status == "pending" {
        time_left(&mut rows, approval, now);
    }
    for vote in &approval.votes {
        let comment = vote.comment.as_deref().map(|comment| format!(": \"{comment}\"")).unwrap_or_default();
        let stead = vote.stead.as_deref().map(|stead| format!(" in the stead of {stead}")).unwrap_or_default();
        let values = if vote.values.is_empty() { String::new() } else { format!(" with {}", members(&vote.values)) };
        rows.row("answered", &format!("{} by {}{stead}{values}{comment}", spoken(&vote.decision), vote.by));
    }
    if let Some(decision) = &approval.decision {
        let by = decision.by.as_deref().map(|by| format!(" by {by}")).unwrap_or_default();
        let comment = decision.comment.as_deref().map(|comment| format!(": \"{comment}\"")).unwrap_or_default();
        rows.row("outcome", &format!("{}{by}, {}{comment}", spoken(&decision.outcome), since(&decision.at, now)));
    }
    if let Some(url) = url {
        rows.row("page", url);
    }
    rows.row("id", &approval.id);
    out.push('\n');
    out
}

/// What is entered, whose answer is still needed, and who decides in whose stead.
fn asked_of(rows: &mut Rows<'_>, approval: &Approval) {
    if let Some(back) = &approval.sent_back {
        let comment = back.comment.as_deref().map(|comment| format!(": \"{comment}\"")).unwrap_or_default();
        rows.row("sent back", &format!("by {}{comment}", back.by));
    }
    if approval.status == "pending" && !approval.in_doubt() {
        for (at, field) in approval.fields.iter().enumerate() {
            let value = if field.value.is_null() { String::new() } else { format!(" = {}", plain(&field.value)) };
            let choices = if field.choices.is_empty() { String::new() } else { format!(", one of {}", field.choices.join(", ")) };
            let mark = if field.by_model { format!("  ({BY_MODEL})") } else { String::new() };
            rows.row(if at == 0 { "to enter" } else { "" }, &format!("{} ({}{choices}){value}{mark}", field.name, field.ty));
        }
        if !approval.votes.is_empty() && !approval.needed.is_empty() {
            rows.row("still needed", &approval.needed.join(", "));
        }
    }
    for handed in &approval.handed_on {
        rows.row("handed on", &format!("{} decides in the stead of {}", handed.to, handed.from));
    }
    if let Some(next) = &approval.next {
        rows.row("asked again", next);
    }
}

/// A decision in words.
pub(crate) fn spoken(decision: &str) -> &str {
    match decision {
        "not_done" => "not done",
        "give_up" => "given up",
        "approve" => "approved",
        "reject" => "rejected",
        "send_back" => "sent back",
        other => other,
    }
}

/// The width of the column of names.
fn names(approval: &Approval) -> usize {
    let labels = approval.shown.iter().filter(|shown| !tall(shown)).map(|shown| shown.label.chars().count());
    labels.max().unwrap_or_default().clamp(NAMES, 28)
}

/// Whether a value stands under its name.
fn tall(shown: &Shown) -> bool {
    shown.text.trim_end().contains('\n') || rows_of(shown).is_some()
}

/// The rows of a value that is shown as a table, where it can be drawn as one.
fn rows_of(shown: &Shown) -> Option<Vec<&Map<String, Json>>> {
    let rows: Vec<_> = shown.value.as_array().filter(|_| shown.style == "table")?.iter().map(Json::as_object).collect::<Option<_>>()?;
    if rows.is_empty() { None } else { Some(rows) }
}

/// Records as a table, a column for each field that any of them has; `absent` where one has not.
fn tabled(rows: &[&Map<String, Json>], absent: &str) -> String {
    let mut heads: Vec<&str> = Vec::new();
    for name in rows.iter().flat_map(|row| row.keys()) {
        if !heads.contains(&name.as_str()) {
            heads.push(name);
        }
    }
    let cell = |row: &Map<String, Json>, head: &&str| match row.get(*head) {
        None => absent.to_owned(),
        Some(Json::Null) => String::new(),
        Some(Json::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let mut text = table::draw(&heads, rows.iter().take(MOST_ROWS).map(|row| heads.iter().map(|head| cell(row, head)).collect()));
    if let Some(more) = rows.len().checked_sub(MOST_ROWS).filter(|more| *more > 0) {
        let _ = writeln!(text, "and {more} more: the page shows all");
    }
    text
}

struct Rows<'a> {
    out: &'a mut String,
    width: usize,
}

impl Rows<'_> {
    fn row(&mut self, name: &str, text: &str) {
        let pad = " ".repeat(self.width.saturating_sub(name.chars().count()));
        let mut lines = text.trim_end().lines();
        let first = visible(lines.next().unwrap_or_default());
        let _ = writeln!(self.out, "  {FAINT}{}{FAINT:#}{pad}  {first}", visible(name));
        for line in lines {
            let _ = writeln!(self.out, "  {:width$}  {}", "", visible(line), width = self.width);
        }
    }

    /// Lines without a name before them.
    fn lines(&mut self, text: &str) {
        let _ = text.lines().map(|line| writeln!(self.out, "    {}", visible(line))).last();
    }

    fn shown(&mut self, shown: &Shown) {
        if !tall(shown) {
            let mark = if shown.by_model { format!("  ({BY_MODEL})") } else { String::new() };
            return self.row(&shown.label, &format!("{}{mark}", shown.text.trim_end()));
        }
        let mark = if shown.by_model { format!("  {WARNING}{BY_MODEL}{WARNING:#}") } else { String::new() };
        let _ = writeln!(self.out, "  {FAINT}{}{FAINT:#}{mark}", visible(&shown.label));
        let text = rows_of(shown).map_or_else(|| shown.text.clone(), |rows| tabled(&rows, ""));
        for line in text.trim_end().lines() {
            let line = visible(line);
            let _ = match (shown.style.as_str(), line.as_bytes().first()) {
                ("diff", Some(b'+')) => writeln!(self.out, "    {GOOD}{line}{GOOD:#}"),
                ("diff", Some(b'-')) => writeln!(self.out, "    {ERROR}{line}{ERROR:#}"),
                ("diff", Some(b'@')) => writeln!(self.out, "    {HELP}{line}{HELP:#}"),
                _ => writeln!(self.out, "    {line}"),
            };
        }
    }
}

fn calls(rows: &mut Rows<'_>, approval: &Approval) {
    let name = if approval.in_doubt() { "the call" } else { "if approved" };
    for (at, call) in approval.will_run.iter().enumerate() {
        rows.row(if at == 0 { name } else { "" }, &written(call));
        if let Some(items) = call.items.as_deref().filter(|items| !items.is_empty()) {
            rows.lines(&tabled(&items.iter().collect::<Vec<_>>(), "cannot be computed"));
        }
        if let Some(preview) = &call.preview {
            rows.row("", &format!("  would touch: {}", preview.text));
        }
    }
    if approval.will_run.is_empty() && !approval.in_doubt() {
        rows.row(name, "the run goes on, and calls nothing");
    }
}

/// `refund(amount: 1500, customer: "ada")  cannot be taken back`
fn written(call: &WillRun) -> String {
    let mut arguments: Vec<String> = call.arguments.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    arguments.extend(call.entered.iter().map(|name| format!("{name}: as you enter it")));
    arguments.extend(call.later.iter().map(|name| format!("{name}: decided later")));
    let mut notes = Vec::new();
    let written = match call.by_model.as_slice() {
        [] => String::new(),
        names => format!("{BY_MODEL}: {}", names.join(", ")),
    };
    if !written.is_empty() {
        notes.push(written.as_str());
    }
    if call.effect == "irreversible" {
        notes.push("cannot be taken back");
    }
    let items = call.items.as_ref().map(|items| match items.len() {
        0 => "for no item: not called".to_owned(),
        many => format!("for {}", count(many, "item")),
    });
    notes.extend(items.as_deref());
    if call.conditional {
        notes.push("perhaps");
    }
    if call.behind_gate {
        notes.push("after another approval");
    }
    let notes = if notes.is_empty() { String::new() } else { format!("  ({})", notes.join(", ")) };
    format!("{}({}){notes}", call.action, arguments.join(", "))
}

fn time_left(rows: &mut Rows<'_>, approval: &Approval, now: Timestamp) {
    let Some(due) = approval.due_at.as_deref().and_then(|due| due.parse::<Timestamp>().ok()) else { return };
    let left = due.duration_since(now);
    let left = if left.is_negative() { "none".to_owned() } else { rough(left) };
    let then = approval.then.as_deref().map(|then| format!("; {then}")).unwrap_or_default();
    rows.row("time left", &format!("{left}{then}"));
}

/// How long ago an instant was: `12 seconds ago`.
pub(crate) fn since(at: &str, now: Timestamp) -> String {
    match at.parse::<Timestamp>() {
        Ok(at) if now.duration_since(at) < SignedDuration::from_secs(2) => "just now".to_owned(),
        Ok(at) => format!("{} ago", rough(now.duration_since(at))),
        Err(_) => at.to_owned(),
    }
}

/// A duration as somebody says it: `3 days`, `1 hour 20 minutes`, `12 seconds`.
fn rough(duration: SignedDuration) -> String {
    let seconds = usize::try_from(duration.as_secs()).unwrap_or_default();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let pair = |large: usize, name: &str, small: usize, small_name: &str| match small {
        0 => count(large, name),
        small => format!("{} {}", count(large, name), count(small, small_name)),
    };
    match (days, hours, minutes) {
        (3.., _, _) => count(days, "day"),
        (1.., _, _) => pair(days, "day", hours, "hour"),
        (0, 1.., _) => pair(hours, "hour", minutes, "minute"),
        (0, 0, 1..) => count(minutes, "minute"),
        _ => count(seconds, "second"),
    }
}

/// A result for people: a text as it is, anything else as JSON.
pub(crate) fn plain(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Object(_) | Json::Array(_) => serde_json::to_string_pretty(value).unwrap_or_default(),
        other => other.to_string(),
    }
}

/// An object on one line: `customer: "ada", amount: 1500`.
pub(crate) fn members(object: &Map<String, Json>) -> String {
    object.iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::rough;

    #[test]
    fn durations_are_said_roughly() {
        let said = |seconds| rough(SignedDuration::from_secs(seconds));
        assert_eq!(said(1), "1 second");
        assert_eq!(said(59), "59 seconds");
        assert_eq!(said(61), "1 minute");
        assert_eq!(said(4_800), "1 hour 20 minutes");
        assert_eq!(said(86_400 + 7_200), "1 day 2 hours");
        assert_eq!(said(86_400 * 9 + 5), "9 days");
    }
}
