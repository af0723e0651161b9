//! The clock that the engine is given, so that tests need not wait.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::ids::At;

/// Tells the time.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// Now.
    fn now(&self) -> At;
}

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> At {
        At::from(jiff::Timestamp::now())
    }
}

/// A clock that stands still until it is set: virtual time.
#[derive(Debug, Default)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that shows this time.
    #[must_use]
    pub fn at(time: At) -> Self {
        Self(AtomicI64::new(time.0))
    }

    /// Moves it, forward or back.
    pub fn advance(&self, by: jiff::SignedDuration) {
        self.0.store(self.now().plus(by).0, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> At {
        At(self.0.load(Ordering::SeqCst))
    }
}
