//! What follows: nodes whose turn has come, attempts that are tried again, ends.

use flow_compiler::eval::{EvalError, eval, holds};
use flow_compiler::plan::{Call, Effect, Expr, NodeKind, Plan};
use flow_compiler::value::Value;
use jiff::SignedDuration;

use super::event::{About, Closing, End, Event, Outcome};
use super::state::{Calling, NodeState};
use super::{Facts, RunState, gate, quorum};
use crate::ids::Path;

/// Something to do once the events are durable.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Make an attempt at a call; its arguments are in the state.
    Attempt {
        /// The call's node.
        node: Path,
        /// Which attempt.
        attempt: u32,
    },
}

impl Command {
    /// Whether it still is to be done.
    #[must_use]
    pub fn stands(&self, state: &RunState) -> bool {
        let Self::Attempt { node, attempt } = self;
        matches!(state.node(node.node()), NodeState::Calling(calling) if calling.attempt == *attempt)
    }
}

/// What follows from where the run stands, as far as it can be told before the events are applied. Nothing more follows when it gives no events.
#[must_use]
pub fn next(plan: &Plan, state: &RunState, facts: &Facts<'_>) -> (Vec<Event>, Vec<Command>) {
    if state.ended.is_some() || state.nodes.len() != plan.workflow.body.nodes.len() {
        return (Vec::new(), Vec::new());
    }
    if let Some(why) = &state.ending {
        return (end(plan, state, why, facts), Vec::new());
    }
    if state.held {
        return (Vec::new(), Vec::new());
    }
    let mut steps = Steps { plan, state, facts, events: Vec::new(), commands: Vec::new() };
    for (index, node) in state.unsettled() {
        if let Err(why) = steps.node(index, node) {
            return (vec![ending(state, why)], Vec::new());
        }
        if holds_back_the_rest(plan, index) {
            break;
        }
    }
    if steps.events.is_empty() && state.unsettled().next().is_none() {
        steps.events.push(ending(state, End::Completed(Value::None)));
    }
    (steps.events, steps.commands)
}

/// Whether everything behind the node waits for it: it keeps its place (section 6 of the language), and stands in no arm. Nothing behind
/// it need be looked at, so that a turn costs the same in a long workflow as in a short one.
fn holds_back_the_rest(plan: &Plan, index: u32) -> bool {
    plan.workflow.body.nodes.get(index as usize).is_some_and(|node| {
        node.within.is_none()
            && match &node.kind {
                NodeKind::Let { .. } => false,
                NodeKind::Call(call) => effect(plan, call) != Effect::Read,
                _ => true,
            }
    })
}

/// A run with nothing under way ends at once.
fn ending(state: &RunState, why: End) -> Event {
    let idle = state.busy == 0 && state.open().next().is_none();
    if idle { Event::Ended { why } } else { Event::Ending { why } }
}

/// A run that is ending: calls of unknown outcome are still asked about, gates are withdrawn, and when nothing is under way it has ended.
fn end(plan: &Plan, state: &RunState, why: &End, facts: &Facts<'_>) -> Vec<Event> {
    for (index, node) in state.unsettled() {
        if let (NodeState::Tried(calling, Outcome::Unknown(_) | Outcome::Lost), Some(call)) = (node, gate::call_at(plan, &Path::top(index)))
            && effect(plan, call) == Effect::Irreversible
        {
            return vec![gate::doubt(plan, state, 0, index, call, calling, &why_unknown(node), facts.time(state))];
        }
    }
    let withdrawn: Vec<Event> = state
        .open()
        .filter(|asked| quorum::is_gate(&asked.question.about))
        .map(|asked| Event::Closed { n: asked.question.n, how: Closing::Withdrawn, writes: Vec::new(), filled: None })
        .collect();
    if !withdrawn.is_empty() {
        return withdrawn;
    }
    if state.busy == 0 && state.open().next().is_none() { vec![Event::Ended { why: why.clone() }] } else { Vec::new() }
}

fn effect(plan: &Plan, call: &Call) -> Effect {
    plan.actions.get(call.action as usize).map_or(Effect::Irreversible, |action| action.effect)
}

fn why_unknown(node: &NodeState) -> String {
    match node {
        NodeState::Tried(_, Outcome::Unknown(why)) => why.clone(),
        _ => "the server stopped while it was under way".to_owned(),
    }
}

/// The pause before the next attempt after so many failures.
fn pause(call: &Call, failures: u32) -> SignedDuration {
    let Some(retry) = call.retry else { return SignedDuration::ZERO };
    let times =
        if retry.doubling { 1_i32.checked_shl(failures.saturating_sub(1)).filter(|times| *times > 0).unwrap_or(i32::MAX) } else { 1 };
    retry.every.checked_mul(times).unwrap_or(SignedDuration::MAX)
}

struct Steps<'a> {
    plan: &'a Plan,
    state: &'a RunState,
    facts: &'a Facts<'a>,
    events: Vec<Event>,
    commands: Vec<Command>,
}

impl Steps<'_> {
    fn node(&mut self, index: u32, node: &NodeState) -> Result<(), End> {
        match node {
            NodeState::Waiting if self.ready(index) => self.begin(index),
            NodeState::Retrying(calling, due) if *due <= self.facts.time(self.state) => {
                self.attempt(index, calling.attempt + 1, None);
                Ok(())
            }
            NodeState::Tried(calling, outcome) => self.follow(index, node, calling, outcome),
            NodeState::Refused(n) => Err(self.rejected(*n)),
            NodeState::Failed(why) => Err(self.failed(index, why)),
            _ => Ok(()),
        }
    }

    fn ready(&self, index: u32) -> bool {
        let node = self.plan.workflow.body.nodes.get(index as usize);
        node.is_some_and(|node| node.after.iter().all(|before| self.state.node(*before).settled()))
    }

    fn begin(&mut self, index: u32) -> Result<(), End> {
        let plan = self.plan;
        let Some(node) = plan.workflow.body.nodes.get(index as usize) else { return Ok(()) };
        let path = Path::top(index);
        match &node.kind {
            NodeKind::Let { slot, value } => {
                let value = self.value(index, value)?;
                self.events.push(Event::Computed { node: path, slot: *slot, value });
            }
            NodeKind::Call(call) => self.call(index, call)?,
            NodeKind::Gate(gate) => {
                let event = gate::open(plan, self.state, self.after_questions(), index, gate, self.facts);
                self.events.push(event.map_err(|why| self.failed(index, &why))?);
            }
            NodeKind::Branch { conditions, otherwise } => {
                let arm = self.arm(index, conditions, *otherwise)?;
                self.events.push(Event::Branched { node: path, arm, skipped: skipped(plan, index, arm) });
            }
            NodeKind::Join { .. } => self.events.push(Event::Joined { node: path }),
            NodeKind::Return(value) => {
                let value = value.as_ref().map_or(Ok(Value::None), |value| self.value(index, value))?;
                return Err(End::Completed(value));
            }
            NodeKind::Fail(why) => {
                let why = why.as_ref().map(|why| self.value(index, why)).transpose()?;
                let error = match why {
                    Some(Value::Text(text)) => text.to_string(),
                    _ => "the flow says `fail`".to_owned(),
                };
                return Err(End::Failed { error, node: Some(path) });
            }
        }
        Ok(())
    }

    /// How many questions this pass has opened already.
    fn after_questions(&self) -> usize {
        self.events.iter().filter(|event| matches!(event, Event::Asked(_))).count()
    }

    fn value(&self, index: u32, expr: &Expr) -> Result<Value, End> {
        let value = self.facts.with_env(self.plan, self.state, |env| eval(expr, env));
        value.map_err(|EvalError(why)| self.failed(index, &why))
    }

    fn arm(&self, index: u32, conditions: &[Expr], otherwise: bool) -> Result<Option<u32>, End> {
        for (arm, condition) in (0_u32..).zip(conditions) {
            let met = self.facts.with_env(self.plan, self.state, |env| holds(condition, env));
            if met.map_err(|EvalError(why)| self.failed(index, &why))? {
                return Ok(Some(arm));
            }
        }
        Ok(otherwise.then(|| u32::try_from(conditions.len()).unwrap_or(u32::MAX)))
    }

    fn call(&mut self, index: u32, call: &Call) -> Result<(), End> {
        let arguments: Vec<Value> = call.arguments.iter().map(|argument| self.value(index, argument)).collect::<Result<_, _>>()?;
        self.as_approved(index, &arguments)?;
        self.attempt(index, 1, Some(arguments));
        Ok(())
    }

    /// A call that an approval bound runs with the arguments that were approved, or not at all.
    fn as_approved(&self, index: u32, arguments: &[Value]) -> Result<(), End> {
        for asked in self.state.questions.iter().filter(|asked| asked.question.about == About::Gate && asked.is_passed()) {
            let Some(gate) = gate::gate_at(self.plan, &asked.question.node) else { continue };
            let guards = gate
                .guards
                .iter()
                .zip(asked.filled.as_ref().unwrap_or(&asked.question.will_run))
                .filter(|(guard, _)| guard.node == index && guard.bound);
            for (_, approved) in guards {
                let same = approved.len() == arguments.len()
                    && approved.iter().zip(arguments).all(|(approved, now)| approved.as_ref() == Some(now));
                if !same {
                    return Err(self.failed(index, "its arguments are not those that were approved"));
                }
            }
        }
        Ok(())
    }

    fn attempt(&mut self, index: u32, attempt: u32, arguments: Option<Vec<Value>>) {
        let node = Path::top(index);
        self.events.push(Event::AttemptStarted { node: node.clone(), attempt, arguments });
        self.commands.push(Command::Attempt { node, attempt });
    }

    /// What follows an attempt that was not done, or may have been: section 10 of the language.
    fn follow(&mut self, index: u32, node: &NodeState, calling: &Calling, outcome: &Outcome) -> Result<(), End> {
        let Some(call) = gate::call_at(self.plan, &Path::top(index)) else { return Ok(()) };
        match outcome {
            Outcome::Rejected { by, comment } => return Err(End::Rejected { n: 0, by: by.clone(), comment: comment.clone() }),
            Outcome::Cancelled { by } => return Err(self.failed(index, &format!("its run was cancelled by `{by}`"))),
            _ => {}
        }
        let unknown = matches!(outcome, Outcome::Unknown(_) | Outcome::Lost);
        if unknown && effect(self.plan, call) == Effect::Irreversible {
            let question = gate::doubt(
                self.plan,
                self.state,
                self.after_questions(),
                index,
                call,
                calling,
                &why_unknown(node),
                self.facts.time(self.state),
            );
            self.events.push(question);
            return Ok(());
        }
        let again = *outcome == Outcome::Lost || calling.failures <= call.retry.map_or(0, |retry| retry.times);
        if again {
            let wait = if *outcome == Outcome::Lost { SignedDuration::ZERO } else { pause(call, calling.failures) };
            self.events.push(Event::RetryPlanned { node: Path::top(index), due: self.facts.time(self.state).plus(wait) });
            return Ok(());
        }
        let (Outcome::NotDone(why) | Outcome::Unknown(why)) = outcome else { return Ok(()) };
        Err(self.failed(index, why))
    }

    fn rejected(&self, n: u32) -> End {
        let vote = self.state.question(n).and_then(|asked| asked.votes.last());
        End::Rejected { n, by: vote.map(|vote| vote.by.clone()), comment: vote.and_then(|vote| vote.comment.clone()) }
    }

    fn failed(&self, index: u32, why: &str) -> End {
        let path = Path::top(index);
        let (name, line) = (gate::name_of(self.plan, &path), self.plan.workflow.body.nodes.get(index as usize).map_or(0, |node| node.line));
        let error = if name.is_empty() { format!("line {line}: {why}") } else { format!("`{name}` (line {line}): {why}") };
        End::Failed { error, node: Some(path) }
    }
}

/// Ranges of nodes that are skipped when a branch takes an arm: all that stand in its other arms, however deep.
fn skipped(plan: &Plan, branch: u32, taken: Option<u32>) -> Vec<(u32, u32)> {
    let mut out = std::collections::BTreeSet::new();
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for (index, node) in (0_u32..).zip(&plan.workflow.body.nodes).skip(branch as usize + 1) {
        let skip = match (&node.kind, node.within) {
            (NodeKind::Join { branch: of }, _) if *of == branch => break,
            (NodeKind::Join { branch: of }, _) if out.contains(of) => true,
            (_, Some(within)) => (within.branch == branch && Some(within.arm) != taken) || out.contains(&within.branch),
            (_, None) => false,
        };
        if skip {
            out.insert(index);
            match ranges.last_mut() {
                Some((_, last)) if *last == index => *last += 1,
                _ => ranges.push((index, index + 1)),
            }
        }
    }
    ranges
}
