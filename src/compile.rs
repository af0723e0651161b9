//! From files to plans: diagnostics are told on the way, and a file with errors gives none.

use std::path::{Path, PathBuf};

use flow_compiler::plan::Plan;
use flow_compiler::{Checked, Severity, Sources};

use crate::exit::Exit;
use crate::fault::Fault;
use crate::load::Loaded;
use crate::project::Project;
use crate::render::Counts;
use crate::terminal::ERROR;
use crate::texts::{list, nearest};
use crate::{input, render};

/// The plan of one workflow of a file: the named one, or the only one.
pub(crate) fn one(project: &Project, file: &Path, workflow: Option<&str>) -> Result<Plan, Fault> {
    let loaded = Loaded::read(project, &[file.to_owned()])?;
    let checked = sound(&loaded.sources)?;
    let here = || checked.workflows().filter(|found| loaded.is_named(found.file));
    let names: Vec<&str> = here().map(|found| found.name).collect();
    let name = choose(file, &names, workflow)?;
    let found = here().find(|found| found.name == name);
    found.and_then(|found| checked.plan(found.file, found.name)).ok_or_else(|| Fault::new(format!("workflow `{name}` has no plan")))
}

/// The plans of all workflows of all files that are named; those of files that are only used are parts of these.
pub(crate) fn all(project: &Project, paths: &[PathBuf]) -> Result<Vec<Plan>, Fault> {
    let loaded = Loaded::read(project, &input::files(paths)?)?;
    let checked = sound(&loaded.sources)?;
    let workflows = || checked.workflows().filter(|found| loaded.is_named(found.file));
    let mut seen: Vec<(&str, &str)> = Vec::new();
    for workflow in workflows() {
        if let Some((_, other)) = seen.iter().find(|(name, _)| *name == workflow.name) {
            return Err(Fault::new(format!("workflow `{}` stands in `{other}` and in `{}`", workflow.name, workflow.path))
                .help("a server needs one workflow of a name: rename one of them, or name the files to serve"));
        }
        seen.push((workflow.name, workflow.path));
    }
    Ok(workflows().filter_map(|workflow| checked.plan(workflow.file, workflow.name)).collect())
}

/// Checks the sources and says what is wrong; errors end it.
fn sound(sources: &Sources) -> Result<Checked, Fault> {
    let checked = without_errors(sources)?;
    // Warnings are told before anything happens, and stop nothing.
    let warnings: Vec<_> = checked.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Warning).cloned().collect();
    render::to_stderr(sources, &warnings);
    Ok(checked)
}

/// The same, and nothing is said of what is only warned of.
pub(crate) fn without_errors(sources: &Sources) -> Result<Checked, Fault> {
    let checked = flow_compiler::check(sources);
    if checked.has_errors() {
        render::to_stderr(sources, &checked.diagnostics);
        anstream::eprintln!("{ERROR}{}{ERROR:#}", Counts::of(sources, &checked.diagnostics).sentence());
        return Err(Fault::reported(Exit::Failed));
    }
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
