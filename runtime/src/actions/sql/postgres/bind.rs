//! A statement with its values beside it: no value is ever part of the text.
//!
//! Values travel as texts and the server reads them as the type that their place has, so that a number is exact and a day a day.

use std::error::Error;

use bytes::BytesMut;
use flow_compiler::plan::{TextPart, Type};
use flow_compiler::value::{self, Value};
use tokio_postgres::types::{Format, IsNull, ToSql, Type as Kind, to_sql_checked};

use crate::actions::call::Call;
use crate::actions::sql::NOT_BARE;

/// A value as a text, or `null`.
#[derive(Clone, Debug)]
pub(super) struct Bound(Option<String>);

impl ToSql for Bound {
    fn to_sql(&self, _: &Kind, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match &self.0 {
            Some(text) => {
                out.extend_from_slice(text.as_bytes());
                Ok(IsNull::No)
            }
            None => Ok(IsNull::Yes),
        }
    }

    fn accepts(_: &Kind) -> bool {
        true
    }

    fn encode_format(&self, _: &Kind) -> Format {
        Format::Text
    }

    to_sql_checked!();
}

/// A statement that can be prepared.
pub(super) struct Statement {
    pub(super) text: String,
    pub(super) values: Vec<Bound>,
    /// Whether a quote of the author's is open.
    quoted: bool,
}

impl Statement {
    /// Texts as they are, values as `$1`. `in` a list becomes `= any($1)`, `not in` one `<> all($1)`, which an empty list does no harm; a
    /// list in the author's own parentheses is as many values as it has items.
    pub(super) fn new(call: &Call<'_>, parts: &[TextPart]) -> Result<Self, String> {
        let mut statement = Self { text: String::new(), values: Vec::new(), quoted: false };
        let mut closes = false;
        for (index, part) in parts.iter().enumerate() {
            match part {
                TextPart::Text(text) => {
                    // The parenthesis that was closed with the list.
                    let text = if std::mem::take(&mut closes) { text.trim_start().trim_start_matches(')') } else { text };
                    statement.literal(text)?;
                }
                TextPart::Value(expr, ty) => {
                    let next = match parts.get(index + 1) {
                        Some(TextPart::Text(next)) => next.trim_start(),
                        _ => "",
                    };
                    closes = statement.add(call, &call.eval(expr)?, ty, next)?;
                }
            }
        }
        Ok(statement)
    }

    /// The author's own text. A `$1` in it would stand for somebody else's value.
    fn literal(&mut self, text: &str) -> Result<(), String> {
        let mut before = ' ';
        for c in text.chars() {
            match c {
                '\'' => self.quoted = !self.quoted,
                c if c.is_ascii_digit() && before == '$' && !self.quoted => return Err(NOT_BARE.into()),
                _ => {}
            }
            before = c;
        }
        self.text.push_str(text);
        Ok(())
    }

    /// Adds a value; says whether the author's closing parenthesis after it is used up.
    fn add(&mut self, call: &Call<'_>, value: &Value, ty: &Type, next: &str) -> Result<bool, String> {
        match (value, ty) {
            (value, Type::Optional(inner)) if *value != Value::None => self.add(call, value, inner, next),
            (Value::List(items), Type::List(inner)) => self.list(call, items, inner, next),
            (value, ty) => {
                self.mark(Bound(text(call, value, ty)));
                Ok(false)
            }
        }
    }

    fn mark(&mut self, value: Bound) {
        self.values.push(value);
        self.text.push('$');
        self.text.push_str(&self.values.len().to_string());
    }

    fn list(&mut self, call: &Call<'_>, items: &[Value], inner: &Type, next: &str) -> Result<bool, String> {
        let before = self.text.trim_end();
        let alone = before.ends_with('(') && next.starts_with(')');
        let head = if alone { before.trim_end_matches('(').trim_end() } else { before };
        if let Some((head, negated)) = membership(head) {
            let operator = if negated { " <> all (" } else { " = any (" };
            self.text = format!("{}{operator}", head.trim_end());
            self.mark(Bound(Some(array(call, items, inner))));
            self.text.push(')');
            return Ok(alone);
        }
        if items.is_empty() {
            return Err("the list is empty, and stands where a value is needed".into());
        }
        let wrapped = alone || before.ends_with(['(', ',']) && next.starts_with([',', ')']);
        if !wrapped {
            self.text.push('(');
        }
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.text.push_str(", ");
            }
            self.mark(Bound(text(call, item, inner)));
        }
        if !wrapped {
            self.text.push(')');
        }
        Ok(false)
    }
}

/// What stands before `in` or `not in` at the end of a text, and whether it is `not in`.
fn membership(text: &str) -> Option<(&str, bool)> {
    let head = strip_word(text, "in")?;
    Some(match strip_word(head.trim_end(), "not") {
        Some(head) => (head, true),
        None => (head, false),
    })
}

fn strip_word<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let at = text.len().checked_sub(word.len())?;
    let (head, tail) = (text.get(..at)?, text.get(at..)?);
    let apart = !head.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$'));
    (tail.eq_ignore_ascii_case(word) && apart).then_some(head)
}

/// The text of a value; `None` for `null`.
fn text(call: &Call<'_>, value: &Value, ty: &Type) -> Option<String> {
    Some(match value {
        Value::None => return None,
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.normalize().to_string(),
        Value::Text(text) => text.to_string(),
        Value::List(_) | Value::Record(_) | Value::Json(_) => value::to_json(value, ty, call.types()).to_string(),
        other => value::to_text(other, ty, call.types()),
    })
}

/// The items as the text of an array.
fn array(call: &Call<'_>, items: &[Value], inner: &Type) -> String {
    let item = |value: &Value| match text(call, value, inner) {
        Some(text) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        None => "NULL".to_owned(),
    };
    format!("{{{}}}", items.iter().map(item).collect::<Vec<_>>().join(","))
}
