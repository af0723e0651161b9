//! JSON, for programs.

use serde::Serialize;

use super::model::Drawing;
use crate::plan::Plan;

#[derive(Serialize)]
struct Graph<'a> {
    workflow: &'a str,
    file: &'a str,
    nodes: Vec<Node<'a>>,
    edges: Vec<Edge<'a>>,
}

#[derive(Serialize)]
struct Node<'a> {
    id: &'a str,
    kind: &'static str,
    label: &'a str,
    details: &'a [String],
    effect: Option<&'static str>,
    line: Option<u32>,
}

#[derive(Serialize)]
struct Edge<'a> {
    from: &'a str,
    to: &'a str,
    label: Option<&'a str>,
}

pub(super) fn write(plan: &Plan, drawing: &Drawing) -> String {
    let nodes = drawing
        .items
        .iter()
        .map(|item| Node {
            id: &item.id,
            kind: item.kind.name(),
            label: &item.label,
            details: &item.details,
            effect: item.kind.effect(),
            line: item.line,
        })
        .collect();
    let edges = drawing
        .links
        .iter()
        .filter_map(|link| {
            let (from, to) = (drawing.items.get(link.from)?, drawing.items.get(link.to)?);
            Some(Edge { from: &from.id, to: &to.id, label: link.label.as_deref() })
        })
        .collect();
    let graph = Graph { workflow: &drawing.workflow, file: &plan.file, nodes, edges };
    // Plain texts and numbers always have a JSON.
    let mut text = serde_json::to_string_pretty(&graph).unwrap_or_default();
    text.push('\n');
    text
}
