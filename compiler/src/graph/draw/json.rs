//! JSON, for programs.

use serde::Serialize;

use super::model::{Drawing, Graph as Drawn, Item};
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
    inside: Option<&'a str>,
}

#[derive(Serialize)]
struct Edge<'a> {
    from: &'a str,
    to: &'a str,
    label: Option<&'a str>,
}

pub(super) fn write(plan: &Plan, drawing: &Drawing) -> String {
    let mut graph = Graph { workflow: &drawing.workflow, file: &plan.file, nodes: Vec::new(), edges: Vec::new() };
    graph.add(&drawing.body, None);
    drawing.handlers.iter().for_each(|handler| graph.item(handler, None));
    // Plain texts and numbers always have a JSON.
    let mut text = serde_json::to_string_pretty(&graph).unwrap_or_default();
    text.push('\n');
    text
}

impl<'a> Graph<'a> {
    fn add(&mut self, drawn: &'a Drawn, inside: Option<&'a str>) {
        drawn.items.iter().for_each(|item| self.item(item, inside));
        self.edges.extend(drawn.links.iter().filter_map(|link| {
            let (from, to) = (drawn.items.get(link.from)?, drawn.items.get(link.to)?);
            Some(Edge { from: &from.id, to: &to.id, label: link.label.as_deref() })
        }));
    }

    fn item(&mut self, item: &'a Item, inside: Option<&'a str>) {
        let Item { id, kind, label, details, line, .. } = item;
        self.nodes.push(Node { id, kind: kind.name(), label, details, effect: kind.effect(), line: *line, inside });
        if let Some(drawn) = &item.inside {
            self.add(drawn, Some(id));
        }
    }
}
