//! From a graph to places: labels and long lines get places of their own, so that nothing lies over anything.

use super::layout::{Size, Vertex, layers, place};
use super::model::Graph;

/// A graph with places.
pub(super) struct Routed {
    /// The first ones are the graph's items, in order.
    pub(super) vertices: Vec<Vertex>,
    /// One for each link, in order.
    pub(super) lines: Vec<Line>,
    pub(super) size: Size,
}

/// How a link goes: the vertices on its way, and which of them holds its label.
pub(super) struct Line {
    pub(super) way: Vec<usize>,
    pub(super) label: Option<usize>,
}

/// Places a graph whose boxes and labels have the given sizes (width, height).
pub(super) fn route(graph: &Graph, sizes: &[(f64, f64)], label_size: impl Fn(&str) -> (f64, f64)) -> Routed {
    let edges: Vec<_> = graph.links.iter().map(|link| (link.from, link.to, if link.label.is_some() { 2 } else { 1 })).collect();
    let layers = layers(graph.items.len(), &edges);
    let layer = |item: usize| layers.get(item).copied().unwrap_or_default();
    let mut vertices: Vec<Vertex> = sizes
        .iter()
        .enumerate()
        .map(|(item, &(width, height))| Vertex { width, height, layer: layer(item), ..Vertex::default() })
        .collect();
    let mut lines = Vec::with_capacity(graph.links.len());
    for link in &graph.links {
        let mut way = vec![link.from];
        let mut label = None;
        for layer in layer(link.from) + 1..layer(link.to) {
            let (mut width, mut height) = (2.0, 0.0);
            if let (None, Some(text)) = (label, &link.label) {
                (width, height) = label_size(text);
                label = Some(vertices.len());
            }
            way.push(vertices.len());
            vertices.push(Vertex { width, height, layer, bend: true, ..Vertex::default() });
        }
        way.push(link.to);
        lines.push(Line { way, label });
    }
    let steps: Vec<(usize, usize)> = lines.iter().flat_map(|line| line.way.iter().copied().zip(line.way.iter().copied().skip(1))).collect();
    let size = place(&mut vertices, &steps);
    Routed { vertices, lines, size }
}
