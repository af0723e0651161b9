//! Graphviz.

use std::fmt::Write as _;

use super::model::{Drawing, Graph, Item, Kind};
use crate::plan::Effect;

pub(super) fn write(drawing: &Drawing) -> String {
    let mut out = format!("digraph {} {{\n", quoted(&drawing.workflow));
    out.push_str("  rankdir=TB;\n  compound=true;\n");
    out.push_str(
        "  node [fontname=\"Helvetica\", fontsize=11, shape=box, style=\"rounded,filled\", fillcolor=\"#f4f6f8\", color=\"#8a97a6\"];\n",
    );
    out.push_str("  edge [fontname=\"Helvetica\", fontsize=10, color=\"#5b6775\"];\n");
    graph(&mut out, &drawing.body, "  ");
    drawing.handlers.iter().for_each(|handler| item(&mut out, handler, "  "));
    out.push_str("}\n");
    out
}

fn graph(out: &mut String, graph: &Graph, indent: &str) {
    graph.items.iter().for_each(|each| item(out, each, indent));
    for link in &graph.links {
        let (Some(from), Some(to)) = (graph.items.get(link.from), graph.items.get(link.to)) else { continue };
        let attributes: Vec<_> = [
            link.label.as_ref().map(|label| format!("label={}", quoted(label))),
            from.inside.as_ref().map(|_| format!("ltail={}", quoted(&cluster(from)))),
            to.inside.as_ref().map(|_| format!("lhead={}", quoted(&cluster(to)))),
        ]
        .into_iter()
        .flatten()
        .collect();
        let attributes = if attributes.is_empty() { String::new() } else { format!(" [{}]", attributes.join(", ")) };
        let (from, to) = (edge_of(from, <[Item]>::last), edge_of(to, <[Item]>::first));
        let _ = writeln!(out, "{indent}{} -> {}{attributes};", quoted(&from.id), quoted(&to.id));
    }
}

fn item(out: &mut String, item: &Item, indent: &str) {
    let Some(inside) = &item.inside else {
        let _ = writeln!(out, "{indent}{} [label={}{}];", quoted(&item.id), quoted(&text(item)), style(item.kind));
        return;
    };
    let _ = writeln!(out, "{indent}subgraph {} {{", quoted(&cluster(item)));
    let deeper = format!("{indent}  ");
    let _ = writeln!(
        out,
        "{deeper}label={}; labeljust=l; fontname=\"Helvetica\"; fontsize=11; style=\"rounded,dashed\"; color=\"#8a97a6\";",
        quoted(&text(item))
    );
    graph(out, inside, &deeper);
    let _ = writeln!(out, "{indent}}}");
}

/// Graphviz draws a frame around a subgraph whose name begins so.
fn cluster(item: &Item) -> String {
    format!("cluster_{}", item.id)
}

/// Lines join boxes only: for a frame, its first or last box stands, and `lhead` or `ltail` cuts the line off at the frame.
fn edge_of(mut item: &Item, pick: fn(&[Item]) -> Option<&Item>) -> &Item {
    while let Some(next) = item.inside.as_ref().and_then(|inside| pick(&inside.items)) {
        item = next;
    }
    item
}

const fn style(kind: Kind) -> &'static str {
    match kind {
        Kind::Gate => ", shape=hexagon, style=filled, fillcolor=\"#fff3d6\", color=\"#b7791f\", penwidth=2",
        Kind::Branch => ", shape=diamond, style=filled, fillcolor=\"#ffffff\"",
        Kind::Call(Effect::Irreversible) => ", style=filled, fillcolor=\"#fde2e1\", color=\"#c53030\", penwidth=2, peripheries=2",
        Kind::Call(Effect::Plain) => ", fillcolor=\"#e6f0fd\", color=\"#3b6fb5\"",
        Kind::Call(Effect::Read) => ", style=\"rounded,filled,dashed\"",
        Kind::Workflow(Effect::Irreversible) => {
            ", shape=component, style=filled, fillcolor=\"#fde2e1\", color=\"#c53030\", penwidth=2, peripheries=2"
        }
        Kind::Workflow(Effect::Plain) => ", shape=component, style=filled, fillcolor=\"#e6f0fd\", color=\"#3b6fb5\"",
        Kind::Workflow(Effect::Read) => ", shape=component, style=\"filled,dashed\"",
        Kind::Let | Kind::Loop | Kind::Handler => ", style=filled",
        Kind::Wait => ", shape=octagon, style=filled",
        Kind::Start | Kind::Parallel | Kind::Join | Kind::Give | Kind::Return | Kind::Fail | Kind::End => {
            ", shape=box, style=\"rounded,filled\", fillcolor=\"#ffffff\""
        }
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
