//! From files to plans: diagnostics are told on the way, and a file with errors gives none.

use std::path::{Path, PathBuf};

use flow_compiler::plan::Plan;
use flow_compiler::{Checked, Severity, Sources};

use crate::exit::Exit;
use crate::fault::Fault;
use crate::render::Counts;
use crate::terminal::ERROR;
use crate::texts::{list, nearest};
use crate::{input, lints, render};

/// The plan of one workflow of a file: the named one, or the only one.
pub(crate) fn one(file: &Path, workflow: Option<&str>) -> Result<Plan, Fault> {
    let sources = input::read_one(file)?;
    let checked = sound(&sources, Some(file))?;
    let names: Vec<&str> = checked.workflows().map(|found| found.name).collect();
    let name = choose(file, &names, workflow)?;
    let found = checked.workflows().find(|found| found.name == name);
    found.and_then(|found| checked.plan(found.file, found.name)).ok_or_else(|| Fault::new(format!("workflow `{name}` has no plan")))
}

/// The plans of all workflows of all files.
pub(crate) fn all(paths: &[PathBuf]) -> Result<Vec<Plan>, Fault> {
    let sources = input::read(paths)?;
    let checked = sound(&sources, paths.first().map(PathBuf::as_path))?;
    let mut seen: Vec<(&str, &str)> = Vec::new();
    for workflow in checked.workflows() {
        if let Some((_, other)) = seen.iter().find(|(name, _)| *name == workflow.name) {
            return Err(Fault::new(format!("workflow `{}` stands in `{other}` and in `{}`", workflow.name, workflow.path))
                .help("a server needs one workflow of a name: rename one of them, or name the files to serve"));
        }
        seen.push((workflow.name, workflow.path));
    }
    Ok(checked.workflows().filter_map(|workflow| checked.plan(workflow.file, workflow.name)).collect())
}

/// Checks the sources and says what is wrong; errors end it.
fn sound(sources: &Sources, from: Option<&Path>) -> Result<Checked, Fault> {
    let mut checked = flow_compiler::check(sources);
    lints::weigh(&mut checked, from)?;
    if checked.has_errors() {
        render::to_stderr(sources, &checked.diagnostics);
        anstream::eprintln!("{ERROR}{}{ERROR:#}", Counts::of(sources, &checked.diagnostics).sentence());
        return Err(Fault::reported(Exit::Failed));
    }
    // Warnings are told before anything happens, and stop nothing.
    let warnings: Vec<_> = checked.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Warning).cloned().collect();
    render::to_stderr(sources, &warnings);
    Ok(checked)
}

fn choose<'a>(file: &Path, names: &[&'a str], wanted: Option<&str>) -> Result<&'a str, Fault> {
    let file = file.display();
    match (wanted, names) {
        (_, []) => Err(Fault::new(format!("there is no workflow in `{file}`")).help("add one: `workflow name(parameter: text) { ... }`")),
        (None, [only]) => Ok(only),
        (None, _) => Err(Fault::usage(format!("there are several workflows in `{file}`: {}", list(names.iter().copied())))
            .help("choose one with `--workflow NAME`")),
        (Some(wanted), _) => names.iter().find(|name| **name == wanted).copied().ok_or_else(|| {
            let fault = Fault::usage(format!("there is no workflow `{wanted}` in `{file}`"));
            match nearest(wanted, names.iter().copied()) {
                Some(near) => fault.help(format!("did you mean `{near}`?")),
                None => fault.help(format!("there is {}", list(names.iter().copied()))),
            }
        }),
    }
}
