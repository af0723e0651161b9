//! Rows as SQLite gives them.

use rusqlite::Statement;
use rusqlite::types::ValueRef;
use serde_json::{Number, Value as Json};

use crate::actions::LIMIT;
use crate::actions::sql::rows::{Rows, TOO_MUCH};

/// Reads all rows; the inner error says why they cannot be had as values.
pub(super) fn read(statement: &mut Statement<'_>) -> rusqlite::Result<Result<Rows, String>> {
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut found = Vec::new();
    let mut size = 0_usize;
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        let mut cells = Vec::with_capacity(columns.len());
        for (index, column) in columns.iter().enumerate() {
            let cell = row.get_ref(index)?;
            size = size.saturating_add(weight(cell));
            match cell_to_json(cell) {
                Ok(json) => cells.push(json),
                Err(why) => return Ok(Err(format!("[{}].{column}: {why}", found.len()))),
            }
        }
        if size > LIMIT {
            return Ok(Err(TOO_MUCH.into()));
        }
        found.push(cells);
    }
    Ok(Ok(Rows { columns, rows: found }))
}

fn weight(cell: ValueRef<'_>) -> usize {
    match cell {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.len().saturating_add(16),
        ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => 16,
    }
}

fn cell_to_json(cell: ValueRef<'_>) -> Result<Json, String> {
    match cell {
        ValueRef::Null => Ok(Json::Null),
        ValueRef::Integer(number) => Ok(Json::Number(number.into())),
        ValueRef::Real(number) => match Number::from_f64(number) {
            Some(number) => Ok(Json::Number(number)),
            None => Err("the number is not finite".into()),
        },
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Json::String(text.to_owned())),
            Err(_) => Err("the text is not UTF-8".into()),
        },
        ValueRef::Blob(_) => Err("bytes are no value of the language".into()),
    }
}
