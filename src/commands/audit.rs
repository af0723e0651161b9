//! `hitlc audit`

use std::path::PathBuf;

use clap::Subcommand;
use flow_runtime::engine::{PublicIds, replay};
use flow_runtime::ids::RunId;
use flow_runtime::store::audit::{Finding, Report, verify};
use flow_runtime::store::sqlite::{SqliteOptions, SqliteStore};
use flow_runtime::store::{Head, Store, StoreError};
use serde_json::json;

use super::check::print;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::input::reason;
use crate::owner::{Claim, block_on};
use crate::project::Project;
use crate::table;
use crate::terminal::{ERROR, GOOD};
use crate::texts::count;

/// Check that the journal is what it was
///
/// Every entry is sealed into the next, and every run is played again from its entries and compared with what is listed. `audit export` prints the seal over everything so far: keep it where whoever can write the store
/// cannot. `audit verify --head FILE` then finds whatever was changed, removed or cut off since; without `--head` it finds only what does not add up
/// by itself.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
    /// The store [default: `.hitl/state.db` beside `hitl.toml`]
    #[arg(long, env = "HITL_STORE", value_name = "URL", hide_env_values = true, global = true)]
    store: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Recompute the seals of the journal, play all runs again, and compare
    Verify {
        /// Only say what is wrong with this run
        run: Option<String>,
        /// An exported head to compare with
        #[arg(long, value_name = "FILE")]
        head: Option<PathBuf>,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Print the head over all runs, as one line of JSON
    Export,
}

/// Verifies or exports.
pub(crate) fn run(args: &Args) -> Result<Exit, Fault> {
    let project = Project::find(None, args.store.as_deref())?;
    if !project.store.exists() {
        return Err(Fault::new(format!("there is no store `{}`", project.store.display()))
            .help("nothing has run here yet; name the store with `--store`"));
    }
    block_on(async {
        // The lock is held so that nobody migrates the store meanwhile; a process that has it open may go on, only reading is done here.
        let _claim = Claim::take(&project)?;
        let options = SqliteOptions { log_ahead: 0, ..SqliteOptions::default() };
        let store = SqliteStore::open(&project.store, &options).map_err(|error| Fault::new(error.to_string()))?;
        let done = act(&args.command, &store).await;
        store.close().await;
        done
    })
}

async fn act(command: &Command, store: &dyn Store) -> Result<Exit, Fault> {
    match command {
        Command::Export => {
            let head = store.head().await.map_err(|error| Fault::new(error.to_string()))?;
            print(&format!("{}\n", head.to_json()))?;
            Ok(Exit::Done)
        }
        Command::Verify { run, head, json } => {
            let head = head.as_ref().map(exported).transpose()?;
            let report = examine(store, head).await.map_err(|error| Fault::new(error.to_string()))?;
            let ids = PublicIds::new(report.head.store);
            let only = match run {
                Some(id) => Some(ids.read(id).ok_or_else(|| Fault::usage(format!("`{id}` is no run")).help("`hitlc runs` lists them"))?),
                None => None,
            };
            tell(&report, ids, only, head.is_some(), *json)
        }
    }
}

/// The chains first; then every run whose chain is whole is played again.
async fn examine(store: &dyn Store, head: Option<Head>) -> Result<Report, StoreError> {
    let mut report = verify(store, head).await?;
    let wrong = report.findings.iter().filter_map(Finding::run).collect();
    report.findings.extend(replay(store, &wrong).await?);
    Ok(report)
}

fn exported(path: &PathBuf) -> Result<Head, Fault> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Fault::usage(format!("cannot read the head `{}`: {}", path.display(), reason(&error))))?;
    let head = Head::from_json(text.trim());
    head.ok_or_else(|| {
        Fault::usage(format!("`{}` is no exported head", path.display())).help("export one with `hitlc audit export > FILE`")
    })
}

fn tell(report: &Report, ids: PublicIds, only: Option<RunId>, compared: bool, json: bool) -> Result<Exit, Fault> {
    let wanted = report.findings.iter().filter(|finding| only.is_none() || finding.run().is_none_or(|run| Some(run) == only));
    let findings: Vec<String> = wanted.map(|finding| described(finding, ids)).collect();
    let exit = if findings.is_empty() { Exit::Done } else { Exit::Failed };
    if json {
        let head: serde_json::Value = serde_json::from_str(&report.head.to_json()).unwrap_or_default();
        let all =
            json!({ "sound": findings.is_empty(), "runs": report.runs, "entries": report.entries, "findings": findings, "head": head });
        print(&table::json(&all))?;
        return Ok(exit);
    }
    let size = format!("{} of {}", count_entries(report.entries), count(usize::try_from(report.runs).unwrap_or(usize::MAX), "run"));
    if findings.is_empty() {
        let against =
            if compared { "they are those of the exported head" } else { "they add up; compare them with an exported head, `--head FILE`" };
        anstream::eprintln!("{GOOD}sound{GOOD:#}: {size}, {against}; played again they lead to what is listed");
    } else {
        anstream::eprintln!("{ERROR}not sound{ERROR:#}: {size}");
        findings.iter().for_each(|finding| anstream::eprintln!("  {finding}"));
    }
    Ok(exit)
}

fn count_entries(number: u64) -> String {
    if number == 1 { "1 entry".to_owned() } else { format!("{number} entries") }
}

/// The finding with the run's public id, which is the one that people know.
fn described(finding: &Finding, ids: PublicIds) -> String {
    let text = finding.to_string();
    match finding.run() {
        Some(run) => text.replacen(&format!("run {}", run.0), &format!("run {}", ids.write(run)), 1),
        None => text,
    }
}
