//! Rehearsals: the tests of a file, run on the real machine with a clock that is wound by hand and nothing of the outside world.
//!
//! Attempts at calls are answered by stubs, at once; a step that calls a workflow is a run of its own, as it is outside of a test. Nothing is stored, nobody is told anything, and no environment variable or secret has
//! a value. Time stands still but for `advance`; then deadlines and retries happen in the order in which they are due.

mod answer;
mod called;
mod coverage;
mod expect;
mod live;
mod people;
mod stage;
mod words;

pub use coverage::{Coverage, GateReport, Reached};
pub use people::Groups;

use flow_compiler::Span;
use flow_compiler::plan::test::{Test, TestPlan};
use jiff::tz::TimeZone;

use crate::machine::Calendar;

use stage::Stage;

/// When every test begins: a Monday morning.
const BEGINNING: jiff::Timestamp = jiff::Timestamp::constant(1_767_603_600, 0);

/// Who asks for a run where the test does not say who.
pub const REQUESTER: &str = "requester@test.example";

/// What a project says that a test depends on.
#[derive(Clone, Debug)]
pub struct World {
    /// The zone of `today` and of business days.
    pub zone: TimeZone,
    /// The days on which people work.
    pub calendar: Calendar,
    /// Who belongs to which group.
    pub groups: Groups,
}

/// What is not as a test expects it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What was expected and what was, in a sentence.
    pub message: String,
    /// The line of the statement, from 1.
    pub line: u32,
    /// The statement's bytes in the file of the test.
    pub span: Span,
    /// What stands there, in a few words; may be empty.
    pub label: String,
    /// Other places of the same file that show the cause.
    pub because: Vec<(Span, String)>,
    /// More that there is to know, a line each.
    pub notes: Vec<String>,
    /// What to do.
    pub help: Option<String>,
}

/// Runs one test to its end or its first failure, and notes what its gates did.
///
/// # Errors
/// What is not as expected.
pub fn rehearse(tests: &TestPlan, test: &Test, world: &World, coverage: &mut Coverage) -> Result<(), Box<Problem>> {
    let mut stage = Stage::new(tests, world, BEGINNING.into());
    let done = test.steps.iter().try_for_each(|step| stage.step(step));
    stage.cover(coverage);
    done
}
