//! Oversight: the proof that no call with a duty runs with nobody asked.
//!
//! A *duty* (`only after approval by ... when ...`) is on every call of its action. For each call and duty the proof asks: can the duty's
//! condition apply, with the call's arguments put in, on some way to the call on which no gate that qualifies has asked? The
//! decision procedure (`decide`) answers that; where it cannot tell, or says that it can, the call is refused, with an example where one
//! was found and verified by evaluating all conditions on it.
//!
//! This module reads plans, and what plans are made of, and reports nothing: the check, the report and the comparison of two flows all
//! ask it.

mod advice;
mod asks;
mod compare;
mod decide;
mod example;
mod gates;
mod lower;
mod missed;
mod nearby;
mod people;
mod place;
mod plain;
mod proposal;
mod prove;
mod report;
mod terms;
mod way;
mod world;

pub use advice::Advice;
pub use compare::{Change, Direction, KnownAction, Version, compare};
pub use example::Example;
pub use gates::{Odd, Oddity};
pub use missed::{Missed, asks_before};
pub use place::Node;
pub use proposal::Proposal;
pub use prove::{Cover, Duties, Outcome, Refusal, Unfit, Unfollowed, Verdict, Work};
pub use report::{Argument, Asks, Covering, GateBefore, Place, Proof, Report, Shown, WatchedCall, WatchedDuty, WatchedGate, report};

use crate::plan::{Action, Duty, TypeDef};

/// What a workflow names, by the indices that it names it with.
pub trait Declarations {
    /// A type.
    fn type_def(&self, index: u32) -> Option<&TypeDef>;
    /// An action; `None` for a workflow.
    fn action(&self, index: u32) -> Option<&Action>;
    /// The duties of an action, those of policies among them.
    fn duties(&self, action: u32) -> Vec<&Duty>;
    /// All types, by index.
    fn types(&self) -> Vec<TypeDef>;
}

/// What holds all of them in lists.
trait Listed {
    fn listed(&self) -> (&[TypeDef], &[Action]);
}

impl Listed for crate::plan::Plan {
    fn listed(&self) -> (&[TypeDef], &[Action]) {
        (&self.types, &self.actions)
    }
}

impl<L: Listed> Declarations for L {
    fn type_def(&self, index: u32) -> Option<&TypeDef> {
        self.listed().0.get(index as usize)
    }

    fn action(&self, index: u32) -> Option<&Action> {
        self.listed().1.get(index as usize)
    }

    fn duties(&self, action: u32) -> Vec<&Duty> {
        self.action(action).into_iter().flat_map(|action| &action.duties).collect()
    }

    fn types(&self) -> Vec<TypeDef> {
        self.listed().0.to_vec()
    }
}
