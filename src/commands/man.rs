//! `hitlc man`

use std::fs;
use std::path::PathBuf;

use clap::{Command, CommandFactory as _};

use super::check::print;
use crate::cli::Cli;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::input::reason;
use crate::texts::nearest;

/// Print a page of the manual
///
/// For example: hitlc man run | man -l -
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A command, such as `run` or `token new`; without one, the page about all of them
    command: Vec<String>,
    /// Write all pages into this folder instead, such as ~/.local/share/man/man1
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    into: Option<PathBuf>,
}

/// Prints a page, or writes all.
pub(crate) fn run(args: &Args) -> Result<Exit, Fault> {
    let mut all = Cli::command();
    all.build();
    if let Some(folder) = &args.into {
        let written = fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(Cli::command(), folder));
        written.map_err(|error| Fault::new(format!("cannot write into `{}`: {}", folder.display(), reason(&error))))?;
        return Ok(Exit::Done);
    }
    let mut command = &all;
    for word in &args.command {
        command = command.find_subcommand(word).ok_or_else(|| unknown(command, word))?;
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone())
        .render(&mut page)
        .map_err(|error| Fault::new(format!("cannot write the page: {}", reason(&error))))?;
    print(&String::from_utf8_lossy(&page))?;
    Ok(Exit::Done)
}

fn unknown(of: &Command, word: &str) -> Fault {
    let fault = Fault::usage(format!("`{}` has no command `{word}`", of.get_bin_name().unwrap_or("hitlc")));
    match nearest(word, of.get_subcommands().map(Command::get_name)) {
        Some(near) => fault.help(format!("did you mean `{near}`?")),
        None => fault.help("`hitlc --help` lists all commands"),
    }
}
