//! Values at the JSON boundary, read and written by their type.

use super::Value;
use crate::plan::{Type, TypeDef};

/// One place where JSON does not fit the type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// `invoice.lines[2].amount`; empty for the value itself.
    pub path: String,
    /// ``expected money such as "1500.00 EUR", found number 1500``
    pub problem: String,
}

/// Reads JSON as a value of the type.
///
/// # Errors
/// All mismatches, each with its path below `path`.
pub fn from_json(json: &serde_json::Value, ty: &Type, types: &[TypeDef], path: &str) -> Result<Value, Vec<Mismatch>> {
    let _ = (json, ty, types, path);
    Err(Vec::new())
}

/// Writes a value of the type as JSON.
#[must_use]
pub fn to_json(value: &Value, ty: &Type, types: &[TypeDef]) -> serde_json::Value {
    let _ = (value, ty, types);
    serde_json::Value::Null
}
