//! Comparing values.

use std::cmp::Ordering;

use jiff::SignedDuration;

use super::scope::Meter;
use super::{EvalError, operate};
use crate::plan::Comparison;
use crate::value::{Money, Value, decimal, money};

/// What an order means for a comparison.
#[inline]
pub(super) fn test(comparison: Comparison, order: Ordering) -> bool {
    match comparison {
        Comparison::Equal => order.is_eq(),
        Comparison::NotEqual => order.is_ne(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
    }
}

/// Whether a comparison holds.
pub(super) fn compare(comparison: Comparison, left: &Value, right: &Value, meter: &Meter) -> Result<bool, EvalError> {
    match comparison {
        Comparison::Equal => equal(left, right, meter),
        Comparison::NotEqual => equal(left, right, meter).map(|equal| !equal),
        _ => order(left, right, meter).map(|order| test(comparison, order)),
    }
}

/// Which of two is greater.
pub(super) fn order(left: &Value, right: &Value, meter: &Meter) -> Result<Ordering, EvalError> {
    Ok(match (left, right) {
        (Value::Number(left), Value::Number(right)) => decimal::compare(*left, *right),
        (Value::Money(left), Value::Money(right)) => amounts(*left, *right)?,
        // The sum of nothing is zero in any currency, and as a duration.
        (Value::Money(left), Value::Number(right)) if right.is_zero() => decimal::compare(left.amount, *right),
        (Value::Number(left), Value::Money(right)) if left.is_zero() => decimal::compare(*left, right.amount),
        (Value::Duration(left), Value::Number(zero)) if zero.is_zero() => left.cmp(&SignedDuration::ZERO),
        (Value::Number(zero), Value::Duration(right)) if zero.is_zero() => SignedDuration::ZERO.cmp(right),
        (Value::Text(left), Value::Text(right)) => {
            meter.pay_bytes(left.len().min(right.len()))?;
            left.cmp(right)
        }
        (Value::Date(left), Value::Date(right)) => left.cmp(right),
        (Value::Time(left), Value::Time(right)) => left.cmp(right),
        (Value::Duration(left), Value::Duration(right)) => left.cmp(right),
        _ => return Err(no_order(left, right)),
    })
}

fn amounts(left: Money, right: Money) -> Result<Ordering, EvalError> {
    if left.currency == right.currency {
        Ok(decimal::compare(left.amount, right.amount))
    } else {
        Err(two_currencies("compare", left, right))
    }
}

#[cold]
pub(super) fn two_currencies(verb: &str, left: Money, right: Money) -> EvalError {
    EvalError::new(format!("cannot {verb} `{}` with `{}`: two currencies", money::text(left), money::text(right)))
}

#[cold]
fn no_order(left: &Value, right: &Value) -> EvalError {
    EvalError::new(format!("cannot compare {} with {}", operate::shown(left), operate::shown(right)))
}

/// Whether two values are equal. Amounts in two currencies are neither equal nor unequal, however deep they stand; what is told first,
/// reading from the left, counts.
pub(super) fn equal(left: &Value, right: &Value, meter: &Meter) -> Result<bool, EvalError> {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => {
            if left.len() == right.len() {
                meter.pay_bytes(left.len())?;
            }
            Ok(left == right)
        }
        (Value::Bool(left), Value::Bool(right)) => Ok(left == right),
        (Value::Enum(left), Value::Enum(right)) => Ok(left == right),
        (Value::None, right) => Ok(right.is_none()),
        (left, Value::None) => Ok(left.is_none()),
        (Value::List(left), Value::List(right)) | (Value::Record(left), Value::Record(right)) => {
            if left.len() != right.len() {
                return Ok(false);
            }
            meter.pay_items(left.len())?;
            for (left, right) in left.iter().zip(right.iter()) {
                if !equal(left, right, meter)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        _ => order(left, right, meter).map(Ordering::is_eq),
    }
}
