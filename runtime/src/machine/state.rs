//! The state of a run, and how events change it.

use flow_compiler::value::Value;
use minicbor::{Decode, Encode};

use super::event::{About, Approvers, CalledBy, Closing, End, Event, Outcome, Principal, Question, Started, Verdict, Vote};
use crate::ids::{At, Digest, Path, RunId};
use crate::store::Status;

/// A run as far as its journal goes. It can be stored and taken up anywhere.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct RunState {
    /// Which run.
    #[n(0)]
    pub run: RunId,
    /// Its plan.
    #[n(1)]
    pub plan: Digest,
    /// Who asked for it.
    #[n(2)]
    pub requester: String,
    /// Whose it is.
    #[n(3)]
    pub owner: Principal,
    /// When it started.
    #[n(4)]
    pub started: At,
    /// The time of its last transition.
    #[n(5)]
    pub at: At,
    /// Values; the parameters come first.
    #[n(6)]
    pub slots: Vec<Value>,
    /// Where each node stands.
    #[n(7)]
    pub nodes: Vec<NodeState>,
    /// All nodes below this one are settled.
    #[n(8)]
    pub settled: u32,
    /// Its questions, in order: number `n` is at `n - 1`.
    #[n(9)]
    pub questions: Vec<Asked>,
    /// How it will end once all that is under way has ended.
    #[n(10)]
    pub ending: Option<End>,
    /// How and when it ended.
    #[n(11)]
    pub ended: Option<(End, At)>,
    /// How many attempts are under way.
    #[n(12)]
    pub busy: u32,
    /// The service that asked on the requester's behalf.
    #[n(13)]
    pub on_behalf_by: Option<String>,
    /// Where its end is told.
    #[n(14)]
    pub callback: Option<String>,
    /// How many calls wait to be tried again.
    #[n(15)]
    pub retries: u32,
    /// The call that it is an attempt at.
    #[n(60)]
    pub called_by: Option<CalledBy>,
    /// Runs that it called and that are under way: attempts that nobody here makes.
    #[n(61)]
    pub children: Vec<Child>,
    /// Whether it waits for its turn: nothing of it is begun.
    #[n(40)]
    #[cbor(default)]
    pub held: bool,
}

/// A called run that is under way.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Child {
    /// The call's node.
    #[n(0)]
    pub node: Path,
    /// The run.
    #[n(1)]
    pub run: RunId,
}

/// Where a node stands.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub enum NodeState {
    /// It waits for others.
    #[n(0)]
    Waiting,
    /// It will not be done: another arm was taken.
    #[n(1)]
    Skipped,
    /// It is done.
    #[n(2)]
    Done,
    /// A branch that took this arm, or none.
    #[n(3)]
    Branched(#[n(0)] Option<u32>),
    /// A call with an attempt under way.
    #[n(4)]
    Calling(#[n(0)] Calling),
    /// A call whose last attempt ended otherwise than done: what follows is the policy's to say.
    #[n(5)]
    Tried(#[n(0)] Calling, #[n(1)] Outcome),
    /// A call that will be tried again.
    #[n(6)]
    Retrying(#[n(0)] Calling, #[n(1)] At),
    /// A gate, or a call in doubt, that waits for an answer to this question.
    #[n(7)]
    Asking(#[n(0)] u32, #[n(1)] Option<Calling>),
    /// A gate that was answered with no, or by nobody in time: this question.
    #[n(8)]
    Refused(#[n(0)] u32),
    /// It failed, and why.
    #[n(9)]
    Failed(#[n(0)] String),
}

/// A call as far as it got.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Calling {
    /// The last attempt, from 1.
    #[n(0)]
    pub attempt: u32,
    /// How many attempts failed (one that was lost did not).
    #[n(1)]
    pub failures: u32,
    /// The arguments of every attempt.
    #[n(2)]
    pub arguments: Vec<Value>,
}

/// A question with its answers.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Asked {
    /// The question.
    #[n(0)]
    pub question: Question,
    /// The answers, in order.
    #[n(1)]
    pub votes: Vec<Vote>,
    /// How and when it was closed.
    #[n(2)]
    pub closed: Option<Closed>,
    /// The stage that is asked, from 0.
    #[n(3)]
    pub stage: u32,
    /// Those to whom it was escalated, in order.
    #[n(4)]
    pub escalations: Vec<Approvers>,
    /// When it lapses.
    #[n(5)]
    pub due: Option<At>,
    /// When those who have not answered are reminded.
    #[n(6)]
    pub remind: Option<At>,
    /// Who decides in whose stead: from, to.
    #[n(7)]
    pub handed: Vec<(String, String)>,
    /// What will run, with what was entered filled in.
    #[n(8)]
    pub filled: Option<Vec<Vec<Option<Value>>>>,
}

impl Asked {
    /// A question that was just asked, in the place of an earlier one where there is one.
    fn new(question: &Question, before: Option<&Self>) -> Self {
        Self {
            due: question.due,
            remind: question.remind,
            escalations: before.map(|before| before.escalations.clone()).unwrap_or_default(),
            handed: before.map(|before| before.handed.clone()).unwrap_or_default(),
            question: question.clone(),
            votes: Vec::new(),
            closed: None,
            stage: 0,
            filled: None,
        }
    }

    /// Whether it was answered with yes, or lapsed into it.
    #[must_use]
    pub fn is_passed(&self) -> bool {
        self.closed.is_some_and(|closed| matches!(closed.how, Closing::Approved | Closing::Lapsed))
    }
}

/// How and when a question was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Closed {
    /// How.
    #[n(0)]
    pub how: Closing,
    /// When.
    #[n(1)]
    pub at: At,
}

impl NodeState {
    /// Whether nothing more happens to the node.
    #[must_use]
    pub const fn settled(&self) -> bool {
        matches!(self, Self::Done | Self::Skipped | Self::Branched(_))
    }
}

impl RunState {
    /// A run of which nothing is known but its number.
    #[must_use]
    pub fn new(run: RunId) -> Self {
        Self {
            run,
            plan: Digest::default(),
            requester: String::new(),
            owner: Principal::Person(String::new()),
            started: At::default(),
            at: At::default(),
            slots: Vec::new(),
            nodes: Vec::new(),
            settled: 0,
            questions: Vec::new(),
            ending: None,
            ended: None,
            busy: 0,
            on_behalf_by: None,
            callback: None,
            retries: 0,
            called_by: None,
            children: Vec::new(),
            held: false,
        }
    }

    /// Where the run stands.
    #[must_use]
    pub fn status(&self) -> Status {
        match (&self.ended, &self.ending) {
            (Some((End::Completed(_), _)), _) => return Status::Completed,
            (Some((End::Failed { .. }, _)), _) => return Status::Failed,
            (Some((End::Rejected { .. }, _)), _) => return Status::Rejected,
            (Some((End::Cancelled { .. }, _)), _) => return Status::Cancelled,
            (None, Some(_)) => return Status::Ending,
            (None, None) => {}
        }
        if self.held {
            Status::Paused
        } else if self.open().any(|asked| matches!(asked.question.about, About::InDoubt { .. })) {
            Status::InDoubt
        } else if self.idle() && self.retries == 0 && (!self.children.is_empty() || self.open().next().is_some()) {
            // Where a called run does something, whoever shows the run says so.
            Status::Paused
        } else {
            Status::Running
        }
    }

    /// Whether no attempt of its own is under way: called runs are runs of their own.
    fn idle(&self) -> bool {
        self.busy as usize <= self.children.len()
    }

    /// Whether somebody must take it up after a restart: it has an attempt under way, or is to cancel runs that it called.
    #[must_use]
    pub fn live(&self) -> bool {
        self.ended.is_none() && (!self.idle() || (self.ending.is_some() && !self.children.is_empty()))
    }

    /// Questions that wait for an answer.
    pub fn open(&self) -> impl Iterator<Item = &Asked> {
        self.questions.iter().filter(|asked| asked.closed.is_none())
    }

    /// A question by its number.
    #[must_use]
    pub fn question(&self, n: u32) -> Option<&Asked> {
        self.questions.get((n as usize).checked_sub(1)?)
    }

    /// Nodes that are not settled, with their indices, in order; a branch's are among those that follow it.
    pub fn unsettled(&self) -> impl Iterator<Item = (u32, &NodeState)> {
        let first = self.settled as usize;
        (self.settled..).zip(self.nodes.iter().skip(first)).filter(|(_, node)| !node.settled())
    }

    /// When the run must be looked at again without anybody asking for it.
    #[must_use]
    pub fn due(&self) -> Option<At> {
        if self.ended.is_some() {
            return None;
        }
        let deadlines = self.open().flat_map(|asked| [asked.due, asked.remind]).flatten();
        let waiting = (self.retries > 0).then(|| self.unsettled()).into_iter().flatten();
        let retries = waiting.filter_map(|(_, node)| match node {
            NodeState::Retrying(_, due) => Some(*due),
            _ => None,
        });
        deadlines.chain(retries).min()
    }

    /// Where a node stands.
    #[must_use]
    pub fn node(&self, node: u32) -> &NodeState {
        self.nodes.get(node as usize).unwrap_or(&NodeState::Waiting)
    }

    /// Makes an event so. Evaluates nothing and cannot fail: what an event names that is not there is left alone.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Started(started) => self.start(started),
            Event::Computed { node, slot, value } => {
                self.write(*slot, value);
                self.set(node, NodeState::Done);
            }
            Event::Branched { node, arm, skipped } => {
                self.set(node, NodeState::Branched(*arm));
                for index in skipped.iter().flat_map(|(first, last)| *first..*last) {
                    self.set(&Path::top(index), NodeState::Skipped);
                }
            }
            Event::Joined { node } | Event::NotAsked { node, .. } => self.set(node, NodeState::Done),
            Event::AttemptStarted { node, attempt, arguments } => self.attempt(node, *attempt, arguments.as_ref()),
            Event::AttemptEnded { node, outcome, slot, .. } => {
                self.children.retain(|child| child.node != *node);
                self.attempted(node, outcome, *slot);
            }
            Event::ChildStarted { node, child, .. } => self.children.push(Child { node: node.clone(), run: *child }),
            Event::RetryPlanned { node, due } => {
                if let Some(calling) = self.take_calling(node) {
                    self.set(node, NodeState::Retrying(calling, *due));
                }
            }
            Event::Asked(question) => {
                let calling = self.take_calling(&question.node);
                self.set(&question.node, NodeState::Asking(question.n, calling));
                let before = question.follows.and_then(|n| self.question(n));
                let asked = Asked::new(question, before);
                self.questions.push(asked);
            }
            Event::Voted { n, vote } => {
                if let Some(asked) = self.question_mut(*n) {
                    asked.votes.push(vote.clone());
                }
            }
            Event::Closed { n, how, writes, filled } => {
                writes.iter().for_each(|(slot, value)| self.write(*slot, value));
                if let Some(asked) = self.question_mut(*n) {
                    asked.filled.clone_from(filled);
                }
                self.close(*n, *how);
            }
            Event::Admitted => self.held = false,
            Event::StageMet { .. } | Event::Escalated { .. } | Event::Reminded { .. } | Event::HandedOn { .. } => self.go_on_asking(event),
            Event::Ending { why } => self.ending = Some(why.clone()),
            Event::Ended { why } => self.ended = Some((why.clone(), self.at)),
        }
    }

    fn start(&mut self, started: &Started) {
        self.plan = started.plan;
        self.requester.clone_from(&started.requester);
        self.owner = started.owner.clone();
        self.started = self.at;
        self.slots.clone_from(&started.input);
        self.slots.resize(started.slots as usize, Value::None);
        self.nodes = vec![NodeState::Waiting; started.nodes as usize];
        self.on_behalf_by.clone_from(&started.on_behalf_by);
        self.callback.clone_from(&started.callback);
        self.called_by.clone_from(&started.called_by);
        self.held = started.held;
    }

    fn write(&mut self, slot: u32, value: &Value) {
        if let Some(place) = self.slots.get_mut(slot as usize) {
            *place = value.clone();
        }
    }

    fn set(&mut self, path: &Path, to: NodeState) {
        self.put(path, to);
        while self.nodes.get(self.settled as usize).is_some_and(NodeState::settled) {
            self.settled += 1;
        }
    }

    /// Puts a node into another state, and gives the one that it was in.
    fn put(&mut self, path: &Path, to: NodeState) -> Option<NodeState> {
        let place = self.nodes.get_mut(path.node() as usize)?;
        self.retries += u32::from(matches!(to, NodeState::Retrying(..)));
        let before = std::mem::replace(place, to);
        self.retries -= u32::from(matches!(before, NodeState::Retrying(..)));
        Some(before)
    }

    fn attempt(&mut self, node: &Path, attempt: u32, arguments: Option<&Vec<Value>>) {
        let before = self.take_calling(node);
        let failures = before.as_ref().map_or(0, |calling| calling.failures);
        let arguments = arguments.cloned().or(before.map(|calling| calling.arguments)).unwrap_or_default();
        self.set(node, NodeState::Calling(Calling { attempt, failures, arguments }));
        self.busy += 1;
    }

    fn attempted(&mut self, node: &Path, outcome: &Outcome, slot: Option<u32>) {
        self.busy = self.busy.saturating_sub(1);
        if let Outcome::Done(value) = outcome {
            if let Some(slot) = slot {
                self.write(slot, value);
            }
            self.set(node, NodeState::Done);
        } else if let Some(mut calling) = self.take_calling(node) {
            calling.failures += u32::from(!matches!(outcome, Outcome::Lost));
            self.set(node, NodeState::Tried(calling, outcome.clone()));
        }
    }

    /// The call of a node, whatever state it is in; the node is left waiting, for its new state to be set.
    fn take_calling(&mut self, node: &Path) -> Option<Calling> {
        match self.put(node, NodeState::Waiting)? {
            NodeState::Calling(calling) | NodeState::Tried(calling, _) | NodeState::Retrying(calling, _) => Some(calling),
            NodeState::Asking(_, calling) => calling,
            _ => None,
        }
    }

    fn question_mut(&mut self, n: u32) -> Option<&mut Asked> {
        self.questions.get_mut((n as usize).checked_sub(1)?)
    }

    /// What changes of a question while it is open.
    fn go_on_asking(&mut self, event: &Event) {
        let (Event::StageMet { n, .. } | Event::Escalated { n, .. } | Event::Reminded { n, .. } | Event::HandedOn { n, .. }) = event else {
            return;
        };
        let Some(asked) = self.question_mut(*n) else { return };
        match event {
            Event::StageMet { stage, .. } => asked.stage = *stage,
            Event::Escalated { to, due, remind, .. } => {
                asked.escalations.push(to.clone());
                asked.due = Some(*due);
                asked.remind = *remind;
            }
            Event::Reminded { next, .. } => asked.remind = Some(*next),
            Event::HandedOn { from, to, .. } => {
                asked.handed.retain(|(before, _)| before != from);
                if from != to {
                    asked.handed.push((from.clone(), to.clone()));
                }
            }
            _ => {}
        }
    }

    fn close(&mut self, n: u32, how: Closing) {
        let at = self.at;
        let Some(asked) = self.question_mut(n) else { return };
        asked.closed = Some(Closed { how, at });
        let node = asked.question.node.clone();
        let about = asked.question.about.clone();
        let last = asked.votes.last().map(|vote| vote.answer.clone());
        match (how, about) {
            (Closing::Approved | Closing::Lapsed, About::Gate) => self.set(&node, NodeState::Done),
            // The next round is asked in the same breath.
            (Closing::Approved | Closing::Lapsed, About::SentBack { .. }) => {}
            (Closing::Approved | Closing::Lapsed, About::InDoubt { .. }) => self.settle_doubt(&node, last),
            (Closing::Rejected | Closing::Expired, _) => self.set(&node, NodeState::Refused(n)),
            (Closing::Superseded | Closing::Withdrawn, _) => {}
        }
    }

    fn settle_doubt(&mut self, node: &Path, answer: Option<Verdict>) {
        match answer {
            Some(Verdict::Done(_)) => self.set(node, NodeState::Done),
            Some(Verdict::NotDone) => {
                if let Some(calling) = self.take_calling(node) {
                    self.set(node, NodeState::Retrying(calling, self.at));
                }
            }
            _ => self.set(node, NodeState::Failed("its outcome is unknown, and it was given up".to_owned())),
        }
    }
}
