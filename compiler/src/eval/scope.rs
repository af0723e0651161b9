//! What an evaluation carries along: where names are found, and how much work is left.

use std::cell::Cell;

use super::{Env, EvalError};
use crate::plan::DEEPEST;
use crate::value::{MOST_JSON_LEVELS, MOST_LEVELS, Value};

/// Steps of one evaluation.
const STEPS: u64 = 10_000_000;
/// Bytes of a text, and of a pattern.
pub(super) const LONGEST_TEXT: usize = 1 << 20;
/// Bytes, roughly, of a value that an evaluation gives.
const LARGEST: u64 = 16 << 20;
/// Bytes that are copied or looked through in one step.
const BYTES_A_STEP: u64 = 8;

/// Where names are found.
#[derive(Clone, Copy)]
pub(super) struct Scope<'e> {
    pub(super) env: &'e Env<'e>,
    pub(super) meter: &'e Meter,
    local: Option<&'e Local<'e>>,
}

/// A name bound by a comprehension.
pub(super) struct Local<'e> {
    index: u32,
    value: &'e Value,
    outer: Option<&'e Local<'e>>,
}

impl<'e> Scope<'e> {
    pub(super) fn new(env: &'e Env<'e>, meter: &'e Meter) -> Self {
        Self { env, meter, local: None }
    }

    /// Binds the next name.
    pub(super) fn bind(&self, value: &'e Value) -> Local<'e> {
        Local { index: self.local.map_or(0, |local| local.index + 1), value, outer: self.local }
    }

    /// The scope in which it is bound.
    pub(super) fn within<'i>(&self, local: &'i Local<'i>) -> Scope<'i>
    where
        'e: 'i,
    {
        Scope { env: self.env, meter: self.meter, local: Some(local) }
    }

    pub(super) fn local(&self, index: u32) -> Option<&'e Value> {
        let mut local = self.local;
        while let Some(candidate) = local {
            if candidate.index == index {
                return Some(candidate.value);
            }
            local = candidate.outer;
        }
        None
    }
}

/// How much work is left.
pub(super) struct Meter {
    steps: Cell<u64>,
    depth: Cell<usize>,
}

impl Meter {
    pub(super) fn new() -> Self {
        Self { steps: Cell::new(STEPS), depth: Cell::new(DEEPEST + 1) }
    }

    /// For work that is paid for already and may not fail.
    pub(super) fn unlimited() -> Self {
        Self { steps: Cell::new(u64::MAX), ..Self::new() }
    }

    /// Pays for so many steps. Where that is not left, nothing is.
    #[inline]
    pub(super) fn pay(&self, steps: u64) -> Result<(), EvalError> {
        let left = self.steps.get().checked_sub(steps);
        self.steps.set(left.unwrap_or(0));
        left.map(|_| ()).ok_or_else(exhausted)
    }

    /// Whether an error was one of the evaluation as a whole: nothing is left of its work.
    pub(super) fn is_exhausted(&self) -> bool {
        self.steps.get() == 0
    }

    pub(super) fn pay_items(&self, items: usize) -> Result<(), EvalError> {
        self.pay(items as u64)
    }

    pub(super) fn pay_bytes(&self, bytes: usize) -> Result<(), EvalError> {
        self.pay(bytes as u64 / BYTES_A_STEP + 1)
    }

    /// Goes one level deeper, and pays for it.
    #[inline]
    pub(super) fn nested<T>(&self, work: impl FnOnce() -> Result<T, EvalError>) -> Result<T, EvalError> {
        self.pay(1)?;
        let Some(depth) = self.depth.get().checked_sub(1) else {
            self.steps.set(0);
            return Err(EvalError::new("the expression is nested too deep"));
        };
        self.depth.set(depth);
        let result = work();
        self.depth.set(depth + 1);
        result
    }

    /// Pays for a text that is to be made.
    pub(super) fn pay_text(&self, bytes: usize) -> Result<(), EvalError> {
        fits(bytes)?;
        self.pay_bytes(bytes)
    }

    /// Pays for a value that is to be written out, so that a small value which holds the same large one many times is seen for what it is.
    pub(super) fn pay_written(&self, value: &Value, most: usize) -> Result<(), EvalError> {
        let mut left = most as u64;
        if weigh(value, &mut left, 0) { self.pay((most as u64 - left) / BYTES_A_STEP) } else { Err(too_large()) }
    }

    /// Refuses a value that is too large to be kept.
    pub(super) fn weigh_result(&self, value: &Value) -> Result<(), EvalError> {
        let mut left = LARGEST;
        if weigh(value, &mut left, 0) { Ok(()) } else { Err(too_large()) }
    }
}

/// Refuses a text that is too long to be made.
pub(super) fn fits(bytes: usize) -> Result<(), EvalError> {
    if bytes > LONGEST_TEXT { Err(EvalError::new("the text is longer than 1 MiB")) } else { Ok(()) }
}

#[cold]
fn exhausted() -> EvalError {
    EvalError::new("the expression takes too much work")
}

#[cold]
fn too_large() -> EvalError {
    EvalError::new("the value is too large")
}

/// Takes the bytes of a value from what is left; stops where nothing is left, or where it is nested deeper than values are kept.
fn weigh(value: &Value, left: &mut u64, depth: usize) -> bool {
    let own = match value {
        Value::Text(text) => text.len() as u64 + 2,
        Value::Number(_) | Value::Money(_) => 24,
        Value::Json(json) => return weigh_json(json, left, 0),
        Value::List(items) | Value::Record(items) => {
            return depth < MOST_LEVELS && take(left, 8) && items.iter().all(|item| weigh(item, left, depth + 1));
        }
        _ => 12,
    };
    take(left, own)
}

fn weigh_json(json: &serde_json::Value, left: &mut u64, depth: usize) -> bool {
    if depth > MOST_JSON_LEVELS {
        return false;
    }
    match json {
        serde_json::Value::Null | serde_json::Value::Bool(_) => take(left, 5),
        serde_json::Value::Number(number) => take(left, number.as_str().len() as u64 + 1),
        serde_json::Value::String(text) => take(left, text.len() as u64 + 2),
        serde_json::Value::Array(items) => take(left, 8) && items.iter().all(|item| weigh_json(item, left, depth + 1)),
        serde_json::Value::Object(members) => {
            take(left, 8) && members.iter().all(|(name, value)| take(left, name.len() as u64 + 4) && weigh_json(value, left, depth + 1))
        }
    }
}

fn take(left: &mut u64, bytes: u64) -> bool {
    let rest = left.checked_sub(bytes);
    *left = rest.unwrap_or(0);
    rest.is_some()
}
