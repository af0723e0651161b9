//! `hitlc serve`

use std::net::SocketAddr;
use std::path::PathBuf;

use flow_compiler::plan::{Expr, Plan, Who};
use flow_compiler::value::Value;
use flow_runtime::config::Config;

use crate::compile;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::owner::{Claim, Owner, Pages, block_on, interrupted};
use crate::project::Project;
use crate::session::{os_person, other_owner};
use crate::terminal::{FAINT, GOOD, STRONG};
use crate::texts::{count, list};

/// Serve workflows: the API, the pages, and the time
///
/// It takes up what was left unfinished, and ends on Ctrl-C or SIGTERM after what is under way has ended.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Files and folders with the workflows [default: the project's folder]
    paths: Vec<PathBuf>,
    /// Where to listen [default: what `hitl.toml` says, else 127.0.0.1:7171]
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Keep runs in this store [default: `.hitl/state.db` beside `hitl.toml`]
    #[arg(long, env = "HITL_STORE", value_name = "URL", hide_env_values = true)]
    store: Option<String>,
    /// Whom the one-time link signs in [default: the first workflow's owner]
    #[arg(long, value_name = "EMAIL")]
    link_for: Option<String>,
}

/// Serves until it is told to end.
pub(crate) fn run(args: &Args) -> Result<Exit, Fault> {
    let project = Project::find(args.paths.first().map(PathBuf::as_path), args.store.as_deref())?;
    let folder = [project.shown_folder()];
    let plans = compile::all(&project, if args.paths.is_empty() { &folder } else { &args.paths })?;
    owned(&plans)?;
    block_on(serve(args, &project, plans))
}

/// Refuses workflows that nobody answers for.
fn owned(plans: &[Plan]) -> Result<(), Fault> {
    if plans.is_empty() {
        return Err(Fault::usage("there is no workflow to serve").help("name files or folders with workflows"));
    }
    let unowned = || plans.iter().filter(|plan| plan.workflow.owner.is_none());
    let without: Vec<&str> = unowned().map(|plan| plan.workflow.name.as_str()).collect();
    if without.is_empty() {
        return Ok(());
    }
    let noun = if without.len() == 1 { "workflow" } else { "workflows" };
    let verb = if without.len() == 1 { "has" } else { "have" };
    let mut files: Vec<&str> = unowned().map(|plan| plan.file.as_str()).collect();
    files.dedup();
    let files = list(files);
    Err(Fault::new(format!(
        "the {noun} {} of {files} {verb} no owner, and a server needs somebody who answers for its runs",
        list(without)
    ))
    .help("say who, at the top of the workflow: `owner \"finance@acme.example\"`"))
}

async fn serve(args: &Args, project: &Project, plans: Vec<Plan>) -> Result<Exit, Fault> {
    let Some(claim) = Claim::take(project)? else {
        let who = other_owner(project).await.map(|info| format!(" (process {})", info.pid)).unwrap_or_default();
        return Err(Fault::new(format!("another hitlc{who} has the store `{}` open", project.store.display()))
            .help("wait for it or end it, or serve another store with `--store`"));
    };
    let link_for = args.link_for.clone().or_else(|| plans.iter().find_map(|plan| owner(plan, &project.config))).unwrap_or_else(os_person);
    let number = plans.len();
    let owner = Owner::open(claim, project, Pages::At(args.listen), plans).await?;
    let began = begin(&owner, number, &link_for).await;
    if project.config.notify.email.is_none() && began.is_ok() {
        anstream::eprintln!("{FAINT}{}{FAINT:#}", project.no_mail());
    }
    if let Err(fault) = began {
        owner.close().await;
        return Err(fault);
    }
    interrupted().await;
    anstream::eprintln!("{FAINT}ending: nothing new is taken, what is under way comes to its end{FAINT:#}");
    owner.close().await;
    anstream::eprintln!("ended");
    Ok(Exit::Done)
}

async fn begin(owner: &Owner, number: usize, link_for: &str) -> Result<(), Fault> {
    let left = owner.work().await?;
    anstream::eprintln!("{GOOD}serving{GOOD:#} {} on {STRONG}{}{STRONG:#}", count(number, "workflow"), owner.engine.options().public_url);
    if left > 0 {
        anstream::eprintln!("took up {}", count(left, "unfinished run"));
    }
    if let Some(link) = owner.link(link_for, "/") {
        anstream::eprintln!("sign in once as {link_for}: {link}");
    }
    Ok(())
}

/// The address of a workflow's owner, where it is written down.
fn owner(plan: &Plan, config: &Config) -> Option<String> {
    match plan.workflow.owner.as_ref()? {
        Who::Address(Expr::Const(Value::Text(address))) => Some(address.to_string()),
        Who::Group(name) => {
            let declared = plan.groups.iter().find(|group| group.name == *name).and_then(|group| group.members.first());
            declared.map(ToString::to_string).or_else(|| config.addresses(name).into_iter().next())
        }
        _ => None,
    }
}
