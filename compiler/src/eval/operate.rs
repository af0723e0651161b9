//! Arithmetic over all that has some.

use jiff::SignedDuration;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use smol_str::SmolStr;

use super::EvalError;
use super::relate::two_currencies;
use super::scope::Meter;
use crate::plan::Arithmetic;
use crate::value::decimal::{self, Fault};
use crate::value::{Money, Value, json, money, time};

type Made = Result<Value, EvalError>;

const DAY: i64 = 86_400;

/// `left + right` and its like.
pub(super) fn arithmetic(operation: Arithmetic, left: &Value, right: &Value, meter: &Meter) -> Made {
    match (left, right) {
        (Value::Number(a), Value::Number(b)) => {
            numbers(operation, *a, *b).map(Value::Number).map_err(|fault| failed(fault, operation, left, right))
        }
        (Value::Money(_), _) | (_, Value::Money(_)) => moneys(operation, left, right),
        // The sum of no durations.
        (Value::Number(zero), Value::Duration(_)) if zero.is_zero() => others(operation, &NO_TIME, right, meter),
        (_, Value::Number(zero)) if zero.is_zero() && !matches!(left, Value::Text(_) | Value::List(_)) => {
            others(operation, left, &NO_TIME, meter)
        }
        _ => others(operation, left, right, meter),
    }
}

const NO_TIME: Value = Value::Duration(SignedDuration::ZERO);

#[inline]
pub(super) fn numbers(operation: Arithmetic, a: Decimal, b: Decimal) -> Result<Decimal, Fault> {
    match operation {
        Arithmetic::Add => decimal::add(a, b),
        Arithmetic::Subtract => decimal::subtract(a, b),
        Arithmetic::Multiply => decimal::multiply(a, b),
        Arithmetic::Divide => decimal::divide(a, b),
        Arithmetic::Remainder => decimal::remainder(a, b),
    }
}

fn moneys(operation: Arithmetic, left: &Value, right: &Value) -> Made {
    let fault = |fault| failed(fault, operation, left, right);
    let of = |amount: Result<Decimal, Fault>, like: Money| {
        amount.map(|amount| Value::Money(Money { amount, currency: like.currency })).map_err(fault)
    };
    match (operation, left, right) {
        (Arithmetic::Add | Arithmetic::Subtract, Value::Money(a), Value::Money(b)) if a.currency == b.currency => {
            of(numbers(operation, a.amount, b.amount), *a)
        }
        (Arithmetic::Divide, Value::Money(a), Value::Money(b)) if a.currency == b.currency => {
            decimal::divide(a.amount, b.amount).map(Value::Number).map_err(fault)
        }
        (Arithmetic::Add, Value::Money(a), Value::Money(b)) => Err(two_currencies("add", *a, *b)),
        (Arithmetic::Subtract, Value::Money(a), Value::Money(b)) => Err(two_currencies("subtract", *a, *b)),
        (Arithmetic::Divide, Value::Money(a), Value::Money(b)) => Err(two_currencies("divide", *a, *b)),
        // The sum of no amounts is zero in any currency.
        (Arithmetic::Add | Arithmetic::Subtract, Value::Money(a), Value::Number(zero)) if zero.is_zero() => Ok(Value::Money(*a)),
        (Arithmetic::Add | Arithmetic::Subtract, Value::Number(zero), Value::Money(b)) if zero.is_zero() => {
            of(numbers(operation, *zero, b.amount), *b)
        }
        (Arithmetic::Multiply, Value::Money(a), Value::Number(b)) | (Arithmetic::Multiply, Value::Number(b), Value::Money(a)) => {
            of(decimal::multiply(a.amount, *b), *a)
        }
        (Arithmetic::Divide, Value::Money(a), Value::Number(b)) => of(decimal::divide(a.amount, *b), *a),
        _ => Err(senseless(operation, left, right)),
    }
}

fn others(operation: Arithmetic, left: &Value, right: &Value, meter: &Meter) -> Made {
    match (operation, left, right) {
        (Arithmetic::Add, Value::Text(a), Value::Text(b)) => {
            meter.pay_text(a.len() + b.len())?;
            Ok(Value::Text(joined(&[a, b])))
        }
        (Arithmetic::Add, Value::List(a), Value::List(b)) => {
            meter.pay_items(a.len() + b.len())?;
            Ok(Value::List(a.iter().chain(b.iter()).cloned().collect()))
        }
        (Arithmetic::Add, Value::Duration(a), Value::Duration(b)) => a.checked_add(*b).map(Value::Duration).ok_or_else(out_of_time),
        (Arithmetic::Subtract, Value::Duration(a), Value::Duration(b)) => a.checked_sub(*b).map(Value::Duration).ok_or_else(out_of_time),
        (Arithmetic::Divide, Value::Duration(a), Value::Duration(b)) => {
            let quotient = Ok((nanos(*a), nanos(*b))).and_then(|(a, b)| decimal::divide(a?, b?));
            quotient.map(Value::Number).map_err(|fault| failed(fault, operation, left, right))
        }
        (Arithmetic::Add, Value::Time(a), Value::Duration(b)) | (Arithmetic::Add, Value::Duration(b), Value::Time(a)) => {
            a.checked_add(*b).map(Value::Time).map_err(|_| out_of_time())
        }
        (Arithmetic::Subtract, Value::Time(a), Value::Duration(b)) => a.checked_sub(*b).map(Value::Time).map_err(|_| out_of_time()),
        (Arithmetic::Subtract, Value::Time(a), Value::Time(b)) => Ok(Value::Duration(a.duration_since(*b))),
        (Arithmetic::Add, Value::Date(a), Value::Duration(b)) | (Arithmetic::Add, Value::Duration(b), Value::Date(a)) => {
            whole_days(*b).and_then(|days| a.checked_add(days).map(Value::Date).map_err(|_| out_of_time()))
        }
        (Arithmetic::Subtract, Value::Date(a), Value::Duration(b)) => {
            whole_days(*b).and_then(|days| a.checked_sub(days).map(Value::Date).map_err(|_| out_of_time()))
        }
        (Arithmetic::Subtract, Value::Date(a), Value::Date(b)) => Ok(Value::Duration(a.duration_since(*b))),
        _ => Err(senseless(operation, left, right)),
    }
}

fn joined(parts: &[&str]) -> SmolStr {
    SmolStr::from(parts.concat())
}

fn whole_days(duration: SignedDuration) -> Result<SignedDuration, EvalError> {
    if duration.as_secs() % DAY == 0 && duration.subsec_nanos() == 0 {
        return Ok(duration);
    }
    Err(EvalError::new(format!("a date moves by whole days, `{}` is none", time::duration_text(duration))))
}

fn nanos(duration: SignedDuration) -> Result<Decimal, Fault> {
    Decimal::try_from_i128_with_scale(duration.as_nanos(), 0).map_err(|_| Fault::Large)
}

/// So many times a unit of whole seconds: `days(1.5)`.
pub(super) fn duration(count: Decimal, unit: i64) -> Result<SignedDuration, EvalError> {
    let billion = Decimal::from(1_000_000_000_i64);
    let nanos = decimal::multiply(count, Decimal::from(unit)).and_then(|seconds| decimal::multiply(seconds, billion));
    let nanos = nanos.ok().filter(Decimal::is_integer).and_then(|nanos| nanos.to_i128());
    let parts = nanos.and_then(|nanos| {
        let seconds = i64::try_from(nanos / 1_000_000_000).ok()?;
        Some(SignedDuration::new(seconds, i32::try_from(nanos % 1_000_000_000).ok()?))
    });
    parts.ok_or_else(|| EvalError::new(format!("no duration is `{}` times as long", decimal::text(count))))
}

/// `-value`
pub(super) fn negate(value: &Value) -> Made {
    match value {
        Value::Number(number) => Ok(Value::Number(decimal::negate(*number))),
        Value::Money(money) => Ok(Value::Money(Money { amount: decimal::negate(money.amount), ..*money })),
        Value::Duration(duration) => duration.checked_neg().map(Value::Duration).ok_or_else(out_of_time),
        _ => Err(unexpected("a number", value)),
    }
}

#[cold]
fn out_of_time() -> EvalError {
    EvalError::new("the result is beyond the years that a calendar has")
}

#[cold]
fn failed(fault: Fault, operation: Arithmetic, left: &Value, right: &Value) -> EvalError {
    match fault {
        Fault::Zero => EvalError::new(fault.why()),
        _ => EvalError::new(format!("{}: `{} {} {}`", fault.why(), bare(left), sign(operation), bare(right))),
    }
}

fn sign(operation: Arithmetic) -> char {
    match operation {
        Arithmetic::Add => '+',
        Arithmetic::Subtract => '-',
        Arithmetic::Multiply => '*',
        Arithmetic::Divide => '/',
        Arithmetic::Remainder => '%',
    }
}

#[cold]
fn senseless(operation: Arithmetic, left: &Value, right: &Value) -> EvalError {
    EvalError::new(format!("`{}` has no meaning for {} and {}", sign(operation), shown(left), shown(right)))
}

/// Says what was wanted and what was there.
#[cold]
pub(super) fn unexpected(wanted: &str, value: &Value) -> EvalError {
    EvalError::new(format!("expected {wanted}, found {}", shown(value)))
}

fn bare(value: &Value) -> String {
    match value {
        Value::Number(number) => decimal::text(*number),
        Value::Money(money) => money::text(*money),
        Value::Duration(duration) => time::duration_text(*duration),
        _ => shown(value),
    }
}

/// A value as a message names it.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::None => "`none`".into(),
        Value::Bool(value) => format!("`{value}`"),
        Value::Number(_) | Value::Money(_) | Value::Duration(_) => format!("`{}`", bare(value)),
        Value::Text(text) => format!("text {}", json::quoted(text)),
        Value::Date(date) => format!("`{date}`"),
        Value::Time(time) => format!("`{time}`"),
        Value::List(_) => "a list".into(),
        Value::Record(_) => "a record".into(),
        Value::Enum(_) => "a member of an enum".into(),
        Value::Json(_) => "`json` that is not decoded".into(),
    }
}

/// The text that a value is.
pub(super) fn text(value: &Value) -> Result<&str, EvalError> {
    match value {
        Value::Text(text) => Ok(text),
        _ => Err(unexpected("text", value)),
    }
}

/// The number that a value is.
pub(super) fn number(value: &Value) -> Result<Decimal, EvalError> {
    match value {
        Value::Number(number) => Ok(*number),
        _ => Err(unexpected("a number", value)),
    }
}

/// The items of the list that a value is.
pub(super) fn items(value: &Value) -> Result<&[Value], EvalError> {
    match value {
        Value::List(items) => Ok(items),
        _ => Err(unexpected("a list", value)),
    }
}
