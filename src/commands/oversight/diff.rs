//! `hitlc oversight diff`: what a change weakens and strengthens, for reviews. What is so is the compiler's matter.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use flow_compiler::oversight::{Change, Direction, Version, compare};

use super::layout::plain;
use crate::commands::check::print;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::load::Loaded;
use crate::project::Project;
use crate::terminal::{ERROR, FAINT, GOOD, STRONG, visible};
use crate::{compile, github, input, table};

/// Say what a change weakens or strengthens, and fail where it weakens
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The flow file before the change, or a folder
    old: PathBuf,
    /// The flow file after the change, or a folder
    new: PathBuf,
    /// How to say it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a terminal
    #[default]
    Human,
    /// Markdown
    Md,
    /// For programs
    Json,
    /// For GitHub: an annotation for each
    Github,
}

/// Compares two files or folders.
pub(super) fn run(args: &Args) -> Result<Exit, Fault> {
    let (_, old) = version(&args.old)?;
    let (project, new) = version(&args.new)?;
    let changes = compare(&old, &new);
    let weaker = count(&changes, Direction::Weaker);
    print(&match args.format {
        Format::Human => human(&changes),
        Format::Md => markdown(&changes),
        Format::Json => {
            let stronger = count(&changes, Direction::Stronger);
            table::json(&serde_json::json!({ "weaker": weaker, "stronger": stronger, "changes": changes }))
        }
        Format::Github => annotations(&project, &changes),
    })?;
    Ok(if weaker > 0 { Exit::Failed } else { Exit::Done })
}

/// All that the files say. Their errors are told; what is only warned of is the check's business.
fn version(path: &Path) -> Result<(Project, Version), Fault> {
    let project = Project::find(Some(path), None)?;
    let loaded = Loaded::read(&project, &input::files(&[path.to_owned()])?)?;
    let checked = compile::without_errors(&loaded.sources)?;
    let version = checked.version(|file| loaded.is_named(file), project.groups());
    Ok((project, version))
}

fn count(changes: &[Change], direction: Direction) -> usize {
    changes.iter().filter(|change| change.direction == direction).count()
}

const fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Weaker => "weaker",
        Direction::Stronger => "stronger",
        Direction::Note => "note",
    }
}

/// Where it is: in the later file, else in the earlier one.
fn place(change: &Change) -> String {
    let workflow = change.workflow.as_ref().map_or_else(String::new, |workflow| format!(" in {workflow}"));
    match (change.line, change.old_line) {
        (Some(line), _) => format!("{}, line {line}{workflow}", change.file),
        (None, Some(line)) => format!("{}, line {line} before{workflow}", change.file),
        (None, None) => format!("{}{workflow}", change.file),
    }
}

fn also(change: &Change) -> Option<String> {
    (!change.also.is_empty()).then(|| format!("the same of {}", change.also.join(", ")))
}

fn summary(changes: &[Change]) -> String {
    match (count(changes, Direction::Weaker), count(changes, Direction::Stronger)) {
        (0, 0) => "nothing is weaker or stronger".to_owned(),
        (weaker, stronger) => format!("{weaker} weaker, {stronger} stronger"),
    }
}

fn human(changes: &[Change]) -> String {
    let mut out = String::new();
    for change in changes {
        let style = match change.direction {
            Direction::Weaker => ERROR,
            Direction::Stronger => GOOD,
            Direction::Note => STRONG,
        };
        let _ = writeln!(out, "{style}{}{style:#}: {}", word(change.direction), visible(&change.message));
        let _ = writeln!(out, "  {FAINT}{}{FAINT:#}", visible(&place(change)));
        also(change).iter().for_each(|also| {
            let _ = writeln!(out, "  {}", visible(also));
        });
    }
    let _ = writeln!(out, "{STRONG}{}{STRONG:#}", summary(changes));
    table::styled(&out)
}

fn markdown(changes: &[Change]) -> String {
    let mut out = format!("# Oversight: {}\n", summary(changes));
    for direction in [Direction::Weaker, Direction::Stronger, Direction::Note] {
        let of = changes.iter().filter(|change| change.direction == direction);
        for (number, change) in of.enumerate() {
            if number == 0 {
                let head = match direction {
                    Direction::Weaker => "Weaker",
                    Direction::Stronger => "Stronger",
                    Direction::Note => "Worth knowing",
                };
                let _ = writeln!(out, "\n## {head}\n");
            }
            let also = also(change).map_or_else(String::new, |also| format!("; {}", plain(&also)));
            let _ = writeln!(out, "- {} ({}){also}", plain(&change.message), plain(&place(change)));
        }
    }
    out
}

/// Annotations of a change on GitHub.
fn annotations(project: &Project, changes: &[Change]) -> String {
    let mut out = String::new();
    for change in changes {
        let (level, title) = match change.direction {
            Direction::Weaker => ("error", "oversight is weaker"),
            Direction::Stronger => ("notice", "oversight is stronger"),
            Direction::Note => ("notice", "oversight"),
        };
        let folder = project.shown_folder();
        let file = folder.strip_prefix(".").map_or_else(|_| folder.clone(), Path::to_owned).join(&change.file);
        let _ = write!(out, "::{level} file={}", github::property(&file.to_string_lossy()));
        change.line.iter().for_each(|line| {
            let _ = write!(out, ",line={line}");
        });
        let mut message = change.message.clone();
        also(change).iter().for_each(|also| message.extend(["\n", also]));
        let _ = writeln!(out, ",title={title}::{}", github::data(&message));
    }
    out
}
