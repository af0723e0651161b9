//! The command line as `clap` reads it.

use clap::{Parser, Subcommand, ValueEnum};

use crate::commands;

/// Workflows in which people keep the last word.
#[derive(Debug, Parser)]
#[command(name = "hitlc", version, arg_required_else_help = true, propagate_version = false, max_term_width = 100)]
pub(crate) struct Cli {
    /// When to use colours: auto, always or never
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "WHEN",
        hide_possible_values = true,
        hide_default_value = true,
        display_order = 100
    )]
    pub(crate) color: Color,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    // On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    Always,
    Never,
}

impl Color {
    /// Makes it so for everything that is printed from here on.
    pub(crate) fn apply(self) {
        match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    New(commands::new::Args),
    Check(commands::check::Args),
    Fmt(commands::fmt::Args),
    Test(commands::test::Args),
    Run(commands::run::Args),
    Start(commands::start::Args),
    Serve(commands::serve::Args),
    Resume(commands::resume::Args),
    Approvals(commands::approvals::Args),
    Show(commands::approvals::ShowArgs),
    Approve(commands::decide::ApproveArgs),
    Reject(commands::decide::RejectArgs),
    SendBack(commands::decide::SendBackArgs),
    Delegate(commands::delegate::DelegateArgs),
    StandIn(commands::delegate::StandInArgs),
    Runs(commands::runs::Args),
    Graph(commands::graph::Args),
    Oversight(commands::oversight::Args),
    Explain(commands::explain::Args),
    Token(commands::token::Args),
    Audit(commands::audit::Args),
    Lsp(commands::lsp::Args),
    Completions(commands::completions::Args),
    Man(commands::man::Args),
}
