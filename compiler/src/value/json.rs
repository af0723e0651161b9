//! Values at the JSON boundary, read and written by their type.

use std::fmt;
use std::sync::Arc;

use iso_currency::Currency;
use jiff::SignedDuration;
use rust_decimal::Decimal;
use serde_json::Value as Json;
use smol_str::SmolStr;

use super::{Money, Value, decimal, money, time};
use crate::plan::{Field, Type, TypeDef, TypeKind};

/// One place where JSON does not fit the type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// `invoice.lines[2].amount`; empty for the value itself.
    pub path: String,
    /// ``expected money such as "1500.00 EUR", found number 1500``
    pub problem: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() { f.write_str(&self.problem) } else { write!(f, "{}: {}", self.path, self.problem) }
    }
}

/// Reads JSON as a value of the type. Fields that the type does not have are passed over: what an outside service answers may grow.
///
/// # Errors
/// All mismatches, each with its path below `path`.
pub fn from_json(json: &Json, ty: &Type, types: &[TypeDef], path: &str) -> Result<Value, Vec<Mismatch>> {
    read(json, ty, types, path, false)
}

/// As [`from_json`], for what a person or a program hands to a run: fields that the type does not have are mismatches too.
///
/// # Errors
/// All mismatches, each with its path below `path`.
pub fn from_input(json: &Json, ty: &Type, types: &[TypeDef], path: &str) -> Result<Value, Vec<Mismatch>> {
    read(json, ty, types, path, true)
}

fn read(json: &Json, ty: &Type, types: &[TypeDef], path: &str, strict: bool) -> Result<Value, Vec<Mismatch>> {
    let mut reader = Reader { types, strict, path: path.to_owned(), found: Vec::new() };
    let value = reader.value(Some(json), ty);
    if reader.found.is_empty() { Ok(value) } else { Err(reader.found) }
}

/// How many mismatches are told; a list of a million wrong items is not a million lines.
const MOST: usize = 100;

struct Reader<'a> {
    types: &'a [TypeDef],
    strict: bool,
    path: String,
    found: Vec<Mismatch>,
}

impl Reader<'_> {
    /// The value, or anything after a mismatch was noted.
    fn value(&mut self, json: Option<&Json>, ty: &Type) -> Value {
        match (ty, json) {
            (Type::Optional(_), None | Some(Json::Null)) => Value::None,
            (Type::Optional(inner), json) => self.value(json, inner),
            (Type::Json, Some(json)) => Value::Json(Arc::new(json.clone())),
            (Type::List(inner), Some(Json::Array(items))) => {
                let items = items.iter().enumerate().map(|(index, item)| {
                    let length = self.path.len();
                    self.path.push_str(&format!("[{index}]"));
                    let value = self.value(Some(item), inner);
                    self.path.truncate(length);
                    value
                });
                Value::List(items.collect())
            }
            (Type::Record(index), Some(Json::Object(members))) => match self.types.get(*index as usize).map(|def| &def.kind) {
                Some(TypeKind::Record(fields)) => self.record(fields, members),
                _ => self.miss(json, ty),
            },
            (Type::Money, Some(Json::Object(members))) => self.money_object(members),
            (_, Some(json)) => match scalar(json, ty, self.types) {
                Ok(value) => value,
                Err(Some(problem)) => self.note(problem),
                Err(None) => self.miss(Some(json), ty),
            },
            (_, None) => self.miss(None, ty),
        }
    }

    fn record(&mut self, fields: &[Field], members: &serde_json::Map<String, Json>) -> Value {
        let values: Arc<[Value]> = fields
            .iter()
            .map(|field| {
                let length = self.path.len();
                self.enter(&field.json);
                let value = self.value(members.get(field.json.as_str()), &field.ty);
                self.path.truncate(length);
                value
            })
            .collect();
        if self.strict {
            for name in members.keys().filter(|name| !fields.iter().any(|field| field.json == name.as_str())) {
                let length = self.path.len();
                self.enter(name);
                self.note(unknown_field(name, fields.iter().map(|field| field.json.as_str())));
                self.path.truncate(length);
            }
        }
        Value::Record(values)
    }

    fn money_object(&mut self, members: &serde_json::Map<String, Json>) -> Value {
        let amount = match members.get("amount") {
            Some(Json::String(amount)) => amount.clone(),
            Some(Json::Number(amount)) => amount.to_string(),
            _ => String::new(),
        };
        let code = members.get("currency").and_then(Json::as_str).unwrap_or_default();
        let known = members.keys().all(|name| name == "amount" || name == "currency");
        match money::from_parts(&amount, code) {
            Some(Ok(money)) if known || !self.strict => Value::Money(money),
            Some(Err(problem)) if !code.is_empty() => self.note(problem),
            _ => self.note(format!(
                "expected money such as {MONEY} or {{\"amount\": \"1500.00\", \"currency\": \"EUR\"}}, found another object"
            )),
        }
    }

    fn enter(&mut self, name: &str) {
        if !self.path.is_empty() {
            self.path.push('.');
        }
        self.path.push_str(name);
    }

    fn miss(&mut self, json: Option<&Json>, ty: &Type) -> Value {
        self.note(format!("expected {}, found {}", expected(ty, self.types), json.map_or_else(|| "nothing".into(), found)))
    }

    fn note(&mut self, problem: String) -> Value {
        if self.found.len() < MOST {
            self.found.push(Mismatch { path: self.path.clone(), problem });
        }
        Value::None
    }
}

/// Says that a record or input has no such field, and which was perhaps meant.
pub(super) fn unknown_field<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let near = known
        .map(|candidate| (strsim::damerau_levenshtein(&name.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.chars().count() / 4)
        .min();
    near.map_or_else(|| "no such field".into(), |(_, candidate)| format!("no such field, perhaps `{candidate}` is meant"))
}

const MONEY: &str = "\"1500.00 EUR\"";

/// Reads what is neither a list nor an object. An error without words is a mismatch of kinds.
fn scalar(json: &Json, ty: &Type, types: &[TypeDef]) -> Result<Value, Option<String>> {
    match (ty, json) {
        (Type::Bool, Json::Bool(value)) => Ok(Value::Bool(*value)),
        (Type::Number, Json::Number(number)) => number_of(&number.to_string()).map(Value::Number).map_err(Some),
        (Type::Text, Json::String(text)) => Ok(Value::Text(SmolStr::new(text))),
        (Type::Money, Json::String(text)) => money::parse(text).map(Value::Money).map_err(Some),
        (Type::Date, Json::String(text)) => time::date(text).map(Value::Date).ok_or(None),
        (Type::Time, Json::String(text)) => time::instant(text).map(Value::Time).ok_or(None),
        (Type::Duration, Json::String(text)) => time::duration(text).map(Value::Duration).ok_or(None),
        (Type::Enum(index), Json::String(text)) => match types.get(*index as usize).map(|def| &def.kind) {
            Some(TypeKind::Enum(members)) => member(text, members).map(Value::Enum).ok_or(None),
            _ => Err(None),
        },
        _ => Err(None),
    }
}

fn member(text: &str, members: &[SmolStr]) -> Option<u32> {
    members.iter().position(|member| member == text).and_then(|index| index.try_into().ok())
}

/// Reads a number exactly, or says why not.
pub(super) fn number_of(text: &str) -> Result<Decimal, String> {
    decimal::parse(text).map_err(|fault| match fault {
        decimal::Fault::Text => format!("expected a number, found text {}", quoted(text)),
        decimal::Fault::Large => format!("the number {} is too large", short(text)),
        _ => format!("the number {} has more than 28 digits", short(text)),
    })
}

/// What a type wants, as a message says it.
pub(super) fn expected(ty: &Type, types: &[TypeDef]) -> String {
    let named = |index: u32| types.get(index as usize);
    match ty {
        Type::Text => "text".into(),
        Type::Number => "a number".into(),
        Type::Bool => "true or false".into(),
        Type::Money => format!("money such as {MONEY}"),
        Type::Date => "a date such as \"2026-11-22\"".into(),
        Type::Time => "a time such as \"2026-11-22T09:00:00Z\"".into(),
        Type::Duration => "a duration such as \"PT4H\"".into(),
        Type::Json => "any JSON".into(),
        Type::Secret => "nothing, for a secret is never given".into(),
        Type::List(inner) => format!("a list, each item {}", expected(inner, types)),
        Type::Optional(inner) => format!("{} or null", expected(inner, types)),
        Type::Record(index) => named(*index).map_or_else(|| "an object".into(), |def| format!("an object `{}`", def.name)),
        Type::Enum(index) => match named(*index).map(|def| &def.kind) {
            Some(TypeKind::Enum(members)) => {
                let members: Vec<String> = members.iter().map(|member| format!("\"{member}\"")).collect();
                format!("one of {}", members.join(", "))
            }
            _ => "a member of an enum".into(),
        },
    }
}

fn found(json: &Json) -> String {
    match json {
        Json::Null => "null".into(),
        Json::Bool(value) => value.to_string(),
        Json::Number(number) => format!("number {}", short(&number.to_string())),
        Json::String(text) => format!("text {}", quoted(text)),
        Json::Array(_) => "a list".into(),
        Json::Object(_) => "an object".into(),
    }
}

/// A text as a message shows it: in quotes, on one line, not too long.
pub(crate) fn quoted(text: &str) -> String {
    Json::String(short(text)).to_string()
}

fn short(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// Writes a value of the type as JSON.
#[must_use]
pub fn to_json(value: &Value, ty: &Type, types: &[TypeDef]) -> Json {
    let kind = |index: &u32| types.get(*index as usize).map(|def| &def.kind);
    match (value, ty) {
        (Value::None, _) => Json::Null,
        (value, Type::Optional(inner)) => to_json(value, inner, types),
        (Value::List(items), Type::List(inner)) => items.iter().map(|item| to_json(item, inner, types)).collect(),
        (Value::Record(values), Type::Record(index)) => match kind(index) {
            Some(TypeKind::Record(fields)) => Json::Object(
                fields.iter().zip(values.iter()).map(|(field, value)| (field.json.to_string(), to_json(value, &field.ty, types))).collect(),
            ),
            _ => Json::Null,
        },
        (Value::Enum(member), Type::Enum(index)) => match kind(index) {
            Some(TypeKind::Enum(members)) => members.get(*member as usize).map_or(Json::Null, |name| Json::String(name.to_string())),
            _ => Json::Null,
        },
        // The sum of nothing, whose kind only the type knows.
        (Value::Number(_), Type::Duration) => Json::String(SignedDuration::ZERO.to_string()),
        (Value::Number(amount), Type::Money) => Json::String(money::text(Money { amount: *amount, currency: Currency::XXX })),
        (value, _) => untyped(value),
    }
}

/// Writes what says by itself what it is.
fn untyped(value: &Value) -> Json {
    match value {
        Value::None | Value::Record(_) | Value::Enum(_) => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Number(number) => decimal::text(*number).parse().map_or(Json::Null, Json::Number),
        Value::Money(money) => Json::String(money::text(*money)),
        Value::Text(text) => Json::String(text.to_string()),
        Value::Date(date) => Json::String(date.to_string()),
        Value::Time(time) => Json::String(time.to_string()),
        Value::Duration(duration) => Json::String(duration.to_string()),
        Value::List(items) => items.iter().map(untyped).collect(),
        Value::Json(json) => Json::clone(json),
    }
}
