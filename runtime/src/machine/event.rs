//! What can happen to a run: the words of the journal.
//!
//! Events are encoded as deterministic CBOR with integer keys; a key once given is never used for anything else.
//! Each carries everything that its application needs, so that applying one evaluates nothing.

use std::fmt;

use flow_compiler::value::Value;
use minicbor::{Decode, Encode};

use crate::ids::{At, Digest, Path, RunId};

/// All events of one turn of the machine, in the order of their arrival: one row of the journal.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Transition {
    /// When: never before the transition before it.
    #[n(0)]
    pub at: At,
    /// What happened.
    #[n(1)]
    pub events: Vec<Event>,
    /// The digest of the run's state after it, where a snapshot was taken.
    #[n(2)]
    pub snapshot: Option<Digest>,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub enum Event {
    /// The run began.
    #[n(0)]
    Started(#[n(0)] Started),
    /// A `let` was computed.
    #[n(1)]
    Computed {
        /// The node.
        #[n(0)]
        node: Path,
        /// Where the value goes.
        #[n(1)]
        slot: u32,
        /// The value.
        #[n(2)]
        value: Value,
    },
    /// A branch took an arm.
    #[n(2)]
    Branched {
        /// The node.
        #[n(0)]
        node: Path,
        /// The arm; `None` when no condition held and there is no `else`.
        #[n(1)]
        arm: Option<u32>,
        /// Ranges `first..last` of nodes that are skipped because of it.
        #[n(2)]
        skipped: Vec<(u32, u32)>,
    },
    /// A join was passed.
    #[n(3)]
    Joined {
        /// The node.
        #[n(0)]
        node: Path,
    },
    /// An attempt at a call started.
    #[n(4)]
    AttemptStarted {
        /// The call's node.
        #[n(0)]
        node: Path,
        /// Which attempt, from 1.
        #[n(1)]
        attempt: u32,
        /// The arguments, with the first attempt only.
        #[n(2)]
        arguments: Option<Vec<Value>>,
    },
    /// An attempt ended.
    #[n(5)]
    AttemptEnded {
        /// The call's node.
        #[n(0)]
        node: Path,
        /// Which attempt.
        #[n(1)]
        attempt: u32,
        /// How.
        #[n(2)]
        outcome: Outcome,
        /// Where the result goes.
        #[n(3)]
        slot: Option<u32>,
        /// Whether the step asks again until its condition holds, so that a result does not end it.
        #[n(4)]
        repeats: bool,
    },
    /// The call will be tried again.
    #[n(6)]
    RetryPlanned {
        /// The call's node.
        #[n(0)]
        node: Path,
        /// When.
        #[n(1)]
        due: At,
    },
    /// A gate was passed with nobody asked.
    #[n(7)]
    NotAsked {
        /// The gate's node.
        #[n(0)]
        node: Path,
        /// The band that said so; `None` when no band's condition held.
        #[n(1)]
        band: Option<u32>,
        /// The values that the conditions saw.
        #[n(2)]
        saw: Vec<Value>,
    },
    /// Somebody was asked.
    #[n(8)]
    Asked(#[n(0)] Question),
    /// Somebody answered.
    #[n(9)]
    Voted {
        /// Which question.
        #[n(0)]
        n: u32,
        /// The answer.
        #[n(1)]
        vote: Vote,
    },
    /// A question was closed.
    #[n(10)]
    Closed {
        /// Which question.
        #[n(0)]
        n: u32,
        /// How.
        #[n(1)]
        how: Closing,
        /// Values that it gives to slots.
        #[n(2)]
        writes: Vec<(u32, Value)>,
        /// What will run, with what was entered filled in; `None` where nothing is entered.
        #[n(3)]
        filled: Option<Vec<Vec<Option<Value>>>>,
    },
    /// The run will end once all that is under way has ended.
    #[n(11)]
    Ending {
        /// Why.
        #[n(0)]
        why: End,
    },
    /// The run's turn has come: it no longer waits for another one.
    #[n(60)]
    Admitted,
    /// The run ended.
    #[n(12)]
    Ended {
        /// Why.
        #[n(0)]
        why: End,
    },
    /// A loop began.
    #[n(13)]
    LoopStarted {
        /// The loop's node.
        #[n(0)]
        node: Path,
        /// Its items.
        #[n(1)]
        list: Value,
    },
    /// An item of a loop began, in a frame of its own whose first slot is the item.
    #[n(14)]
    ItemStarted {
        /// The loop's node.
        #[n(0)]
        node: Path,
        /// Which item, from 0.
        #[n(1)]
        item: u32,
        /// How many nodes the body has.
        #[n(2)]
        nodes: u32,
        /// How many slots the body has.
        #[n(3)]
        slots: u32,
    },
    /// An item of a loop ended; of its frame nothing is left.
    #[n(15)]
    ItemEnded {
        /// The loop's node.
        #[n(0)]
        node: Path,
        /// Which item.
        #[n(1)]
        item: u32,
        /// What it gave.
        #[n(2)]
        given: Option<Value>,
        /// Its questions that are kept: their approvals are those that duties of its undos demand. `None` for no question.
        #[n(3)]
        kept: Option<Vec<u32>>,
    },
    /// A loop ended: what its items gave, in their order, is the value of the slot.
    #[n(16)]
    LoopEnded {
        /// The loop's node.
        #[n(0)]
        node: Path,
        /// Where the list goes.
        #[n(1)]
        slot: Option<u32>,
    },
    /// A wait began.
    #[n(17)]
    Slept {
        /// The wait's node.
        #[n(0)]
        node: Path,
        /// When it ends.
        #[n(1)]
        due: At,
    },
    /// A wait ended.
    #[n(18)]
    Woke {
        /// The wait's node.
        #[n(0)]
        node: Path,
    },
    /// A `try` step failed for good, and gives none.
    #[n(19)]
    Caught {
        /// The call's node.
        #[n(0)]
        node: Path,
        /// Why it failed.
        #[n(1)]
        error: String,
        /// Where none goes.
        #[n(2)]
        slot: Option<u32>,
    },
    /// A step that is done can be undone, with these arguments.
    #[n(20)]
    Undoable {
        /// The call's node.
        #[n(0)]
        node: Path,
        /// The arguments of the call that undoes it.
        #[n(1)]
        arguments: Vec<Value>,
    },
    /// The answer of a step that asks again is the one that it waited for.
    #[n(21)]
    Accepted {
        /// The call's node.
        #[n(0)]
        node: Path,
    },
    /// A handler began.
    #[n(22)]
    HandlerStarted {
        /// Its number in [`HandlerEvent::ALL`](flow_compiler::plan::HandlerEvent::ALL).
        #[n(0)]
        number: u32,
        /// How many nodes it has.
        #[n(1)]
        nodes: u32,
        /// How many slots it has.
        #[n(2)]
        slots: u32,
        /// The parameters and the error.
        #[n(3)]
        input: Vec<Value>,
    },
    /// A failed run was taken up again, from what had failed.
    #[n(23)]
    Retried {
        /// Who wanted it.
        #[n(0)]
        by: String,
        /// How they spoke.
        #[n(1)]
        channel: Channel,
        /// Gates that ask again, because they bound what had failed.
        #[n(2)]
        gates: Vec<Path>,
    },
    /// The run of a workflow that is called has begun: it is the attempt.
    #[n(80)]
    ChildStarted {
        /// The call's node.
        #[n(0)]
        node: Path,
        /// Which attempt.
        #[n(1)]
        attempt: u32,
        /// The run.
        #[n(2)]
        child: RunId,
    },
    /// All terms of a stage are met, and the next stage is asked.
    #[n(40)]
    StageMet {
        /// Which question.
        #[n(0)]
        n: u32,
        /// The stage that is asked now, from 0.
        #[n(1)]
        stage: u32,
    },
    /// Nobody answered in time, and others are asked too.
    #[n(41)]
    Escalated {
        /// Which question.
        #[n(0)]
        n: u32,
        /// Who is asked from now on.
        #[n(1)]
        to: Approvers,
        /// When it lapses now.
        #[n(2)]
        due: At,
        /// When those who have not answered are reminded: not in the moment in which others are told.
        #[n(3)]
        remind: Option<At>,
    },
    /// Those who have not answered are reminded.
    #[n(42)]
    Reminded {
        /// Which question.
        #[n(0)]
        n: u32,
        /// When they are reminded again.
        #[n(1)]
        next: At,
    },
    /// A gate is about to ask, and what its calls would touch is looked at first.
    #[n(90)]
    Previewing {
        /// The gate's node.
        #[n(0)]
        node: Path,
        /// What is looked at.
        #[n(1)]
        looks: Vec<Look>,
    },
    /// What a call would touch was looked at.
    #[n(91)]
    Previewed {
        /// The gate's node.
        #[n(0)]
        node: Path,
        /// The guard of the plan's gate.
        #[n(1)]
        guard: u32,
        /// What was found.
        #[n(2)]
        found: Shown,
    },
    /// A call would touch something else than was approved: it was not made, and these gates ask again.
    #[n(92)]
    Changed {
        /// The call's node.
        #[n(0)]
        node: Path,
        /// The attempt, which touched nothing; `None` where none was begun.
        #[n(1)]
        attempt: Option<u32>,
        /// The gates' nodes.
        #[n(2)]
        gates: Vec<Path>,
    },
    /// Somebody handed their part of a question on.
    #[n(43)]
    HandedOn {
        /// Which question.
        #[n(0)]
        n: u32,
        /// In whose stead it is decided.
        #[n(1)]
        from: String,
        /// Who handed it on.
        #[n(2)]
        by: String,
        /// Who decides now; the first again takes it back.
        #[n(3)]
        to: String,
        /// How they spoke.
        #[n(4)]
        channel: Channel,
    },
}

/// A look at what a call would touch, before a gate asks.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Look {
    /// The guard of the plan's gate.
    #[n(0)]
    pub guard: u32,
    /// The arguments of the call.
    #[n(1)]
    pub arguments: Vec<Value>,
    /// What was found; `None` while it is looked.
    #[n(2)]
    pub found: Option<Shown>,
}

/// The call that a run is an attempt at.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CalledBy {
    /// The caller.
    #[n(0)]
    pub run: RunId,
    /// The call's node.
    #[n(1)]
    pub node: Path,
    /// Which attempt.
    #[n(2)]
    pub attempt: u32,
    /// The callers of the caller, the nearest first.
    #[n(3)]
    pub above: Vec<RunId>,
}

/// See [`Event::Started`].
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Started {
    /// The plan.
    #[n(0)]
    pub plan: Digest,
    /// Who asked for the run; empty when a clock or another program started it.
    #[n(1)]
    pub requester: String,
    /// How they asked.
    #[n(2)]
    pub channel: Channel,
    /// Whose the run is.
    #[n(3)]
    pub owner: Principal,
    /// The values of the parameters.
    #[n(4)]
    pub input: Vec<Value>,
    /// How many nodes the workflow has.
    #[n(5)]
    pub nodes: u32,
    /// How many slots the workflow has.
    #[n(6)]
    pub slots: u32,
    /// The service that asked on the requester's behalf.
    #[n(7)]
    pub on_behalf_by: Option<String>,
    /// Where the run's end is told.
    #[n(8)]
    pub callback: Option<String>,
    /// The call that it is an attempt at.
    #[n(60)]
    pub called_by: Option<CalledBy>,
    /// Whether it waits for its turn.
    #[n(20)]
    #[cbor(default)]
    pub held: bool,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub enum Outcome {
    /// It was done, with this result ([`Value::None`] for an action without one).
    #[n(0)]
    Done(#[n(0)] Value),
    /// It is known to have had no effect.
    #[n(1)]
    NotDone(#[n(0)] String),
    /// Whether it happened is not known.
    #[n(2)]
    Unknown(#[n(0)] String),
    /// The process that made it ended before it could tell: whether it happened is not known, and it is nobody's failure.
    #[n(3)]
    Lost,
    /// It was done, with a large result that is kept apart under the digest of its bytes. Only what is stored says so: whoever reads
    /// the journal puts the result back before anything else looks at it.
    #[n(4)]
    Kept(#[n(0)] Digest),
    /// Of a workflow: somebody said no, or nobody anything in time.
    #[n(60)]
    Rejected {
        /// Who.
        #[n(0)]
        by: Option<String>,
        /// What they said.
        #[n(1)]
        comment: Option<String>,
    },
    /// Of a workflow: it was cancelled.
    #[n(61)]
    Cancelled {
        /// By whom.
        #[n(0)]
        by: String,
    },
}

/// A person or a group.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode)]
pub enum Principal {
    /// An address, in its one spelling (see `people`).
    #[n(0)]
    Person(#[n(0)] String),
    /// A group's name; one that a file declares has the file before it: `people.flow#finance`.
    #[n(1)]
    Group(#[n(0)] String),
}

impl Principal {
    /// The address of a person, or the name of a group as its author wrote it: without the file that declares it.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Person(address) => address,
            Self::Group(name) => name.rsplit_once('#').map_or(name, |(_, name)| name),
        }
    }
}

/// How somebody spoke to the runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Channel {
    /// A command on the same machine.
    #[n(0)]
    Local,
    /// The API, with a token.
    #[n(1)]
    Api,
    /// A page, with a session.
    #[n(2)]
    Page,
    /// A clock.
    #[n(3)]
    Timer,
    /// A message of another program.
    #[n(4)]
    Webhook,
}

/// A question to people: a round of a gate, a call whose outcome is unknown, or an undo that was not done.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Question {
    /// Which question of the run, from 1.
    #[n(0)]
    pub n: u32,
    /// The gate's or call's node.
    #[n(1)]
    pub node: Path,
    /// What is asked.
    #[n(2)]
    pub about: About,
    /// Which round, from 1.
    #[n(3)]
    pub round: u32,
    /// What is about to happen, in a line.
    #[n(4)]
    pub title: String,
    /// The values shown, one for each `show` of the plan's gate; an error where one could not be computed.
    #[n(5)]
    pub shown: Vec<Shown>,
    /// For each guard of the plan's gate the arguments that are known; `None` where they are decided later. Behind them, where any of the
    /// calls can be undone, for each guard those of the call that undoes it.
    #[n(6)]
    pub will_run: Vec<Vec<Option<Value>>>,
    /// Who is asked.
    #[n(7)]
    pub of: Approvers,
    /// When it lapses.
    #[n(8)]
    pub due: Option<At>,
    /// The subject digest.
    #[n(9)]
    pub digest: Digest,
    /// The band that asked.
    #[n(10)]
    pub band: u32,
    /// The values that the band's condition saw.
    #[n(11)]
    pub saw: Vec<Value>,
    /// Why it could not be told whether to ask.
    #[n(12)]
    pub unsure: Option<String>,
    /// When it was asked.
    #[n(13)]
    pub at: At,
    /// For each field of the plan's gate what is proposed; `None` where nothing is.
    #[n(14)]
    pub proposed: Vec<Option<Value>>,
    /// When those who have not answered are reminded first.
    #[n(15)]
    pub remind: Option<At>,
    /// The question whose place it takes, with its deadline and those to whom it was escalated or handed on.
    #[n(16)]
    pub follows: Option<u32>,
    /// For each guard of the plan's gate what its call would touch; `None` where that is not looked at. Empty where none is.
    #[n(90)]
    #[cbor(default)]
    pub previews: Vec<Option<Shown>>,
    /// Whom the duties of the calls that the plan's gate guards name, as far as it is known when it asks. Somebody else decides in the
    /// stead of these only who is one of them.
    #[n(91)]
    #[cbor(default)]
    pub demanded: Vec<Principal>,
}

/// See [`Question::about`].
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub enum About {
    /// May it go on?
    #[n(0)]
    Gate,
    /// Did this call happen?
    #[n(1)]
    InDoubt {
        /// Which attempt.
        #[n(0)]
        attempt: u32,
        /// Why it is not known.
        #[n(1)]
        why: String,
    },
    /// This call, which was to undo a step, was not done: what now?
    #[n(2)]
    UndoFailed {
        /// Which attempt.
        #[n(0)]
        attempt: u32,
        /// Why it was not done.
        #[n(1)]
        why: String,
    },
    /// What should be asked instead? An approver sent a gate back to who asked for the run.
    #[n(10)]
    SentBack {
        /// The question that was sent back.
        #[n(0)]
        n: u32,
        /// Who sent it back.
        #[n(1)]
        by: String,
        /// What they said.
        #[n(2)]
        comment: Option<String>,
    },
}

impl About {
    /// Whether it is about a call and not a gate.
    #[must_use]
    pub const fn is_call(&self) -> bool {
        matches!(self, Self::InDoubt { .. } | Self::UndoFailed { .. })
    }
}

/// A shown value, or why there is none.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub enum Shown {
    /// The value.
    #[n(0)]
    Value(#[n(0)] Value),
    /// Why it could not be computed.
    #[n(1)]
    Error(#[n(0)] String),
}

/// Who is asked: stages in order, all terms of each must be met, exclusions cover all.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Approvers {
    /// Stages.
    #[n(0)]
    pub stages: Vec<Vec<Term>>,
    /// People who may not decide.
    #[n(1)]
    pub except: Vec<Principal>,
}

/// One term of [`Approvers`].
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Term {
    /// How many of them must approve; 0 for all.
    #[n(0)]
    pub count: u32,
    /// Of whom.
    #[n(1)]
    pub of: Principal,
}

/// In words: an address, or `any one of`, `2 of`, `all of` a group.
impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.count, &self.of) {
            (_, Principal::Person(address)) => f.write_str(address),
            (0, group) => write!(f, "all of {}", group.name()),
            (1, group) => write!(f, "any one of {}", group.name()),
            (count, group) => write!(f, "{count} of {}", group.name()),
        }
    }
}

/// An answer to a question.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Vote {
    /// Who answered.
    #[n(0)]
    pub by: String,
    /// How.
    #[n(1)]
    pub channel: Channel,
    /// What.
    #[n(2)]
    pub answer: Verdict,
    /// What they said with it.
    #[n(3)]
    pub comment: Option<String>,
    /// When.
    #[n(4)]
    pub at: At,
    /// The operating system's user, on the channel `local`.
    #[n(5)]
    pub os_user: Option<String>,
    /// In whose stead, where it was handed on or they are out of office.
    #[n(6)]
    pub stead: Option<String>,
    /// Which of those who are asked they were, or belonged to, when they answered.
    #[n(7)]
    pub of: Vec<Principal>,
    /// What they entered, one for each field of the plan's gate.
    #[n(8)]
    pub values: Vec<Value>,
}

/// What somebody answered.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub enum Verdict {
    /// A gate: go on.
    #[n(0)]
    Approve,
    /// A gate: do not.
    #[n(1)]
    Reject,
    /// In doubt: it happened, with this result.
    #[n(2)]
    Done(#[n(0)] Value),
    /// In doubt: it did not happen; try again.
    #[n(3)]
    NotDone,
    /// In doubt: nobody can tell, or it does not matter any more; the step fails.
    #[n(4)]
    GiveUp,
    /// A gate: whoever asked for the run is to change what is asked.
    #[n(10)]
    SendBack,
}

/// How a question was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Closing {
    /// Approved; for a call in doubt: answered.
    #[n(0)]
    Approved,
    /// Rejected.
    #[n(1)]
    Rejected,
    /// Nobody answered in time.
    #[n(2)]
    Expired,
    /// Another round took its place.
    #[n(3)]
    Superseded,
    /// The run ended before anybody answered.
    #[n(4)]
    Withdrawn,
    /// Nobody answered in time, and the flow says that it goes on then.
    #[n(10)]
    Lapsed,
}

/// Why a run ends.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub enum End {
    /// It returned.
    #[n(0)]
    Completed(#[n(0)] Value),
    /// Something went wrong.
    #[n(1)]
    Failed {
        /// What, in plain words.
        #[n(0)]
        error: String,
        /// The node.
        #[n(1)]
        node: Option<Path>,
    },
    /// A person, or a deadline, said no.
    #[n(2)]
    Rejected {
        /// Which question.
        #[n(0)]
        n: u32,
        /// Who; `None` for a deadline.
        #[n(1)]
        by: Option<String>,
        /// What they said.
        #[n(2)]
        comment: Option<String>,
    },
    /// Somebody cancelled it.
    #[n(3)]
    Cancelled {
        /// Who.
        #[n(0)]
        by: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An item's end as it was written before it could name questions.
    #[derive(Encode)]
    enum Earlier {
        #[n(15)]
        ItemEnded {
            #[n(0)]
            node: Path,
            #[n(1)]
            item: u32,
            #[n(2)]
            given: Option<Value>,
        },
    }

    #[test]
    fn an_items_end_is_read_as_it_was_written_before() {
        for given in [None, Some(Value::Bool(true))] {
            let earlier = minicbor::to_vec(Earlier::ItemEnded { node: Path(vec![2]), item: 1, given: given.clone() }).unwrap();
            let now = Event::ItemEnded { node: Path(vec![2]), item: 1, given, kept: None };
            assert_eq!(minicbor::decode::<Event>(&earlier).unwrap(), now);
            assert_eq!(minicbor::to_vec(&now).unwrap(), earlier);
        }
    }
}
