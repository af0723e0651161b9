//! `hitlc lsp`

use std::path::Path;

use flow_lsp::{End, Host, Settings};

use crate::exit::Exit;
use crate::fault::Fault;
use crate::lints;
use crate::project::Project;

/// Answer an editor that writes flow files: the language server
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Over standard input and output; there is no other way, but editors like to say so
    #[arg(long, hide = true)]
    stdio: bool,
}

/// Serves an editor until it ends.
pub(crate) fn run(_: &Args) -> Result<Exit, Fault> {
    let (connection, threads) = flow_lsp::stdio();
    let end = flow_lsp::serve(&connection, &Projects);
    drop(connection);
    threads.finish();
    Ok(match end {
        End::Asked => Exit::Done,
        End::Left => Exit::Failed,
    })
}

/// Projects as the other commands read them.
struct Projects;

impl Host for Projects {
    const SETTINGS: &'static str = flow_runtime::config::FILE;

    fn settings(&self, folder: &Path) -> Result<Settings, String> {
        let project = Project::find(Some(folder), None).map_err(|fault| fault.to_string())?;
        let policies = project.config.policies.files.iter().map(|file| file.to_string_lossy().into_owned()).collect();
        Ok(Settings { groups: project.groups(), levels: lints::of(&project), policies })
    }
}
