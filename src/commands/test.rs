//! `hitlc test`

mod human;
mod json;
mod junit;

use std::path::PathBuf;

use clap::ValueEnum;
use flow_compiler::Checked;
use flow_runtime::rehearsal::{Coverage, GateReport, Groups, Problem, World, rehearse};

use super::check::{by_project, print};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::load::Loaded;
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
    /// The file, as messages name it.
    file: String,
    name: String,
    /// The line of its name, from 1.
    line: u32,
    problem: Option<Problem>,
    /// The problem, drawn under the line of the file.
    drawn: String,
}

/// What became of all of them.
#[derive(Default)]
struct Report {
    /// Every file, as messages name it.
    files: Vec<String>,
    outcomes: Vec<Outcome>,
    /// Every gate of the files.
    gates: Vec<GateReport>,
}

impl Report {
    fn failed(&self) -> usize {
        self.outcomes.iter().filter(|outcome| outcome.problem.is_some()).count()
    }

    /// Gates with an outcome that no test reaches, each with its sentence.
    fn uncovered(&self) -> impl Iterator<Item = (&GateReport, String)> {
        self.gates.iter().filter_map(|gate| gate.sentence().map(|sentence| (gate, sentence)))
    }

    fn outcomes_of(&self, file: &str) -> impl Iterator<Item = &Outcome> {
        self.outcomes.iter().filter(move |outcome| outcome.file == file)
    }
}

/// A project whose files are checked.
struct Ready {
    loaded: Loaded,
    checked: Checked,
    world: World,
}

/// Runs the tests.
pub(crate) fn run(args: &Args) -> Result<Exit, Fault> {
    let mut projects = Vec::new();
    for (folder, files) in by_project(input::files(&args.paths)?) {
        let project = Project::find(Some(&folder), None)?;
        let loaded = Loaded::read(&project, &files)?;
        let checked = flow_compiler::check(&loaded.sources);
        projects.push(Ready { world: world(&project), loaded, checked });
    }
    if projects.iter().any(|project| project.checked.has_errors()) {
        return faulty(args.format, projects);
    }
    let mut report = Report::default();
    projects.iter().for_each(|project| rehearsed(project, &mut report));
    match args.format {
        Format::Human => {
            projects.iter().for_each(|project| render::to_stderr(&project.loaded.sources, &project.checked.diagnostics));
            human::print(&report);
        }
        Format::Json => print(&json::report(&report))?,
        Format::Junit => print(&junit::report(&report))?,
    }
    Ok(if report.failed() > 0 { Exit::Failed } else { Exit::Done })
}

/// Files with errors are not tested.
fn faulty(format: Format, projects: Vec<Ready>) -> Result<Exit, Fault> {
    let found: Vec<_> = projects.into_iter().map(|project| (project.loaded.sources, project.checked.diagnostics)).collect();
    if format == Format::Json {
        print(&json_report::report(&found))?;
    } else {
        let counts: Counts = found.iter().map(|(sources, diagnostics)| Counts::of(sources, diagnostics)).sum();
        found.iter().for_each(|(sources, diagnostics)| render::to_stderr(sources, diagnostics));
        anstream::eprintln!("{ERROR}{}{ERROR:#}: no test was run", counts.sentence());
    }
    Ok(Exit::Failed)
}

fn world(project: &Project) -> World {
    let config = &project.config;
    World {
        zone: config.calendar.timezone.0.clone(),
        calendar: config.calendar.days(),
        groups: Groups::new(config.groups.keys().map(|group| (group.clone(), config.addresses(group)))),
    }
}

/// Runs the tests of the named files of a project in their order, and looks at what their gates did.
fn rehearsed(project: &Ready, report: &mut Report) {
    let Ready { loaded, checked, world } = project;
    let sources = &loaded.sources;
    let mut coverage = Coverage::default();
    for file in sources.files().filter(|file| loaded.is_named(*file)) {
        report.files.push(sources.shown(file).to_owned());
        let Some(tests) = checked.tests(file) else { continue };
        for test in &tests.tests {
            let problem = rehearse(&tests, test, world, &mut coverage).err().map(|problem| *problem);
            let drawn = problem.as_ref().map(|problem| render::problem(sources, file, problem)).unwrap_or_default();
            let (file, name) = (sources.shown(file).to_owned(), test.name.to_string());
            report.outcomes.push(Outcome { file, name, line: test.line, problem, drawn });
        }
    }
    for workflow in checked.workflows().filter(|workflow| loaded.is_named(workflow.file)) {
        let gates = checked.plan(workflow.file, workflow.name).map(|plan| coverage.report(&plan)).unwrap_or_default();
        let shown = |gate: GateReport| GateReport { file: sources.shown(workflow.file).to_owned(), ..gate };
        report.gates.extend(gates.into_iter().map(shown));
    }
}
