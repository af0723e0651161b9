//! The evaluator of a plan's expressions: total, bounded by fuel, exact.
//!
//! What an expression only looks at (slots, literals, fields of records) is read where it lies; values are made only where something new is.
//! INVARIANT: no expression, however it came to be, exhausts memory or the stack or runs for ever: work, sizes and depth are bounded, and
//! what goes beyond is an error like any other.

mod builtin;
mod fold;
mod operate;
mod pattern;
mod relate;
mod scope;
#[cfg(test)]
mod tests;
mod truth;
mod walk;

pub use pattern::check as check_pattern;

use jiff::{Timestamp, tz::TimeZone};
use smol_str::SmolStr;

use crate::plan::{Expr, TypeDef};
use crate::value::Value;
use scope::{Meter, Scope};

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

impl EvalError {
    pub(crate) fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

/// The value of an expression.
///
/// # Errors
/// Says why there is none.
pub fn eval(expr: &Expr, env: &Env<'_>) -> Result<Value, EvalError> {
    let meter = Meter::new();
    let scope = Scope::new(env, &meter);
    let value = walk::value(expr, &scope)?.into_owned();
    meter.weigh_result(&value)?;
    Ok(value)
}

/// The value of `[value for item in list]`, or of such lists one inside the other, where each item stands for itself: `none` stands for one whose
/// value cannot be computed.
///
/// # Errors
/// Says why there is no list, or that all of it is too much.
pub fn eval_each(expr: &Expr, env: &Env<'_>) -> Result<Value, EvalError> {
    let meter = Meter::new();
    let value = fold::each_for_itself(expr, &Scope::new(env, &meter))?;
    meter.weigh_result(&value)?;
    Ok(value)
}

/// Whether a condition holds.
///
/// # Errors
/// Says why that cannot be told.
#[inline]
pub fn holds(condition: &Expr, env: &Env<'_>) -> Result<bool, EvalError> {
    let meter = Meter::new();
    truth::of(condition, &Scope::new(env, &meter))
}
