//! Circles in what refers to what.

use std::collections::{HashMap, VecDeque};

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

/// Everything in groups, what is referred to before what refers to it; more than one stands in a group only where they refer to one
/// another.
pub(crate) fn referred_first(count: usize, edges: &[(usize, usize)]) -> Vec<Vec<usize>> {
    grouped(&graph(count, edges))
}

/// All groups of things that refer to one another in a circle, one that refers to itself included.
pub(crate) fn circles(count: usize, edges: &[(usize, usize)]) -> Vec<Vec<usize>> {
    if edges.is_empty() {
        return Vec::new();
    }
    let graph = graph(count, edges);
    let mut circles = grouped(&graph);
    circles.retain(|group| match group.as_slice() {
        [only] => graph.contains_edge(NodeIndex::new(*only), NodeIndex::new(*only)),
        _ => true,
    });
    circles.sort_unstable();
    circles
}

/// A shortest way from the first of a group around to itself: the one that leads there last is its end.
pub(crate) fn around(group: &[usize], edges: &[(usize, usize)]) -> Vec<usize> {
    let Some(first) = group.first().copied() else { return Vec::new() };
    let mut next: HashMap<usize, Vec<usize>> = HashMap::new();
    for (from, to) in edges {
        if group.binary_search(from).is_ok() && group.binary_search(to).is_ok() {
            next.entry(*from).or_default().push(*to);
        }
    }
    let mut before: HashMap<usize, usize> = HashMap::new();
    let mut open = VecDeque::from([first]);
    while let Some(at) = open.pop_front() {
        for to in next.get(&at).into_iter().flatten().copied() {
            if to == first {
                let mut way = vec![at];
                while let Some(earlier) = way.last().and_then(|last| before.get(last)).copied() {
                    way.push(earlier);
                }
                way.reverse();
                return way;
            }
            if let std::collections::hash_map::Entry::Vacant(slot) = before.entry(to) {
                slot.insert(at);
                open.push_back(to);
            }
        }
    }
    vec![first]
}

fn graph(count: usize, edges: &[(usize, usize)]) -> DiGraph<(), ()> {
    let mut graph: DiGraph<(), ()> = DiGraph::with_capacity(count, edges.len());
    for _ in 0..count {
        graph.add_node(());
    }
    for (from, to) in edges {
        graph.update_edge(NodeIndex::new(*from), NodeIndex::new(*to), ());
    }
    graph
}

fn grouped(graph: &DiGraph<(), ()>) -> Vec<Vec<usize>> {
    let groups = kosaraju_scc(graph).into_iter().map(|group| {
        let mut group: Vec<usize> = group.into_iter().map(NodeIndex::index).collect();
        group.sort_unstable();
        group
    });
    groups.collect()
}

#[cfg(test)]
mod tests {
    use super::{around, circles, referred_first};

    #[test]
    fn the_way_around() {
        let edges = [(0, 1), (1, 2), (2, 0), (1, 3), (3, 0), (4, 4)];
        assert_eq!(circles(5, &edges), [vec![0, 1, 2, 3], vec![4]]);
        assert_eq!(around(&[0, 1, 2, 3], &edges), [0, 1, 2]);
        assert_eq!(around(&[4], &edges), [4]);
    }

    #[test]
    fn what_is_used_comes_first() {
        assert_eq!(referred_first(3, &[(0, 1), (1, 2)]), [vec![2], vec![1], vec![0]]);
    }
}
