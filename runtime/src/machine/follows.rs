//! Whether a recorded transition is what the machine makes of its request: the other half of playing a journal again, beside the state.

use flow_compiler::plan::Plan;

use super::event::{Event, Transition};
use super::{Command, Facts, RunState, next};

/// Whether a transition is some request's events and then all that follows from them, with no attempt but those that follow. The facts are
/// those of its time.
///
/// # Errors
/// What is otherwise.
pub fn follows(plan: &Plan, before: &RunState, transition: &Transition, facts: &Facts<'_>) -> Result<(), String> {
    let Transition { at, events, .. } = transition;
    let mut after = before.clone();
    after.at = *at;
    let most = events.iter().position(|event| !is_decided(event)).unwrap_or(events.len());
    for own in 0..=most {
        let mut state = after.clone();
        let (derived, commands) = derive(plan, &mut state, facts);
        if derived == events.get(own..).unwrap_or_default() {
            let started: Vec<Command> = events.iter().flat_map(started).filter(|command| command.stands(&state)).collect();
            let given: Vec<Command> = commands.into_iter().filter(|command| command.stands(&state)).collect();
            return if started == given { Ok(()) } else { Err(format!("given {given:?}, started {started:?}")) };
        }
        events.get(own).iter().for_each(|event| after.apply(event));
    }
    Err("it does not follow".to_owned())
}

/// Whether a request, or the clock, makes such an event happen; all others follow from where a run stands.
const fn is_decided(event: &Event) -> bool {
    matches!(
        event,
        Event::Started(_)
            | Event::Admitted
            | Event::AttemptEnded { .. }
            | Event::ChildStarted { .. }
            | Event::Undoable { .. }
            | Event::Previewed { .. }
            | Event::Changed { .. }
            | Event::Asked(_)
            | Event::Voted { .. }
            | Event::Closed { .. }
            | Event::StageMet { .. }
            | Event::Escalated { .. }
            | Event::Reminded { .. }
            | Event::HandedOn { .. }
            | Event::Ending { .. }
            | Event::Retried { .. }
    )
}

/// The commands that an event says were given.
fn started(event: &Event) -> Vec<Command> {
    match event {
        Event::AttemptStarted { node, attempt, .. } => vec![Command::Attempt { node: node.clone(), attempt: *attempt }],
        Event::Previewing { node, looks } => looks.iter().map(|look| Command::Preview { node: node.clone(), guard: look.guard }).collect(),
        _ => Vec::new(),
    }
}

/// What follows from where a run stands, up to where it waits.
fn derive(plan: &Plan, state: &mut RunState, facts: &Facts<'_>) -> (Vec<Event>, Vec<Command>) {
    let (mut all, mut commands) = (Vec::new(), Vec::new());
    loop {
        let (events, more) = next(plan, state, facts);
        if events.is_empty() {
            return (all, commands);
        }
        events.iter().for_each(|event| state.apply(event));
        all.extend(events);
        commands.extend(more);
    }
}
