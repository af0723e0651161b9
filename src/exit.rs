//! Exit codes, the same everywhere.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done; for a run: completed.
    Done = 0,
    /// The flow or files have errors, or the run failed.
    Failed = 1,
    /// Wrong usage.
    Usage = 2,
    /// The run was rejected.
    Rejected = 3,
    /// The run is paused and was left so.
    Paused = 4,
    /// The run was cancelled.
    Cancelled = 5,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
