//! Order from effects: the edges of the graph, transitively reduced.
//!
//! A block is a row of *fences* (whatever keeps its place) with *groups* of free nodes between them. A free node comes after the fence
//! before its group, or after nodes of its group whose values it uses; a fence comes after the last nodes of the group before it. So
//! only edges inside a group can be superfluous, and only there the graph has to be searched.

use petgraph::algo::toposort;
use petgraph::algo::tred::{dag_to_toposorted_adjacency_list, dag_transitive_reduction_closure};
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::IntoNeighbors;

use super::{Draft, producers};
use crate::plan::{NodeKind, Within};

/// Groups larger than this keep superfluous edges: reducing costs the square of their size, and the order is the same.
const LARGEST_REDUCED: usize = 512;

/// A block whose nodes are being put in order.
#[derive(Debug, Default)]
struct Block {
    within: Option<Within>,
    fence: Option<u32>,
    /// Free nodes since the fence, each with the nodes of the group that it uses.
    group: Vec<(u32, Vec<u32>)>,
}

/// For each node those that must be done or skipped before it starts.
pub(crate) fn order(drafts: &[Draft], slots: usize) -> Vec<Vec<u32>> {
    let producers = producers(drafts, slots);
    let mut after: Vec<Vec<u32>> = vec![Vec::new(); drafts.len()];
    let mut open = vec![Block::default()];
    // The last nodes of the arms of branches that are still open, by branch.
    let mut ends: Vec<(u32, Vec<u32>)> = Vec::new();
    for (index, draft) in drafts.iter().enumerate() {
        let node = u32::try_from(index).unwrap_or(u32::MAX);
        leave_arms(drafts, &mut open, draft.within, &mut ends, &mut after);
        enter_arm(&mut open, draft.within);
        let Some(block) = open.last_mut() else { break };
        if let NodeKind::Join { branch } = &draft.kind {
            let last = ends.pop_if(|(open, _)| open == branch).map_or_else(|| vec![*branch], |(_, last)| last);
            set(&mut after, node, if last.is_empty() { vec![*branch] } else { last });
            block.fence = Some(node);
            continue;
        }
        if draft.free {
            let used = in_group(block, &draft.uses, &producers);
            block.group.push((node, used));
            continue;
        }
        let last = block.settle(&mut after);
        set(&mut after, node, last);
        block.fence = Some(node);
        if matches!(draft.kind, NodeKind::Branch { .. } | NodeKind::Parallel { .. }) {
            ends.push((node, Vec::new()));
        }
    }
    leave_arms(drafts, &mut open, None, &mut ends, &mut after);
    if let Some(block) = open.last_mut() {
        block.settle(&mut after);
    }
    after
}

fn set(after: &mut [Vec<u32>], node: u32, mut nodes: Vec<u32>) {
    nodes.sort_unstable();
    nodes.dedup();
    if let Some(slot) = after.get_mut(node as usize) {
        *slot = nodes;
    }
}

/// The nodes of the open group whose values are used; all others are done before the group begins.
fn in_group(block: &Block, uses: &[u32], producers: &[Option<u32>]) -> Vec<u32> {
    let mut used: Vec<u32> = uses
        .iter()
        .filter_map(|slot| producers.get(*slot as usize).copied().flatten())
        .filter(|producer| block.group.binary_search_by_key(producer, |(node, _)| *node).is_ok())
        .collect();
    used.sort_unstable();
    used.dedup();
    used
}

/// Closes the arms that the next node no longer stands in.
fn leave_arms(drafts: &[Draft], open: &mut Vec<Block>, within: Option<Within>, ends: &mut [(u32, Vec<u32>)], after: &mut [Vec<u32>]) {
    // Where the branch stands whose arm the next node is in.
    let outer = within.and_then(|within| drafts.get(within.branch as usize)).map(|branch| branch.within);
    while let Some(block) = open.last() {
        let stands = block.within == within || outer == Some(block.within);
        if stands || open.len() == 1 {
            return;
        }
        if let Some(mut block) = open.pop() {
            let last = block.settle(after);
            let branch = block.within.map(|within| within.branch);
            if let Some((_, all)) = ends.iter_mut().rev().find(|(open, _)| Some(*open) == branch) {
                all.extend(last);
            }
        }
    }
}

fn enter_arm(open: &mut Vec<Block>, within: Option<Within>) {
    if let (Some(block), Some(arm)) = (open.last(), within)
        && block.within != within
    {
        open.push(Block { within, fence: Some(arm.branch), group: Vec::new() });
    }
}

impl Block {
    /// Orders the open group, empties it, and gives its last nodes: what the next fence comes after.
    fn settle(&mut self, after: &mut [Vec<u32>]) -> Vec<u32> {
        if self.group.is_empty() {
            return self.fence.into_iter().collect();
        }
        let group = std::mem::take(&mut self.group);
        let group = if group.len() <= LARGEST_REDUCED { reduced(group) } else { group };
        let mut is_used = std::collections::HashSet::new();
        let mut nodes = Vec::with_capacity(group.len());
        for (node, used) in group {
            is_used.extend(used.iter().copied());
            nodes.push(node);
            let used = if used.is_empty() { self.fence.into_iter().collect() } else { used };
            set(after, node, used);
        }
        nodes.retain(|node| !is_used.contains(node));
        nodes
    }
}

/// Takes out of a group the edges that others imply.
fn reduced(group: Vec<(u32, Vec<u32>)>) -> Vec<(u32, Vec<u32>)> {
    if group.iter().all(|(_, used)| used.len() < 2) {
        return group;
    }
    let mut graph: DiGraph<u32, ()> = DiGraph::new();
    for (node, _) in &group {
        graph.add_node(*node);
    }
    let place = |node: u32| group.binary_search_by_key(&node, |(known, _)| *known).ok();
    for (to, (_, used)) in group.iter().enumerate() {
        for from in used.iter().filter_map(|used| place(*used)) {
            graph.add_edge(NodeIndex::new(from), NodeIndex::new(to), ());
        }
    }
    // Values are used after they are computed, so there is no circle.
    let Ok(sorted) = toposort(&graph, None) else { return group };
    let (list, _) = dag_to_toposorted_adjacency_list::<_, u32>(&graph, &sorted);
    let (reduction, _) = dag_transitive_reduction_closure(&list);
    let node = |at: usize| sorted.get(at).and_then(|index| graph.node_weight(*index)).copied();
    let mut out: Vec<(u32, Vec<u32>)> = group.iter().map(|(node, _)| (*node, Vec::new())).collect();
    for from in 0..sorted.len() {
        let Some(used) = node(from) else { continue };
        for to in reduction.neighbors(u32::try_from(from).unwrap_or(u32::MAX)) {
            let slot = node(to as usize).and_then(place).and_then(|at| out.get_mut(at));
            if let Some((_, uses)) = slot {
                uses.push(used);
            }
        }
    }
    out
}
