//! The mail of a notice.

use askama::Template;
use jiff::tz::TimeZone;

use super::mailer::Mail;
use super::notice::{Asked, Ended, Notice};
use crate::ids::At;

/// How much of a value a mail shows, in characters: the page shows it whole.
const MOST: usize = 2000;

#[derive(Template)]
#[template(
    ext = "txt",
    escape = "none",
    source = "{{ title }}

{{ asked.requester }} asked for this in the workflow {{ asked.workflow }}.
{% if let Some(due) = due %}It lapses at {{ due }}.
{% endif %}
{% for (label, value) in shown %}{{ label }}: {{ value }}
{% endfor %}
Decide here, after signing in:
{{ asked.url }}
"
)]
struct Text<'a> {
    title: &'a str,
    asked: &'a Asked,
    due: Option<&'a str>,
    shown: &'a [(String, String)],
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ title }}</title></head>
<body style="font-family: sans-serif; max-width: 40em">
<h1 style="font-size: 1.3em">{{ title }}</h1>
<p>{{ asked.requester }} asked for this in the workflow {{ asked.workflow }}.{% if let Some(due) = due %} It lapses at {{ due }}.{% endif %}</p>
<table style="border-collapse: collapse">
{%- for (label, value) in shown %}
<tr><th style="text-align: left; vertical-align: top; padding: 4px 12px 4px 0">{{ label }}</th><td style="padding: 4px 0; white-space: pre-wrap">{{ value }}</td></tr>
{%- endfor %}
</table>
<p><a rel="noopener noreferrer" href="{{ asked.url }}">{{ asked.url }}</a></p>
<p>Deciding needs signing in.</p>
</body></html>
"#
)]
struct Html<'a> {
    title: &'a str,
    asked: &'a Asked,
    due: Option<&'a str>,
    shown: &'a [(String, String)],
}

/// The mail that tells somebody.
pub(super) fn mail(notice: &Notice, to: Vec<String>, key: String, zone: &TimeZone) -> Result<Mail, askama::Error> {
    match notice {
        Notice::Asked(asked) => about_question(asked, to, key, zone),
        Notice::Ended(ended) => Ok(about_end(ended, to, key)),
    }
}

fn about_question(asked: &Asked, to: Vec<String>, key: String, zone: &TimeZone) -> Result<Mail, askama::Error> {
    let title = line(&asked.title);
    let due = asked.due.map(|due| instant(due, zone));
    let shown: Vec<(String, String)> = asked.shown.iter().map(|(label, value)| (line(label), visible(value, true))).collect();
    let text = Text { title: &title, asked, due: due.as_deref(), shown: &shown }.render()?;
    let html = Html { title: &title, asked, due: due.as_deref(), shown: &shown }.render()?;
    Ok(Mail { to, subject: title, text, html: Some(html), attachments: Vec::new(), key })
}

fn about_end(ended: &Ended, to: Vec<String>, key: String) -> Mail {
    let subject = line(&format!("{} is {}", ended.workflow, ended.status));
    let text = format!("The run {} of the workflow {} is {}.\n\n{}\n", ended.run, ended.workflow, ended.status, ended.url);
    Mail { to, subject, text, key, ..Mail::default() }
}

fn instant(at: At, zone: &TimeZone) -> String {
    jiff::ZonedDateTime::new(at.timestamp(), zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string()
}

/// A text as one line that is fit for a subject.
pub(super) fn line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    visible(&words.join(" "), false).chars().take(200).collect()
}

/// A text in which nothing hides: characters that turn the direction of writing or that cannot be seen are written out, so that what a
/// person reads is what is there.
pub(super) fn visible(text: &str, lines: bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for (count, c) in text.chars().enumerate() {
        if count == MOST {
            shown.push_str("...");
            break;
        }
        let hidden = matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
        match c {
            '\n' if lines => shown.push(c),
            '\r' if lines => {}
            '\t' => shown.push(' '),
            c if hidden || c.is_control() => shown.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => shown.push(c),
        }
    }
    shown
}
