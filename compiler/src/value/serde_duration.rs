//! A duration in a serde format: seconds and nanoseconds.

use jiff::SignedDuration;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

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
    let (seconds, nanos) = <(i64, i32)>::deserialize(deserializer)?;
    from_parts(seconds, nanos).ok_or_else(|| D::Error::custom("no such duration"))
}

/// A duration of whole seconds and the nanoseconds that are left, which have the same sign.
pub(crate) fn from_parts(seconds: i64, nanos: i32) -> Option<SignedDuration> {
    let sound = nanos.unsigned_abs() < 1_000_000_000 && (seconds == 0 || nanos == 0 || (seconds < 0) == (nanos < 0));
    sound.then(|| SignedDuration::new(seconds, nanos))
}

pub mod option {
    //! The same, or nothing.

    use jiff::SignedDuration;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

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
        let whole = |(seconds, nanos)| super::from_parts(seconds, nanos).ok_or_else(|| D::Error::custom("no such duration"));
        parts.map(whole).transpose()
    }
}
