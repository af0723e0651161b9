//! When a letter that did not arrive is tried again.

use jiff::SignedDuration;

use crate::ids::At;
use crate::store::Delivery;

/// Pauses before the second try, the third, and so on, in seconds: about two and a half days in all.
const PAUSES: [i64; 10] = [10, 60, 300, 1800, 7200, 21_600, 21_600, 43_200, 43_200, 86_400];

/// What becomes of a letter that was tried `before` times before the try that just failed.
pub(super) fn again(before: u32, now: At, error: String) -> Delivery {
    let pause = usize::try_from(before).ok().and_then(|before| PAUSES.get(before));
    match pause {
        Some(seconds) => Delivery::Again { due: now.plus(SignedDuration::from_secs(*seconds)), error },
        None => Delivery::Dead { error },
    }
}
