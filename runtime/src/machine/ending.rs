//! How a run ends: what is under way is awaited, what is done is undone in reverse order, and then its handler runs.

use flow_compiler::plan::{HandlerEvent, Plan};
use flow_compiler::value::Value;

use super::event::{About, Closing, End, Event, Outcome};
use super::next::Command;
use super::state::Undoing;
use super::steps::{Again, Steps, again, why_unknown};
use super::{Facts, NodeState, RunState, duty, gate, place};
use crate::ids::Path;

/// The number of the handler for an end; `None` for one that has none.
fn handler_number(plan: &Plan, why: &End) -> Option<u32> {
    let on = match why {
        End::Completed(_) => return None,
        End::Failed { .. } => HandlerEvent::Failure,
        End::Rejected { .. } => HandlerEvent::Reject,
        End::Cancelled { .. } => HandlerEvent::Cancel,
    };
    place::handler(plan, on)?;
    HandlerEvent::ALL.iter().position(|known| *known == on).and_then(|number| u32::try_from(number).ok())
}

/// Whether nothing follows such an end: nothing is to be undone, and there is no handler.
pub(super) fn is_all(plan: &Plan, state: &RunState, why: &End) -> bool {
    matches!(why, End::Completed(_)) || (state.undos.is_empty() && handler_number(plan, why).is_none())
}

/// What follows in a run that is ending.
pub(super) fn next(plan: &Plan, state: &RunState, why: &End, facts: &Facts<'_>) -> (Vec<Event>, Vec<Command>) {
    if let Some(handling) = &state.handler {
        return handle(plan, state, why, handling.number, facts);
    }
    let settling = settle(plan, state, facts);
    if !settling.is_empty() {
        return (settling, Vec::new());
    }
    if state.busy > 0 || state.open().next().is_some() {
        return (Vec::new(), Vec::new());
    }
    if !matches!(why, End::Completed(_)) {
        if state.undo != Undoing::GivenUp
            && let Some(undo) = state.undos.last()
        {
            return undo_last(plan, state, &undo.node.undo(), &undo.arguments, facts);
        }
        if let Some(number) = handler_number(plan, why) {
            return (begin_handler(plan, state, why, number), Vec::new());
        }
    }
    (vec![Event::Ended { why: why.clone() }], Vec::new())
}

/// Calls of unknown outcome are still asked about, and gates are withdrawn. Undoing waits until each call is known to have happened or not.
fn settle(plan: &Plan, state: &RunState, facts: &Facts<'_>) -> Vec<Event> {
    let mut events = Vec::new();
    state.body.visit(&[], &mut |path, node| {
        if let NodeState::Tried(calling, Outcome::Unknown(_) | Outcome::Lost) = node
            && place::effect_at(plan, &path) == flow_compiler::plan::Effect::Irreversible
        {
            let about = About::InDoubt { attempt: calling.attempt, why: why_unknown(node) };
            let opened = u32::try_from(events.len()).unwrap_or(u32::MAX);
            events.push(gate::about_call(plan, state, opened, &path, about, &calling.arguments, facts.time(state)));
        }
    });
    if events.is_empty() { withdraw(state) } else { events }
}

fn withdraw(state: &RunState) -> Vec<Event> {
    let gates = state.open().filter(|asked| !asked.question.about.is_call());
    gates.map(|asked| Event::Closed { n: asked.question.n, how: Closing::Withdrawn, writes: Vec::new(), filled: None }).collect()
}

/// The next move in undoing the last step that can be undone.
fn undo_last(plan: &Plan, state: &RunState, path: &Path, arguments: &[Value], facts: &Facts<'_>) -> (Vec<Event>, Vec<Command>) {
    let attempt = |attempt: u32, arguments: Option<Vec<Value>>| {
        let command = Command::Attempt { node: path.clone(), attempt };
        (vec![Event::AttemptStarted { node: path.clone(), attempt, arguments }], vec![command])
    };
    match &state.undoing {
        NodeState::Waiting => match duty::unmet(plan, state, path, arguments, facts) {
            None => attempt(1, Some(arguments.to_vec())),
            Some(why) => {
                let started = Event::AttemptStarted { node: path.clone(), attempt: 1, arguments: Some(arguments.to_vec()) };
                let outcome = Outcome::NotDone(why);
                (vec![started, Event::AttemptEnded { node: path.clone(), attempt: 1, outcome, slot: None, repeats: false }], Vec::new())
            }
        },
        NodeState::Retrying(calling, due) if *due <= facts.time(state) => attempt(calling.attempt + 1, None),
        NodeState::Tried(calling, outcome) => {
            let about = match again(plan, state, path, calling, outcome, facts) {
                Again::At(due) => return (vec![Event::RetryPlanned { node: path.clone(), due }], Vec::new()),
                Again::InDoubt => About::InDoubt { attempt: calling.attempt, why: why_unknown(&state.undoing) },
                Again::Never(why) => About::UndoFailed { attempt: calling.attempt, why },
            };
            (vec![gate::about_call(plan, state, 0, path, about, &calling.arguments, facts.time(state))], Vec::new())
        }
        _ => (Vec::new(), Vec::new()),
    }
}

fn begin_handler(plan: &Plan, state: &RunState, why: &End, number: u32) -> Vec<Event> {
    let Some(region) = HandlerEvent::ALL.get(number as usize).and_then(|on| place::handler(plan, *on)) else { return Vec::new() };
    let size = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let parameters = state.body.slots.iter().take(plan.workflow.parameters.len()).cloned();
    let input = parameters.chain([Value::Text(error(plan, state, why).into())]).collect();
    vec![Event::HandlerStarted { number, nodes: size(region.nodes.len()), slots: size(region.slots.len()), input }]
}

/// What a handler sees of why it runs.
fn error(plan: &Plan, state: &RunState, why: &End) -> String {
    match why {
        End::Completed(_) => String::new(),
        End::Failed { error, .. } => error.clone(),
        End::Rejected { n, by, comment } => {
            let gate = state.question(*n).map_or("a called run", |asked| place::name_at(plan, &asked.question.node));
            let by = by.as_ref().map_or_else(|| "nobody answered in time".to_owned(), |by| format!("rejected by `{by}`"));
            let comment = comment.as_ref().map_or_else(String::new, |comment| format!(": {comment}"));
            format!("`{gate}`: {by}{comment}")
        }
        End::Cancelled { by } => format!("cancelled by `{by}`"),
    }
}

/// What follows in a handler. What fails in it ends it, and changes nothing of how the run ends.
fn handle(plan: &Plan, state: &RunState, why: &End, number: u32, facts: &Facts<'_>) -> (Vec<Event>, Vec<Command>) {
    let Some(handling) = &state.handler else { return (Vec::new(), Vec::new()) };
    let mut steps = Steps::new(plan, state, facts);
    let failed = steps.frame(&Path::handler(number), &handling.frame).is_err();
    if !failed && (!steps.events.is_empty() || !handling.frame.done()) {
        return (steps.events, steps.commands);
    }
    let withdrawn = withdraw(state);
    if !withdrawn.is_empty() {
        return (withdrawn, Vec::new());
    }
    if state.busy > 0 || state.open().next().is_some() {
        return (Vec::new(), Vec::new());
    }
    (vec![Event::Ended { why: why.clone() }], Vec::new())
}
