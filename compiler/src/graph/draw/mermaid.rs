//! Mermaid.

use std::fmt::Write as _;

use super::model::{Drawing, Item, Kind};
use crate::plan::Effect;

/// Styles that stand on light and on dark pages.
const CLASSES: &str = "  classDef gate fill:#fff3d6,stroke:#b7791f,stroke-width:2px,color:#3d2c00
  classDef irreversible fill:#fde2e1,stroke:#c53030,stroke-width:2px,color:#4a1010
  classDef write fill:#e6f0fd,stroke:#3b6fb5,color:#10294d
  classDef read fill:#f4f6f8,stroke:#8a97a6,stroke-dasharray:4 3,color:#27313d
  classDef quiet fill:#f4f6f8,stroke:#8a97a6,color:#27313d
";

pub(super) fn write(drawing: &Drawing) -> String {
    let mut out = String::from("flowchart TD\n");
    for item in &drawing.items {
        let (open, close) = shape(item.kind);
        let _ = writeln!(out, "  {}{open}\"{}\"{close}:::{}", node_id(item), text(item), class(item.kind));
    }
    for link in &drawing.links {
        let (Some(from), Some(to)) = (drawing.items.get(link.from), drawing.items.get(link.to)) else { continue };
        let (from, to) = (node_id(from), node_id(to));
        let _ = match &link.label {
            Some(label) => writeln!(out, "  {from} -->|\"{}\"| {to}", escaped(label)),
            None => writeln!(out, "  {from} --> {to}"),
        };
    }
    out.push_str(CLASSES);
    out
}

/// `end` is a word of Mermaid's own.
fn node_id(item: &Item) -> &str {
    if item.kind == Kind::End { "stop" } else { &item.id }
}

const fn shape(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Start | Kind::Return | Kind::Fail | Kind::End => ("([", "])"),
        Kind::Gate => ("{{", "}}"),
        Kind::Branch => ("{", "}"),
        Kind::Call(Effect::Irreversible) => ("[[", "]]"),
        Kind::Call(_) | Kind::Let => ("[", "]"),
    }
}

const fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::Gate => "gate",
        Kind::Call(Effect::Irreversible) => "irreversible",
        Kind::Call(Effect::Plain) => "write",
        Kind::Call(Effect::Read) => "read",
        _ => "quiet",
    }
}

fn text(item: &Item) -> String {
    let mut lines = vec![escaped(&item.label)];
    lines.extend(item.details.iter().map(|line| escaped(line)));
    lines.join("<br/>")
}

/// Everything that Mermaid, Markdown or HTML could read as more than a letter, as a numbered entity.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_alphanumeric() || matches!(c, ' ' | '.' | ',' | '(' | ')' | ':' | '=' | '+' | '-' | '/' | '?' | '…') {
            out.push(c);
        } else {
            let _ = write!(out, "#{};", u32::from(c));
        }
    }
    out
}
