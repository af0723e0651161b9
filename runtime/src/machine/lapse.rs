//! What happens because time has passed: deadlines, escalations and reminders.

use flow_compiler::eval::eval;
use flow_compiler::plan::{Lapse, Plan};
use flow_compiler::value::Value;

use super::event::{About, Closing, End, Event, Vote};
use super::quorum::{self, Standing};
use super::state::Asked;
use super::{Facts, RunState, gate, place, round};
use crate::ids::Path;

/// Deadlines that have passed, and reminders that are due; of an ending run those of its handler. A question that lapses reminds nobody.
pub(super) fn lapse(plan: &Plan, state: &RunState, facts: &Facts<'_>) -> Vec<Event> {
    if state.ended.is_some() {
        return Vec::new();
    }
    let stands = |asked: &&Asked| state.ending.is_none() || Path::handler_of(asked.question.node.frame()).is_some();
    let now = facts.time(state);
    let is_due = |at: Option<crate::ids::At>| at.is_some_and(|at| at <= now);
    let mut events = Vec::new();
    for asked in state.open().filter(stands) {
        if is_due(asked.due) {
            events.extend(expire(plan, state, asked, facts));
        } else if is_due(asked.remind) {
            let every = place::gate_at(plan, &asked.question.node).and_then(|gate| gate.remind);
            // Counted from now, so that one late reminder follows after a long silence, not many.
            events.extend(every.map(|every| Event::Reminded { n: asked.question.n, next: gate::due(now, every, facts) }));
        }
    }
    events
}

fn expire(plan: &Plan, state: &RunState, asked: &Asked, facts: &Facts<'_>) -> Vec<Event> {
    let n = asked.question.n;
    let node = &asked.question.node;
    let closed = |how| Event::Closed { n, how, writes: Vec::new(), filled: None };
    let Some(gate) = place::gate_at(plan, node) else { return vec![closed(Closing::Expired)] };
    let then = gate.deadline_after(asked.escalations.len()).map(|deadline| &deadline.then);
    match then {
        // In a handler there is nothing left to fail.
        Some(Lapse::Fail(why)) if state.ending.is_none() => {
            let text = why.as_ref().and_then(|why| facts.with_env(plan, state, node.frame(), |env| eval(why, env)).ok());
            let error = match text {
                Some(Value::Text(text)) => text.to_string(),
                _ => format!("nobody answered `{}` in time", gate.name),
            };
            vec![closed(Closing::Expired), Event::Ending { why: End::Failed { error, node: Some(node.clone()) } }]
        }
        Some(Lapse::Approve) if asked.question.about == About::Gate => {
            let values = asked.question.proposed.iter().map(|value| value.clone().unwrap_or_default()).collect();
            let passed = round::Passed { by: None, at: facts.time(state), comment: None, values };
            vec![round::close(plan, state, asked, Closing::Lapsed, passed, facts)]
        }
        Some(Lapse::Escalate { to, deadline }) if asked.question.about == About::Gate => {
            match facts.with_env(plan, state, node.frame(), |env| gate::approvers(to, state, env)) {
                Ok(to) => {
                    let due = gate::due(facts.time(state), deadline.after, facts);
                    let remind = gate.remind.map(|every| gate::due(facts.time(state), every, facts));
                    let event = Event::Escalated { n, to, due, remind };
                    let passed = passed_by_escalation(plan, state, &event, n, facts);
                    [event].into_iter().chain(passed).collect()
                }
                Err(why) => vec![closed(Closing::Expired), Event::Ending { why: End::Failed { error: why, node: Some(node.clone()) } }],
            }
        }
        _ => vec![closed(Closing::Expired)],
    }
}

/// Whoever it is escalated to may have approved already.
fn passed_by_escalation(plan: &Plan, state: &RunState, event: &Event, n: u32, facts: &Facts<'_>) -> Option<Event> {
    let mut asked = state.question(n)?.clone();
    asked.go_on(event);
    let last = asked.votes.last()?;
    let votes: Vec<&Vote> = asked.votes.iter().collect();
    let enough = quorum::standing(&asked, &votes, state, facts) == Standing::Enough;
    enough.then(|| round::close(plan, state, &asked, Closing::Approved, round::Passed::of(last), facts))
}
