//! Gates that an author may take for one before a call, and that are none: nothing on the way to the call passes them.

use super::place::{Node, Places};
use crate::plan::{NodeKind, Workflow};

/// So many are told of.
const MOST: usize = 4;

/// Why a gate was not passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missed {
    /// It is asked for items of a loop that is over.
    Over,
    /// It stands in an arm of a `parallel` that runs beside the call.
    Beside,
    /// It stands in the body, and the call in a handler.
    Body,
}

/// Those of a call, the nearest first.
pub(super) fn of(places: &Places<'_>, call: Node) -> Vec<(Node, Missed)> {
    let gates = places.nodes().filter(|(_, kind)| matches!(kind, NodeKind::Gate(_))).map(|(node, _)| node);
    let mut found: Vec<(Node, Missed)> = gates.filter_map(|gate| Some((gate, why(places, gate, call)?))).collect();
    found.reverse();
    found.truncate(MOST);
    found
}

/// Whether a workflow passes a gate before it calls another one.
#[must_use]
pub fn asks_before(workflow: &Workflow, other: u32) -> bool {
    let places = Places::of(workflow);
    let calls = |kind: &NodeKind| matches!(kind, NodeKind::Call(call) if call.action == other);
    places.nodes().any(|(node, kind)| calls(kind) && places.passed(node).next().is_some())
}

fn why(places: &Places<'_>, gate: Node, call: Node) -> Option<Missed> {
    let around_gate = places.outward(gate);
    let around_call = places.outward(call);
    // Where both stand in the same region, the gate or a loop around it, and the call or a loop around it.
    let shared = around_gate.iter().find_map(|own| Some((*own, *around_call.iter().find(|other| other.region == own.region)?)));
    let Some((own, other)) = shared else {
        return (first_region(places, gate) == 0).then_some(Missed::Body);
    };
    if places.is_beside(own, other) {
        return Some(Missed::Beside);
    }
    (own != gate && own.index < other.index && places.may_come_before(own, other)).then_some(Missed::Over)
}

fn first_region(places: &Places<'_>, node: Node) -> u32 {
    places.chain(node.region).first().copied().unwrap_or_default()
}
