//! The machine: what a run does next, decided without looking at anything but the plan, the run and the facts that it is handed.
//!
//! Three functions: [`decide`] says what a request makes happen, [`apply`](RunState::apply) makes it so, [`next`] says what follows.
//! A host loops over them, commits what happened, and only then does what it was told to do. [`turn`] is that loop without the commit.
//!
//! INVARIANT: no input or output, no clock, no random number, no task. Facts are recorded in the events that used them.

mod apply;
mod binding;
mod calendar;
pub mod called;
mod decide;
mod duty;
mod ending;
pub mod event;
mod facts;
mod follows;
mod gate;
mod hand_on;
mod lapse;
mod next;
mod node;
pub mod place;
pub mod preview;
mod quorum;
pub mod recall;
pub mod refusal;
mod round;
mod state;
mod steps;
mod turn;

pub use calendar::Calendar;
pub use decide::{Answer, Decision, Request, decide};
pub use facts::{Facts, Membership};
pub use follows::follows;
pub use gate::principal;
pub use hand_on::HandOn;
pub use next::{Command, next};
pub use node::{Calling, Frame, Looping, NodeState};
pub use quorum::{Part, entitled, exclusions, is_asked, needed};
pub use state::{Asked, Child, Closed, Handling, RunState, Undoable, Undoing};
pub use turn::{Turn, turn};
