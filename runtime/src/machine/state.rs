//! The state of a run.

use flow_compiler::value::Value;
use minicbor::{Decode, Encode};

use super::event::{Approvers, CalledBy, Closing, End, Look, Principal, Question, Vote};
use super::node::{Calling, Frame, NodeState};
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
    /// The workflow's own frame; the parameters are its first slots.
    #[n(6)]
    pub body: Frame,
    /// How many questions it has asked.
    #[n(7)]
    pub asked: u32,
    /// How often it was taken up again after it had failed.
    #[n(8)]
    pub generation: u32,
    /// Its questions, by their numbers; of loop items that have ended only those that undos may need.
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
    /// How many waits have not ended.
    #[n(16)]
    pub sleeping: u32,
    /// What has been done and can be undone, in the order in which it was done.
    #[n(17)]
    pub undos: Vec<Undoable>,
    /// Where the undoing of the last of them stands.
    #[n(18)]
    pub undoing: NodeState,
    /// Whether undoing has begun, and whether it was given up.
    #[n(19)]
    pub undo: Undoing,
    /// The handler that runs or ran, by its number, and its frame.
    #[n(20)]
    pub handler: Option<Handling>,
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
    /// How many looks at what calls would touch are under way.
    #[n(90)]
    #[cbor(default)]
    pub looking: u32,
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

/// A step that can be undone.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Undoable {
    /// The call's node.
    #[n(0)]
    pub node: Path,
    /// The arguments of the call that undoes it.
    #[n(1)]
    pub arguments: Vec<Value>,
}

/// How far undoing got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Undoing {
    /// Nothing was undone.
    #[default]
    #[n(0)]
    No,
    /// It has begun.
    #[n(1)]
    Begun,
    /// It was given up.
    #[n(2)]
    GivenUp,
}

/// A handler as far as it got.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Handling {
    /// Which: its number in [`HandlerEvent::ALL`](flow_compiler::plan::HandlerEvent::ALL).
    #[n(0)]
    pub number: u32,
    /// Its frame.
    #[n(1)]
    pub frame: Frame,
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
    pub(super) fn new(question: &Question, before: Option<&Self>) -> Self {
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
            body: Frame::default(),
            asked: 0,
            generation: 0,
            questions: Vec::new(),
            ending: None,
            ended: None,
            busy: 0,
            on_behalf_by: None,
            callback: None,
            retries: 0,
            sleeping: 0,
            undos: Vec::new(),
            undoing: NodeState::Waiting,
            undo: Undoing::No,
            handler: None,
            called_by: None,
            children: Vec::new(),
            held: false,
            looking: 0,
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
            (None, _) => {}
        }
        let idle = self.idle() && self.retries == 0;
        if self.held && self.ending.is_none() {
            Status::Paused
        } else if self.open().any(|asked| asked.question.about.is_call()) {
            Status::InDoubt
        } else if idle
            && (self.sleeping > 0 || !self.children.is_empty() || self.open().next().is_some())
            && (self.ending.is_none() || self.handler.is_some())
        {
            // Where a called run does something, whoever shows the run says so.
            Status::Paused
        } else if self.ending.is_some() {
            Status::Ending
        } else {
            Status::Running
        }
    }

    /// Whether no attempt or look of its own is under way: called runs are runs of their own.
    fn idle(&self) -> bool {
        self.looking == 0 && self.busy as usize <= self.children.len()
    }

    /// Whether somebody must take it up after a restart: it has an attempt or a look under way, or is to cancel runs that it called.
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
        let place = self.questions.binary_search_by_key(&n, |asked| asked.question.n).ok()?;
        self.questions.get(place)
    }

    /// The number of the next round of a gate, from 1.
    #[must_use]
    pub fn round(&self, gate: &Path) -> u32 {
        let before = self.questions.iter().filter(|asked| asked.question.node == *gate).map(|asked| asked.question.round);
        before.max().unwrap_or_default() + 1
    }

    /// The frame of this name.
    #[must_use]
    pub fn frame(&self, frame: &[u32]) -> Option<&Frame> {
        match Path::handler_of(frame) {
            Some((number, rest)) => self.handler.as_ref().filter(|handling| handling.number == number)?.frame.inside(rest),
            None => self.body.inside(frame),
        }
    }

    /// The values that an expression in a frame sees, outermost frame first.
    #[must_use]
    pub fn frames(&self, frame: &[u32]) -> Vec<&[Value]> {
        let (first, rest) = match Path::handler_of(frame) {
            Some((_, rest)) => (self.handler.as_ref().map(|handling| &handling.frame), rest),
            None => (Some(&self.body), frame),
        };
        let Some(first) = first else { return Vec::new() };
        let deep = (0..=rest.len() / 2).map_while(|steps| first.inside(rest.get(..steps * 2)?));
        deep.map(|frame| frame.slots.as_slice()).collect()
    }

    /// Where a node stands.
    #[must_use]
    pub fn node(&self, path: &Path) -> &NodeState {
        if path.is_undo() {
            let last = self.undos.last().is_some_and(|undo| undo.node.undo() == *path);
            return if last { &self.undoing } else { &NodeState::Waiting };
        }
        self.frame(path.frame()).map_or(&NodeState::Waiting, |frame| frame.node(path.node()))
    }

    /// Calls `f` with everything that is not settled and where it stands, an undo under way included.
    pub fn visit<'s>(&'s self, f: &mut dyn FnMut(Path, &'s NodeState)) {
        self.body.visit(&[], f);
        if let Some(handling) = &self.handler {
            handling.frame.visit(&Path::handler(handling.number), f);
        }
        if let Some(undo) = self.undos.last() {
            f(undo.node.undo(), &self.undoing);
        }
    }

    /// Attempts under way.
    #[must_use]
    pub fn under_way(&self) -> Vec<(Path, &Calling)> {
        let mut found = Vec::new();
        if self.busy > 0 {
            self.visit(&mut |path, node| {
                if let NodeState::Calling(calling) = node {
                    found.push((path, calling));
                }
            });
        }
        found
    }

    /// Looks under way: the gate, and what is looked at.
    #[must_use]
    pub fn looks(&self) -> Vec<(Path, &Look)> {
        let mut found = Vec::new();
        if self.looking > 0 {
            self.visit(&mut |path, node| {
                if let NodeState::Previewing(looks) = node {
                    found.extend(looks.iter().filter(|look| look.found.is_none()).map(|look| (path.clone(), look)));
                }
            });
        }
        found
    }

    /// When the run must be looked at again without anybody asking for it.
    #[must_use]
    pub fn due(&self) -> Option<At> {
        if self.ended.is_some() {
            return None;
        }
        let mut due = self.open().flat_map(|asked| [asked.due, asked.remind]).flatten().min();
        if self.retries + self.sleeping > 0 {
            // An ending run has no use for its body's timers.
            let ending = self.ending.is_some();
            self.visit(&mut |path, node| {
                let stands = !ending || path.is_undo() || Path::handler_of(path.frame()).is_some();
                due = due.into_iter().chain(node.due().filter(|_| stands)).min();
            });
        }
        due
    }
}
