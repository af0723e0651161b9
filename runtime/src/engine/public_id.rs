//! Short public ids of runs: eight letters that do not tell how many runs there are.
//!
//! A run's number goes through a permutation of 40 bits that the store's own random number seeds, so that no index is needed to find
//! the run again. It hides nothing worth hiding: who may see a run is asked each time.

use crate::ids::{Digest, RunId};

const HALF: u64 = (1 << 20) - 1;
/// Crockford's alphabet, lower case: no `i`, `l`, `o`, `u`.
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The permutation of one store.
#[derive(Clone, Copy, Debug)]
pub struct PublicIds {
    key: [u8; 16],
}

impl PublicIds {
    /// Of the store with this random number.
    #[must_use]
    pub const fn new(key: [u8; 16]) -> Self {
        Self { key }
    }

    /// The public id of a run.
    #[must_use]
    pub fn write(&self, run: RunId) -> String {
        let (mut left, mut right) = (run.0 >> 20 & HALF, run.0 & HALF);
        for round in 0..4 {
            (left, right) = (right, left ^ self.mix(round, right));
        }
        let number = left << 20 | right;
        (0..8).rev().map(|place| char::from(LETTERS.get((number >> (place * 5) & 31) as usize).copied().unwrap_or(b'0'))).collect()
    }

    /// The run of a public id, in either case.
    #[must_use]
    pub fn read(&self, id: &str) -> Option<RunId> {
        if id.len() != 8 {
            return None;
        }
        let number = id.bytes().try_fold(0_u64, |number, byte| {
            let digit = LETTERS.iter().position(|letter| *letter == byte.to_ascii_lowercase())?;
            Some(number << 5 | digit as u64)
        })?;
        let (mut left, mut right) = (number >> 20 & HALF, number & HALF);
        for round in (0..4).rev() {
            (left, right) = (right ^ self.mix(round, left), left);
        }
        Some(RunId(left << 20 | right))
    }

    fn mix(&self, round: u8, half: u64) -> u64 {
        let Digest([a, b, c, ..]) = Digest::of(&[&self.key, &[round], &half.to_be_bytes()]);
        u64::from_be_bytes([0, 0, 0, 0, 0, a, b, c]) & HALF
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn reads_what_it_wrote(number in 0_u64..1 << 40, key: [u8; 16]) {
            let ids = PublicIds::new(key);
            let id = ids.write(RunId(number));
            proptest::prop_assert_eq!(ids.read(&id), Some(RunId(number)));
            proptest::prop_assert_eq!(ids.read(&id.to_uppercase()), Some(RunId(number)));
        }
    }

    #[test]
    fn refuses_what_no_store_wrote() {
        let ids = PublicIds::new([7; 16]);
        for id in ["", "short", "toolongtoolong", "iiiiiiii", "ünïcödé"] {
            assert_eq!(ids.read(id), None, "{id}");
        }
    }
}
