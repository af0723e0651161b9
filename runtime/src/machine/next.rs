//! What follows from where a run stands: nodes whose turn has come, and ends.

use flow_compiler::plan::Plan;
use flow_compiler::value::Value;

use super::event::{End, Event};
use super::steps::Steps;
use super::{Facts, NodeState, RunState, ending, preview};
use crate::ids::Path;

/// Something to do once the events are durable.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Make an attempt at a call; its arguments are in the state.
    Attempt {
        /// The call's node.
        node: Path,
        /// Which attempt.
        attempt: u32,
    },
    /// Look at what a call would touch, before a gate asks; the arguments are in the state.
    Preview {
        /// The gate's node.
        node: Path,
        /// The guard of the plan's gate.
        guard: u32,
    },
}

impl Command {
    /// Whether it still is to be done.
    #[must_use]
    pub fn stands(&self, state: &RunState) -> bool {
        match self {
            Self::Attempt { node, attempt } => matches!(state.node(node), NodeState::Calling(calling) if calling.attempt == *attempt),
            Self::Preview { node, guard } => preview::look(state, node, *guard).is_some(),
        }
    }
}

/// What follows from where the run stands, as far as it can be told before the events are applied. Nothing more follows when it gives no events.
#[must_use]
pub fn next(plan: &Plan, state: &RunState, facts: &Facts<'_>) -> (Vec<Event>, Vec<Command>) {
    if state.ended.is_some() || state.body.nodes.len() != plan.workflow.body.nodes.len() {
        return (Vec::new(), Vec::new());
    }
    if let Some(why) = &state.ending {
        return ending::next(plan, state, why, facts);
    }
    if state.held {
        return (Vec::new(), Vec::new());
    }
    let mut steps = Steps::new(plan, state, facts);
    if let Err(why) = steps.frame(&[], &state.body) {
        return (vec![ends(plan, state, why)], Vec::new());
    }
    if steps.events.is_empty() && state.body.done() {
        steps.events.push(ends(plan, state, End::Completed(Value::None)));
    }
    (steps.events, steps.commands)
}

/// A run with nothing under way and nothing to undo or to handle ends at once.
fn ends(plan: &Plan, state: &RunState, why: End) -> Event {
    let idle = state.busy == 0 && state.open().next().is_none();
    if idle && ending::is_all(plan, state, &why) { Event::Ended { why } } else { Event::Ending { why } }
}
