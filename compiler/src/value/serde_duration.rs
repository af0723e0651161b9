//! A duration in a serde format: seconds and nanoseconds.

use jiff::SignedDuration;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Writes it.
///
/// # Errors
/// The serializer's.
pub fn serialize<S: Serializer>(duration: &SignedDuration, serializer: S) -> Result<S::Ok, S::Error> {
    (duration.as_secs(), duration.subsec_nanos()).serialize(serializer)
}

/// Reads it.
///
/// # Errors
/// The deserializer's.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SignedDuration, D::Error> {
    <(i64, i32)>::deserialize(deserializer).map(|(seconds, nanos)| SignedDuration::new(seconds, nanos))
}

pub mod option {
    //! The same, or nothing.

    use jiff::SignedDuration;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Writes it.
    ///
    /// # Errors
    /// The serializer's.
    pub fn serialize<S: Serializer>(duration: &Option<SignedDuration>, serializer: S) -> Result<S::Ok, S::Error> {
        duration.map(|duration| (duration.as_secs(), duration.subsec_nanos())).serialize(serializer)
    }

    /// Reads it.
    ///
    /// # Errors
    /// The deserializer's.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SignedDuration>, D::Error> {
        let parts = Option::<(i64, i32)>::deserialize(deserializer)?;
        Ok(parts.map(|(seconds, nanos)| SignedDuration::new(seconds, nanos)))
    }
}
