//! Values of Flow: what they are, how they compare, how they are written, stored and read.
//!
//! A value does not carry its type: whoever holds one knows the type from the plan. A record is its fields in the order of their
//! declaration, an enum member its index.

mod codec;
pub(crate) mod decimal;
pub(crate) mod json;
pub(crate) mod money;
pub(crate) mod nesting;
pub mod serde_duration;
pub mod serde_value;
#[cfg(test)]
mod tests;
mod text;
pub(crate) mod time;

pub use json::{Mismatch, from_input, from_json, to_json};
pub use text::{from_argument, to_text};

use std::sync::Arc;

use iso_currency::Currency;
use jiff::{SignedDuration, Timestamp, civil::Date};
use rust_decimal::Decimal;
use smol_str::SmolStr;

/// How deep values are nested: the evaluator makes no deeper ones, and the codec reads none.
pub(crate) const MOST_LEVELS: usize = 200;

/// How deep JSON is nested: what its parser reads.
pub(crate) const MOST_JSON_LEVELS: usize = 127;

/// A value.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Value {
    /// `none`; also what a slot holds before its node is done or after it was skipped.
    #[default]
    None,
    /// `true` or `false`
    Bool(bool),
    /// An exact decimal.
    Number(Decimal),
    /// An exact amount with its currency.
    Money(Money),
    /// Unicode text.
    Text(SmolStr),
    /// A civil date.
    Date(Date),
    /// An instant.
    Time(Timestamp),
    /// A span of time.
    Duration(SignedDuration),
    /// A list.
    List(Arc<[Value]>),
    /// A record: its fields in the order of the declaration.
    Record(Arc<[Value]>),
    /// A member of an enum: its index in the declaration.
    Enum(u32),
    /// Opaque JSON.
    Json(Arc<serde_json::Value>),
}

/// An amount of money. Two amounts are equal when their numbers and currencies are (`1.0 EUR == 1.00 EUR`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money {
    /// How much, in whole units of the currency.
    pub amount: Decimal,
    /// ISO 4217.
    pub currency: Currency,
}

impl Value {
    /// Whether it is `none`, or the null of `json`.
    #[must_use]
    pub fn is_none(&self) -> bool {
        match self {
            Self::None => true,
            Self::Json(json) => json.is_null(),
            _ => false,
        }
    }
}
