//! The evaluator of a plan's expressions: total, bounded by fuel, exact.

use jiff::{Timestamp, tz::TimeZone};
use smol_str::SmolStr;

use crate::plan::{Expr, TypeDef};
use crate::value::Value;

/// What an expression may look at.
#[derive(Clone, Copy, Debug)]
pub struct Env<'a> {
    /// Slots of each frame; 0 is the workflow's or action's.
    pub frames: &'a [&'a [Value]],
    /// The plan's types.
    pub types: &'a [TypeDef],
    /// What comes from outside.
    pub outside: &'a Outside<'a>,
}

/// What an expression may take from outside the run, fixed while a node is evaluated.
#[derive(Clone, Copy)]
pub struct Outside<'a> {
    /// `now`
    pub now: Timestamp,
    /// The zone of `today`.
    pub zone: &'a TimeZone,
    /// `env.NAME` and, inside an action only, `secret.NAME`.
    pub names: &'a dyn Names,
    /// `owner`
    pub owner: &'a str,
    /// `requester`
    pub requester: &'a str,
}

/// Named texts from outside.
pub trait Names: Sync {
    /// An environment variable.
    fn env(&self, name: &str) -> Option<SmolStr>;
    /// A secret; `None` where there is none or none may be seen.
    fn secret(&self, name: &str) -> Option<SmolStr>;
}

impl std::fmt::Debug for Outside<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outside").field("now", &self.now).finish_non_exhaustive()
    }
}

/// Why an expression has no value, in an author's words: ``division by zero``, ``cannot compare `1.00 EUR` with `1.00 USD` ``.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EvalError(pub String);

/// The value of an expression.
///
/// # Errors
/// Says why there is none.
pub fn eval(expr: &Expr, env: &Env<'_>) -> Result<Value, EvalError> {
    let _ = (expr, env);
    Err(EvalError(String::new()))
}

/// Whether a condition holds.
///
/// # Errors
/// Says why that cannot be told.
pub fn holds(condition: &Expr, env: &Env<'_>) -> Result<bool, EvalError> {
    let _ = (condition, env);
    Err(EvalError(String::new()))
}
