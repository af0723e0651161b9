//! The walk over an expression.

use std::borrow::Cow;
use std::sync::Arc;

use rust_decimal::prelude::ToPrimitive;
use serde_json::Value as Json;
use smol_str::SmolStr;

use super::scope::{LONGEST_TEXT, Scope, fits};
use super::{EvalError, builtin, fold, operate, truth};
use crate::plan::{Arithmetic, Expr, TextPart, Type};
use crate::value::{Mismatch, Value, from_json, money, to_json, to_text};

type Seen<'e> = Result<Cow<'e, Value>, EvalError>;

/// What an expression only looks at. `None`: it is not of that kind, or there is nothing there.
#[inline]
pub(super) fn peek<'e>(expr: &'e Expr, scope: &Scope<'e>) -> Option<&'e Value> {
    match expr {
        Expr::Const(value) => Some(value),
        Expr::Slot { frame, index } => scope.env.frames.get(usize::from(*frame))?.get(*index as usize),
        Expr::Field(inner, index) => field(inner, *index, scope),
        Expr::Local(index) => scope.local(*index),
        _ => None,
    }
}

fn field<'e>(inner: &'e Expr, index: u32, scope: &Scope<'e>) -> Option<&'e Value> {
    match peek(inner, scope)? {
        Value::Record(fields) => fields.get(index as usize),
        _ => None,
    }
}

/// The value of an expression, where it lies or newly made.
#[inline]
pub(super) fn operand<'e>(expr: &'e Expr, scope: &Scope<'e>) -> Seen<'e> {
    match peek(expr, scope) {
        Some(value) => Ok(Cow::Borrowed(value)),
        None => value(expr, scope),
    }
}

/// As [`operand`], for what is probably to be made.
pub(super) fn value<'e>(expr: &'e Expr, scope: &Scope<'e>) -> Seen<'e> {
    match expr {
        Expr::Not(_) | Expr::And(..) | Expr::Or(..) | Expr::Compare(..) | Expr::In(..) | Expr::TextTest(..) => truth(expr, scope),
        Expr::Matches(..) | Expr::IsNone(_) => truth(expr, scope),
        _ => scope.meter.nested(|| dispatch(expr, scope)),
    }
}

/// Each kind in a function of its own: what one level of nesting needs of the stack stays small.
fn dispatch<'e>(expr: &'e Expr, scope: &Scope<'e>) -> Seen<'e> {
    match expr {
        Expr::Const(_) | Expr::Slot { .. } | Expr::Local(_) => peek(expr, scope).map(Cow::Borrowed).ok_or_else(nothing),
        Expr::Arithmetic(operation, left, right) => arithmetic(*operation, left, right, scope),
        Expr::If(condition, then, otherwise) => choose(condition, then, otherwise, scope),
        Expr::Otherwise(first, second) => fall_back(first, second, scope),
        Expr::Field(inner, index) => of_record(operand(inner, scope)?, *index),
        Expr::Index(list, index) => at(list, index, scope),
        _ => made(expr, scope).map(Cow::Owned),
    }
}

fn arithmetic<'e>(operation: Arithmetic, left: &'e Expr, right: &'e Expr, scope: &Scope<'e>) -> Seen<'e> {
    let left = operand(left, scope)?;
    let right = operand(right, scope)?;
    operate::arithmetic(operation, &left, &right, scope.meter).map(Cow::Owned)
}

fn choose<'e>(condition: &'e Expr, then: &'e Expr, otherwise: &'e Expr, scope: &Scope<'e>) -> Seen<'e> {
    let taken = if truth::of(condition, scope)? { then } else { otherwise };
    operand(taken, scope)
}

fn fall_back<'e>(first: &'e Expr, second: &'e Expr, scope: &Scope<'e>) -> Seen<'e> {
    let first = operand(first, scope)?;
    if first.is_none() { operand(second, scope) } else { Ok(first) }
}

fn truth<'e>(expr: &Expr, scope: &Scope<'_>) -> Seen<'e> {
    truth::of(expr, scope).map(|holds| Cow::Owned(Value::Bool(holds)))
}

#[cold]
fn nothing() -> EvalError {
    EvalError::new("there is no such value yet")
}

/// Values that are always new.
#[inline(never)]
fn made(expr: &Expr, scope: &Scope<'_>) -> Result<Value, EvalError> {
    match expr {
        Expr::Negate(inner) => with(operate::negate, inner, scope),
        Expr::Amount(inner) => with(amount, inner, scope),
        Expr::CurrencyOf(inner) => with(currency_of, inner, scope),
        Expr::List(items) => all(items, scope, Value::List),
        Expr::Record(fields) => all(fields, scope, Value::Record),
        Expr::Text(parts) => text(parts, scope),
        Expr::Builtin(function, arguments) => builtin::call(*function, arguments, scope),
        Expr::For { fold, list, filter, body } => fold::comprehension(*fold, list, filter.as_deref(), body, scope),
        Expr::JsonField(..) => json_value(expr, scope),
        Expr::Decode(inner, ty) => decode(inner, ty, scope),
        Expr::JsonObject(members) => object(members, scope),
        _ => outside(expr, scope),
    }
}

fn amount(value: &Value) -> Result<Value, EvalError> {
    match value {
        Value::Money(money) => Ok(Value::Number(money.amount)),
        // The sum of no amounts.
        Value::Number(number) if number.is_zero() => Ok(Value::Number(*number)),
        other => Err(operate::unexpected("money", other)),
    }
}

fn currency_of(value: &Value) -> Result<Value, EvalError> {
    match value {
        Value::Money(money) => Ok(Value::Text(SmolStr::new(money.currency.code()))),
        Value::Number(zero) if zero.is_zero() => Err(EvalError::new("the sum of no amounts has no currency")),
        other => Err(operate::unexpected("money", other)),
    }
}

fn outside(expr: &Expr, scope: &Scope<'_>) -> Result<Value, EvalError> {
    let outside = scope.env.outside;
    let unset = |what: &str, name: &str| EvalError::new(format!("{what} `{name}` is not set"));
    match expr {
        Expr::Now => Ok(Value::Time(outside.now)),
        Expr::Today => Ok(Value::Date(outside.zone.to_datetime(outside.now).date())),
        Expr::Env(name) => outside.names.env(name).map(Value::Text).ok_or_else(|| unset("the environment variable", name)),
        Expr::Secret(name) => outside.names.secret(name).map(Value::Text).ok_or_else(|| unset("the secret", name)),
        Expr::Owner => Ok(Value::Text(SmolStr::new(outside.owner))),
        Expr::Requester => Ok(Value::Text(SmolStr::new(outside.requester))),
        // Every other kind is read elsewhere.
        _ => Err(nothing()),
    }
}

fn with(make: fn(&Value) -> Result<Value, EvalError>, inner: &Expr, scope: &Scope<'_>) -> Result<Value, EvalError> {
    make(&*operand(inner, scope)?)
}

fn json_value(expr: &Expr, scope: &Scope<'_>) -> Result<Value, EvalError> {
    json(expr, scope).map(|json| Value::Json(Arc::new(json.into_owned())))
}

fn all(items: &[Expr], scope: &Scope<'_>, make: fn(Arc<[Value]>) -> Value) -> Result<Value, EvalError> {
    scope.meter.pay_items(items.len())?;
    let values: Result<Vec<Value>, EvalError> = items.iter().map(|item| operand(item, scope).map(Cow::into_owned)).collect();
    values.map(|values| make(values.into()))
}

fn of_record<'e>(record: Cow<'e, Value>, index: u32) -> Seen<'e> {
    let at = index as usize;
    let field = match record {
        Cow::Borrowed(Value::Record(fields)) => fields.get(at).map(Cow::Borrowed),
        Cow::Owned(Value::Record(ref fields)) => fields.get(at).cloned().map(Cow::Owned),
        ref other => return Err(operate::unexpected("a record", other)),
    };
    field.ok_or_else(nothing)
}

fn at<'e>(list: &'e Expr, index: &'e Expr, scope: &Scope<'e>) -> Seen<'e> {
    let list = operand(list, scope)?;
    let index = operate::number(&*operand(index, scope)?)?;
    let place = if index.is_integer() { index.to_usize() } else { None };
    let outside = |length: usize| {
        let items = if length == 1 { "item" } else { "items" };
        EvalError::new(format!("no item `{}` in a list of {length} {items}, the first is `0`", index.normalize()))
    };
    match list {
        Cow::Borrowed(Value::List(items)) => {
            place.and_then(|place| items.get(place)).map(Cow::Borrowed).ok_or_else(|| outside(items.len()))
        }
        Cow::Owned(Value::List(items)) => {
            place.and_then(|place| items.get(place)).cloned().map(Cow::Owned).ok_or_else(|| outside(items.len()))
        }
        list => match &*list {
            Value::Json(json) => {
                let item = place.and_then(|place| json.get(place)).cloned().unwrap_or(Json::Null);
                Ok(Cow::Owned(Value::Json(Arc::new(item))))
            }
            other => Err(operate::unexpected("a list", other)),
        },
    }
}

/// JSON inside JSON is looked at where it lies.
fn json<'e>(expr: &'e Expr, scope: &Scope<'e>) -> Result<Cow<'e, Json>, EvalError> {
    let Expr::JsonField(inner, name) = expr else {
        return match operand(expr, scope)? {
            Cow::Borrowed(Value::Json(json)) => Ok(Cow::Borrowed(json)),
            Cow::Owned(Value::Json(json)) => Ok(Cow::Owned(Arc::unwrap_or_clone(json))),
            value if value.is_none() => Ok(Cow::Owned(Json::Null)),
            value => Err(operate::unexpected("`json`", &value)),
        };
    };
    scope.meter.nested(|| {
        Ok(match json(inner, scope)? {
            Cow::Borrowed(json) => json.get(name.as_str()).map_or(Cow::Owned(Json::Null), Cow::Borrowed),
            Cow::Owned(mut json) => Cow::Owned(json.get_mut(name.as_str()).map_or(Json::Null, Json::take)),
        })
    })
}

fn decode(inner: &Expr, ty: &Type, scope: &Scope<'_>) -> Result<Value, EvalError> {
    let json = match inner {
        Expr::JsonField(..) => json(inner, scope)?,
        _ => match operand(inner, scope)? {
            Cow::Borrowed(Value::Json(json)) => Cow::Borrowed(&**json),
            Cow::Owned(Value::Json(json)) => Cow::Owned(Arc::unwrap_or_clone(json)),
            // A literal that is already of the type.
            value => return Ok(value.into_owned()),
        },
    };
    from_json(&json, ty, scope.env.types, "").map_err(|found| mismatched(&found))
}

fn mismatched(found: &[Mismatch]) -> EvalError {
    let told: Vec<String> = found.iter().take(10).map(ToString::to_string).collect();
    let more = if found.len() > told.len() { format!("; and {} more", found.len() - told.len()) } else { String::new() };
    EvalError::new(format!("{}{more}", told.join("; ")))
}

fn object(members: &[(SmolStr, Expr, Type)], scope: &Scope<'_>) -> Result<Value, EvalError> {
    let members: Result<serde_json::Map<String, Json>, EvalError> = members
        .iter()
        .map(|(name, value, ty)| {
            let value = operand(value, scope)?;
            scope.meter.pay_written(&value, 16 * LONGEST_TEXT)?;
            Ok((name.to_string(), to_json(&value, ty, scope.env.types)))
        })
        .collect();
    members.map(|members| Value::Json(Arc::new(Json::Object(members))))
}

fn text(parts: &[TextPart], scope: &Scope<'_>) -> Result<Value, EvalError> {
    let mut text = String::new();
    for part in parts {
        match part {
            TextPart::Text(literal) => text.push_str(literal),
            TextPart::Value(inner, ty) => write(&*operand(inner, scope)?, ty, &mut text, scope)?,
        }
        fits(text.len())?;
    }
    scope.meter.pay_bytes(text.len())?;
    Ok(Value::Text(SmolStr::from(text)))
}

fn write(value: &Value, ty: &Type, text: &mut String, scope: &Scope<'_>) -> Result<(), EvalError> {
    match value {
        Value::Text(value) => text.push_str(value),
        value => {
            scope.meter.pay_written(value, 2 * LONGEST_TEXT)?;
            text.push_str(&to_text(value, ty, scope.env.types));
        }
    }
    Ok(())
}

/// The code of a currency that a text names.
pub(super) fn currency(code: &str) -> Result<iso_currency::Currency, EvalError> {
    money::currency(code).map_err(EvalError)
}
