//! Callers and the runs that they call: what every host of the machine does with them, in the same way.
//!
//! The machine knows a call and its outcome. How a called run begins and how its end reaches its caller is the host's.

use flow_compiler::plan::{Action, Implementation};

use super::RunState;
use super::event::{CalledBy, End, Outcome};
use crate::ids::Path;

/// The place of the workflow that an action stands for among the plan's children; `None` for any other action.
#[must_use]
pub const fn workflow(action: &Action) -> Option<u32> {
    match action.implementation {
        Implementation::Workflow(child) => Some(child),
        _ => None,
    }
}

/// What a called run is told of the call that it is an attempt at.
#[must_use]
pub fn by(caller: &RunState, node: Path, attempt: u32) -> CalledBy {
    let above = caller.called_by.iter().flat_map(|by| [by.run].into_iter().chain(by.above.iter().copied())).collect();
    CalledBy { run: caller.run, node, attempt, above }
}

/// What the end of a called run is to its caller.
#[must_use]
pub fn outcome(end: End) -> Outcome {
    match end {
        End::Completed(value) => Outcome::Done(value),
        End::Failed { error, .. } => Outcome::NotDone(error),
        End::Rejected { by, comment, .. } => Outcome::Rejected { by, comment },
        End::Cancelled { by } => Outcome::Cancelled { by },
    }
}

/// For whom a run that is ending cancels those that it called and that are under way; `None` while it is not ending.
#[must_use]
pub fn cancels(state: &RunState) -> Option<&str> {
    match (&state.ended, &state.ending) {
        (None, Some(End::Cancelled { by })) => Some(by),
        (None, Some(_)) => Some(state.owner.name()),
        _ => None,
    }
}
