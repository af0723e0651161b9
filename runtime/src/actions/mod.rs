//! Actions: the only place where the outside world is touched.
//!
//! Owns how an implementation of a plan is carried out, and what an attempt's outcome was. Knows no run, no journal and no policy:
//! whether something is tried again is the machine's to say.

use std::sync::Arc;

use flow_compiler::plan::Plan;
use flow_compiler::value::Value;
use jiff::SignedDuration;

pub use crate::machine::event::Outcome;

/// One attempt at a call.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The plan.
    pub plan: Arc<Plan>,
    /// The action's index in it.
    pub action: u32,
    /// One for each parameter.
    pub arguments: Vec<Value>,
    /// The idempotency key: the same for every attempt at this call of this run.
    pub key: String,
    /// A name for this call that is unique among all attempts under way, fit for a file name.
    pub lock: String,
    /// How long it may take.
    pub timeout: SignedDuration,
    /// `owner` and `requester` of the run.
    pub owner: String,
    /// See `owner`.
    pub requester: String,
}

/// Carries attempts out.
#[derive(Debug)]
pub struct Executor {}

impl Executor {
    pub fn run_inline(&self, _: &Attempt) -> Option<Outcome> { None }
    pub async fn run(&self, _: &Attempt) -> Outcome { Outcome::Lost }
    pub async fn settle_orphan(&self, _: &Attempt) {}
    pub fn forget(&self, _: &Attempt) {}
}
