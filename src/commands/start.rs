//! `hitlc start`

use crate::arguments::Input;
use crate::client::fresh_key;
use crate::client::types::Run;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::follow::{Follower, Home, Manner, conclude};
use crate::owner::block_on;
use crate::project::Project;
use crate::run_report::report;
use crate::session::{Session, Where};
use crate::texts::{list, nearest};

/// Start a run of a workflow that is served
///
/// With --wait, the exit codes are those of `hitlc run`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The workflow
    workflow: String,
    #[command(flatten)]
    input: Input,
    /// Stay until it ends
    #[arg(long)]
    wait: bool,
    /// Print the run as one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Where,
}

/// Starts it.
pub(crate) fn run(args: &Args) -> Result<Exit, Fault> {
    block_on(start(args))
}

async fn start(args: &Args) -> Result<Exit, Fault> {
    let key = fresh_key();
    let (session, run) = args.place.act(async |session| begin(args, session, &key).await).await?;
    if !args.wait {
        session.close().await;
        super::check::print(&if args.json { report(&run) } else { format!("{}\n", run.id) })?;
        return Ok(Exit::Done);
    }
    let home = match &args.place.server {
        Some(_) => Home::Server,
        None => Home::Store {
            project: Project::find(None, args.place.store.as_deref())?,
            token: args.place.token.clone(),
            person: Some(args.place.name()),
        },
    };
    let manner = Manner { detach: false, quiet: args.json };
    let run = Follower::new(session, home, manner, args.place.name(), false).stay(&run.id).await?;
    conclude(&run, args.json)
}

async fn begin(args: &Args, session: &Session, key: &str) -> Result<Run, Fault> {
    let workflows = session.client.workflows().await?.items;
    let Some(workflow) = workflows.iter().find(|workflow| workflow.name == args.workflow) else {
        let names = || workflows.iter().map(|workflow| workflow.name.as_str());
        let fault = Fault::usage(format!("no workflow `{}` is served", args.workflow));
        return Err(match nearest(&args.workflow, names()) {
            Some(near) => fault.help(format!("did you mean `{near}`?")),
            None if workflows.is_empty() => fault.help("serve it with `hitlc serve`, or run its file with `hitlc run FILE`"),
            None => fault.help(format!("those that are: {}", list(names()))),
        });
    };
    let input = args.input.for_fields(&workflow.name, &workflow.parameters)?;
    Ok(session.client.start(&workflow.name, &input, key).await?.told())
}
