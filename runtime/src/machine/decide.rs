//! What a request makes happen, or why it is refused. The one place where an approval is decided.

use flow_compiler::eval::eval;
use flow_compiler::plan::{Gate, Lapse, Plan};
use flow_compiler::value::{Mismatch, Value, from_input};

use super::event::{About, Approvers, Channel, Closing, End, Event, Outcome, Principal, Started, Verdict, Vote};
use super::gate;
use super::refusal::Refusal;
use super::state::Asked;
use super::{Facts, RunState};
use crate::ids::{Digest, Path, RunId};

/// Something that reaches a run from outside.
#[derive(Clone, Debug)]
pub enum Request {
    /// It is to begin.
    Start(Started),
    /// An attempt ended.
    Ended {
        /// The call's node.
        node: Path,
        /// Which attempt.
        attempt: u32,
        /// How.
        outcome: Outcome,
    },
    /// The run that an attempt at a call of a workflow is has begun.
    ChildStarted {
        /// The call's node.
        node: Path,
        /// Which attempt.
        attempt: u32,
        /// The run.
        child: RunId,
    },
    /// Somebody answers.
    Decide(Decision),
    /// Somebody wants it to end.
    Cancel {
        /// Who.
        by: String,
    },
    /// Time has passed.
    Clock,
}

/// What somebody answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A gate: go on.
    Approve,
    /// A gate: do not.
    Reject,
    /// In doubt: it happened, with `values.result`.
    Done,
    /// In doubt: it did not happen.
    NotDone,
    /// In doubt: the step fails.
    GiveUp,
}

/// Somebody's answer to a question, at the time of the facts.
#[derive(Clone, Debug)]
pub struct Decision {
    /// Which question.
    pub n: u32,
    /// Who answers, in their one spelling.
    pub by: String,
    /// How they speak.
    pub channel: Channel,
    /// The operating system's user, on the channel `local`.
    pub os_user: Option<String>,
    /// What.
    pub answer: Answer,
    /// What they say with it.
    pub comment: Option<String>,
    /// What they entered.
    pub values: serde_json::Map<String, serde_json::Value>,
    /// The digest of what they saw.
    pub digest: Digest,
}

/// What a request makes happen.
///
/// # Errors
/// The refusal; nothing happened then.
pub fn decide(plan: &Plan, state: &RunState, request: Request, facts: &Facts<'_>) -> Result<Vec<Event>, Refusal> {
    match request {
        Request::Start(started) => Ok(vec![Event::Started(started)]),
        Request::Clock => Ok(lapse(plan, state, facts)),
        Request::Ended { node, attempt, outcome } => Ok(ended(plan, state, node, attempt, outcome)),
        Request::ChildStarted { node, attempt, child } => Ok(child_started(state, node, attempt, child)),
        Request::Decide(decision) => answer(plan, state, decision, facts),
        Request::Cancel { by } => match (&state.ended, &state.ending) {
            (None, None) => Ok(vec![Event::Ending { why: End::Cancelled { by } }]),
            _ => Err(Refusal::RunEnded),
        },
    }
}

/// An attempt's end; one that is not under way (any more) changes nothing.
fn ended(plan: &Plan, state: &RunState, node: Path, attempt: u32, outcome: Outcome) -> Vec<Event> {
    match state.node(node.node()) {
        super::NodeState::Calling(calling) if calling.attempt == attempt => {
            let slot = gate::call_at(plan, &node).and_then(|call| call.slot);
            vec![Event::AttemptEnded { node, attempt, outcome, slot }]
        }
        _ => Vec::new(),
    }
}

/// A called run has begun; one of an attempt that is not under way (any more), or that is known, changes nothing.
fn child_started(state: &RunState, node: Path, attempt: u32, child: RunId) -> Vec<Event> {
    let known = state.children.iter().any(|known| known.run == child);
    match state.node(node.node()) {
        super::NodeState::Calling(calling) if calling.attempt == attempt && !known => vec![Event::ChildStarted { node, attempt, child }],
        _ => Vec::new(),
    }
}

/// Deadlines that have passed.
fn lapse(plan: &Plan, state: &RunState, facts: &Facts<'_>) -> Vec<Event> {
    if state.ended.is_some() || state.ending.is_some() {
        return Vec::new();
    }
    let now = facts.time(state);
    let late = state.open().filter(|asked| asked.question.due.is_some_and(|due| due <= now));
    late.flat_map(|asked| expire(plan, state, asked, facts)).collect()
}

fn expire(plan: &Plan, state: &RunState, asked: &Asked, facts: &Facts<'_>) -> Vec<Event> {
    let n = asked.question.n;
    let node = asked.question.node.clone();
    let lapse = gate::gate_at(plan, &node).and_then(|gate| gate.deadline.as_ref()).map(|deadline| &deadline.then);
    let mut events = vec![Event::Closed { n, how: Closing::Expired, writes: Vec::new() }];
    if let Some(Lapse::Fail(why)) = lapse {
        let text = why.as_ref().and_then(|why| facts.with_env(plan, state, |env| eval(why, env)).ok());
        let error = match text {
            Some(Value::Text(text)) => text.to_string(),
            _ => format!("nobody answered `{}` in time", gate::name_of(plan, &node)),
        };
        events.push(Event::Ending { why: End::Failed { error, node: Some(node) } });
    }
    events
}

fn answer(plan: &Plan, state: &RunState, decision: Decision, facts: &Facts<'_>) -> Result<Vec<Event>, Refusal> {
    let n = decision.n;
    let asked = state.question(n).ok_or(Refusal::NoSuchQuestion)?;
    entitled(&asked.question.of, &decision.by, state, facts)?;
    let verdict = verdict(plan, asked, &decision);
    if let Some(before) = asked.votes.iter().find(|before| before.by == decision.by) {
        if verdict.as_ref().is_ok_and(|verdict| *verdict == before.answer) {
            return Ok(Vec::new());
        }
        if asked.closed.is_none() {
            return Err(Refusal::AlreadyVoted(before.clone()));
        }
    }
    if let Some(closed) = asked.closed {
        return Err(Refusal::AlreadyClosed { how: closed.how, vote: asked.votes.last().cloned() });
    }
    if decision.digest != asked.question.digest {
        return Err(Refusal::Stale { current: asked.question.digest });
    }
    let comment = decision.comment.map(|comment| comment.trim().to_owned()).filter(|comment| !comment.is_empty());
    let Decision { by, channel, os_user, .. } = decision;
    let vote = Vote { by, channel, answer: verdict?, comment, at: facts.time(state), os_user };
    reasoned(plan, asked, &vote)?;
    let closing = close(plan, asked, &vote, facts);
    Ok([Event::Voted { n, vote }].into_iter().chain(closing).collect())
}

/// The answer with what was entered, read by its type.
fn verdict(plan: &Plan, asked: &Asked, decision: &Decision) -> Result<Verdict, Refusal> {
    let is_gate = matches!(asked.question.about, About::Gate);
    if is_gate != matches!(decision.answer, Answer::Approve | Answer::Reject) {
        let help = if is_gate { "answer with `approve` or `reject`" } else { "answer with `done`, `not_done` or `give_up`" };
        return Err(Refusal::WrongAnswer(help.to_owned()));
    }
    let result = (decision.answer == Answer::Done).then(|| gate::result_at(plan, &asked.question.node)).flatten();
    let unknown = decision.values.keys().filter(|name| result.is_none() || *name != "result");
    let mut mismatches: Vec<Mismatch> =
        unknown.map(|name| Mismatch { path: name.clone(), problem: "nothing of this name is asked for".to_owned() }).collect();
    let given = decision.values.get("result").unwrap_or(&serde_json::Value::Null);
    let read = result.map(|ty| from_input(given, ty, &plan.types, "result"));
    let value = match read.transpose() {
        Ok(value) => value.unwrap_or_default(),
        Err(problems) => {
            mismatches.extend(problems);
            Value::None
        }
    };
    if !mismatches.is_empty() {
        return Err(Refusal::Invalid(mismatches));
    }
    Ok(match decision.answer {
        Answer::Approve => Verdict::Approve,
        Answer::Reject => Verdict::Reject,
        Answer::Done => Verdict::Done(value),
        Answer::NotDone => Verdict::NotDone,
        Answer::GiveUp => Verdict::GiveUp,
    })
}

/// Whether the person is asked, and not excluded.
fn entitled(of: &Approvers, person: &str, state: &RunState, facts: &Facts<'_>) -> Result<(), Refusal> {
    if of.except.iter().any(|excluded| facts.is_among(person, excluded)) {
        let because = if state.requester == person {
            "you asked for this run, and whoever asked may not decide"
        } else {
            "you are excluded from this decision"
        };
        return Err(Refusal::NotEntitled(because.to_owned()));
    }
    if of.stages.iter().flatten().any(|term| facts.is_among(person, &term.of)) {
        return Ok(());
    }
    let who: Vec<String> = of.stages.iter().flatten().map(|term| describe(&term.of)).collect();
    Err(Refusal::NotEntitled(format!("this is for {} to decide, not for `{person}`", who.join(", "))))
}

fn describe(principal: &Principal) -> String {
    format!("`{}`", principal.name())
}

/// Whether the comment that the gate wants is there.
fn reasoned(plan: &Plan, asked: &Asked, vote: &Vote) -> Result<(), Refusal> {
    let reason = gate::gate_at(plan, &asked.question.node).map(|gate| gate.reason).unwrap_or_default();
    let needed = match vote.answer {
        Verdict::Approve => reason.on_approve,
        Verdict::Reject => reason.on_reject,
        _ => false,
    };
    if needed && vote.comment.is_none() { Err(Refusal::CommentRequired) } else { Ok(()) }
}

/// What the vote closes, together with those before it.
fn close(plan: &Plan, asked: &Asked, vote: &Vote, facts: &Facts<'_>) -> Option<Event> {
    let n = asked.question.n;
    let closed = |how, writes| Some(Event::Closed { n, how, writes });
    match &vote.answer {
        Verdict::Reject => closed(Closing::Rejected, Vec::new()),
        Verdict::Approve if enough(asked, vote, facts) => {
            let gate = gate::gate_at(plan, &asked.question.node);
            closed(Closing::Approved, gate.map(|gate| writes(gate, vote)).unwrap_or_default())
        }
        Verdict::Approve => None,
        Verdict::Done(value) => {
            let slot = gate::call_at(plan, &asked.question.node).and_then(|call| call.slot);
            closed(Closing::Approved, slot.map(|slot| (slot, value.clone())).into_iter().collect())
        }
        Verdict::NotDone | Verdict::GiveUp => closed(Closing::Approved, Vec::new()),
    }
}

/// Whether every term of every stage has its votes.
fn enough(asked: &Asked, vote: &Vote, facts: &Facts<'_>) -> bool {
    let approvals = || asked.votes.iter().chain([vote]).filter(|vote| vote.answer == Verdict::Approve);
    asked.question.of.stages.iter().flatten().all(|term| {
        let needed = match (term.count, &term.of) {
            (0, Principal::Group(group)) => facts.people.members(group).len().max(1),
            (count, _) => (count as usize).max(1),
        };
        approvals().filter(|vote| facts.is_among(&vote.by, &term.of)).count() >= needed
    })
}

/// The values that an approved gate gives.
fn writes(gate: &Gate, vote: &Vote) -> Vec<(u32, Value)> {
    let comment = vote.comment.as_ref().map_or(Value::None, |comment| Value::Text(comment.into()));
    let values = [
        (gate.slots.by, Value::Text(vote.by.as_str().into())),
        (gate.slots.at, Value::Time(vote.at.timestamp())),
        (gate.slots.comment, comment),
    ];
    values.into_iter().filter_map(|(slot, value)| slot.map(|slot| (slot, value))).collect()
}
