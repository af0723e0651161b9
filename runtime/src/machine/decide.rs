//! What a request makes happen, or why it is refused. The one place where an approval is decided.

use flow_compiler::eval::{EvalError, eval};
use flow_compiler::plan::{NodeKind, Plan, Type};
use flow_compiler::value::{Mismatch, Value, from_input};

use super::event::{About, Channel, Closing, End, Event, Outcome, Started, Verdict, Vote};
use super::hand_on::{self, HandOn};
use super::quorum::{self, Standing};
use super::refusal::Refusal;
use super::state::{Asked, Undoing};
use super::{Facts, NodeState, RunState, lapse, place, preview, round};
use crate::ids::{Digest, Path, RunId};

/// Something that reaches a run from outside.
#[derive(Clone, Debug)]
pub enum Request {
    /// It is to begin.
    Start(Started),
    /// Its turn has come.
    Admit,
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
    /// An attempt was not made: the call would touch something else than was approved, this.
    Changed {
        /// The call's node.
        node: Path,
        /// Which attempt.
        attempt: u32,
        /// What it would touch.
        found: Value,
    },
    /// What a call would touch was looked at.
    Previewed {
        /// The gate's node.
        node: Path,
        /// The guard of the plan's gate.
        guard: u32,
        /// How the look ended.
        outcome: Outcome,
    },
    /// Somebody answers.
    Decide(Decision),
    /// Somebody hands their part of a gate on.
    HandOn(HandOn),
    /// Somebody wants it to end.
    Cancel {
        /// Who.
        by: String,
    },
    /// Somebody wants a failed run to be taken up again.
    Retry {
        /// Who.
        by: String,
        /// How they speak.
        channel: Channel,
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
    /// A gate: whoever asked for the run is to change what is asked.
    SendBack,
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
        Request::Admit if state.held && state.ended.is_none() => Ok(vec![Event::Admitted]),
        Request::Admit => Ok(Vec::new()),
        Request::Clock => Ok(lapse::lapse(plan, state, facts)),
        Request::HandOn(request) => hand_on::hand_on(state, request, facts),
        Request::Ended { node, attempt, outcome } => Ok(ended(plan, state, node, attempt, outcome, facts)),
        Request::ChildStarted { node, attempt, child } => Ok(child_started(state, node, attempt, child)),
        Request::Changed { node, attempt, found } => Ok(preview::changed(plan, state, node, attempt, &found)),
        Request::Previewed { node, guard, outcome } => Ok(preview::previewed(state, node, guard, outcome)),
        Request::Decide(decision) => answer(plan, state, decision, facts),
        Request::Cancel { by } => match (&state.ended, &state.ending) {
            (None, None) => Ok(vec![Event::Ending { why: End::Cancelled { by } }]),
            (None, Some(End::Cancelled { .. })) => Ok(Vec::new()),
            (None, Some(_)) => Err(Refusal::RunEnding),
            (Some(_), _) => Err(Refusal::RunEnded(state.status())),
        },
        Request::Retry { by, channel } => retry(plan, state, by, channel),
    }
}

/// A failed run is taken up again from what had failed, unless its undoing has begun.
fn retry(plan: &Plan, state: &RunState, by: String, channel: Channel) -> Result<Vec<Event>, Refusal> {
    let refused = |why: &str| Err(Refusal::NotRetryable(why.to_owned()));
    let Some((End::Failed { node, .. }, _)) = &state.ended else {
        return refused("only a run that has failed can be taken up again");
    };
    if state.called_by.is_some() {
        return refused("another run called it and knows that it failed: take that one up again");
    }
    if plan.workflow.settings.one_at_a_time_per.is_some() {
        return refused("another run may have its turn by now: start a new run");
    }
    if state.undo != Undoing::No {
        return refused("its finished steps have been undone, so there is nothing to go on from: start a new run");
    }
    let Some(node) = node.as_ref().filter(|node| Path::handler_of(node.frame()).is_none()) else {
        return refused("no step of it failed: start a new run");
    };
    if matches!(place::node_at(plan, node).map(|node| &node.kind), Some(NodeKind::Fail(_))) {
        return refused("the flow itself says `fail`, and would say so again: start a new run");
    }
    let mut gates: Vec<Path> = Vec::new();
    for asked in state.questions.iter().filter(|asked| quorum::is_gate(&asked.question.about)) {
        let gate = &asked.question.node;
        let binds = place::gate_at(plan, gate)
            .is_some_and(|found| found.guards.iter().any(|guard| guard.bound && place::is_guarded(gate, &guard.at, node)));
        if binds && !gates.contains(gate) {
            gates.push(gate.clone());
        }
    }
    Ok(vec![Event::Retried { by, channel, gates }])
}

/// An attempt's end; one that is not under way (any more) changes nothing.
fn ended(plan: &Plan, state: &RunState, node: Path, attempt: u32, outcome: Outcome, facts: &Facts<'_>) -> Vec<Event> {
    match state.node(&node) {
        NodeState::Calling(calling) if calling.attempt == attempt => {
            let call = if node.is_undo() { None } else { place::call_at(plan, &node) };
            let slot = call.and_then(|call| call.slot);
            let repeats = call.is_some_and(|call| call.repeat.is_some());
            let undo = match &outcome {
                Outcome::Done(value) => undoable(plan, state, &node, value, facts),
                _ => None,
            };
            let ended = Event::AttemptEnded { node, attempt, outcome, slot, repeats };
            std::iter::once(ended).chain(undo).collect()
        }
        _ => Vec::new(),
    }
}

/// How a step that is done with this result can be undone; where that cannot be told, the run fails.
fn undoable(plan: &Plan, state: &RunState, node: &Path, result: &Value, facts: &Facts<'_>) -> Option<Event> {
    let call = if node.is_undo() { None } else { place::call_at(plan, node) }?;
    let undo = call.undo.as_ref()?;
    let slot = call.slot.unwrap_or(u32::MAX);
    let arguments = facts.with_values(plan, state, node.frame(), &[(slot, result.clone())], |env| {
        undo.arguments.iter().map(|argument| eval(argument, env)).collect::<Result<_, _>>()
    });
    match arguments {
        Ok(arguments) => Some(Event::Undoable { node: node.clone(), arguments }),
        Err(EvalError(_)) if state.ending.is_some() => None,
        Err(EvalError(why)) => {
            let error = format!("`{}` is done, and how to undo it cannot be told: {why}", call.name);
            Some(Event::Ending { why: End::Failed { error, node: Some(node.clone()) } })
        }
    }
}

/// A called run has begun; one of an attempt that is not under way (any more), or that is known, changes nothing.
fn child_started(state: &RunState, node: Path, attempt: u32, child: RunId) -> Vec<Event> {
    let known = state.children.iter().any(|known| known.run == child);
    match state.node(&node) {
        NodeState::Calling(calling) if calling.attempt == attempt && !known => vec![Event::ChildStarted { node, attempt, child }],
        _ => Vec::new(),
    }
}

fn answer(plan: &Plan, state: &RunState, decision: Decision, facts: &Facts<'_>) -> Result<Vec<Event>, Refusal> {
    let n = decision.n;
    let asked = state.question(n).ok_or(Refusal::NoSuchQuestion)?;
    let part = quorum::entitled(asked, &decision.by, state, facts)?;
    let read = verdict(plan, asked, &decision);
    if let Some(before) = said_before(state, asked, &decision.by) {
        if read.as_ref().is_ok_and(|(verdict, values)| *verdict == before.answer && *values == before.values) {
            return Ok(Vec::new());
        }
        if asked.closed.is_none() {
            return Err(quorum::already(asked, before, &decision.by, state, facts));
        }
    }
    if let Some(closed) = asked.closed {
        return Err(Refusal::AlreadyClosed { how: closed.how, vote: asked.votes.last().cloned() });
    }
    let spoken = part.stead.as_ref().and_then(|stead| asked.votes.iter().find(|vote| vote.by == *stead));
    let in_my_stead = || asked.votes.iter().find(|vote| vote.stead.as_ref() == Some(&decision.by));
    if let Some(vote) = spoken.or_else(in_my_stead) {
        return Err(quorum::already(asked, vote, &decision.by, state, facts));
    }
    if decision.digest != asked.question.digest {
        return Err(Refusal::Stale { current: asked.question.digest });
    }
    let comment = decision.comment.map(|comment| comment.trim().to_owned()).filter(|comment| !comment.is_empty());
    let Decision { by, channel, os_user, .. } = decision;
    let (answer, values) = read?;
    let quorum::Part { stead, of } = part;
    let vote = Vote { by, channel, answer, comment, at: facts.time(state), os_user, stead, of, values };
    reasoned(plan, asked, &vote)?;
    Ok(counted(plan, state, asked, vote, facts))
}

/// What the person answered to this question, or, where their answer opened another round in its place, to that.
fn said_before<'s>(state: &'s RunState, asked: &'s Asked, person: &str) -> Option<&'s Vote> {
    let next = asked.closed.filter(|closed| closed.how == Closing::Superseded);
    let next = next.and_then(|_| state.questions.iter().find(|next| next.question.follows == Some(asked.question.n)));
    [Some(asked), next].into_iter().flatten().find_map(|asked| asked.votes.iter().find(|vote| vote.by == person))
}

/// What a vote makes happen, together with those before it.
fn counted(plan: &Plan, state: &RunState, asked: &Asked, vote: Vote, facts: &Facts<'_>) -> Vec<Event> {
    let n = asked.question.n;
    let closed = |how, writes| Event::Closed { n, how, writes, filled: None };
    let voted = |vote: &Vote| Event::Voted { n, vote: vote.clone() };
    match (&vote.answer, &asked.question.about) {
        (Verdict::Reject, _) => vec![voted(&vote), closed(Closing::Rejected, Vec::new())],
        (Verdict::SendBack, _) => {
            let back = round::sent_back(plan, state, asked, &vote, facts);
            vec![voted(&vote), closed(Closing::Superseded, Vec::new()), Event::Asked(back)]
        }
        (Verdict::Approve, About::SentBack { .. }) => {
            let proposed = vote.values.iter().zip(required(plan, asked)).map(|(value, required)| {
                // A field that must be filled in and is not: the approvers are to do it.
                (!required || *value != Value::None).then(|| value.clone())
            });
            let again = round::again(plan, state, asked, proposed.collect(), facts).map(Event::Asked);
            [voted(&vote), closed(Closing::Approved, Vec::new())].into_iter().chain(again).collect()
        }
        (Verdict::Approve, _) => approved(plan, state, asked, vote, facts),
        (Verdict::Done(value), _) => {
            let node = &asked.question.node;
            let slot = if node.is_undo() { None } else { place::call_at(plan, node).and_then(|call| call.slot) };
            let writes = slot.map(|slot| (slot, value.clone())).into_iter().collect();
            let undo = undoable(plan, state, node, value, facts);
            [voted(&vote), closed(Closing::Approved, writes)].into_iter().chain(undo).collect()
        }
        (Verdict::NotDone | Verdict::GiveUp, _) => vec![voted(&vote), closed(Closing::Approved, Vec::new())],
    }
}

/// An approval: it decides, or counts, or opens a round of its own where it says other values than those before it agreed to.
fn approved(plan: &Plan, state: &RunState, asked: &Asked, vote: Vote, facts: &Facts<'_>) -> Vec<Event> {
    let n = asked.question.n;
    let other = vote.values.iter().zip(&asked.question.proposed).any(|(value, proposed)| proposed.as_ref() != Some(value));
    let all: Vec<&Vote> = if other { vec![&vote] } else { asked.votes.iter().chain([&vote]).collect() };
    match quorum::standing(asked, &all, state, facts) {
        Standing::Enough => {
            let closed = round::close(plan, state, asked, Closing::Approved, round::Passed::of(&vote), facts);
            vec![Event::Voted { n, vote }, closed]
        }
        Standing::Stage(stage) if other => {
            let next = round::with_values(state, asked, vote.values.clone(), facts.time(state));
            let (next_n, superseded) = (next.n, Event::Closed { n, how: Closing::Superseded, writes: Vec::new(), filled: None });
            let met = (stage > 0).then_some(Event::StageMet { n: next_n, stage });
            [superseded, Event::Asked(next), Event::Voted { n: next_n, vote }].into_iter().chain(met).collect()
        }
        Standing::Stage(stage) => {
            let met = (stage > asked.stage).then_some(Event::StageMet { n, stage });
            [Event::Voted { n, vote }].into_iter().chain(met).collect()
        }
    }
}

/// For each field whether a value must be there.
fn required(plan: &Plan, asked: &Asked) -> Vec<bool> {
    let asks = place::gate_at(plan, &asked.question.node).map(|gate| gate.asks.as_slice()).unwrap_or_default();
    asks.iter().map(|ask| !matches!(ask.ty, Type::Optional(_))).collect()
}

/// The answer with what was entered, read by its type.
fn verdict(plan: &Plan, asked: &Asked, decision: &Decision) -> Result<(Verdict, Vec<Value>), Refusal> {
    let gate = place::gate_at(plan, &asked.question.node).filter(|_| quorum::is_gate(&asked.question.about));
    let Some(gate) = gate else { return doubt_verdict(plan, asked, decision).map(|verdict| (verdict, Vec::new())) };
    let sent_back = asked.question.about != About::Gate;
    let verdict = match decision.answer {
        Answer::Approve => Verdict::Approve,
        Answer::Reject => Verdict::Reject,
        Answer::SendBack if gate.send_back && !sent_back => Verdict::SendBack,
        _ if gate.send_back && !sent_back => {
            return Err(Refusal::WrongAnswer("answer with `approve`, `reject` or `send_back`".to_owned()));
        }
        _ => return Err(Refusal::WrongAnswer("answer with `approve` or `reject`".to_owned())),
    };
    let unknown = decision.values.keys().filter(|name| !gate.asks.iter().any(|ask| ask.name == **name));
    let mut mismatches: Vec<Mismatch> = unknown.map(|name| nothing_asked(name)).collect();
    let mut values = Vec::new();
    if verdict == Verdict::Approve {
        for (index, ask) in gate.asks.iter().enumerate() {
            let proposed = asked.question.proposed.get(index).cloned().flatten();
            match (decision.values.get(ask.name.as_str()), proposed) {
                (None, Some(proposed)) => values.push(proposed),
                (None | Some(serde_json::Value::Null), None) if sent_back => values.push(Value::None),
                (given, _) => match from_input(given.unwrap_or(&serde_json::Value::Null), &ask.ty, &plan.types, &ask.name) {
                    Ok(value) => values.push(value),
                    Err(problems) => mismatches.extend(problems),
                },
            }
        }
    }
    if mismatches.is_empty() { Ok((verdict, values)) } else { Err(Refusal::Invalid(mismatches)) }
}

fn nothing_asked(name: &str) -> Mismatch {
    Mismatch { path: name.to_owned(), problem: "nothing of this name is asked for".to_owned() }
}

/// What somebody says of a call in doubt.
fn doubt_verdict(plan: &Plan, asked: &Asked, decision: &Decision) -> Result<Verdict, Refusal> {
    if matches!(decision.answer, Answer::Approve | Answer::Reject | Answer::SendBack) {
        return Err(Refusal::WrongAnswer("answer with `done`, `not_done` or `give_up`".to_owned()));
    }
    let result = (decision.answer == Answer::Done).then(|| place::result_at(plan, &asked.question.node)).flatten();
    let unknown = decision.values.keys().filter(|name| result.is_none() || *name != "result");
    let mut mismatches: Vec<Mismatch> = unknown.map(|name| nothing_asked(name)).collect();
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
        Answer::Done => Verdict::Done(value),
        Answer::NotDone => Verdict::NotDone,
        _ => Verdict::GiveUp,
    })
}

/// Whether the comment that the gate wants is there.
fn reasoned(plan: &Plan, asked: &Asked, vote: &Vote) -> Result<(), Refusal> {
    let gate = place::gate_at(plan, &asked.question.node).filter(|_| asked.question.about == About::Gate);
    let reason = gate.map(|gate| gate.reason).unwrap_or_default();
    let needed = match vote.answer {
        Verdict::Approve => reason.on_approve,
        Verdict::Reject => reason.on_reject,
        _ => false,
    };
    if needed && vote.comment.is_none() { Err(Refusal::CommentRequired) } else { Ok(()) }
}
