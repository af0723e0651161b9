//! Circles in what refers to what.

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

/// All groups of things that refer to one another in a circle, one that refers to itself included.
pub(crate) fn circles(count: usize, edges: &[(usize, usize)]) -> Vec<Vec<usize>> {
    if edges.is_empty() {
        return Vec::new();
    }
    let mut graph: DiGraph<(), ()> = DiGraph::with_capacity(count, edges.len());
    for _ in 0..count {
        graph.add_node(());
    }
    for (from, to) in edges {
        graph.update_edge(NodeIndex::new(*from), NodeIndex::new(*to), ());
    }
    let mut circles: Vec<Vec<usize>> = kosaraju_scc(&graph)
        .into_iter()
        .filter(|group| match group.as_slice() {
            [only] => graph.contains_edge(*only, *only),
            _ => true,
        })
        .map(|group| {
            let mut group: Vec<usize> = group.into_iter().map(NodeIndex::index).collect();
            group.sort_unstable();
            group
        })
        .collect();
    circles.sort_unstable();
    circles
}
