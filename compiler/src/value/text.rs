//! Values as text: for interpolation and pages, and from the command line.

use super::{Mismatch, Value};
use crate::plan::{Type, TypeDef};

/// The text of a value, as interpolation writes it: `1500.00 EUR`, `high`; lists and records as compact JSON.
#[must_use]
pub fn to_text(value: &Value, ty: &Type, types: &[TypeDef]) -> String {
    let _ = (value, ty, types);
    String::new()
}

/// Reads `NAME=VALUE`'s value by the parameter's type: `1500`, `1500 EUR`, `[1, 2]` as JSON, a text as it is.
///
/// # Errors
/// All mismatches, each with its path below `path`.
pub fn from_argument(text: &str, ty: &Type, types: &[TypeDef], path: &str) -> Result<Value, Vec<Mismatch>> {
    let _ = (text, ty, types, path);
    Err(Vec::new())
}
