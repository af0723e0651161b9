//! A run in a rehearsal: its plan, its state, and what it has called.

use std::collections::HashMap;

use flow_compiler::plan::{Gate, Plan};
use flow_compiler::value::Value;

use super::people::Groups;
use crate::ids::{Path, RunId};
use crate::machine::RunState;
use crate::machine::event::{Event, Question, Transition};
use crate::machine::place::{action_at, gate_at};

/// A run.
pub(super) struct Live<'a> {
    /// Which of the test's plans it follows.
    pub(super) plan: &'a Plan,
    pub(super) state: RunState,
    pub(super) groups: Groups,
    /// Every attempt that was made, in order.
    pub(super) calls: Vec<Called>,
    /// Everything that happened.
    pub(super) events: Vec<Event>,
    /// What a store would have of it, where assertions are checked.
    journal: Vec<Vec<u8>>,
    /// The arguments of calls, which only the first attempt's event has.
    arguments: HashMap<Path, Vec<Value>>,
}

/// An attempt at a call.
#[derive(Clone, Debug)]
pub(super) struct Called {
    /// Index of the action in the plan.
    pub(super) action: u32,
    pub(super) arguments: Vec<Value>,
}

impl<'a> Live<'a> {
    pub(super) fn new(plan: &'a Plan, number: usize, groups: Groups) -> Self {
        let run = RunId(u64::try_from(number).unwrap_or(u64::MAX));
        Self {
            plan,
            state: RunState::new(run),
            groups,
            calls: Vec::new(),
            events: Vec::new(),
            journal: Vec::new(),
            arguments: HashMap::new(),
        }
    }

    /// Notes what happened.
    pub(super) fn note(&mut self, events: Vec<Event>) {
        for event in &events {
            if let Event::AttemptStarted { node, arguments, .. } = event {
                if let Some(arguments) = arguments {
                    self.arguments.insert(node.clone(), arguments.clone());
                }
                if let Some((action, _)) = action_at(self.plan, node) {
                    let arguments = self.arguments.get(node).cloned().unwrap_or_default();
                    self.calls.push(Called { action, arguments });
                }
            }
        }
        self.events.extend(events);
    }

    /// Keeps a transition as a store would.
    pub(super) fn keep(&mut self, transition: &Transition) {
        self.journal.extend(minicbor::to_vec(transition));
    }

    /// Whether what was kept leads to where the run stands.
    pub(super) fn is_its_journal(&self) -> bool {
        let mut state = RunState::new(self.state.run);
        for entry in &self.journal {
            let Ok(Transition { at, events, .. }) = minicbor::decode(entry) else { return false };
            state.at = at;
            events.iter().for_each(|event| state.apply(event));
        }
        // A turn in which nothing happened moves the time, and is not recorded.
        state.at = self.state.at;
        state == self.state
    }

    /// Open questions of gates, to approvers or, sent back, to the requester.
    pub(super) fn gates(&self) -> impl Iterator<Item = (&Question, &'a Gate)> {
        let open = self.state.open().filter(|asked| !asked.question.about.is_call());
        open.filter_map(|asked| gate_at(self.plan, &asked.question.node).map(|gate| (&asked.question, gate)))
    }

    /// Open questions about calls: of unknown outcome, or that could not undo a step.
    pub(super) fn doubts(&self) -> impl Iterator<Item = &Question> {
        let open = self.state.open().filter(|asked| asked.question.about.is_call());
        open.map(|asked| &asked.question)
    }
}

#[cfg(test)]
mod tests {
    use flow_compiler::{Sources, check};

    use super::*;
    use crate::ids::At;

    #[test]
    fn a_journal_that_leads_elsewhere_is_found() {
        let mut sources = Sources::new();
        let file = sources.add("go.flow", "workflow go() { step log(message: \"here\") }");
        let plan = check(&sources).plan(file, "go").unwrap();
        let mut live = Live::new(&plan, 1, Groups::new([]));
        let mut happens = |event: Event, kept: bool| {
            live.state.apply(&event);
            if kept {
                live.keep(&Transition { at: At(0), events: vec![event], snapshot: None });
            }
            live.is_its_journal()
        };
        let node = Path::within(&[], 0);
        assert!(happens(Event::Admitted, true));
        assert!(!happens(Event::AttemptStarted { node, attempt: 1, arguments: None }, false));
    }
}
