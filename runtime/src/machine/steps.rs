//! Nodes whose turn has come, in one frame and the frames of the loops in it; attempts that are tried again.

use flow_compiler::eval::{EvalError, eval, holds};
use flow_compiler::plan::{Call, Effect, Expr, Gate, Loop, NodeKind, Plan, Region, Repeat, Wait};
use flow_compiler::value::{Value, to_text};
use jiff::SignedDuration;

use super::event::{About, End, Event, Look, Outcome};
use super::next::Command;
use super::node::{Calling, Frame, Looping, NodeState};
use super::{Facts, RunState, binding, duty, gate, place, preview};
use crate::ids::{At, Path};

/// How much of an answer stands in a failure, in characters.
const MOST_TOLD: usize = 200;

/// What follows an attempt that was not done, or may have been: section 10 of the language.
pub(super) enum Again {
    /// It is tried again then.
    At(At),
    /// It is never repeated blindly: the owner is asked whether it happened.
    InDoubt,
    /// Its attempts are used up.
    Never(String),
}

/// Whether a call is tried again.
pub(super) fn again(plan: &Plan, state: &RunState, path: &Path, calling: &Calling, outcome: &Outcome, facts: &Facts<'_>) -> Again {
    let unknown = matches!(outcome, Outcome::Unknown(_) | Outcome::Lost);
    if unknown && place::effect_at(plan, path) == Effect::Irreversible {
        return Again::InDoubt;
    }
    let call = place::call_at(plan, path);
    let now = facts.time(state);
    match outcome {
        Outcome::Lost => Again::At(now),
        Outcome::NotDone(_) | Outcome::Unknown(_)
            if calling.failures <= call.and_then(|call| call.retry).map_or(0, |retry| retry.times) =>
        {
            Again::At(now.plus(call.map_or(SignedDuration::ZERO, |call| pause(call, calling.failures))))
        }
        Outcome::NotDone(why) | Outcome::Unknown(why) => Again::Never(why.clone()),
        Outcome::Done(_) | Outcome::Kept(_) => Again::Never("it was done".to_owned()),
        Outcome::Rejected { .. } | Outcome::Cancelled { .. } => Again::Never("its run did not complete".to_owned()),
    }
}

/// The pause before the next attempt after so many failures.
fn pause(call: &Call, failures: u32) -> SignedDuration {
    let Some(retry) = call.retry else { return SignedDuration::ZERO };
    let times =
        if retry.doubling { 1_i32.checked_shl(failures.saturating_sub(1)).filter(|times| *times > 0).unwrap_or(i32::MAX) } else { 1 };
    retry.every.checked_mul(times).unwrap_or(SignedDuration::MAX)
}

pub(super) fn why_unknown(node: &NodeState) -> String {
    match node {
        NodeState::Tried(_, Outcome::Unknown(why)) => why.clone(),
        _ => "the server stopped while it was under way".to_owned(),
    }
}

/// What follows, as it is found.
pub(super) struct Steps<'a> {
    plan: &'a Plan,
    state: &'a RunState,
    facts: &'a Facts<'a>,
    pub(super) events: Vec<Event>,
    pub(super) commands: Vec<Command>,
}

/// A frame that is looked at.
#[derive(Clone, Copy)]
struct Here<'n, 'a> {
    name: &'n [u32],
    frame: &'a Frame,
    region: &'a Region,
}

impl Here<'_, '_> {
    fn path(&self, index: u32) -> Path {
        Path::within(self.name, index)
    }
}

impl<'a> Steps<'a> {
    pub(super) fn new(plan: &'a Plan, state: &'a RunState, facts: &'a Facts<'a>) -> Self {
        Self { plan, state, facts, events: Vec::new(), commands: Vec::new() }
    }

    /// All that follows in a frame.
    ///
    /// # Errors
    /// How the run ends.
    pub(super) fn frame(&mut self, name: &[u32], frame: &'a Frame) -> Result<(), End> {
        let Some(region) = place::region_at(self.plan, name) else { return Ok(()) };
        let here = Here { name, frame, region };
        for (index, node) in frame.unsettled() {
            self.node(here, index, node)?;
            if self.holds_back_the_rest(region, index) {
                break;
            }
        }
        Ok(())
    }

    /// Whether everything behind the node waits for it: it keeps its place (section 6 of the language), and stands in no arm. Nothing behind
    /// it need be looked at, so that a turn costs the same in a long workflow as in a short one.
    fn holds_back_the_rest(&self, region: &Region, index: u32) -> bool {
        region.nodes.get(index as usize).is_some_and(|node| {
            node.within.is_none()
                && match &node.kind {
                    NodeKind::Let { .. } => false,
                    NodeKind::Call(call) => self.plan.actions.get(call.action as usize).is_none_or(|action| action.effect != Effect::Read),
                    _ => true,
                }
        })
    }

    fn node(&mut self, here: Here<'_, 'a>, index: u32, node: &'a NodeState) -> Result<(), End> {
        let now = self.facts.time(self.state);
        match node {
            NodeState::Waiting if ready(here, index) => self.begin(here, index),
            NodeState::Retrying(calling, due) if *due <= now => {
                self.attempt(here.path(index), calling.attempt + 1, None);
                Ok(())
            }
            NodeState::Sleeping(due) if *due <= now => {
                self.events.push(Event::Woke { node: here.path(index) });
                Ok(())
            }
            NodeState::Tried(calling, outcome) => self.follow(&here.path(index), node, calling, outcome),
            NodeState::Answered(calling) => self.judge(&here.path(index), calling),
            NodeState::Looping(looping) => self.each(here, index, looping),
            NodeState::Previewing(looks) => self.previewed(here.path(index), looks),
            NodeState::Refused(n) => Err(self.rejected(*n)),
            NodeState::Failed(why) => self.used_up(&here.path(index), why),
            _ => Ok(()),
        }
    }

    fn begin(&mut self, here: Here<'_, 'a>, index: u32) -> Result<(), End> {
        let Some(node) = here.region.nodes.get(index as usize) else { return Ok(()) };
        let path = here.path(index);
        match &node.kind {
            NodeKind::Let { slot, value } => {
                let value = self.value(&path, value)?;
                self.events.push(Event::Computed { node: path, slot: *slot, value });
            }
            NodeKind::Call(call) => self.call(path, call)?,
            NodeKind::Gate(gate) => self.gate(path, gate, None)?,
            NodeKind::Branch { conditions, otherwise } => {
                let arm = self.arm(&path, conditions, *otherwise)?;
                self.events.push(Event::Branched { node: path, arm, skipped: skipped(here.region, index, arm) });
            }
            NodeKind::Parallel { .. } | NodeKind::Join { .. } => self.events.push(Event::Joined { node: path }),
            NodeKind::ForEach(each) => {
                let list = self.value(&path, &each.list)?;
                self.events.push(Event::LoopStarted { node: path, list });
            }
            NodeKind::Wait(wait) => {
                let due = self.until(&path, wait)?;
                self.events.push(Event::Slept { node: path, due });
            }
            NodeKind::Return(value) => {
                let value = value.as_ref().map_or(Ok(Value::None), |value| self.value(&path, value))?;
                return Err(End::Completed(value));
            }
            NodeKind::Fail(why) => {
                let why = why.as_ref().map(|why| self.value(&path, why)).transpose()?;
                let error = match why {
                    Some(Value::Text(text)) => text.to_string(),
                    _ => "the flow says `fail`".to_owned(),
                };
                return Err(End::Failed { error, node: Some(path) });
            }
        }
        Ok(())
    }

    /// A gate whose turn has come: before it asks, what its calls would touch is looked at.
    fn gate(&mut self, path: Path, gate: &Gate, looks: Option<&[Look]>) -> Result<(), End> {
        let found = looks.map(|looks| preview::found(gate, looks)).unwrap_or_default();
        let event = gate::open(self.plan, self.state, self.after_questions(), &path, gate, found, self.facts);
        let event = event.map_err(|why| self.failed(&path, &why))?;
        if let (Event::Asked(question), None) = (&event, looks) {
            let looks = preview::looks(self.plan, self.state, gate, question);
            if !looks.is_empty() {
                self.commands.extend(looks.iter().map(|look| Command::Preview { node: path.clone(), guard: look.guard }));
                self.events.push(Event::Previewing { node: path, looks });
                return Ok(());
            }
        }
        self.events.push(event);
        Ok(())
    }

    /// A gate of which some looks have ended: it asks when all have.
    fn previewed(&mut self, path: Path, looks: &[Look]) -> Result<(), End> {
        match place::gate_at(self.plan, &path).filter(|_| looks.iter().all(|look| look.found.is_some())) {
            Some(gate) => self.gate(path, gate, Some(looks)),
            None => Ok(()),
        }
    }

    /// How many questions this pass has opened already.
    fn after_questions(&self) -> u32 {
        let opened = self.events.iter().filter(|event| matches!(event, Event::Asked(_))).count();
        u32::try_from(opened).unwrap_or(u32::MAX)
    }

    fn value(&self, path: &Path, expr: &Expr) -> Result<Value, End> {
        let value = self.facts.with_env(self.plan, self.state, path.frame(), |env| eval(expr, env));
        value.map_err(|EvalError(why)| self.failed(path, &why))
    }

    fn holds(&self, path: &Path, condition: &Expr) -> Result<bool, End> {
        let met = self.facts.with_env(self.plan, self.state, path.frame(), |env| holds(condition, env));
        met.map_err(|EvalError(why)| self.failed(path, &why))
    }

    fn arm(&self, path: &Path, conditions: &[Expr], otherwise: bool) -> Result<Option<u32>, End> {
        for (arm, condition) in (0_u32..).zip(conditions) {
            if self.holds(path, condition)? {
                return Ok(Some(arm));
            }
        }
        Ok(otherwise.then(|| u32::try_from(conditions.len()).unwrap_or(u32::MAX)))
    }

    /// When a wait ends.
    fn until(&self, path: &Path, wait: &Wait) -> Result<At, End> {
        let now = self.facts.time(self.state);
        let value = match wait {
            Wait::Period(after) => return Ok(gate::due(now, *after, self.facts)),
            Wait::Span(value) | Wait::Until(value) => self.value(path, value)?,
        };
        match value {
            Value::Duration(span) => Ok(now.plus(span)),
            Value::Time(time) => Ok(At::from(time)),
            Value::Date(date) => {
                let start = date.to_zoned_datetime(self.facts.zone.clone()).map_err(|error| self.failed(path, &error.to_string()))?;
                Ok(At::from(start.timestamp()))
            }
            _ => Err(self.failed(path, "this is no time to wait for")),
        }
    }

    /// What follows in a loop: in its items, at their ends, at its own.
    fn each(&mut self, here: Here<'_, 'a>, index: u32, looping: &'a Looping) -> Result<(), End> {
        let Some(NodeKind::ForEach(each)) = here.region.nodes.get(index as usize).map(|node| &node.kind) else { return Ok(()) };
        let Some(body) = place::body_of(self.plan, each) else { return Ok(()) };
        let node = here.path(index);
        let mut active = looping.items.len();
        for (item, frame) in &looping.items {
            let name: Vec<u32> = node.0.iter().copied().chain([*item]).collect();
            if frame.done() {
                active -= 1;
                let given = self.given(&name, each)?;
                let kept = duty::demanded(self.plan, self.state, &name);
                self.events.push(Event::ItemEnded { node: node.clone(), item: *item, given, kept });
            } else {
                self.frame(&name, frame)?;
            }
        }
        let size = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let mut item = looping.next;
        while active < each.at_most as usize && item < looping.length() {
            let (nodes, slots) = (size(body.nodes.len()), size(body.slots.len()));
            self.events.push(Event::ItemStarted { node: node.clone(), item, nodes, slots });
            (active, item) = (active + 1, item + 1);
        }
        if active == 0 {
            self.events.push(Event::LoopEnded { node, slot: each.slot });
        }
        Ok(())
    }

    fn given(&self, name: &[u32], each: &Loop) -> Result<Option<Value>, End> {
        each.give.as_ref().map(|give| self.value(&Path::within(name, 0), give)).transpose()
    }

    fn call(&mut self, path: Path, call: &Call) -> Result<(), End> {
        if self.asks_again(&path) {
            return Ok(());
        }
        let arguments: Vec<Value> = call.arguments.iter().map(|argument| self.value(&path, argument)).collect::<Result<_, _>>()?;
        self.as_approved(&path, &arguments)?;
        if let Some(why) = duty::unmet(self.plan, self.state, &path, &arguments, self.facts) {
            return Err(self.failed(&path, &why));
        }
        let gates = preview::stale(self.plan, self.state, &path, None);
        if !gates.is_empty() {
            self.events.push(Event::Changed { node: path, attempt: None, gates });
            return Ok(());
        }
        self.attempt(path, 1, Some(arguments));
        Ok(())
    }

    /// After a failure, and when it would touch something else than was approved, the gates that bound a call, or showed what it would
    /// touch, are asked once more before it.
    fn asks_again(&self, path: &Path) -> bool {
        let bound = binding::passed(self.plan, self.state, path).map(|(gate, _)| gate);
        bound.chain(preview::shown_by(self.plan, self.state, path)).any(|gate| !self.state.node(gate).settled())
    }

    /// A call that an approval bound runs with the arguments that were approved, or not at all.
    fn as_approved(&self, path: &Path, arguments: &[Value]) -> Result<(), End> {
        let mut approved: Vec<(&Path, bool)> = Vec::new();
        for (gate, bound) in binding::passed(self.plan, self.state, path) {
            let same = bound.compare(arguments).unwrap_or(true);
            approved.retain(|(known, _)| *known != gate);
            approved.push((gate, same));
        }
        match approved.iter().all(|(_, same)| *same) {
            true => Ok(()),
            false => Err(self.failed(path, "its arguments are not those that were approved")),
        }
    }

    fn attempt(&mut self, node: Path, attempt: u32, arguments: Option<Vec<Value>>) {
        self.events.push(Event::AttemptStarted { node: node.clone(), attempt, arguments });
        self.commands.push(Command::Attempt { node, attempt });
    }

    fn follow(&mut self, path: &Path, node: &NodeState, calling: &Calling, outcome: &Outcome) -> Result<(), End> {
        match outcome {
            // A called run that was rejected rejects its caller, tried or not.
            Outcome::Rejected { by, comment } => return Err(End::Rejected { n: 0, by: by.clone(), comment: comment.clone() }),
            Outcome::Cancelled { by } => return self.used_up(path, &format!("its run was cancelled by `{by}`")),
            _ => {}
        }
        match again(self.plan, self.state, path, calling, outcome, self.facts) {
            Again::At(due) => self.events.push(Event::RetryPlanned { node: path.clone(), due }),
            Again::InDoubt => {
                let about = About::InDoubt { attempt: calling.attempt, why: why_unknown(node) };
                let (opened, now) = (self.after_questions(), self.facts.time(self.state));
                self.events.push(gate::about_call(self.plan, self.state, opened, path, about, &calling.arguments, now));
            }
            Again::Never(why) => return self.used_up(path, &why),
        }
        Ok(())
    }

    /// A step that failed for good ends the run, unless it was only tried.
    fn used_up(&mut self, path: &Path, why: &str) -> Result<(), End> {
        match place::call_at(self.plan, path).filter(|call| call.attempt) {
            Some(call) => {
                self.events.push(Event::Caught { node: path.clone(), error: why.to_owned(), slot: call.slot });
                Ok(())
            }
            None => Err(self.failed(path, why)),
        }
    }

    /// Whether the answer of a step that asks again is the one that it waits for.
    fn judge(&mut self, path: &Path, calling: &Calling) -> Result<(), End> {
        let Some(Repeat { every, until, within }) = place::call_at(self.plan, path).and_then(|call| call.repeat.as_ref()) else {
            return Ok(());
        };
        if self.holds(path, until)? {
            self.events.push(Event::Accepted { node: path.clone() });
            return Ok(());
        }
        let due = self.facts.time(self.state).plus(*every);
        if due > calling.since.plus(*within) {
            return self.used_up(path, &format!("its condition did not hold in time{}", self.last_answer(path)));
        }
        self.events.push(Event::RetryPlanned { node: path.clone(), due });
        Ok(())
    }

    /// What a step that asks again was answered last, in words.
    fn last_answer(&self, path: &Path) -> String {
        let slot = place::call_at(self.plan, path).and_then(|call| call.slot);
        let value = slot.and_then(|slot| self.state.frame(path.frame())?.slots.get(slot as usize));
        let ty = place::action_at(self.plan, path).and_then(|(_, action)| action.result.as_ref());
        let Some((value, ty)) = value.zip(ty) else { return String::new() };
        let text = to_text(value, ty, &self.plan.types);
        let more = if text.chars().nth(MOST_TOLD).is_some() { "..." } else { "" };
        format!(": the last answer was `{}{more}`", text.chars().take(MOST_TOLD).collect::<String>())
    }

    fn rejected(&self, n: u32) -> End {
        let vote = self.state.question(n).and_then(|asked| asked.votes.last());
        End::Rejected { n, by: vote.map(|vote| vote.by.clone()), comment: vote.and_then(|vote| vote.comment.clone()) }
    }

    fn failed(&self, path: &Path, why: &str) -> End {
        let (name, line) = (place::name_at(self.plan, path), place::line_at(self.plan, path));
        let error = if name.is_empty() { format!("line {line}: {why}") } else { format!("`{name}` (line {line}): {why}") };
        End::Failed { error, node: Some(path.clone()) }
    }
}

/// Whether all that comes before a node is settled.
fn ready(here: Here<'_, '_>, index: u32) -> bool {
    let node = here.region.nodes.get(index as usize);
    node.is_some_and(|node| node.after.iter().all(|before| here.frame.node(*before).settled()))
}

/// Ranges of nodes that are skipped when a branch takes an arm: all that stand in its other arms, however deep.
fn skipped(region: &Region, branch: u32, taken: Option<u32>) -> Vec<(u32, u32)> {
    let mut out = std::collections::BTreeSet::new();
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for (index, node) in (0_u32..).zip(&region.nodes).skip(branch as usize + 1) {
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
