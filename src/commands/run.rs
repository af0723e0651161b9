//! `hitlc run`

use std::path::PathBuf;

use flow_compiler::plan::Plan;
use serde_json::{Map, Value as Json};

use crate::arguments::Input;
use crate::client::{Client, fresh_key};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::follow::{Follower, Home, Manner, conclude};
use crate::owner::{Pages, block_on};
use crate::project::Project;
use crate::session::{TRIES, again, connect, os_person};
use crate::{compile, input};

/// Run a workflow of a file, and stay until it ends
///
/// Where somebody is asked, it prints what is asked and the address of the page to decide on; in a terminal it also asks there.
///
/// Exit codes: 0 completed, 1 failed or the file has errors, 2 wrong usage, 3 rejected, 4 left paused, 5 cancelled.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The flow file
    file: PathBuf,
    #[command(flatten)]
    input: Input,
    /// Which workflow of it, where there are several
    #[arg(long, value_name = "NAME")]
    workflow: Option<String>,
    /// Print the result as one JSON object
    #[arg(long)]
    json: bool,
    /// Leave the run where it waits for somebody
    #[arg(long)]
    detach: bool,
    /// Who runs it, on a store that no server ever owned [default: your user at localhost]
    #[arg(long = "as", value_name = "EMAIL")]
    person: Option<String>,
    /// Keep the run in this store [default: `.hitl/state.db` beside `hitl.toml`]
    #[arg(long, env = "HITL_STORE", value_name = "URL", hide_env_values = true)]
    store: Option<String>,
    /// The token that says who you are, on a store that a server owned
    #[arg(long, env = "HITL_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    token: Option<String>,
}

/// Runs it.
pub(crate) fn run(args: &Args) -> Result<Exit, Fault> {
    input::one_file(&args.file)?;
    let project = Project::find(Some(&args.file), args.store.as_deref())?;
    let plan = compile::one(&project, &args.file, args.workflow.as_deref())?;
    let input = args.input.for_plan(&plan)?;
    block_on(start(args, project, &plan, &input))
}

async fn start(args: &Args, project: Project, plan: &Plan, input: &Map<String, Json>) -> Result<Exit, Fault> {
    let person = args.person.clone().unwrap_or_else(os_person);
    let key = fresh_key();
    let open = async || {
        let session = connect(&project, Pages::Somewhere, args.token.clone(), Some(person.clone())).await?;
        if let Some(owner) = &session.owner {
            owner.work().await?;
        }
        Ok(Some(session))
    };
    let begun = again(TRIES, open, async |session| begin(&session.client, plan, input, &key).await).await?;
    let Some((session, run)) = begun else { return Ok(Exit::Failed) };
    let home = Home::Store { project, token: args.token.clone(), person: Some(person.clone()) };
    let manner = Manner { detach: args.detach, quiet: args.json };
    let follower = Follower::new(session, home, manner, person, !args.input.takes_stdin());
    let run = follower.stay(&run).await?;
    conclude(&run, args.json)
}

/// Hands the plan over and starts the run; answers its id.
async fn begin(client: &Client, plan: &Plan, input: &Map<String, Json>, key: &str) -> Result<String, Fault> {
    client.serve_plan(plan.encode()).await?;
    Ok(client.start(&plan.workflow.name, input, key).await?.told().id)
}
