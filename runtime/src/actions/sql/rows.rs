//! Rows as values of the declared type.

use std::str::FromStr as _;

use flow_compiler::plan::{Field, Type, TypeDef, TypeKind};
use flow_compiler::value::{self, Value};
use serde_json::{Map, Number, Value as Json};

use crate::actions::call::plain;

/// All rows, cells as JSON, in the order of the columns.
pub(super) struct Rows {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<Json>>,
}

/// Why rows are not read to the end.
pub(super) const TOO_MUCH: &str = "the rows hold more than 1 MiB";

/// The rows as a value: a list of records or of single values, one record, one value, or nothing where the type allows it.
pub(super) fn decode(found: Rows, ty: &Type, types: &[TypeDef]) -> Result<Value, String> {
    let Rows { columns, rows } = found;
    let json = match ty {
        Type::List(item) => Json::Array(rows.into_iter().map(|row| shape(&columns, row, item, types)).collect::<Result<_, _>>()?),
        Type::Json => Json::Array(rows.into_iter().map(|row| object(&columns, row)).collect()),
        Type::Optional(inner) if rows.is_empty() && !matches!(**inner, Type::List(_) | Type::Json) => return Ok(Value::None),
        Type::Optional(inner) if matches!(**inner, Type::List(_) | Type::Json) => return decode(Rows { columns, rows }, inner, types),
        one => {
            let count = rows.len();
            let mut rows = rows.into_iter();
            match (rows.next(), rows.next()) {
                (Some(row), None) => shape(&columns, row, plain(one), types)?,
                _ => return Err(format!("expected one row, found {count}")),
            }
        }
    };
    value::from_json(&json, ty, types, "").map_err(|mismatches| {
        let one = |mismatch: &value::Mismatch| format!("{}: {}", mismatch.path, mismatch.problem);
        mismatches.iter().map(one).collect::<Vec<_>>().join("; ").trim_start_matches(": ").to_owned()
    })
}

/// One row as JSON of the type.
fn shape(columns: &[String], row: Vec<Json>, ty: &Type, types: &[TypeDef]) -> Result<Json, String> {
    if let Some(fields) = fields(ty, types) {
        let mut object = Map::new();
        for (column, cell) in columns.iter().zip(row) {
            let field = fields
                .iter()
                .find(|field| field.json == *column || field.name == *column)
                .or_else(|| fields.iter().find(|field| field.name.eq_ignore_ascii_case(column)));
            if let Some(field) = field {
                object.insert(field.json.to_string(), adapt(cell, &field.ty, types));
            }
        }
        return Ok(Json::Object(object));
    }
    if *plain(ty) == Type::Json {
        return Ok(object(columns, row));
    }
    let count = row.len();
    let mut cells = row.into_iter();
    match (cells.next(), cells.next()) {
        (Some(cell), None) => Ok(adapt(cell, ty, types)),
        _ => Err(format!("expected one column, found {count}")),
    }
}

fn object(columns: &[String], row: Vec<Json>) -> Json {
    Json::Object(columns.iter().cloned().zip(row).collect())
}

fn fields<'a>(ty: &Type, types: &'a [TypeDef]) -> Option<&'a [Field]> {
    let Type::Record(index) = plain(ty) else { return None };
    match &types.get(usize::try_from(*index).ok()?)?.kind {
        TypeKind::Record(fields) => Some(fields),
        TypeKind::Enum(_) => None,
    }
}

/// A cell as JSON of the type: a database may have no booleans, no exact decimals and no JSON of its own.
fn adapt(cell: Json, ty: &Type, types: &[TypeDef]) -> Json {
    match (plain(ty), cell) {
        (Type::Bool, Json::Number(number)) => match number.as_i64() {
            Some(0) => Json::Bool(false),
            Some(1) => Json::Bool(true),
            _ => Json::Number(number),
        },
        (Type::Number, Json::String(text)) => match Number::from_str(text.trim()) {
            Ok(number) => Json::Number(number),
            Err(_) => Json::String(text),
        },
        (Type::Json, Json::String(text)) => serde_json::from_str(&text).unwrap_or(Json::String(text)),
        (ty @ (Type::List(_) | Type::Record(_)), Json::String(text)) if fields(ty, types).is_some() || matches!(ty, Type::List(_)) => {
            serde_json::from_str(&text).unwrap_or(Json::String(text))
        }
        (_, cell) => cell,
    }
}
