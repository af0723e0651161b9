//! `hitlc completions`

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::check::print;
use crate::cli::Cli;
use crate::exit::Exit;
use crate::fault::Fault;

/// Print the completions for a shell
///
/// For example: hitlc completions bash > ~/.local/share/bash-completion/completions/hitlc
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The shell
    shell: Shell,
}

/// Prints the shell's script.
pub(crate) fn run(args: &Args) -> Result<Exit, Fault> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "hitlc", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
