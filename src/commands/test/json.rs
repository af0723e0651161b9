//! Results of tests for programs.

use flow_runtime::rehearsal::Problem;
use serde::Serialize;

use super::{Outcome, Report};

#[derive(Serialize)]
struct Results<'a> {
    files: usize,
    tests: usize,
    passed: usize,
    failed: usize,
    results: Vec<Entry<'a>>,
    coverage: Coverage<'a>,
}

#[derive(Serialize)]
struct Entry<'a> {
    name: &'a str,
    file: &'a str,
    line: u32,
    status: &'static str,
    failure: Option<Failure<'a>>,
}

#[derive(Serialize)]
struct Failure<'a> {
    message: &'a str,
    /// The statement's.
    line: u32,
    notes: &'a [String],
    help: Option<&'a str>,
}

/// How many outcomes the gates of the files have, how many of them a test reaches, and the gates with others.
#[derive(Serialize)]
struct Coverage<'a> {
    outcomes: usize,
    reached: usize,
    missing: Vec<Missing<'a>>,
}

#[derive(Serialize)]
struct Missing<'a> {
    file: &'a str,
    line: u32,
    workflow: &'a str,
    gate: &'a str,
    /// In words that follow "no test".
    outcomes: &'a [String],
    message: String,
}

/// The results as one JSON object with a line end.
pub(super) fn report(report: &Report) -> String {
    let outcomes: usize = report.gates.iter().map(|gate| gate.outcomes).sum();
    let missing: usize = report.gates.iter().map(|gate| gate.missing.len()).sum();
    let results = Results {
        files: report.files.len(),
        tests: report.outcomes.len(),
        passed: report.outcomes.len() - report.failed(),
        failed: report.failed(),
        results: report.outcomes.iter().map(entry).collect(),
        coverage: Coverage {
            outcomes,
            reached: outcomes - missing,
            missing: report
                .uncovered()
                .map(|(gate, message)| Missing {
                    file: &gate.file,
                    line: gate.line,
                    workflow: &gate.workflow,
                    gate: &gate.gate,
                    outcomes: &gate.missing,
                    message,
                })
                .collect(),
        },
    };
    // Plain texts and numbers always have a JSON.
    let mut text = serde_json::to_string_pretty(&results).unwrap_or_default();
    text.push('\n');
    text
}

fn entry(outcome: &Outcome) -> Entry<'_> {
    Entry {
        name: &outcome.name,
        file: &outcome.file,
        line: outcome.line,
        status: if outcome.problem.is_some() { "failed" } else { "passed" },
        failure: outcome.problem.as_ref().map(failure),
    }
}

fn failure(problem: &Problem) -> Failure<'_> {
    Failure { message: &problem.message, line: problem.line, notes: &problem.notes, help: problem.help.as_deref() }
}
