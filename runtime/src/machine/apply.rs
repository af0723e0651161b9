//! How events change a run. Evaluates nothing and cannot fail: what an event names that is not there is left alone.

use flow_compiler::value::Value;

use super::event::{About, Closing, Event, Outcome, Question, Shown, Started, Verdict};
use super::node::{Calling, Frame, Looping, NodeState};
use super::state::{Asked, Child, Closed, Handling, RunState, Undoable, Undoing};
use crate::ids::{At, Path};

impl RunState {
    /// Makes an event so.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Started(started) => self.start(started),
            Event::Computed { node, slot, value } => {
                self.write(node, *slot, value);
                self.set(node, NodeState::Done);
            }
            Event::Branched { node, arm, skipped } => {
                self.set(node, NodeState::Branched(*arm));
                for index in skipped.iter().flat_map(|(first, last)| *first..*last) {
                    self.set(&Path::within(node.frame(), index), NodeState::Skipped);
                }
            }
            Event::Joined { node } | Event::NotAsked { node, .. } | Event::Woke { node } | Event::Accepted { node } => {
                self.set(node, NodeState::Done);
            }
            Event::AttemptStarted { node, attempt, arguments } => self.attempt(node, *attempt, arguments.as_ref()),
            Event::AttemptEnded { node, outcome, slot, repeats, .. } => {
                self.children.retain(|child| child.node != *node);
                self.attempted(node, outcome, *slot, *repeats);
            }
            Event::ChildStarted { node, child, .. } => self.children.push(Child { node: node.clone(), run: *child }),
            Event::RetryPlanned { node, due } => self.retry(node, *due),
            Event::Asked(question) => self.ask(question),
            Event::Voted { n, vote } => {
                if let Some(asked) = self.question_mut(*n) {
                    asked.votes.push(vote.clone());
                }
            }
            Event::Closed { n, how, writes, filled } => {
                if let Some(asked) = self.question_mut(*n) {
                    asked.filled.clone_from(filled);
                }
                self.close(*n, *how, writes);
            }
            Event::StageMet { n, .. } | Event::Escalated { n, .. } | Event::Reminded { n, .. } | Event::HandedOn { n, .. } => {
                if let Some(asked) = self.question_mut(*n) {
                    asked.go_on(event);
                }
            }
            Event::Admitted => self.held = false,
            Event::Ending { why } => self.ending = Some(why.clone()),
            Event::Ended { why } => self.ended = Some((why.clone(), self.at)),
            Event::LoopStarted { node, list } => {
                let looping = Looping { list: list.clone(), next: 0, items: std::collections::BTreeMap::new(), given: Vec::new() };
                self.set(node, NodeState::Looping(Box::new(looping)));
            }
            Event::ItemStarted { node, item, nodes, slots } => {
                if let Some(looping) = self.looping(node) {
                    looping.begin(*item, *nodes, *slots);
                }
            }
            Event::ItemEnded { node, item, given, kept } => self.end_item(node, *item, given.as_ref(), kept.as_deref().unwrap_or_default()),
            Event::LoopEnded { node, slot } => self.end_loop(node, *slot),
            Event::Slept { node, due } => self.set(node, NodeState::Sleeping(*due)),
            Event::Caught { node, slot, .. } => {
                slot.iter().for_each(|slot| self.write(node, *slot, &Value::None));
                self.set(node, NodeState::Done);
            }
            Event::Undoable { node, arguments } => {
                self.undos.push(Undoable { node: node.clone(), arguments: arguments.clone() });
            }
            Event::HandlerStarted { number, nodes, slots, input } => {
                self.handler = Some(Handling { number: *number, frame: Frame::new(*nodes, *slots, input.clone()) });
            }
            Event::Retried { gates, .. } => self.take_up_again(gates),
            Event::Previewing { node, looks } => self.set(node, NodeState::Previewing(looks.clone())),
            Event::Previewed { node, guard, found } => self.previewed(node, *guard, found),
            Event::Changed { node, attempt, gates } => {
                if attempt.is_some() && self.take_calling(node).is_some() {
                    self.busy = self.busy.saturating_sub(1);
                }
                self.reopen(gates);
            }
        }
    }

    fn start(&mut self, started: &Started) {
        self.plan = started.plan;
        self.requester.clone_from(&started.requester);
        self.owner = started.owner.clone();
        self.started = self.at;
        self.body = Frame::new(started.nodes, started.slots, started.input.clone());
        self.on_behalf_by.clone_from(&started.on_behalf_by);
        self.callback.clone_from(&started.callback);
        self.held = started.held;
        self.called_by.clone_from(&started.called_by);
    }

    fn frame_mut(&mut self, frame: &[u32]) -> Option<&mut Frame> {
        match Path::handler_of(frame) {
            Some((number, rest)) => self.handler.as_mut().filter(|handling| handling.number == number)?.frame.inside_mut(rest),
            None => self.body.inside_mut(frame),
        }
    }

    fn write(&mut self, node: &Path, slot: u32, value: &Value) {
        if let Some(place) = self.frame_mut(node.frame()).and_then(|frame| frame.slots.get_mut(slot as usize)) {
            *place = value.clone();
        }
    }

    fn looping(&mut self, node: &Path) -> Option<&mut Looping> {
        match self.frame_mut(node.frame())?.nodes.get_mut(node.node() as usize)? {
            NodeState::Looping(looping) => Some(looping),
            _ => None,
        }
    }

    /// Puts a node into another state; an undo that is done, or given up, makes room for the next.
    fn set(&mut self, path: &Path, to: NodeState) {
        if path.is_undo() {
            match &to {
                NodeState::Done => drop(self.undos.pop()),
                NodeState::Failed(_) => self.undo = Undoing::GivenUp,
                _ => {}
            }
            let to = if matches!(to, NodeState::Done | NodeState::Failed(_)) { NodeState::Waiting } else { to };
            self.put(path, to);
            return;
        }
        self.put(path, to);
        if let Some(frame) = self.frame_mut(path.frame()) {
            frame.settle(frame.settled);
        }
    }

    /// Puts a node into another state, and gives the one that it was in.
    fn put(&mut self, path: &Path, to: NodeState) -> Option<NodeState> {
        let now = Counts::of(&to);
        let place = match path.is_undo() {
            true => &mut self.undoing,
            false => self.frame_mut(path.frame())?.nodes.get_mut(path.node() as usize)?,
        };
        let before = std::mem::replace(place, to);
        let was = Counts::of(&before);
        self.retries = (self.retries + now.retrying).saturating_sub(was.retrying);
        self.sleeping = (self.sleeping + now.sleeping).saturating_sub(was.sleeping);
        self.looking = (self.looking + now.looking).saturating_sub(was.looking);
        Some(before)
    }

    /// The call of a node, whatever state it is in; the node is left waiting, for its new state to be set.
    fn take_calling(&mut self, node: &Path) -> Option<Calling> {
        self.put(node, NodeState::Waiting)?.calling()
    }

    fn attempt(&mut self, node: &Path, attempt: u32, arguments: Option<&Vec<Value>>) {
        let (generation, since) = (self.generation, self.at);
        let mut calling = self.take_calling(node).unwrap_or(Calling { generation, since, ..Calling::default() });
        calling.attempt = attempt;
        if let Some(arguments) = arguments {
            calling.arguments.clone_from(arguments);
        }
        if node.is_undo() {
            self.undo = Undoing::Begun;
        }
        self.set(node, NodeState::Calling(calling));
        self.busy += 1;
    }

    fn attempted(&mut self, node: &Path, outcome: &Outcome, slot: Option<u32>, repeats: bool) {
        self.busy = self.busy.saturating_sub(1);
        if let Outcome::Done(value) = outcome {
            slot.iter().for_each(|slot| self.write(node, *slot, value));
            let calling = if repeats { self.take_calling(node) } else { None };
            self.set(node, calling.map_or(NodeState::Done, NodeState::Answered));
        } else if let Some(mut calling) = self.take_calling(node) {
            calling.failures += u32::from(!matches!(outcome, Outcome::Lost));
            self.set(node, NodeState::Tried(calling, outcome.clone()));
        }
    }

    fn retry(&mut self, node: &Path, due: At) {
        if let Some(calling) = self.take_calling(node) {
            self.set(node, NodeState::Retrying(calling, due));
        }
    }

    fn end_item(&mut self, node: &Path, item: u32, given: Option<&Value>, kept: &[u32]) {
        if let Some(looping) = self.looping(node) {
            looping.end(item, given);
        }
        // What was asked in the item is in the journal, and nothing but its undos looks at it any more.
        let gone: Vec<u32> = node.0.iter().copied().chain([item]).collect();
        self.questions.retain(|asked| kept.contains(&asked.question.n) || !asked.question.node.0.starts_with(&gone));
    }

    fn end_loop(&mut self, node: &Path, slot: Option<u32>) {
        let given = self.looping(node).map(|looping| std::mem::take(&mut looping.given)).unwrap_or_default();
        slot.iter().for_each(|slot| self.write(node, *slot, &Value::List(given.as_slice().into())));
        self.set(node, NodeState::Done);
    }

    fn ask(&mut self, question: &Question) {
        let calling = self.take_calling(&question.node);
        self.set(&question.node, NodeState::Asking(question.n, calling));
        self.asked = self.asked.max(question.n);
        let before = question.follows.and_then(|n| self.question(n));
        let asked = Asked::new(question, before);
        self.questions.push(asked);
    }

    fn question_mut(&mut self, n: u32) -> Option<&mut Asked> {
        let place = self.questions.binary_search_by_key(&n, |asked| asked.question.n).ok()?;
        self.questions.get_mut(place)
    }

    fn close(&mut self, n: u32, how: Closing, writes: &[(u32, Value)]) {
        let at = self.at;
        let Some(asked) = self.question_mut(n) else { return };
        asked.closed = Some(Closed { how, at });
        let node = asked.question.node.clone();
        let about = asked.question.about.clone();
        let last = asked.votes.last().map(|vote| vote.answer.clone());
        writes.iter().for_each(|(slot, value)| self.write(&node, *slot, value));
        match (how, about) {
            (Closing::Approved | Closing::Lapsed, About::Gate) => self.set(&node, NodeState::Done),
            // The next round is asked in the same breath.
            (Closing::Approved | Closing::Lapsed, About::SentBack { .. }) => {}
            (Closing::Approved | Closing::Lapsed, About::InDoubt { .. } | About::UndoFailed { .. }) => self.settle_doubt(&node, last),
            (Closing::Rejected | Closing::Expired, _) => self.set(&node, NodeState::Refused(n)),
            (Closing::Superseded | Closing::Withdrawn, _) => {}
        }
    }

    fn settle_doubt(&mut self, node: &Path, answer: Option<Verdict>) {
        match answer {
            Some(Verdict::Done(_)) => self.set(node, NodeState::Done),
            Some(Verdict::NotDone) => self.retry(node, self.at),
            _ => self.set(node, NodeState::Failed("its outcome is unknown, and it was given up".to_owned())),
        }
    }

    /// A failed run goes on from what had failed: that waits for its turn again, and so do the gates that bound it.
    fn take_up_again(&mut self, gates: &[Path]) {
        self.ended = None;
        self.ending = None;
        self.handler = None;
        self.generation += 1;
        let questions = std::mem::take(&mut self.questions);
        let open = |n: u32| {
            let place = questions.binary_search_by_key(&n, |asked| asked.question.n).ok();
            place.and_then(|place| questions.get(place)).is_some_and(|asked| asked.closed.is_none())
        };
        self.body.reset(&open);
        self.questions = questions;
        self.reopen(gates);
        let mut counts = Counts::default();
        self.visit(&mut |_, node| counts = counts.plus(Counts::of(node)));
        (self.retries, self.sleeping, self.looking) = (counts.retrying, counts.sleeping, counts.looking);
    }

    /// Gates that wait for their turn once more.
    fn reopen(&mut self, gates: &[Path]) {
        for gate in gates {
            self.put(gate, NodeState::Waiting);
            if let Some(frame) = self.frame_mut(gate.frame()) {
                frame.settle(gate.node());
            }
        }
    }

    /// What a call would touch has been looked at.
    fn previewed(&mut self, node: &Path, guard: u32, found: &Shown) {
        let Some(NodeState::Previewing(mut looks)) = self.put(node, NodeState::Waiting) else { return };
        looks.iter_mut().filter(|look| look.guard == guard).for_each(|look| look.found = Some(found.clone()));
        self.put(node, NodeState::Previewing(looks));
    }
}

impl Asked {
    /// What changes of a question while it is open.
    pub(super) fn go_on(&mut self, event: &Event) {
        match event {
            Event::StageMet { stage, .. } => self.stage = *stage,
            Event::Escalated { to, due, remind, .. } => {
                self.escalations.push(to.clone());
                self.due = Some(*due);
                self.remind = *remind;
            }
            Event::Reminded { next, .. } => self.remind = Some(*next),
            Event::HandedOn { from, to, .. } => {
                self.handed.retain(|(before, _)| before != from);
                if from != to {
                    self.handed.push((from.clone(), to.clone()));
                }
            }
            _ => {}
        }
    }
}

/// What the state counts of its nodes.
#[derive(Clone, Copy, Default)]
struct Counts {
    retrying: u32,
    sleeping: u32,
    /// Looks that are under way.
    looking: u32,
}

impl Counts {
    fn of(node: &NodeState) -> Self {
        let none = Self::default();
        match node {
            NodeState::Retrying(..) => Self { retrying: 1, ..none },
            NodeState::Sleeping(_) => Self { sleeping: 1, ..none },
            NodeState::Previewing(looks) => {
                let open = looks.iter().filter(|look| look.found.is_none()).count();
                Self { looking: u32::try_from(open).unwrap_or(u32::MAX), ..none }
            }
            _ => none,
        }
    }

    const fn plus(self, more: Self) -> Self {
        Self { retrying: self.retrying + more.retrying, sleeping: self.sleeping + more.sleeping, looking: self.looking + more.looking }
    }
}
