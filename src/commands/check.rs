//! `hitlc check`

use std::collections::HashMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::exit::Exit;
use crate::fault::Fault;
use crate::load::Loaded;
use crate::project::{self, Project};
use crate::render::Counts;
use crate::terminal::{ERROR, GOOD, WARNING};
use crate::{github, input, json_report, lints, render, sarif};

/// Check flow files and say all that is wrong with them
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Files and folders; a folder means every `.flow` file below it [default: the current folder]
    paths: Vec<PathBuf>,
    /// How to say it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Hold every workflow against the policies of this file too, as `[policies]` in `hitl.toml` does
    #[arg(long, value_name = "FILE")]
    policy: Vec<PathBuf>,
    #[command(flatten)]
    lints: lints::Args,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people, on standard error
    #[default]
    Human,
    /// For programs: one object on standard output
    Json,
    /// For code scanning: a log of SARIF 2.1.0 on standard output
    Sarif,
    /// For GitHub: an annotation for each, on standard output
    Github,
}

/// Checks the files.
pub(crate) fn run(args: &Args) -> Result<Exit, Fault> {
    let mut found = Vec::new();
    for (folder, files) in by_project(input::files(&args.paths)?) {
        let project = Project::find(Some(&folder), None)?;
        let mut loaded = Loaded::read(&project, &files)?.with_policies(&project, &args.policy)?;
        loaded.sources.set_levels(args.lints.levels(&project)?);
        let mut checked = flow_compiler::check(&loaded.sources);
        found.push((loaded.sources, std::mem::take(&mut checked.diagnostics)));
        // The process ends soon: to take a large tree apart, node by node, helps nobody.
        std::mem::forget(checked);
    }
    let counts: Counts = found.iter().map(|(sources, diagnostics)| Counts::of(sources, diagnostics)).sum();
    let denied = args.lints.deny_warnings() && counts.warnings > 0;
    match args.format {
        Format::Human => {
            found.iter().for_each(|(sources, diagnostics)| render::to_stderr(sources, diagnostics));
            summary(counts, denied);
        }
        Format::Json => print(&json_report::report(&found))?,
        Format::Sarif => print(&sarif::report(&found))?,
        Format::Github => {
            print(&github::report(&found))?;
            summary(counts, denied);
        }
    }
    std::mem::forget(found);
    Ok(if counts.errors > 0 || denied { Exit::Failed } else { Exit::Done })
}

/// The files by the folders of their projects: each project has its own groups.
pub(super) fn by_project(files: Vec<PathBuf>) -> Vec<(PathBuf, Vec<PathBuf>)> {
    let mut projects: Vec<(PathBuf, Vec<PathBuf>)> = Vec::new();
    let mut around: HashMap<PathBuf, PathBuf> = HashMap::new();
    for file in files {
        let beside = file.parent().map(Path::to_owned).unwrap_or_default();
        let folder = around.entry(beside).or_insert_with(|| project::folder(Some(&file))).clone();
        match projects.iter_mut().find(|(known, _)| *known == folder) {
            Some((_, files)) => files.push(file),
            None => projects.push((folder, vec![file])),
        }
    }
    projects
}

fn summary(counts: Counts, denied: bool) {
    let style = match counts {
        Counts { errors: 1.., .. } => ERROR,
        Counts { warnings: 1.., .. } => WARNING,
        _ => GOOD,
    };
    let denied = if denied && counts.errors == 0 { ", and warnings are denied" } else { "" };
    anstream::eprintln!("{style}{}{style:#}{denied}", counts.sentence());
}

/// Prints a result on standard output.
pub(crate) fn print(text: &str) -> Result<(), Fault> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // Who reads the output has read enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Fault::new(format!("cannot write to standard output: {}", input::reason(&error)))),
        Ok(()) => Ok(()),
    }
}
