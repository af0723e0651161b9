//! Secrets that nobody can guess, and comparing them without telling how much of them was right.

use data_encoding::BASE32_NOPAD;

/// The system has no random numbers to give.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no random numbers: {0}")]
pub struct NoRandom(pub String);

/// So many random bytes as lower-case base32.
pub(super) fn random<const N: usize>() -> Result<String, NoRandom> {
    let mut bytes = [0_u8; N];
    getrandom::fill(&mut bytes).map_err(|error| NoRandom(error.to_string()))?;
    Ok(BASE32_NOPAD.encode(&bytes).to_ascii_lowercase())
}

/// Whether two texts are the same, in a time that depends on their lengths only.
pub(super) fn same(left: &str, right: &str) -> bool {
    left.len() == right.len() && left.bytes().zip(right.bytes()).fold(0, |odds, (l, r)| odds | (l ^ r)) == 0
}
