//! `hitlc`: the command line.
//!
//! Owns words, colours and exit codes. Knows no rule of the language and no SQL: the compiler and the runtime do.

mod arguments;
mod card;
mod cli;
mod client;
mod commands;
mod compile;
mod excerpt;
mod exit;
mod fault;
mod follow;
mod github;
mod input;
mod json_report;
mod lints;
mod load;
mod owner;
mod places;
mod project;
mod prompt;
mod render;
mod run_report;
mod sarif;
mod session;
mod table;
mod terminal;
mod texts;

use std::process::ExitCode;

use clap::Parser as _;

use cli::{Cli, Command};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    cli.color.apply();
    let done = match cli.command {
        Command::New(args) => commands::new::run(&args),
        Command::Check(args) => commands::check::run(&args),
        Command::Fmt(args) => commands::fmt::run(&args),
        Command::Test(args) => commands::test::run(&args),
        Command::Run(args) => commands::run::run(&args),
        Command::Start(args) => commands::start::run(&args),
        Command::Serve(args) => commands::serve::run(&args),
        Command::Resume(args) => commands::resume::run(&args),
        Command::Approvals(args) => commands::approvals::run(&args),
        Command::Show(args) => commands::approvals::show(&args),
        Command::Approve(args) => commands::decide::approve(&args),
        Command::Reject(args) => commands::decide::reject(&args),
        Command::SendBack(args) => commands::decide::send_back(&args),
        Command::Delegate(args) => commands::delegate::delegate(&args),
        Command::StandIn(args) => commands::delegate::stand_in(&args),
        Command::Runs(args) => commands::runs::run(&args),
        Command::Graph(args) => commands::graph::run(&args),
        Command::Oversight(args) => commands::oversight::run(&args),
        Command::Explain(args) => commands::explain::run(&args),
        Command::Token(args) => commands::token::run(&args),
        Command::Audit(args) => commands::audit::run(&args),
        Command::Lsp(args) => commands::lsp::run(&args),
        Command::Completions(args) => commands::completions::run(&args),
        Command::Man(args) => commands::man::run(&args),
    };
    match done {
        Ok(exit) => exit.into(),
        Err(fault) => fault.report().into(),
    }
}
