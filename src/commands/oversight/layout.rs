//! Layouts of the document: for a terminal, as Markdown, and as one page of HTML. None adds a word of its own but headings.

use std::fmt::Write as _;

use super::document::{COLUMNS, Chapter, Fact};
use crate::table;
use crate::terminal::{STRONG, WARNING, visible};

/// For a terminal.
pub(super) fn human(chapters: &[Chapter]) -> String {
    let mut out = String::new();
    for (number, chapter) in chapters.iter().enumerate() {
        if number > 0 {
            out.push('\n');
        }
        let _ = writeln!(out, "{STRONG}workflow {}{STRONG:#}", visible(&chapter.title));
        told(&mut out, &chapter.facts);
        if !chapter.overview.is_empty() {
            let _ = write!(out, "\n{}", table::draw(&COLUMNS, chapter.overview.iter().map(|row| row.to_vec())));
        }
        for section in &chapter.sections {
            let style = if section.open { WARNING } else { STRONG };
            let _ = writeln!(out, "\n{style}{}{style:#}", visible(&section.title));
            told(&mut out, &section.facts);
        }
    }
    table::styled(&out)
}

/// Labels in a column, lines beside them.
fn told(out: &mut String, facts: &[Fact]) {
    for fact in facts {
        let labels = std::iter::once(fact.label).chain(std::iter::repeat(""));
        for (label, line) in labels.zip(&fact.lines) {
            let _ = writeln!(out, "  {label:<11} {}", visible(line));
        }
    }
}

/// Markdown.
pub(super) fn markdown(chapters: &[Chapter]) -> String {
    let mut out = String::from("# Oversight\n");
    for chapter in chapters {
        let _ = writeln!(out, "\n## Workflow {}\n", code(&chapter.title));
        listed(&mut out, &chapter.facts);
        if !chapter.overview.is_empty() {
            let heads: Vec<String> = COLUMNS.iter().map(|head| sentence(head)).collect();
            let _ = writeln!(out, "\n| {} |\n|{}", heads.join(" | "), " --- |".repeat(heads.len()));
            for row in &chapter.overview {
                let _ = writeln!(out, "| {} |", row.iter().map(|cell| plain(cell)).collect::<Vec<_>>().join(" | "));
            }
        }
        for section in &chapter.sections {
            let _ = writeln!(out, "\n### {}\n", plain(&sentence(&section.title)));
            listed(&mut out, &section.facts);
        }
    }
    out
}

fn listed(out: &mut String, facts: &[Fact]) {
    for fact in facts {
        match fact.lines.as_slice() {
            [line] => {
                let _ = writeln!(out, "- **{}:** {}", fact.label, plain(line));
            }
            lines => {
                let _ = writeln!(out, "- **{}:**", fact.label);
                lines.iter().for_each(|line| {
                    let _ = writeln!(out, "  - {}", plain(line));
                });
            }
        }
    }
}

/// A text of which Markdown makes nothing but itself, in one line.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' => out.push(' '),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    // A number and a point at the front would begin a list.
    match out.split_once('.') {
        Some((number, rest)) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => format!("{number}\\.{rest}"),
        _ => out,
    }
}

fn code(name: &str) -> String {
    format!("`{}`", name.replace('`', ""))
}

/// With a capital at the front and none after it where it is a heading in capitals.
fn sentence(text: &str) -> String {
    let text = if text.chars().all(|c| !c.is_lowercase()) { text.to_lowercase() } else { text.to_owned() };
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// What a page looks like: one column on a phone, black on white in print.
const STYLE: &str = "\
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem;overflow-wrap:anywhere}
h1{font-size:1.5rem}h2{font-size:1.25rem;margin-top:2.5rem;border-top:2px solid}h3{font-size:1rem;margin:1.5rem 0 .25rem}
table{border-collapse:collapse;width:100%;margin:1rem 0}
th,td{text-align:left;vertical-align:top;overflow-wrap:break-word;padding:.3rem .5rem;border-bottom:1px solid #8888}
dl{display:grid;grid-template-columns:8rem 1fr;gap:.1rem .75rem;margin:0}
dt{opacity:.75}dd{margin:0}dd+dd{grid-column:2}
section{break-inside:avoid}
.open{border-left:4px solid #c60;padding-left:.75rem}
@media(max-width:40rem){dl{display:block}dt{margin-top:.4rem}
thead{display:none}tr,td{display:block;border:0;padding:.1rem 0}tr{border-bottom:1px solid #8888;padding:.4rem 0}
td::before{content:attr(data-head) \": \";opacity:.75}}
@media print{:root{color-scheme:light}body{font-size:11px;max-width:none}h2{break-before:page}h2:first-of-type{break-before:auto}}
";

/// One page that needs nothing else, and runs nothing.
pub(super) fn html(title: &str, chapters: &[Chapter]) -> String {
    let title = escape(&format!("Oversight of {title}"));
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
    );
    for chapter in chapters {
        let _ = writeln!(out, "<h2>Workflow {}</h2>", escape(&chapter.title));
        defined(&mut out, &chapter.facts);
        if !chapter.overview.is_empty() {
            let heads: String = COLUMNS.iter().map(|head| format!("<th scope=\"col\">{}</th>", sentence(head))).collect();
            let _ = writeln!(out, "<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>");
            for row in &chapter.overview {
                let cell = |(head, cell): (&&str, &String)| format!("<td data-head=\"{}\">{}</td>", sentence(head), escape(cell));
                let _ = writeln!(out, "<tr>{}</tr>", COLUMNS.iter().zip(row).map(cell).collect::<String>());
            }
            out.push_str("</tbody>\n</table>\n");
        }
        for section in &chapter.sections {
            let class = if section.open { " class=\"open\"" } else { "" };
            let _ = writeln!(out, "<section{class}>\n<h3>{}</h3>", escape(&sentence(&section.title)));
            defined(&mut out, &section.facts);
            out.push_str("</section>\n");
        }
    }
    out.push_str("</body>\n</html>\n");
    out
}

fn defined(out: &mut String, facts: &[Fact]) {
    out.push_str("<dl>\n");
    for fact in facts {
        let _ = write!(out, "<dt>{}</dt>", escape(fact.label));
        fact.lines.iter().for_each(|line| {
            let _ = write!(out, "<dd>{}</dd>", escape(line));
        });
        out.push('\n');
    }
    out.push_str("</dl>\n");
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
