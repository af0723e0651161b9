//! Conditions: the path that most evaluations take, and the one that makes no values.

use rust_decimal::Decimal;

use super::scope::Scope;
use super::walk::{operand, peek, value};
use super::{EvalError, fold, operate, pattern, relate};
use crate::plan::{Comparison, Expr, Fold, TextTest};
use crate::value::{Value, decimal};

type Truth = Result<bool, EvalError>;

/// Whether a condition holds.
pub(super) fn of(condition: &Expr, scope: &Scope<'_>) -> Truth {
    match condition {
        Expr::Compare(comparison, left, right) => compare(*comparison, left, right, scope),
        Expr::And(left, right) => scope.meter.nested(|| Ok(of(left, scope)? && of(right, scope)?)),
        Expr::Or(left, right) => scope.meter.nested(|| Ok(of(left, scope)? || of(right, scope)?)),
        Expr::Not(inner) => scope.meter.nested(|| of(inner, scope).map(|holds| !holds)),
        Expr::Const(_) | Expr::Slot { .. } | Expr::Field(..) | Expr::Local(_) => match peek(condition, scope) {
            Some(value) => expect(value),
            None => made(condition, scope),
        },
        Expr::In(..) | Expr::IsNone(_) | Expr::TextTest(..) | Expr::Matches(..) => scope.meter.nested(|| rare(condition, scope)),
        Expr::For { fold: which @ (Fold::Any | Fold::All), list, filter, body } => {
            scope.meter.nested(|| fold::decide(*which == Fold::Any, list, filter.as_deref(), body, scope))
        }
        _ => made(condition, scope),
    }
}

/// A condition that is a value like any other.
#[inline(never)]
fn made(condition: &Expr, scope: &Scope<'_>) -> Truth {
    expect(value(condition, scope)?.as_ref())
}

/// Out of line, so that the path above stays small.
#[inline(never)]
fn rare(condition: &Expr, scope: &Scope<'_>) -> Truth {
    match condition {
        Expr::In(item, list) => contains(item, list, scope),
        Expr::IsNone(inner) => match &**inner {
            Expr::JsonField(..) => Ok(value(inner, scope)?.is_none()),
            _ => Ok(operand(inner, scope)?.is_none()),
        },
        Expr::TextTest(test, left, right) => {
            let (left, right) = (operand(left, scope)?, operand(right, scope)?);
            holds_of_texts(*test, &left, &right, scope)
        }
        Expr::Matches(text, pattern) => {
            let text = operand(text, scope)?;
            let text = operate::text(&text)?;
            scope.meter.pay_bytes(text.len())?;
            pattern::matches(pattern, text)
        }
        _ => made(condition, scope),
    }
}

fn holds_of_texts(test: TextTest, left: &Value, right: &Value, scope: &Scope<'_>) -> Truth {
    let (text, part) = (operate::text(left)?, operate::text(right)?);
    scope.meter.pay_bytes(text.len() + part.len())?;
    Ok(match test {
        TextTest::Contains => text.contains(part),
        TextTest::StartsWith => text.starts_with(part),
        TextTest::EndsWith => text.ends_with(part),
    })
}

fn expect(value: &Value) -> Truth {
    match value {
        Value::Bool(holds) => Ok(*holds),
        _ => Err(no_condition(value)),
    }
}

#[cold]
fn no_condition(value: &Value) -> EvalError {
    EvalError::new(format!("expected true or false, found {}", operate::shown(value)))
}

#[inline]
fn compare(comparison: Comparison, left: &Expr, right: &Expr, scope: &Scope<'_>) -> Truth {
    match (peek(left, scope), peek(right, scope)) {
        (Some(Value::Number(left)), Some(Value::Number(right))) => Ok(relate::test(comparison, decimal::compare(*left, *right))),
        (Some(left), Some(right)) => compare_seen(comparison, left, right, scope),
        (left_number, right_number) => match (quick(left, left_number, scope), quick(right, right_number, scope)) {
            (Some(left), Some(right)) => Ok(relate::test(comparison, decimal::compare(left, right))),
            _ => compare_made(comparison, left, right, scope),
        },
    }
}

/// A number, as far as it needs no value to be made: arithmetic over numbers that goes well. `None` where the long way tells more.
fn quick(expr: &Expr, seen: Option<&Value>, scope: &Scope<'_>) -> Option<Decimal> {
    match (seen, expr) {
        (Some(Value::Number(number)), _) => Some(*number),
        (None, Expr::Arithmetic(operation, left, right)) => {
            let left = quick(left, peek(left, scope), scope)?;
            let right = quick(right, peek(right, scope), scope)?;
            operate::numbers(*operation, left, right).ok()
        }
        _ => None,
    }
}

#[inline(never)]
fn compare_seen(comparison: Comparison, left: &Value, right: &Value, scope: &Scope<'_>) -> Truth {
    relate::compare(comparison, left, right, scope.meter)
}

#[inline(never)]
fn compare_made(comparison: Comparison, left: &Expr, right: &Expr, scope: &Scope<'_>) -> Truth {
    scope.meter.nested(|| {
        let left = operand(left, scope)?;
        let right = operand(right, scope)?;
        relate::compare(comparison, &left, &right, scope.meter)
    })
}

fn contains(item: &Expr, list: &Expr, scope: &Scope<'_>) -> Truth {
    let item = operand(item, scope)?;
    if let Expr::List(items) = list {
        // A literal list is not made; what stands in it is evaluated up to the first that is equal.
        for candidate in items {
            if relate::equal(&item, &*operand(candidate, scope)?, scope.meter)? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    let list = operand(list, scope)?;
    for candidate in operate::items(&list)? {
        if relate::equal(&item, candidate, scope.meter)? {
            return Ok(true);
        }
    }
    Ok(false)
}
