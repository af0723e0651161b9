//! Built-in functions.

use std::borrow::Cow;
use std::cmp::Ordering;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use smol_str::SmolStr;

use super::operate::{duration, items, number, text, unexpected};
use super::scope::{Scope, fits};
use super::walk::{currency, operand};
use super::{EvalError, fold};
use crate::plan::{Builtin, Expr};
use crate::value::{Money, Value, decimal, money};

type Made = Result<Value, EvalError>;

/// `any(list)` and `all(list)` over a list of conditions.
pub(super) fn decide(wanted: bool, arguments: &[Expr], scope: &Scope<'_>) -> Result<bool, EvalError> {
    let list = argument(arguments, 0, scope)?;
    for item in items(&list)? {
        scope.meter.pay(1)?;
        match item {
            Value::Bool(holds) if *holds == wanted => return Ok(wanted),
            Value::Bool(_) => {}
            other => return Err(unexpected("true or false", other)),
        }
    }
    Ok(!wanted)
}

/// Any of them.
pub(super) fn call(function: Builtin, arguments: &[Expr], scope: &Scope<'_>) -> Made {
    match function {
        Builtin::Any => decide(true, arguments, scope).map(Value::Bool),
        Builtin::All => decide(false, arguments, scope).map(Value::Bool),
        Builtin::Count | Builtin::Sum | Builtin::Min | Builtin::Max | Builtin::First | Builtin::Last | Builtin::Sort => {
            over_list(function, arguments, scope)
        }
        Builtin::Length | Builtin::Lower | Builtin::Upper | Builtin::Trim | Builtin::Split | Builtin::Join | Builtin::Replace => {
            over_text(function, arguments, scope)
        }
        Builtin::Round | Builtin::Abs | Builtin::Floor | Builtin::Ceil => over_number(function, arguments, scope),
        Builtin::Date => match &*argument(arguments, 0, scope)? {
            Value::Time(time) => Ok(Value::Date(scope.env.outside.zone.to_datetime(*time).date())),
            other => Err(unexpected("a time", other)),
        },
        Builtin::Days => duration(number(&*argument(arguments, 0, scope)?)?, 86_400).map(Value::Duration),
        Builtin::Hours => duration(number(&*argument(arguments, 0, scope)?)?, 3_600).map(Value::Duration),
        Builtin::Money | Builtin::Minor => {
            let count = number(&*argument(arguments, 0, scope)?)?;
            let code = argument(arguments, 1, scope)?;
            let currency = currency(text(&code)?)?;
            let amount = if function == Builtin::Money { count } else { minor(count, currency)? };
            Ok(Value::Money(Money { amount, currency }))
        }
    }
}

/// So many of a currency's smallest units.
fn minor(count: Decimal, currency: iso_currency::Currency) -> Result<Decimal, EvalError> {
    if !count.is_integer() {
        return Err(EvalError::new(format!("`{}` is no whole number of smallest units", decimal::text(count))));
    }
    let unit = Decimal::new(1, money::minor_digits(currency));
    decimal::multiply(count, unit).map_err(|fault| EvalError::new(fault.why()))
}

fn argument<'e>(arguments: &'e [Expr], index: usize, scope: &Scope<'e>) -> Result<Cow<'e, Value>, EvalError> {
    arguments.get(index).map_or_else(|| Err(EvalError::new("an argument is missing")), |argument| operand(argument, scope))
}

fn over_list(function: Builtin, arguments: &[Expr], scope: &Scope<'_>) -> Made {
    // `min(a, b)` is the least of its arguments.
    if arguments.len() > 1 {
        let values: Result<Vec<Value>, EvalError> =
            arguments.iter().map(|argument| operand(argument, scope).map(Cow::into_owned)).collect();
        return of_list(function, &values?, scope);
    }
    let list = argument(arguments, 0, scope)?;
    of_list(function, items(&list)?, scope)
}

fn of_list(function: Builtin, list: &[Value], scope: &Scope<'_>) -> Made {
    match function {
        Builtin::Sum => fold::sum(list, scope.meter),
        Builtin::Min => fold::extreme(list, Ordering::Less, scope.meter),
        Builtin::Max => fold::extreme(list, Ordering::Greater, scope.meter),
        Builtin::First => Ok(list.first().cloned().unwrap_or_default()),
        Builtin::Last => Ok(list.last().cloned().unwrap_or_default()),
        Builtin::Sort => {
            scope.meter.pay_items(list.len())?;
            fold::sorted(list.iter().map(|item| (item.clone(), item.clone())).collect(), scope.meter)
        }
        _ => Ok(Value::Number(list.len().into())),
    }
}

fn over_text(function: Builtin, arguments: &[Expr], scope: &Scope<'_>) -> Made {
    let first = argument(arguments, 0, scope)?;
    match (function, &*first) {
        (Builtin::Length, Value::List(items)) => return Ok(Value::Number(items.len().into())),
        (Builtin::Join, list) => return join(items(list)?, text(&*argument(arguments, 1, scope)?)?, scope),
        _ => {}
    }
    let subject = text(&first)?;
    scope.meter.pay_bytes(subject.len())?;
    let made = |text: &str| Ok(Value::Text(SmolStr::new(text)));
    match function {
        Builtin::Length => Ok(Value::Number(subject.chars().count().into())),
        Builtin::Trim => made(subject.trim()),
        // A character has at most three in the other case.
        Builtin::Lower => scope.meter.pay_text(subject.len()).and_then(|()| made(&subject.to_lowercase())),
        Builtin::Upper => scope.meter.pay_text(subject.len()).and_then(|()| made(&subject.to_uppercase())),
        Builtin::Split => split(subject, text(&*argument(arguments, 1, scope)?)?, scope),
        _ => {
            let (from, to) = (argument(arguments, 1, scope)?, argument(arguments, 2, scope)?);
            replace(subject, text(&from)?, text(&to)?, scope)
        }
    }
}

/// Between each two characters, where nothing is to split at.
fn split(subject: &str, at: &str, scope: &Scope<'_>) -> Made {
    let part = |text: &str| scope.meter.pay(1).map(|()| Value::Text(SmolStr::new(text)));
    let parts: Result<Vec<Value>, EvalError> = if at.is_empty() {
        subject.char_indices().map(|(index, letter)| part(subject.get(index..index + letter.len_utf8()).unwrap_or_default())).collect()
    } else {
        subject.split(at).map(part).collect()
    };
    parts.map(|parts| Value::List(parts.into()))
}

fn join(list: &[Value], between: &str, scope: &Scope<'_>) -> Made {
    let mut joined = String::new();
    for (index, item) in list.iter().enumerate() {
        let item = text(item)?;
        scope.meter.pay_bytes(item.len() + between.len())?;
        fits(joined.len() + item.len() + between.len())?;
        if index > 0 {
            joined.push_str(between);
        }
        joined.push_str(item);
    }
    Ok(Value::Text(SmolStr::from(joined)))
}

fn replace(subject: &str, from: &str, to: &str, scope: &Scope<'_>) -> Made {
    if from.is_empty() {
        return Err(EvalError::new("`replace` needs a text to look for"));
    }
    let count = subject.matches(from).count();
    scope.meter.pay_text(subject.len() - count * from.len() + count.saturating_mul(to.len()))?;
    Ok(Value::Text(SmolStr::from(subject.replace(from, to))))
}

fn over_number(function: Builtin, arguments: &[Expr], scope: &Scope<'_>) -> Made {
    let first = argument(arguments, 0, scope)?;
    let places = match (function, arguments.len()) {
        (Builtin::Round, 2..) => {
            let places = number(&*argument(arguments, 1, scope)?)?;
            let count = if places.is_integer() { places.to_u32().filter(|count| *count <= 28) } else { None };
            count.ok_or_else(|| EvalError::new(format!("expected 0 to 28 places, found `{}`", decimal::text(places))))?
        }
        _ => 0,
    };
    let apply = |number: Decimal| {
        decimal::plain(match function {
            Builtin::Abs => number.abs(),
            Builtin::Floor => number.floor(),
            Builtin::Ceil => number.ceil(),
            _ => decimal::round(number, places),
        })
    };
    match &*first {
        Value::Number(number) => Ok(Value::Number(apply(*number))),
        Value::Money(money) => Ok(Value::Money(Money { amount: apply(money.amount), ..*money })),
        other => Err(unexpected("a number", other)),
    }
}
