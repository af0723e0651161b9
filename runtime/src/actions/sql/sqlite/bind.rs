//! A statement with its values beside it: no value is ever part of the text.

use flow_compiler::plan::{TextPart, Type};
use flow_compiler::value::{self, Value};
use rusqlite::types::Value as Bound;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use crate::actions::call::Call;

/// A statement that can be prepared.
pub(super) struct Statement {
    pub(super) text: String,
    pub(super) values: Vec<Bound>,
}

impl Statement {
    /// Texts as they are, values as `?`. A list becomes `(?, ?)`, or `?, ?` where the author wrote the parentheses; an empty one a query
    /// that finds nothing, since `in ()` would be a quirk of this one database.
    pub(super) fn new(call: &Call<'_>, parts: &[TextPart]) -> Result<Self, String> {
        let mut statement = Self { text: String::new(), values: Vec::new() };
        for (index, part) in parts.iter().enumerate() {
            match part {
                TextPart::Text(text) => statement.text.push_str(text),
                TextPart::Value(expr, ty) => {
                    let next = match parts.get(index + 1) {
                        Some(TextPart::Text(next)) => next.trim_start(),
                        _ => "",
                    };
                    statement.add(call, &call.eval(expr)?, ty, next)?;
                }
            }
        }
        Ok(statement)
    }

    fn add(&mut self, call: &Call<'_>, value: &Value, ty: &Type, next: &str) -> Result<(), String> {
        match (value, ty) {
            (value, Type::Optional(inner)) if *value != Value::None => self.add(call, value, inner, next),
            (Value::List(items), Type::List(inner)) => {
                let before = self.text.trim_end();
                let wrapped = before.ends_with('(') && next.starts_with(')')
                    || before.ends_with(',') && next.starts_with([',', ')'])
                    || before.ends_with('(') && next.starts_with(',');
                let marks = match items.len() {
                    0 => "select 1 where 0".to_owned(),
                    count => vec!["?"; count].join(", "),
                };
                self.text.push_str(&if wrapped { marks } else { format!("({marks})") });
                for item in items.iter() {
                    self.values.push(bind(call, item, inner)?);
                }
                Ok(())
            }
            (value, ty) => {
                self.text.push('?');
                self.values.push(bind(call, value, ty)?);
                Ok(())
            }
        }
    }
}

/// A value as SQLite takes it. A number that is no whole one stays exact as a text; a column of a numeric kind converts it.
fn bind(call: &Call<'_>, value: &Value, ty: &Type) -> Result<Bound, String> {
    Ok(match value {
        Value::None => Bound::Null,
        Value::Bool(value) => Bound::Integer((*value).into()),
        Value::Number(number) => match whole(*number) {
            Some(whole) => Bound::Integer(whole),
            None => Bound::Text(number.normalize().to_string()),
        },
        Value::Text(text) => Bound::Text(text.to_string()),
        Value::List(_) | Value::Record(_) | Value::Json(_) => Bound::Text(value::to_json(value, ty, call.types()).to_string()),
        other => Bound::Text(value::to_text(other, ty, call.types())),
    })
}

fn whole(number: Decimal) -> Option<i64> {
    if number.is_integer() { number.to_i64() } else { None }
}
