//! `hitlc test`

mod human;
mod json;
mod junit;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use flow_compiler::plan::test::Test;
use flow_compiler::{Checked, FileId, Severity, Sources};
use flow_runtime::rehearsal::{Coverage, GateReport, Groups, Problem, World, rehearse};

use super::check::print;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::project::Project;
use crate::render::Counts;
use crate::terminal::ERROR;
use crate::{input, json_report, render};

/// Run the tests that stand in flow files, with time wound by hand and nothing of the outside world
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Files and folders; a folder means every `.flow` file below it [default: the current folder]
    paths: Vec<PathBuf>,
    /// How to say it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Human,
    /// For programs: one object
    Json,
    /// For build servers: JUnit's XML
    Junit,
}

/// What became of one test.
struct Outcome {
    file: FileId,
    name: String,
    /// The line of its name, from 1.
    line: u32,
    problem: Option<Problem>,
}

/// What became of all of them.
struct Report<'s> {
    sources: &'s Sources,
    outcomes: Vec<Outcome>,
    /// Every gate of the files.
    gates: Vec<GateReport>,
}

impl Report<'_> {
    fn failed(&self) -> usize {
        self.outcomes.iter().filter(|outcome| outcome.problem.is_some()).count()
    }

    /// Gates with an outcome that no test reaches, each with its sentence.
    fn uncovered(&self) -> impl Iterator<Item = (&GateReport, String)> {
        self.gates.iter().filter_map(|gate| gate.sentence().map(|sentence| (gate, sentence)))
    }

    fn outcomes_of(&self, file: FileId) -> impl Iterator<Item = &Outcome> {
        self.outcomes.iter().filter(move |outcome| outcome.file == file)
    }
}

/// Runs the tests.
pub(crate) fn run(args: &Args) -> Result<Exit, Fault> {
    let sources = input::read(&args.paths)?;
    let checked = flow_compiler::check(&sources);
    if checked.has_errors() {
        let counts = Counts::of(&sources, &checked.diagnostics);
        if args.format == Format::Json {
            print(&json_report::report(&sources, &checked.diagnostics))?;
        } else {
            render::to_stderr(&sources, &checked.diagnostics);
            anstream::eprintln!("{ERROR}{}{ERROR:#}: no test was run", counts.sentence());
        }
        return Ok(Exit::Failed);
    }
    let report = rehearsed(&sources, &checked)?;
    match args.format {
        Format::Human => {
            let warnings: Vec<_> = checked.diagnostics.iter().filter(|found| found.severity == Severity::Warning).cloned().collect();
            render::to_stderr(&sources, &warnings);
            human::print(&report)?;
        }
        Format::Json => print(&json::report(&report))?,
        Format::Junit => print(&junit::report(&report))?,
    }
    Ok(if report.failed() > 0 { Exit::Failed } else { Exit::Done })
}

/// Runs the tests of all files in their order, and looks at what their gates did.
fn rehearsed<'s>(sources: &'s Sources, checked: &Checked) -> Result<Report<'s>, Fault> {
    let mut worlds = Worlds::default();
    let mut coverage = Coverage::default();
    let mut outcomes = Vec::new();
    for file in sources.files() {
        let Some(tests) = checked.tests(file).filter(|tests| !tests.tests.is_empty()) else { continue };
        let world = worlds.of(sources.path(file))?;
        for test in &tests.tests {
            let problem = rehearse(&tests, test, world, &mut coverage).err().map(|problem| *problem);
            outcomes.push(outcome(file, test, problem));
        }
    }
    let plans = checked.workflows().filter_map(|workflow| checked.plan(workflow.file, workflow.name));
    let gates = plans.flat_map(|plan| coverage.report(&plan)).collect();
    Ok(Report { sources, outcomes, gates })
}

fn outcome(file: FileId, test: &Test, problem: Option<Problem>) -> Outcome {
    Outcome { file, name: test.name.to_string(), line: test.line, problem }
}

/// What the projects around files say, each read once.
#[derive(Default)]
struct Worlds(HashMap<PathBuf, World>);

impl Worlds {
    fn of(&mut self, file: &str) -> Result<&World, Fault> {
        let project = Project::find(Some(Path::new(file)), None)?;
        Ok(self.0.entry(project.folder.clone()).or_insert_with(|| {
            let config = &project.config;
            World {
                zone: config.calendar.timezone.0.clone(),
                groups: Groups::new(config.groups.keys().map(|group| (group.clone(), config.addresses(group)))),
            }
        }))
    }
}
