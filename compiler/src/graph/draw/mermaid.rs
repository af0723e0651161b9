//! Mermaid.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::model::{Drawing, Graph, Item, Kind};
use crate::plan::Effect;

/// Styles that stand on light and on dark pages.
const CLASSES: &str = "  classDef gate fill:#fff3d6,stroke:#b7791f,stroke-width:2px,color:#3d2c00
  classDef irreversible fill:#fde2e1,stroke:#c53030,stroke-width:2px,color:#4a1010
  classDef write fill:#e6f0fd,stroke:#3b6fb5,color:#10294d
  classDef read fill:#f4f6f8,stroke:#8a97a6,stroke-dasharray:4 3,color:#27313d
  classDef quiet fill:#f4f6f8,stroke:#8a97a6,color:#27313d
  classDef frame fill:transparent,stroke:#8a97a6,stroke-dasharray:2 3
";

pub(super) fn write(drawing: &Drawing) -> String {
    let mut out = String::from("flowchart TD\n");
    graph(&mut out, &drawing.body, "  ");
    drawing.handlers.iter().for_each(|handler| item(&mut out, handler, "  "));
    out.push_str(CLASSES);
    out
}

fn graph(out: &mut String, graph: &Graph, indent: &str) {
    graph.items.iter().for_each(|each| item(out, each, indent));
    for link in &graph.links {
        let (Some(from), Some(to)) = (graph.items.get(link.from), graph.items.get(link.to)) else { continue };
        let (from, to) = (node_id(from), node_id(to));
        let _ = match &link.label {
            Some(label) => writeln!(out, "{indent}{from} -->|\"{}\"| {to}", escaped(label)),
            None => writeln!(out, "{indent}{from} --> {to}"),
        };
    }
}

fn item(out: &mut String, item: &Item, indent: &str) {
    let id = node_id(item);
    if let Some(inside) = &item.inside {
        let _ = writeln!(out, "{indent}subgraph {id}[\"{}\"]", text(item));
        graph(out, inside, &format!("{indent}  "));
        let _ = writeln!(out, "{indent}end\n{indent}class {id} frame");
    } else {
        let (open, close) = shape(item.kind);
        let _ = writeln!(out, "{indent}{id}{open}\"{}\"{close}:::{}", text(item), class(item.kind));
    }
}

/// `end` is a word of Mermaid's own.
fn node_id(item: &Item) -> Cow<'_, str> {
    match item.id.strip_suffix("end") {
        Some(front) if item.kind == Kind::End => Cow::Owned(format!("{front}stop")),
        _ => Cow::Borrowed(&item.id),
    }
}

const fn shape(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Start | Kind::Parallel | Kind::Join | Kind::Give | Kind::Return | Kind::Fail | Kind::End => ("([", "])"),
        Kind::Gate => ("{{", "}}"),
        Kind::Branch => ("{", "}"),
        Kind::Call(Effect::Irreversible) => ("[[", "]]"),
        Kind::Workflow(_) => ("[/", "/]"),
        Kind::Wait => ("(", ")"),
        Kind::Call(_) | Kind::Let | Kind::Loop | Kind::Handler => ("[", "]"),
    }
}

const fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::Gate => "gate",
        Kind::Call(Effect::Irreversible) | Kind::Workflow(Effect::Irreversible) => "irreversible",
        Kind::Call(Effect::Plain) | Kind::Workflow(Effect::Plain) => "write",
        Kind::Call(Effect::Read) | Kind::Workflow(Effect::Read) => "read",
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
