//! Where runs end: a gate before no call that matters decides what a workflow gives, or only whether it comes to its end.

use super::merge::{Merged, Side};
use crate::oversight::place::{Node, Places};
use crate::oversight::prove::Call;
use crate::oversight::terms::{Id, Names, Terms};
use crate::plan::NodeKind;

/// The ends of runs of one flow, as calls of nothing; those of handlers aside, which come after the end.
pub(super) fn of<'p>(merged: &Merged, places: &Places<'p>, side: Side) -> Vec<Call<'p>> {
    let ends = places.nodes().filter(|(node, kind)| {
        let is_end = matches!(kind, NodeKind::Return(_)) && merged.side(*node) == side && !places.is_cut_off(*node);
        is_end && !merged.handlers(side).any(|region| places.chain(node.region).contains(&region))
    });
    ends.map(|(at, _)| Call { at, undo: false, action: u32::MAX, arguments: &[] }).collect()
}

/// Gates of one flow that stand before none of these calls.
pub(super) fn others(merged: &Merged, places: &Places<'_>, side: Side, calls: &[Call<'_>]) -> Vec<Node> {
    let passed: Vec<Node> = calls.iter().flat_map(|call| places.passed(call.at)).map(|passed| passed.gate).collect();
    let gates = places.nodes().filter(|(node, kind)| matches!(kind, NodeKind::Gate(_)) && merged.side(*node) == side);
    gates.map(|(node, _)| node).filter(|node| !passed.contains(node)).collect()
}

/// For an end the ends of the other flow that give the same; where none does, the one that stands in its place.
pub(super) fn beside<'p>(places: &Places<'p>, terms: &mut Terms<'p>, (number, to): (usize, &Call<'p>), from: &[Call<'p>]) -> Vec<Call<'p>> {
    let given = gives(places, terms, to);
    let mut same = from.to_vec();
    same.retain(|end| gives(places, terms, end) == given);
    if same.is_empty() {
        same.extend(from.get(number).or_else(|| from.last()));
    }
    same
}

fn gives<'p>(places: &Places<'p>, terms: &mut Terms<'p>, end: &Call<'p>) -> Option<Id> {
    match places.node(end.at).map(|node| &node.kind) {
        Some(NodeKind::Return(Some(value))) => Some(terms.expr(value, Names::At(end.at))),
        _ => None,
    }
}
