//! Where the nodes of a run stand, and the frames that they stand in.

use std::collections::BTreeMap;

use flow_compiler::value::Value;
use minicbor::{Decode, Encode};

use super::event::{Look, Outcome};
use crate::ids::{At, Path};

/// The slots and nodes of a region while it runs: of the workflow, of a handler, of one item of a loop.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Frame {
    /// Values.
    #[n(0)]
    pub slots: Vec<Value>,
    /// Where each node stands.
    #[n(1)]
    pub nodes: Vec<NodeState>,
    /// All nodes below this one are settled.
    #[n(2)]
    pub settled: u32,
}

/// Where a node stands.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub enum NodeState {
    /// It waits for others.
    #[default]
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
    /// A loop with items under way.
    #[n(10)]
    Looping(#[n(0)] Box<Looping>),
    /// A wait, until then.
    #[n(11)]
    Sleeping(#[n(0)] At),
    /// A call that was answered, and asks again until its condition holds.
    #[n(12)]
    Answered(#[n(0)] Calling),
    /// A gate that is about to ask, while what its calls would touch is looked at.
    #[n(90)]
    Previewing(#[n(0)] Vec<Look>),
}

/// A call as far as it got.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
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
    /// How often the run had been taken up again when it was first tried: its idempotency key's generation.
    #[n(3)]
    pub generation: u32,
    /// When it was first tried.
    #[n(4)]
    pub since: At,
}

/// A loop as far as it got.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Looping {
    /// Its items, a list.
    #[n(0)]
    pub list: Value,
    /// The next item to begin: those before it are under way or have ended.
    #[n(1)]
    pub next: u32,
    /// Items under way.
    #[n(2)]
    pub items: BTreeMap<u32, Frame>,
    /// What items gave, by their number.
    #[n(3)]
    pub given: Vec<Value>,
}

impl Looping {
    /// How many items there are.
    #[must_use]
    pub fn length(&self) -> u32 {
        match &self.list {
            Value::List(items) => u32::try_from(items.len()).unwrap_or(u32::MAX),
            _ => 0,
        }
    }

    fn item(&self, item: u32) -> Value {
        match &self.list {
            Value::List(items) => items.get(item as usize).cloned().unwrap_or_default(),
            _ => Value::None,
        }
    }

    /// Begins the next item.
    pub(super) fn begin(&mut self, item: u32, nodes: u32, slots: u32) {
        self.next = self.next.max(item.saturating_add(1));
        self.items.insert(item, Frame::new(nodes, slots, vec![self.item(item)]));
    }

    /// Ends an item.
    pub(super) fn end(&mut self, item: u32, given: Option<&Value>) {
        self.items.remove(&item);
        if let Some(given) = given {
            let place = item as usize;
            if self.given.len() <= place {
                self.given.resize(place + 1, Value::None);
            }
            if let Some(slot) = self.given.get_mut(place) {
                *slot = given.clone();
            }
        }
    }
}

impl NodeState {
    /// Whether nothing more happens to the node.
    #[must_use]
    pub const fn settled(&self) -> bool {
        matches!(self, Self::Done | Self::Skipped | Self::Branched(_))
    }

    /// When it must be looked at again without anybody asking for it.
    #[must_use]
    pub const fn due(&self) -> Option<At> {
        match self {
            Self::Retrying(_, due) | Self::Sleeping(due) => Some(*due),
            _ => None,
        }
    }

    /// The call of a node, whatever state it is in.
    #[must_use]
    pub fn calling(self) -> Option<Calling> {
        match self {
            Self::Calling(calling) | Self::Tried(calling, _) | Self::Retrying(calling, _) | Self::Answered(calling) => Some(calling),
            Self::Asking(_, calling) => calling,
            _ => None,
        }
    }
}

impl Frame {
    /// A frame in which nothing has happened yet, with its first values.
    #[must_use]
    pub fn new(nodes: u32, slots: u32, mut first: Vec<Value>) -> Self {
        first.resize(slots as usize, Value::None);
        Self { slots: first, nodes: vec![NodeState::Waiting; nodes as usize], settled: 0 }
    }

    /// Nodes that are not settled, with their indices, in order; a branch's are among those that follow it.
    pub fn unsettled(&self) -> impl Iterator<Item = (u32, &NodeState)> {
        let first = self.settled as usize;
        (self.settled..).zip(self.nodes.iter().skip(first)).filter(|(_, node)| !node.settled())
    }

    /// Whether nothing more happens in it.
    #[must_use]
    pub fn done(&self) -> bool {
        self.unsettled().next().is_none()
    }

    /// Where a node stands.
    #[must_use]
    pub fn node(&self, node: u32) -> &NodeState {
        self.nodes.get(node as usize).unwrap_or(&NodeState::Waiting)
    }

    /// The frame of an item of a loop in it, however deep.
    pub(super) fn inside(&self, steps: &[u32]) -> Option<&Self> {
        let mut frame = self;
        for step in steps.chunks(2) {
            let NodeState::Looping(looping) = frame.nodes.get(*step.first()? as usize)? else { return None };
            frame = looping.items.get(step.get(1)?)?;
        }
        Some(frame)
    }

    pub(super) fn inside_mut(&mut self, steps: &[u32]) -> Option<&mut Self> {
        let mut frame = self;
        for step in steps.chunks(2) {
            let NodeState::Looping(looping) = frame.nodes.get_mut(*step.first()? as usize)? else { return None };
            frame = looping.items.get_mut(step.get(1)?)?;
        }
        Some(frame)
    }

    /// Moves the mark below which all is settled, in either direction.
    pub(super) fn settle(&mut self, from: u32) {
        self.settled = self.settled.min(from);
        while self.nodes.get(self.settled as usize).is_some_and(NodeState::settled) {
            self.settled += 1;
        }
    }

    /// Calls `f` with every unsettled node of the frame and of the frames in it, and where it stands.
    pub(super) fn visit<'f>(&'f self, frame: &[u32], f: &mut dyn FnMut(Path, &'f NodeState)) {
        for (index, node) in self.unsettled() {
            f(Path::within(frame, index), node);
            if let NodeState::Looping(looping) = node {
                for (item, inner) in &looping.items {
                    let inside: Vec<u32> = frame.iter().copied().chain([index, *item]).collect();
                    inner.visit(&inside, f);
                }
            }
        }
    }

    /// Makes everything that failed, was refused or was withdrawn wait for its turn again. `open` says whether a question waits.
    pub(super) fn reset(&mut self, open: &dyn Fn(u32) -> bool) {
        for node in &mut self.nodes {
            match node {
                NodeState::Tried(..) | NodeState::Failed(_) | NodeState::Refused(_) | NodeState::Previewing(_) => {
                    *node = NodeState::Waiting
                }
                NodeState::Asking(n, _) if !open(*n) => *node = NodeState::Waiting,
                NodeState::Looping(looping) => looping.items.values_mut().for_each(|frame| frame.reset(open)),
                _ => {}
            }
        }
        self.settle(0);
    }
}
