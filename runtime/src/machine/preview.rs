//! Previews: what guarded calls would touch, looked at before a gate asks, approved with it, and held against what is there before the call.

use flow_compiler::plan::{Gate, Guard, GuardArgument, Plan};
use flow_compiler::value::Value;

use super::event::{About, Event, Look, Outcome, Question, Shown};
use super::{NodeState, RunState, place};
use crate::ids::Path;

/// The path of a guarded call; of one in a loop, that in its first item.
#[must_use]
pub fn call_of(gate: &Path, guard: &Guard) -> Path {
    let inside = guard.at.iter().enumerate().flat_map(|(step, node)| (step > 0).then_some(0).into_iter().chain([*node]));
    Path(gate.frame().iter().copied().chain(inside).collect())
}

/// A look that is under way.
#[must_use]
pub fn look<'s>(state: &'s RunState, gate: &Path, guard: u32) -> Option<&'s Look> {
    match state.node(gate) {
        NodeState::Previewing(looks) => looks.iter().find(|look| look.guard == guard && look.found.is_none()),
        _ => None,
    }
}

/// What the approvals of a call said that it would touch: what must still be so just before it. `None` where nothing of it was shown.
#[must_use]
pub fn approved<'s>(plan: &Plan, state: &'s RunState, call: &Path) -> Option<&'s Value> {
    approvals(plan, state, call).last().map(|(_, found)| *found)
}

/// The passed gates that showed what the call would touch.
pub(super) fn shown_by<'s>(plan: &Plan, state: &'s RunState, call: &Path) -> impl Iterator<Item = &'s Path> {
    approvals(plan, state, call).into_iter().map(|(gate, _)| gate)
}

/// For each gate what its newest passed round said that the call would touch, the newest question last.
fn approvals<'s>(plan: &Plan, state: &'s RunState, call: &Path) -> Vec<(&'s Path, &'s Value)> {
    let mut newest: Vec<(&Path, Option<&Value>)> = Vec::new();
    let passed = state.questions.iter().filter(|asked| asked.question.about == About::Gate && asked.is_passed());
    for question in passed.map(|asked| &asked.question) {
        let guards = place::gate_at(plan, &question.node).map(|gate| gate.guards.as_slice()).unwrap_or_default();
        let mut shown = guards.iter().zip(&question.previews).filter(|(guard, _)| place::is_guarded(&question.node, &guard.at, call));
        let found = shown.find_map(|(_, shown)| match shown {
            Some(Shown::Value(value)) => Some(value),
            _ => None,
        });
        newest.retain(|(gate, _)| **gate != question.node);
        newest.push((&question.node, found));
    }
    newest.into_iter().filter_map(|(gate, found)| Some((gate, found?))).collect()
}

/// Gates that approved something else than what is there, or, where nobody has looked, than was approved last.
pub(super) fn stale(plan: &Plan, state: &RunState, call: &Path, there: Option<&Value>) -> Vec<Path> {
    let approvals = approvals(plan, state, call);
    let Some(there) = there.or_else(|| approvals.last().map(|(_, found)| *found)) else { return Vec::new() };
    approvals.iter().filter(|(_, found)| *found != there).map(|(gate, _)| (*gate).clone()).collect()
}

/// The looks that come before a question: at calls that are still to come, and of which the preview uses nothing that is not known now.
pub(super) fn looks(plan: &Plan, state: &RunState, gate: &Gate, question: &Question) -> Vec<Look> {
    let guards = (0_u32..).zip(gate.guards.iter().zip(&question.will_run));
    let looks = guards.filter_map(|(number, (guard, arguments))| {
        let call = call_of(&question.node, guard);
        if !unknown(plan, &call, guard, arguments)?.is_empty() || state.node(&call).settled() {
            return None;
        }
        // What is not known is not used.
        let arguments = arguments.iter().cloned().map(Option::unwrap_or_default).collect();
        Some(Look { guard: number, arguments, found: None })
    });
    looks.collect()
}

/// The parameters that the preview of a guarded call uses and that are not known when its gate asks: while there are any, nobody can look.
/// `None` where the call has no preview.
#[must_use]
pub fn unknown(plan: &Plan, call: &Path, guard: &Guard, arguments: &[Option<Value>]) -> Option<Vec<usize>> {
    let preview = place::action_at(plan, call)?.1.preview.as_ref()?;
    let used = preview.implementation.slots();
    let known = |(argument, value): (&GuardArgument, &Option<Value>)| matches!(argument, GuardArgument::Known(_)) && value.is_some();
    let parameters = (0_u32..).zip(guard.arguments.iter().zip(arguments).map(known)).enumerate();
    Some(parameters.filter(|(_, (slot, known))| used.contains(slot) && !known).map(|(parameter, _)| parameter).collect())
}

/// What was found, one for each guard.
pub(super) fn found(gate: &Gate, looks: &[Look]) -> Vec<Option<Shown>> {
    let of = |guard: u32| looks.iter().find(|look| look.guard == guard).and_then(|look| look.found.clone());
    (0_u32..).zip(&gate.guards).map(|(guard, _)| of(guard)).collect()
}

/// A look has ended; one that is not under way (any more) changes nothing.
pub(super) fn previewed(state: &RunState, node: Path, guard: u32, outcome: Outcome) -> Vec<Event> {
    if state.ended.is_some() || look(state, &node, guard).is_none() {
        return Vec::new();
    }
    let found = match outcome {
        Outcome::Done(value) => Shown::Value(value),
        Outcome::NotDone(why) | Outcome::Unknown(why) => Shown::Error(why),
        Outcome::Lost | Outcome::Kept(_) | Outcome::Rejected { .. } | Outcome::Cancelled { .. } => {
            Shown::Error("what the call would touch cannot be looked at".to_owned())
        }
    };
    vec![Event::Previewed { node, guard, found }]
}

/// An attempt found something else than was approved, and was not made; one that is not under way (any more) changes nothing.
pub(super) fn changed(plan: &Plan, state: &RunState, node: Path, attempt: u32, found: &Value) -> Vec<Event> {
    match state.node(&node) {
        NodeState::Calling(calling) if calling.attempt == attempt => {
            let gates = stale(plan, state, &node, Some(found));
            vec![Event::Changed { node, attempt: Some(attempt), gates }]
        }
        _ => Vec::new(),
    }
}
