//! `hitlc`: the command line.
//!
//! Owns words, colours and exit codes. Knows no rule of the language and no SQL: the compiler and the runtime do.

mod cli;
mod commands;
mod compile;
mod exit;
mod fault;
mod input;
mod json_report;
mod project;
mod render;
mod terminal;
mod texts;

use std::process::ExitCode;

use clap::Parser as _;

use cli::{Cli, Command};
use fault::Fault;

fn main() -> ExitCode {
    let cli = Cli::parse();
    cli.color.apply();
    let done = match cli.command {
        Command::New(args) => commands::new::run(&args),
        Command::Check(args) => commands::check::run(&args),
        Command::Graph(args) => commands::graph::run(&args),
        Command::Explain(args) => commands::explain::run(&args),
        Command::Completions(args) => commands::completions::run(&args),
    };
    match done {
        Ok(exit) => exit.into(),
        Err(fault) => fault.report().into(),
    }
}
