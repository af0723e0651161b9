//! `hitlc oversight`: who is asked before what, for those who have to answer for it. What is so is the compiler's matter.

mod diff;
mod document;
mod layout;

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use flow_compiler::oversight::{Report, report};

use super::check::print;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::project::Project;
use crate::{compile, input, table};
use document::Chapter;

/// Say who is asked before each call that cannot be taken back or has a duty
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// The flow file
    #[arg(required = true)]
    file: Option<PathBuf>,
    /// Which workflow of it [default: all]
    #[arg(long, value_name = "NAME")]
    workflow: Option<String>,
    /// How to lay it out
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Subcommand)]
enum Command {
    Diff(diff::Args),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a terminal
    #[default]
    Human,
    /// Markdown
    Md,
    /// One page that stands alone
    Html,
    /// For programs
    Json,
}

/// Reports on a file.
pub(crate) fn run(args: &Args) -> Result<Exit, Fault> {
    if let Some(Command::Diff(args)) = &args.command {
        return diff::run(args);
    }
    let Some(file) = &args.file else { return Err(Fault::usage("no file is named")) };
    input::one_file(file)?;
    let project = Project::find(Some(file), None)?;
    let plans = match &args.workflow {
        Some(name) => vec![compile::one(&project, file, Some(name))?],
        None => compile::all(&project, std::slice::from_ref(file))?,
    };
    let mut reports: Vec<Report> = Vec::new();
    for found in plans.iter().flat_map(report) {
        match reports.iter_mut().find(|known| known.workflow == found.workflow && known.file == found.file) {
            Some(known) => known.called_by.extend(found.called_by),
            None => reports.push(found),
        }
    }
    for report in &mut reports {
        report.called_by.sort();
        report.called_by.dedup();
    }
    let chapters = || reports.iter().map(Chapter::of).collect::<Vec<_>>();
    print(&match args.format {
        Format::Human => layout::human(&chapters()),
        Format::Md => layout::markdown(&chapters()),
        Format::Html => layout::html(&input::name(file), &chapters()),
        Format::Json => table::json(&serde_json::json!({ "workflows": reports })),
    })?;
    Ok(Exit::Done)
}
