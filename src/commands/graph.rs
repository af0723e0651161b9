//! `hitlc graph`

use std::path::PathBuf;

use clap::ValueEnum;
use flow_compiler::graph::draw;

use super::check::print;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::project::Project;
use crate::{compile, input};

/// Print the graph that a workflow is compiled to
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The flow file
    file: PathBuf,
    /// Which workflow of it, where there are several
    #[arg(long, value_name = "NAME")]
    workflow: Option<String>,
    /// How to draw it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Mermaid, for Markdown
    #[default]
    Mermaid,
    /// Graphviz
    Dot,
    /// A picture
    Svg,
    /// For programs
    Json,
}

/// Draws the graph.
pub(crate) fn run(args: &Args) -> Result<Exit, Fault> {
    input::one_file(&args.file)?;
    let plan = compile::one(&Project::find(Some(&args.file), None)?, &args.file, args.workflow.as_deref())?;
    let text = match args.format {
        Format::Mermaid => draw::mermaid(&plan),
        Format::Dot => draw::dot(&plan),
        Format::Svg => draw::svg(&plan)
            .map_err(|error| Fault::new(error.to_string()).help("use `--format dot` with a program that draws large graphs"))?,
        Format::Json => draw::json(&plan),
    };
    print(&text)?;
    Ok(Exit::Done)
}
