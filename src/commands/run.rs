//! `hitlc run`

use std::path::PathBuf;

use flow_compiler::plan::Plan;

use crate::arguments::Input;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::follow::{Follower, Home, Manner, conclude};
use crate::owner::{Pages, block_on};
use crate::project::Project;
use crate::session::{connect, os_person};
use crate::{client, compile};

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
    let mut plan = compile::one(&args.file, args.workflow.as_deref())?;
    let input = args.input.for_plan(&plan)?;
    let project = Project::find(Some(&args.file), args.store.as_deref())?;
    plan.file = project.relative(&plan.file);
    block_on(start(args, project, &plan, &input))
}

async fn start(args: &Args, project: Project, plan: &Plan, input: &serde_json::Map<String, serde_json::Value>) -> Result<Exit, Fault> {
    let person = args.person.clone().unwrap_or_else(os_person);
    let session = connect(&project, Pages::Somewhere, args.token.clone(), Some(person.clone())).await?;
    if let Some(owner) = &session.owner {
        owner.work().await?;
    }
    let begun = begin(&session.client, plan, input).await;
    let run = match begun {
        Ok(run) => run,
        Err(fault) => {
            session.close().await;
            return Err(fault);
        }
    };
    let home = Home::Store { project, token: args.token.clone(), person: Some(person.clone()) };
    let manner = Manner { detach: args.detach, quiet: args.json };
    let follower = Follower::new(session, home, manner, person, !args.input.takes_stdin());
    let run = follower.to_the_end(&run).await?;
    conclude(&run, args.json)
}

/// Hands the plan over and starts the run; answers its id.
async fn begin(client: &client::Client, plan: &Plan, input: &serde_json::Map<String, serde_json::Value>) -> Result<String, Fault> {
    client.serve_plan(plan.encode()).await?;
    Ok(client.start(&plan.workflow.name, input).await?.id)
}
