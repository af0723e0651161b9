//! One turn: everything that a request makes happen, up to where the run must wait again.

use flow_compiler::plan::Plan;

use super::event::Event;
use super::refusal::Refusal;
use super::{Command, Facts, Request, RunState, decide, next};
use crate::ids::At;

/// What a turn made happen. The state is already changed; the host commits the events before it does anything else.
#[derive(Debug)]
pub struct Turn {
    /// When.
    pub at: At,
    /// What happened, in order; nothing to commit where it is empty.
    pub events: Vec<Event>,
    /// What to do once the events are durable.
    pub commands: Vec<Command>,
    /// Whether the request was refused. What the clock made happen before it stands all the same.
    pub refusal: Option<Refusal>,
}

/// Makes a turn: first what the clock makes happen, then the request, then what follows.
pub fn turn(plan: &Plan, state: &mut RunState, request: Option<Request>, facts: &Facts<'_>) -> Turn {
    let at = facts.time(state);
    state.at = at;
    let mut turn = Turn { at, events: Vec::new(), commands: Vec::new(), refusal: None };
    for request in [Some(Request::Clock), request].into_iter().flatten() {
        match decide(plan, state, request, facts) {
            Ok(events) => turn.take(state, events),
            Err(refusal) => turn.refusal = Some(refusal),
        }
    }
    loop {
        let (events, commands) = next(plan, state, facts);
        if events.is_empty() {
            break;
        }
        turn.take(state, events);
        turn.commands.extend(commands);
    }
    turn.drop_obsolete(state);
    turn
}

impl Turn {
    fn take(&mut self, state: &mut RunState, events: Vec<Event>) {
        events.iter().for_each(|event| state.apply(event));
        self.events.extend(events);
    }

    /// A command that a later event of the same turn made obsolete is not given.
    fn drop_obsolete(&mut self, state: &RunState) {
        self.commands.retain(|command| command.stands(state));
    }
}
