//! What a plan has at a path of a run.

use flow_compiler::plan::{self, Action, Call, Effect, Gate, HandlerEvent, Loop, Node, NodeKind, Plan, Region, Slot};

use crate::ids::Path;

/// The region of a frame.
#[must_use]
pub fn region_at<'a>(plan: &'a Plan, frame: &[u32]) -> Option<&'a Region> {
    let (mut region, rest) = match Path::handler_of(frame) {
        Some((number, rest)) => (handler(plan, *HandlerEvent::ALL.get(number as usize)?)?, rest),
        None => (&plan.workflow.body, frame),
    };
    for step in rest.chunks(2) {
        region = body_of(plan, loop_in(region, *step.first()?)?)?;
    }
    Some(region)
}

/// What is done when a run ends so.
#[must_use]
pub fn handler(plan: &Plan, on: HandlerEvent) -> Option<&Region> {
    plan.workflow.handlers.iter().find(|handler| handler.on == on).map(|handler| &handler.body)
}

fn loop_in(region: &Region, node: u32) -> Option<&Loop> {
    match &region.nodes.get(node as usize)?.kind {
        NodeKind::ForEach(each) => Some(each),
        _ => None,
    }
}

/// The region of a loop's items.
#[must_use]
pub fn body_of<'a>(plan: &'a Plan, each: &Loop) -> Option<&'a Region> {
    plan.workflow.loops.get(each.body as usize)
}

/// The node at a path.
#[must_use]
pub fn node_at<'a>(plan: &'a Plan, path: &Path) -> Option<&'a Node> {
    region_at(plan, path.frame())?.nodes.get(path.node() as usize)
}

/// A slot of a node's frame.
#[must_use]
pub fn slot_at<'a>(plan: &'a Plan, path: &Path, slot: u32) -> Option<&'a Slot> {
    region_at(plan, path.frame())?.slots.get(slot as usize)
}

/// The gate at a path.
#[must_use]
pub fn gate_at<'a>(plan: &'a Plan, path: &Path) -> Option<&'a Gate> {
    match &node_at(plan, path)?.kind {
        NodeKind::Gate(gate) => Some(gate),
        _ => None,
    }
}

/// The call at a path, for an undo the call that it undoes.
#[must_use]
pub fn call_at<'a>(plan: &'a Plan, path: &Path) -> Option<&'a Call> {
    match &node_at(plan, path)?.kind {
        NodeKind::Call(call) => Some(call),
        _ => None,
    }
}

/// The action that is called at a path: its index and itself.
#[must_use]
pub fn action_at<'a>(plan: &'a Plan, path: &Path) -> Option<(u32, &'a Action)> {
    let call = call_at(plan, path)?;
    let index = if path.is_undo() { call.undo.as_ref()?.action } else { call.action };
    Some((index, plan.actions.get(index as usize)?))
}

/// What a call at a path does to the world; what is not known is taken for the worst.
#[must_use]
pub fn effect_at(plan: &Plan, path: &Path) -> Effect {
    action_at(plan, path).map_or(Effect::Irreversible, |(_, action)| action.effect)
}

/// The type of what the call at a path gives.
#[must_use]
pub fn result_at<'a>(plan: &'a Plan, path: &Path) -> Option<&'a plan::Type> {
    action_at(plan, path)?.1.result.as_ref()
}

/// The name of a gate, step or value, as its author wrote it; empty for others.
#[must_use]
pub fn name_at<'a>(plan: &'a Plan, path: &Path) -> &'a str {
    let slot = |slot: u32| slot_at(plan, path, slot).map_or("", |slot| slot.name.as_str());
    match node_at(plan, path).map(|node| &node.kind) {
        Some(NodeKind::Gate(gate)) => &gate.name,
        Some(NodeKind::Call(call)) => &call.name,
        Some(NodeKind::Let { slot: at, .. }) => slot(*at),
        Some(NodeKind::ForEach(each)) => each.slot.map_or("for each", slot),
        _ => "",
    }
}

/// The line of the statement at a path, from 1; 0 where there is none.
#[must_use]
pub fn line_at(plan: &Plan, path: &Path) -> u32 {
    node_at(plan, path).map_or(0, |node| node.line)
}

/// Whether a guard of the gate at `gate`, whose call stands at `at` from there, means the call at `call`.
#[must_use]
pub fn is_guarded(gate: &Path, at: &[u32], call: &Path) -> bool {
    if call.is_undo() {
        return false;
    }
    call.0.strip_prefix(gate.frame()).is_some_and(|rest| rest.len() == at.len() * 2 - 1 && rest.iter().step_by(2).eq(at))
}
