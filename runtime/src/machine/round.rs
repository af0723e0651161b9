//! Rounds of a gate: what closes one, and the next one in its place.

use flow_compiler::plan::{GuardArgument, Plan};
use flow_compiler::value::Value;

use super::event::{About, Approvers, Closing, Event, Principal, Question, Shown, Term, Verdict, Vote};
use super::state::Asked;
use super::{Facts, RunState, gate, place};
use crate::ids::{At, Path};

/// With what a gate is passed.
pub(super) struct Passed {
    /// Who said so; `None` for a clock.
    pub(super) by: Option<String>,
    pub(super) at: At,
    pub(super) comment: Option<String>,
    /// One for each field.
    pub(super) values: Vec<Value>,
}

impl Passed {
    pub(super) fn of(vote: &Vote) -> Self {
        Self { by: Some(vote.by.clone()), at: vote.at, comment: vote.comment.clone(), values: vote.values.clone() }
    }
}

/// The event that lets the run pass the gate, with the values that it gives and the calls that were approved.
pub(super) fn close(plan: &Plan, state: &RunState, asked: &Asked, how: Closing, passed: Passed, facts: &Facts<'_>) -> Event {
    let n = asked.question.n;
    let Some(gate) = place::gate_at(plan, &asked.question.node) else {
        return Event::Closed { n, how, writes: Vec::new(), filled: None };
    };
    let text = |text: Option<String>| text.map_or(Value::None, |text| Value::Text(text.into()));
    let given =
        [(gate.slots.by, text(passed.by)), (gate.slots.at, Value::Time(passed.at.timestamp())), (gate.slots.comment, text(passed.comment))];
    let given = given.into_iter().filter_map(|(slot, value)| slot.map(|slot| (slot, value)));
    let entered = gate.asks.iter().map(|ask| ask.slot).zip(passed.values);
    let writes: Vec<(u32, Value)> = given.chain(entered).collect();
    let fills = gate
        .guards
        .iter()
        .flat_map(|guard| guard.arguments.iter().chain(&guard.undo))
        .any(|argument| matches!(argument, GuardArgument::Asked(_)));
    let filled = fills.then(|| {
        // The values are looked at as they will be once the gate is passed.
        facts.with_values(plan, state, asked.question.node.frame(), &writes, |env| {
            gate::of_guards(gate, |argument| gate::filled(argument, env))
        })
    });
    Event::Closed { n, how, writes, filled }
}

/// The next round with other values, in the place of the one that is open: the same deadline, the same people.
pub(super) fn with_values(state: &RunState, asked: &Asked, proposed: Vec<Value>, at: At) -> Question {
    let question = Question {
        proposed: proposed.into_iter().map(Some).collect(),
        round: asked.question.round + 1,
        due: asked.due,
        remind: asked.remind,
        follows: Some(asked.question.n),
        ..asked.question.clone()
    };
    renumbered(state, question, at)
}

/// The question to who asked for the run, when an approver sent the gate back.
pub(super) fn sent_back(plan: &Plan, state: &RunState, asked: &Asked, vote: &Vote, facts: &Facts<'_>) -> Question {
    let requester = Principal::Person(state.requester.clone());
    let question = Question {
        about: About::SentBack { n: asked.question.n, by: vote.by.clone(), comment: vote.comment.clone() },
        of: Approvers { stages: vec![vec![Term { count: 1, of: requester }]], except: Vec::new() },
        ..asked.question.clone()
    };
    anew(plan, state, question, facts)
}

/// The round after the requester's answer. It always asks, and its time begins anew.
pub(super) fn again(plan: &Plan, state: &RunState, asked: &Asked, proposed: Vec<Option<Value>>, facts: &Facts<'_>) -> Option<Question> {
    let About::SentBack { n, .. } = asked.question.about else { return None };
    let before = &state.question(n)?.question;
    Some(anew(plan, state, Question { proposed, round: before.round + 1, ..before.clone() }, facts))
}

fn passed<'s>(state: &'s RunState, gate: &Path) -> Option<&'s Asked> {
    let mut rounds = state.questions.iter().rev().filter(|asked| asked.question.node == *gate);
    rounds.find(|asked| asked.question.about == About::Gate && asked.is_passed())
}

/// What was entered when the gate was passed before: calls that have been made were given it, so that it is proposed again.
pub(super) fn entered(state: &RunState, gate: &Path) -> Option<Vec<Option<Value>>> {
    let vote = passed(state, gate)?.votes.iter().rev().find(|vote| vote.answer == Verdict::Approve)?;
    Some(vote.values.iter().cloned().map(Some).collect())
}

/// The round after one that was passed: the gate waits for its turn again, and asks whom it asked before.
pub(super) fn passed_before(
    plan: &Plan,
    state: &RunState,
    opened: u32,
    gate: &Path,
    previews: &[Option<Shown>],
    facts: &Facts<'_>,
) -> Option<Question> {
    let before = &passed(state, gate)?.question;
    let proposed = entered(state, gate).unwrap_or_else(|| before.proposed.clone());
    let mut question = Question { proposed, round: state.round(gate), previews: previews.to_vec(), ..before.clone() };
    if let Some(found) = place::gate_at(plan, gate) {
        question.title = facts.with_env(plan, state, gate.frame(), |env| gate::title(plan, state, gate, found, env));
    }
    let mut question = anew(plan, state, question, facts);
    question.n += opened;
    Some(question)
}

/// A question whose deadline begins now.
fn anew(plan: &Plan, state: &RunState, question: Question, facts: &Facts<'_>) -> Question {
    let at = facts.time(state);
    let gate = place::gate_at(plan, &question.node);
    let after = |period: Option<flow_compiler::plan::Period>| period.map(|period| gate::due(at, period, facts));
    let due = after(gate.and_then(|gate| gate.deadline.as_ref()).map(|deadline| deadline.after));
    let remind = after(gate.and_then(|gate| gate.remind));
    renumbered(state, Question { due, remind, follows: None, ..question }, at)
}

fn renumbered(state: &RunState, question: Question, at: At) -> Question {
    let n = state.asked.saturating_add(1);
    let mut question = Question { n, at, ..question };
    question.digest = gate::digest(state, &question);
    question
}
