//! A value in a serde format: the bytes of its one codec.

use serde::{Deserializer, Serializer, de::Error as _, ser::Error as _};

use super::Value;

/// Writes the value's bytes.
///
/// # Errors
/// The serializer's.
pub fn serialize<S: Serializer>(value: &Value, serializer: S) -> Result<S::Ok, S::Error> {
    let bytes = minicbor::to_vec(value).map_err(S::Error::custom)?;
    serde_bytes::serialize(&bytes, serializer)
}

/// Reads the value's bytes.
///
/// # Errors
/// The deserializer's, and bytes that are no value.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    let bytes: Vec<u8> = serde_bytes::deserialize(deserializer)?;
    minicbor::decode(&bytes).map_err(D::Error::custom)
}
