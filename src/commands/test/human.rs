//! Results of tests for people.

use super::Report;
use crate::terminal::{ERROR, FAINT, GOOD, STRONG, WARNING, visible};
use crate::texts::count;

/// Prints the results: a line for each test, below it what is not as expected, and what no test reaches.
pub(super) fn print(report: &Report) {
    let mut text = String::new();
    for outcome in &report.outcomes {
        let place = format!("{FAINT}{}:{}{FAINT:#}", visible(&outcome.file), outcome.line);
        let name = visible(&outcome.name);
        match &outcome.problem {
            None => text.push_str(&format!("{GOOD}ok{GOOD:#}      {name}  {place}\n")),
            Some(_) => {
                text.push_str(&format!("{ERROR}failed{ERROR:#}  {STRONG}{name}{STRONG:#}  {place}\n"));
                text.push_str(&outcome.drawn);
            }
        }
    }
    let mut uncovered = report.uncovered().peekable();
    if !report.outcomes.is_empty() && uncovered.peek().is_some() {
        text.push('\n');
    }
    for (gate, sentence) in uncovered {
        text.push_str(&format!("{WARNING}untested{WARNING:#}  {}:{}: {}\n", visible(&gate.file), gate.line, visible(&sentence)));
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(&summary(report));
    anstream::print!("{text}");
}

/// `3 tests in 2 files: 2 passed, 1 failed`
fn summary(report: &Report) -> String {
    let (all, failed) = (report.outcomes.len(), report.failed());
    let files = report.files.iter().filter(|file| report.outcomes_of(file).next().is_some()).count();
    if all == 0 {
        return format!("there are no tests in {}\n", count(report.files.len(), "file"));
    }
    let outcomes: usize = report.gates.iter().map(|gate| gate.outcomes).sum();
    let missing: usize = report.gates.iter().map(|gate| gate.missing.len()).sum();
    let gates = match (outcomes, missing) {
        (0, _) => String::new(),
        (all, 0) => format!("; all {} of gates are reached", count(all, "outcome")),
        (all, missing) => format!("; {} of {} of gates are reached", all - missing, count(all, "outcome")),
    };
    let (style, result) =
        if failed == 0 { (GOOD, format!("{all} passed")) } else { (ERROR, format!("{} passed, {failed} failed", all - failed)) };
    format!("{style}{} in {}: {result}{style:#}{gates}\n", count(all, "test"), count(files, "file"))
}
