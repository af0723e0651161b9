//! Values as text: for interpolation and pages, and from the command line.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::Value as Json;
use smol_str::SmolStr;

use super::json::{expected, from_input, number_of, quoted, to_json};
use super::{Mismatch, Value, decimal, money, time};
use crate::plan::{Type, TypeDef};

/// The text of a value, as interpolation writes it: `1500.00 EUR`, `high`, `2 days`; lists and records as compact JSON, `none` as nothing.
#[must_use]
pub fn to_text(value: &Value, ty: &Type, types: &[TypeDef]) -> String {
    match (value, ty) {
        (Value::None, _) => String::new(),
        (value, Type::Optional(inner)) => to_text(value, inner, types),
        (Value::Bool(value), _) => value.to_string(),
        // The sum of no durations; that of no amounts is a bare zero.
        (Value::Number(_), Type::Duration) => time::duration_text(SignedDuration::ZERO),
        (Value::Number(number), _) => decimal::text(*number),
        (Value::Money(money), _) => money::text(*money),
        (Value::Text(text), _) => text.to_string(),
        (Value::Date(date), _) => date.to_string(),
        (Value::Time(time), _) => time.to_string(),
        (Value::Duration(duration), _) => time::duration_text(*duration),
        (Value::List(_) | Value::Record(_) | Value::Enum(_) | Value::Json(_), _) => match to_json(value, ty, types) {
            Json::String(text) => text,
            json => json.to_string(),
        },
    }
}

/// Reads `NAME=VALUE`'s value by the parameter's type: `1500`, `1500 EUR`, `[1, 2]` as JSON, a text as it is.
///
/// # Errors
/// All mismatches, each with its path below `path`.
pub fn from_argument(text: &str, ty: &Type, types: &[TypeDef], path: &str) -> Result<Value, Vec<Mismatch>> {
    let one = |problem: String| vec![Mismatch { path: path.to_owned(), problem }];
    let unexpected = || one(format!("expected {}, found text {}", expected(ty, types), quoted(text)));
    let parsed = |json: Option<Json>| json.ok_or_else(unexpected).and_then(|json| from_input(&json, ty, types, path));
    match ty {
        Type::Optional(inner) if **inner != Type::Text && matches!(text, "none" | "null" | "") => Ok(Value::None),
        Type::Optional(inner) => from_argument(text, inner, types, path),
        Type::Text => Ok(Value::Text(SmolStr::new(text))),
        Type::Number => number_of(text.trim()).map(Value::Number).map_err(one),
        Type::Bool => text.trim().parse().map(Value::Bool).map_err(|_| unexpected()),
        Type::Duration => time::any_duration(text.trim()).map(Value::Duration).ok_or_else(unexpected),
        Type::Money if !text.trim_start().starts_with('{') => money::parse(text).map(Value::Money).map_err(|problem| {
            let bare = decimal::parse(text.trim()).is_ok();
            one(if bare { format!("expected money such as \"1500.00 EUR\", found number {}", text.trim()) } else { problem })
        }),
        Type::Date | Type::Time | Type::Enum(_) => parsed(Some(Json::String(text.trim().to_owned()))),
        Type::Json => parsed(serde_json::from_str(text).ok()).map(|value| match value {
            Value::None => Value::Json(Arc::new(Json::Null)),
            value => value,
        }),
        Type::Money | Type::List(_) | Type::Record(_) | Type::Secret => parsed(serde_json::from_str(text).ok()),
    }
}
