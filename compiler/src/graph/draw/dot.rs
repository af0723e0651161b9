//! Graphviz.

use std::fmt::Write as _;

use super::model::{Drawing, Item, Kind};
use crate::plan::Effect;

pub(super) fn write(drawing: &Drawing) -> String {
    let mut out = format!("digraph {} {{\n", quoted(&drawing.workflow));
    out.push_str("  rankdir=TB;\n");
    out.push_str(
        "  node [fontname=\"Helvetica\", fontsize=11, shape=box, style=\"rounded,filled\", fillcolor=\"#f4f6f8\", color=\"#8a97a6\"];\n",
    );
    out.push_str("  edge [fontname=\"Helvetica\", fontsize=10, color=\"#5b6775\"];\n");
    for item in &drawing.items {
        let _ = writeln!(out, "  {} [label={}{}];", quoted(&item.id), quoted(&text(item)), style(item.kind));
    }
    for link in &drawing.links {
        let (Some(from), Some(to)) = (drawing.items.get(link.from), drawing.items.get(link.to)) else { continue };
        let label = link.label.as_ref().map(|label| format!(" [label={}]", quoted(label))).unwrap_or_default();
        let _ = writeln!(out, "  {} -> {}{label};", quoted(&from.id), quoted(&to.id));
    }
    out.push_str("}\n");
    out
}

const fn style(kind: Kind) -> &'static str {
    match kind {
        Kind::Start | Kind::Return | Kind::Fail | Kind::End => ", shape=box, style=\"rounded,filled\", fillcolor=\"#ffffff\"",
        Kind::Gate => ", shape=hexagon, style=filled, fillcolor=\"#fff3d6\", color=\"#b7791f\", penwidth=2",
        Kind::Branch => ", shape=diamond, style=filled, fillcolor=\"#ffffff\"",
        Kind::Call(Effect::Irreversible) => ", style=filled, fillcolor=\"#fde2e1\", color=\"#c53030\", penwidth=2, peripheries=2",
        Kind::Call(Effect::Plain) => ", fillcolor=\"#e6f0fd\", color=\"#3b6fb5\"",
        Kind::Call(Effect::Read) => ", style=\"rounded,filled,dashed\"",
        Kind::Let => ", style=filled",
    }
}

fn text(item: &Item) -> String {
    let mut lines = vec![item.label.as_str()];
    lines.extend(item.details.iter().map(String::as_str));
    lines.join("\n")
}

fn quoted(text: &str) -> String {
    // `\n` is DOT's own line break; every other backslash is the author's.
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
