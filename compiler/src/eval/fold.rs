//! What is made of the items of a list.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::ControlFlow;

use rust_decimal::Decimal;

use super::scope::{Meter, Scope};
use super::walk::operand;
use super::{EvalError, operate, relate, truth};
use crate::plan::{Arithmetic, Expr, Fold};
use crate::value::Value;

type Made = Result<Value, EvalError>;

/// `any` (`wanted`) and `all` (not `wanted`): the first item that decides ends it, an error before it is an error.
#[inline(never)]
pub(super) fn decide(wanted: bool, list: &Expr, filter: Option<&Expr>, body: &Expr, scope: &Scope<'_>) -> Result<bool, EvalError> {
    let mut decided = !wanted;
    each(list, filter, scope, |_, inner| {
        if truth::of(body, inner)? == wanted {
            decided = wanted;
            return Ok(ControlFlow::Break(()));
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(decided)
}

/// Passes over the items for which the filter holds.
fn each(
    list: &Expr,
    filter: Option<&Expr>,
    scope: &Scope<'_>,
    mut visit: impl FnMut(&Value, &Scope<'_>) -> Result<ControlFlow<()>, EvalError>,
) -> Result<(), EvalError> {
    let list = operand(list, scope)?;
    for item in operate::items(&list)? {
        scope.meter.pay(1)?;
        let local = scope.bind(item);
        let inner = scope.within(&local);
        let kept = filter.map_or(Ok(true), |filter| truth::of(filter, &inner))?;
        if kept && visit(item, &inner)?.is_break() {
            break;
        }
    }
    Ok(())
}

/// Any comprehension.
pub(super) fn comprehension(fold: Fold, list: &Expr, filter: Option<&Expr>, body: &Expr, scope: &Scope<'_>) -> Made {
    match fold {
        Fold::Any => decide(true, list, filter, body, scope).map(Value::Bool),
        Fold::All => decide(false, list, filter, body, scope).map(Value::Bool),
        Fold::Count => {
            let mut count = 0_u64;
            each(list, filter, scope, |_, _| {
                count += 1;
                Ok(ControlFlow::Continue(()))
            })?;
            Ok(Value::Number(count.into()))
        }
        Fold::List => {
            let mut values = Vec::new();
            over_values(list, filter, body, scope, |value| {
                values.push(value.clone());
                Ok(())
            })?;
            Ok(Value::List(values.into()))
        }
        Fold::Sum => {
            let mut total = Value::Number(Decimal::ZERO);
            over_values(list, filter, body, scope, |value| add(&mut total, value, scope.meter))?;
            Ok(total)
        }
        Fold::Min | Fold::Max => {
            let (mut best, sought) = (None, if fold == Fold::Min { Ordering::Less } else { Ordering::Greater });
            over_values(list, filter, body, scope, |value| better(&mut best, value, sought, scope.meter))?;
            Ok(best.unwrap_or_default())
        }
        Fold::Sort => {
            let mut keyed = Vec::new();
            each(list, filter, scope, |item, inner| {
                keyed.push((operand(body, inner)?.into_owned(), item.clone()));
                Ok(ControlFlow::Continue(()))
            })?;
            sorted(keyed, scope.meter)
        }
    }
}

/// As [`comprehension`] of a list, with `none` for each item that has no value. What was too much for the evaluation as a whole is an error still.
pub(super) fn each_for_itself(expr: &Expr, scope: &Scope<'_>) -> Made {
    let Expr::For { fold: Fold::List, list, filter: None, body } = expr else { return operand(expr, scope).map(Cow::into_owned) };
    let mut values = Vec::new();
    each(list, None, scope, |_, inner| {
        values.push(match each_for_itself(body, inner) {
            Err(error) if scope.meter.is_exhausted() => return Err(error),
            value => value.unwrap_or_default(),
        });
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(Value::List(values.into()))
}

fn over_values(
    list: &Expr,
    filter: Option<&Expr>,
    body: &Expr,
    scope: &Scope<'_>,
    mut visit: impl FnMut(&Value) -> Result<(), EvalError>,
) -> Result<(), EvalError> {
    each(list, filter, scope, |_, inner| {
        let value = operand(body, inner)?;
        visit(&value).map(ControlFlow::Continue)
    })
}

/// The sum of a list. That of an empty one is the number zero, which is also zero in any currency and as a
/// duration.
pub(super) fn sum(items: &[Value], meter: &Meter) -> Made {
    let mut total = Value::Number(Decimal::ZERO);
    items.iter().try_for_each(|item| add(&mut total, item, meter))?;
    Ok(total)
}

fn add(total: &mut Value, value: &Value, meter: &Meter) -> Result<(), EvalError> {
    meter.pay(1)?;
    // The first of a list of durations has nothing to be added to.
    let first = matches!((&*total, value), (Value::Number(zero), Value::Duration(_)) if zero.is_zero());
    *total = if first { value.clone() } else { operate::arithmetic(Arithmetic::Add, total, value, meter)? };
    Ok(())
}

/// The least (`sought` is less) or greatest item of a list; `none` of an empty one.
pub(super) fn extreme(items: &[Value], sought: Ordering, meter: &Meter) -> Made {
    let mut best = None;
    items.iter().try_for_each(|item| better(&mut best, item, sought, meter))?;
    Ok(best.unwrap_or_default())
}

fn better(best: &mut Option<Value>, value: &Value, sought: Ordering, meter: &Meter) -> Result<(), EvalError> {
    meter.pay(1)?;
    let replace = match best {
        Some(best) => relate::order(value, best, meter)? == sought,
        // Also refuses what has no order, where it is the only item.
        None => relate::order(value, value, meter).map(|_| true)?,
    };
    if replace {
        *best = Some(value.clone());
    }
    Ok(())
}

/// The items in the order of their keys, those with the same key as they stood.
pub(super) fn sorted(mut keyed: Vec<(Value, Value)>, meter: &Meter) -> Made {
    // Comparing each with its neighbour finds every key that cannot be compared with all others, a zero of no currency apart.
    let mut known: Option<&Value> = None;
    for (key, _) in &keyed {
        relate::order(known.unwrap_or(key), key, meter)?;
        if !matches!((known, key), (Some(Value::Money(_)), Value::Number(_))) {
            known = Some(key);
        }
    }
    let levels = u64::from(keyed.len().checked_ilog2().unwrap_or(0)) + 1;
    for (key, _) in &keyed {
        meter.pay(levels * if let Value::Text(text) = key { text.len() as u64 / 8 + 1 } else { 1 })?;
    }
    let paid = Meter::unlimited();
    keyed.sort_by(|(left, _), (right, _)| relate::order(left, right, &paid).unwrap_or(Ordering::Equal));
    Ok(Value::List(keyed.into_iter().map(|(_, item)| item).collect()))
}
