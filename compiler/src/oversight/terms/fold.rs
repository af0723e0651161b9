//! Terms of literals alone: what they give is evaluated, since the proof looks into less than the evaluator.

use jiff::{Timestamp, tz::TimeZone};
use smol_str::SmolStr;

use super::{Id, Names, Op, Terms};
use crate::eval::{self, Env, Outside};
use crate::plan::{Builtin, Expr};
use crate::value::Value;

/// Operations that are evaluated for one workflow, and for one term.
pub(super) const BUDGET: usize = 1_000_000;
const MOST: usize = 20_000;
/// A longer text is left as it was written.
const LONGEST_TEXT: usize = 4096;

/// There is none: nothing that reads it is evaluated.
struct Nowhere;

impl eval::Names for Nowhere {
    fn env(&self, _: &str) -> Option<SmolStr> {
        None
    }

    fn secret(&self, _: &str) -> Option<SmolStr> {
        None
    }
}

impl<'p> Terms<'p> {
    /// What an expression of these parts gives, where they are literals, but for the body of a comprehension. `None` where that is not the same
    /// in every run, cannot be computed, or takes much work.
    pub(super) fn folded(&mut self, expr: &'p Expr, names: Names<'_>, parts: &[Id]) -> Option<Id> {
        let list = matches!(expr, Expr::For { .. });
        let known = if list { parts.get(..1)? } else { parts };
        // Most are not, which is soon seen.
        if matches!(expr, Expr::List(_) | Expr::Record(_)) || known.is_empty() || !known.iter().all(|part| self.is_literal(*part)) {
            return None;
        }
        let mut count = 0;
        let mut closed = expr.clone();
        self.close(&mut closed, names, &mut count)?;
        // The body of a comprehension is evaluated for each item.
        let work = if list { count.checked_mul(count)? } else { count };
        if work > MOST {
            return None;
        }
        self.left_to_fold = self.left_to_fold.checked_sub(work)?;
        let value = evaluated(&closed)?;
        let short = !matches!(&value, Value::Text(text) if text.len() > LONGEST_TEXT);
        short.then(|| self.value(&value))
    }

    fn is_literal(&self, id: Id) -> bool {
        let term = self.get(id);
        match term.op {
            Op::Const(_) => true,
            Op::List | Op::Record => term.parts.iter().all(|part| self.is_literal(*part)),
            _ => false,
        }
    }

    /// Puts values in the place of names, and counts operations.
    fn close(&mut self, expr: &mut Expr, names: Names<'_>, count: &mut usize) -> Option<()> {
        *count += 1;
        if *count > MOST {
            return None;
        }
        match expr {
            Expr::Slot { frame, index } => {
                let id = self.named(*frame, *index, names);
                *expr = Expr::Const(self.literal(id, count)?);
                return Some(());
            }
            Expr::Const(Value::List(items)) => *count += items.len(),
            // What is read is another in each run, and a day lies elsewhere in each zone. Texts of values need their types.
            Expr::Now | Expr::Today | Expr::Env(_) | Expr::Secret(_) | Expr::Owner | Expr::Requester => return None,
            Expr::Builtin(Builtin::Date, _) | Expr::Text(_) | Expr::Decode(..) | Expr::JsonField(..) | Expr::JsonObject(_) => return None,
            Expr::For { filter, body, .. } if filter.iter().chain([&*body]).any(|inner| walks(inner)) => return None,
            _ => {}
        }
        let mut closed = Some(());
        expr.for_each_child_mut(&mut |child| closed = closed.and_then(|()| self.close(child, names, count)));
        closed
    }

    /// The value of a term of literals.
    fn literal(&self, id: Id, count: &mut usize) -> Option<Value> {
        *count += 1;
        let term = self.get(id);
        let parts = |count: &mut usize| -> Option<Vec<Value>> { term.parts.iter().map(|part| self.literal(*part, count)).collect() };
        match &term.op {
            Op::Const(_) => self.constant(id).cloned(),
            Op::List if *count <= MOST => Some(Value::List(parts(count)?.into())),
            Op::Record if *count <= MOST => Some(Value::Record(parts(count)?.into())),
            _ => None,
        }
    }
}

/// What an expression gives that reads nothing.
pub(in crate::oversight) fn evaluated(closed: &Expr) -> Option<Value> {
    let zone = TimeZone::UTC;
    let outside = Outside { now: Timestamp::UNIX_EPOCH, zone: &zone, names: &Nowhere, owner: "", requester: "" };
    eval::eval(closed, &Env { frames: &[], types: &[], outside: &outside }).ok()
}

/// Whether there is a comprehension in it.
fn walks(expr: &Expr) -> bool {
    let mut found = matches!(expr, Expr::For { .. });
    expr.for_each_child(&mut |child| found = found || walks(child));
    found
}
