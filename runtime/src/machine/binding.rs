//! What an approval bound: the arguments of a guarded call, and of the call that undoes it, as they were approved.

use flow_compiler::plan::{GuardArgument, Plan};
use flow_compiler::value::Value;

use super::event::About;
use super::place;
use super::state::{Asked, RunState};
use crate::ids::Path;

/// The arguments of one call as one question had them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bound<'s> {
    arguments: &'s [GuardArgument],
    values: &'s [Option<Value>],
    /// For a call in a loop that the gate stands before: which item.
    items: [Option<u32>; DEEPEST],
}

/// So many loops between a gate and a call are followed.
const DEEPEST: usize = 4;

/// What a question bound of a call, or of one that undoes a step.
pub(super) fn of<'s>(plan: &'s Plan, asked: &'s Asked, call: &Path) -> impl Iterator<Item = Bound<'s>> {
    let node = &asked.question.node;
    let guards = place::gate_at(plan, node).map(|gate| gate.guards.as_slice()).unwrap_or_default();
    let values = asked.filled.as_ref().unwrap_or(&asked.question.will_run);
    let undo = call.is_undo();
    let step = if undo { call.undone() } else { call.clone() };
    let mut items = [None; DEEPEST];
    let inside = step.0.strip_prefix(node.frame()).unwrap_or_default();
    for (slot, item) in items.iter_mut().zip(inside.iter().skip(1).step_by(2)) {
        *slot = Some(*item);
    }
    let first = if undo { guards.len() } else { 0 };
    let bound = guards
        .iter()
        .enumerate()
        .filter(move |(_, guard)| place::is_guarded(node, &guard.at, &step) && if undo { guard.binds_undo() } else { guard.bound });
    bound.map(move |(number, guard)| {
        let arguments = if undo { &guard.undo } else { &guard.arguments };
        Bound { arguments, values: values.get(first + number).map(Vec::as_slice).unwrap_or_default(), items }
    })
}

/// What passed gates bound of a call, by gate, the newest round of each gate last.
pub(super) fn passed<'s>(plan: &'s Plan, state: &'s RunState, call: &Path) -> impl Iterator<Item = (&'s Path, Bound<'s>)> {
    let gates = state.questions.iter().filter(|asked| asked.question.about == About::Gate && asked.is_passed());
    gates.flat_map(move |asked| of(plan, asked, call).map(|bound| (&asked.question.node, bound)))
}

impl Bound<'_> {
    /// Whether the call is about to be given what was approved.
    pub(super) fn is(&self, arguments: &[Value]) -> bool {
        self.compare(arguments) == Some(true)
    }

    /// The same; `None` where the list that was approved was too long to be kept.
    pub(super) fn compare(&self, arguments: &[Value]) -> Option<bool> {
        if self.values.len() != arguments.len() {
            return Some(false);
        }
        let mut kept = true;
        for ((approved, argument), now) in self.values.iter().zip(self.arguments).zip(arguments) {
            let same = match (argument, approved) {
                (GuardArgument::Each(_), None) => {
                    kept = false;
                    true
                }
                (GuardArgument::Each(_), Some(list)) => self.item(list) == Some(now),
                (_, approved) => approved.as_ref() == Some(now),
            };
            if !same {
                return Some(false);
            }
        }
        kept.then_some(true)
    }

    /// The value for the item that the call is for.
    fn item<'v>(&self, list: &'v Value) -> Option<&'v Value> {
        self.items.iter().map_while(|item| *item).try_fold(list, |list, item| match list {
            Value::List(items) => items.get(item as usize),
            _ => None,
        })
    }
}
