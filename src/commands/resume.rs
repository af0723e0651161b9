//! `hitlc resume`

use std::time::Duration;

use flow_runtime::engine::Engine;
use flow_runtime::store::{RunFilter, Status};

use crate::exit::Exit;
use crate::fault::Fault;
use crate::owner::{Claim, Owner, Pages, block_on, interrupted};
use crate::project::Project;
use crate::session::other_owner;
use crate::terminal::{FAINT, GOOD};
use crate::texts::count;

/// Between two looks at whether anything is still under way.
const LOOK: Duration = Duration::from_millis(50);

/// Take up every unfinished run, until all have ended or wait for somebody
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The store [default: `.hitl/state.db` beside `hitl.toml`]
    #[arg(long, env = "HITL_STORE", value_name = "URL", hide_env_values = true)]
    store: Option<String>,
}

/// Takes them up.
pub(crate) fn run(args: &Args) -> Result<Exit, Fault> {
    let project = Project::find(None, args.store.as_deref())?;
    if !project.store.exists() {
        anstream::eprintln!("nothing has run here yet");
        return Ok(Exit::Done);
    }
    block_on(resume(&project))
}

async fn resume(project: &Project) -> Result<Exit, Fault> {
    let Some(claim) = Claim::take(project)? else {
        let who = other_owner(project).await.map(|info| format!(" {}", info.pid)).unwrap_or_default();
        anstream::eprintln!("process{who} has the store open, and takes care of its runs");
        return Ok(Exit::Done);
    };
    let owner = Owner::open(claim, project, Pages::None, Vec::new()).await?;
    let taken = owner.work().await?;
    let done = tokio::select! {
        settled = settled(&owner.engine) => settled,
        () = interrupted() => Ok(()),
    };
    let waiting = waiting(&owner.engine).await;
    owner.close().await;
    done?;
    let waiting = waiting?;
    anstream::eprintln!(
        "{GOOD}done{GOOD:#}: took up {}, {} for somebody",
        count(taken, "run"),
        if waiting == 1 { "1 waits".to_owned() } else { format!("{waiting} wait") }
    );
    if waiting > 0 {
        anstream::eprintln!("{FAINT}see them with `hitlc approvals`{FAINT:#}");
    }
    Ok(Exit::Done)
}

/// Waits until no run is under way, no retry is pending, and every deadline that has passed has been applied.
async fn settled(engine: &Engine) -> Result<(), Fault> {
    loop {
        engine.idle().await;
        let due = engine.store().due(engine.now(), 1).await.map_err(failed)?;
        if due.is_empty() && of(engine, Status::Running).await? == 0 && of(engine, Status::Ending).await? == 0 {
            return Ok(());
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn waiting(engine: &Engine) -> Result<usize, Fault> {
    Ok(of(engine, Status::Paused).await? + of(engine, Status::InDoubt).await?)
}

async fn of(engine: &Engine, status: Status) -> Result<usize, Fault> {
    let filter = RunFilter { status: Some(status), limit: 500, ..RunFilter::default() };
    Ok(engine.store().runs(filter).await.map_err(failed)?.len())
}

fn failed(error: impl std::fmt::Display) -> Fault {
    Fault::new(error.to_string())
}
