//! Settings of a workflow: which starts are one run, whose turn it is, who may start and see, and what starts it by itself.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{Expr, Who};

/// What a workflow says of its runs as a whole. Expressions use the parameters only, which are the first slots.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// `once per`: a second start for the same value is the first run.
    pub once_per: Option<Expr>,
    /// `one at a time per`: runs for the same value wait their turn.
    pub one_at_a_time_per: Option<Expr>,
    /// `starts by`; `None` for everybody. Uses no slots and names no requester.
    pub starts_by: Option<Audience>,
    /// `seen by`; `None` for everybody.
    pub seen_by: Option<Audience>,
    /// `on schedule`
    pub schedule: Option<Schedule>,
    /// `on webhook`: the path under `/hooks/`.
    pub webhook: Option<SmolStr>,
}

impl Settings {
    /// Whether runs can be started with nobody who asks for them.
    #[must_use]
    pub const fn is_triggered(&self) -> bool {
        self.schedule.is_some() || self.webhook.is_some()
    }
}

/// Some of all people.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Audience {
    /// Each of these.
    pub of: Vec<Who>,
    /// But none of these.
    pub except: Vec<Who>,
}

/// `on schedule "cron" [in "zone"]`; both can be read, the compiler has tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    /// The cron expression.
    pub cron: SmolStr,
    /// The zone's name; `None` for the project's.
    pub zone: Option<SmolStr>,
}
