//! `hitlc runs`

use clap::Subcommand;
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::check::print;
use crate::card::{self, members, plain, since};
use crate::client::Client;
use crate::client::types::Run;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::owner::block_on;
use crate::session::Where;
use crate::table;
use crate::terminal::{FAINT, STRONG, visible};

/// How many runs are listed when nothing is said.
const LIMIT: usize = 50;

/// List runs, show one with its journal, cancel one, take a failed one up again
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Only those of this status: running, paused, in_doubt, ending, completed, failed, rejected, cancelled
    #[arg(long)]
    status: Option<String>,
    /// Only those of this workflow
    #[arg(long, value_name = "NAME")]
    workflow: Option<String>,
    /// How many at most, newest first
    #[arg(long, default_value_t = LIMIT, value_name = "N")]
    limit: usize,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show a run with its journal
    Show(OneArgs),
    /// Cancel a run: nothing new starts, what is under way comes to its end
    Cancel(OneArgs),
    /// Take up a run that has failed: from what failed, and the gates that bound it ask again
    Retry(OneArgs),
}

#[derive(Debug, clap::Args)]
struct OneArgs {
    /// The run
    id: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Where,
}

/// Lists, shows, cancels or takes up again.
pub(crate) fn run(args: &Args) -> Result<Exit, Fault> {
    match &args.command {
        Some(Command::Show(one)) => show(one),
        Some(Command::Cancel(one)) => change(one, Change::Cancel),
        Some(Command::Retry(one)) => change(one, Change::Retry),
        None => list(args),
    }
}

fn list(args: &Args) -> Result<Exit, Fault> {
    let items = block_on(args.place.read(async |session| some(&session.client, args).await))?.unwrap_or_default();
    if args.json {
        print(&table::json(&json!({ "items": items, "next": null })))?;
        return Ok(Exit::Done);
    }
    if items.is_empty() {
        anstream::eprintln!("no runs");
        return Ok(Exit::Done);
    }
    let now = Timestamp::now();
    let rows = items.iter().map(|item| {
        let text = |name: &str| item.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
        let input = item.get("input").and_then(Json::as_object).map(members).unwrap_or_default();
        vec![text("id"), text("status"), text("workflow"), since(&text("started_at"), now), text("requester"), table::short(&input)]
    });
    print(&table::draw(&["id", "status", "workflow", "started", "by", "input"], rows))?;
    Ok(Exit::Done)
}

async fn some(client: &Client, args: &Args) -> Result<Vec<Json>, Fault> {
    let mut items: Vec<Json> = Vec::new();
    let mut cursor = String::new();
    loop {
        let limit = args.limit.saturating_sub(items.len()).min(500);
        if limit == 0 {
            return Ok(items);
        }
        let limit = limit.to_string();
        let (status, workflow) = (args.status.as_deref().unwrap_or_default(), args.workflow.as_deref().unwrap_or_default());
        let page = client.runs(&[("status", status), ("workflow", workflow), ("cursor", &cursor), ("limit", &limit)]).await?;
        items.extend(page.items);
        match page.next {
            Some(next) => cursor = next,
            None => return Ok(items),
        }
    }
}

fn show(args: &OneArgs) -> Result<Exit, Fault> {
    let found = block_on(args.place.read(async |session| one(&session.client, &args.id).await))?;
    let Some((run, journal)) = found else { return Err(none(&args.id)) };
    if args.json {
        print(&table::json(&json!({ "run": run, "journal": journal })))?;
        return Ok(Exit::Done);
    }
    let run: Run = serde_json::from_value(run).map_err(|error| Fault::new(format!("the run cannot be read: {error}")))?;
    print(&table::styled(&drawn(&run, &journal)))?;
    Ok(Exit::Done)
}

async fn one(client: &Client, id: &str) -> Result<(Json, Vec<Json>), Fault> {
    let run = client.run_json(id).await?;
    let mut journal = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = client.journal(id, &cursor).await?;
        journal.extend(page.items);
        match page.next {
            Some(next) => cursor = next,
            None => return Ok((run, journal)),
        }
    }
}

fn drawn(run: &Run, journal: &[Json]) -> String {
    let now = Timestamp::now();
    let mut lines = vec![
        format!("{STRONG}{}{STRONG:#} {FAINT}{}{FAINT:#}  {}", visible(&run.workflow), run.id, run.status.replace('_', " ")),
        String::new(),
    ];
    let mut row =
        |name: &str, text: String| lines.push(format!("  {FAINT}{name:<10}{FAINT:#} {}", visible(&text).replace('\n', "\n             ")));
    row(
        "started",
        format!("{}, {}, by {}", run.started_at, since(&run.started_at, now), flow_runtime::view::requester(run.requester.as_deref())),
    );
    if run.waits_for_turn {
        row("waits", "for the run that has its turn to end".to_owned());
    }
    if let Some(ended) = &run.ended_at {
        row("ended", ended.clone());
    }
    if let Some(input) = run.input.as_object().filter(|input| !input.is_empty()) {
        row("input", members(input));
    }
    if !run.output.is_null() {
        row("result", plain(&run.output));
    }
    if let Some(error) = &run.error {
        row("error", error.clone());
    }
    if let Some(rejection) = &run.rejection {
        let by = rejection.by.as_deref().unwrap_or("the deadline");
        let why = rejection.comment.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
        row("rejected", format!("`{}` by {by}{why}", rejection.gate));
    }
    for approval in &run.approvals {
        row("approval", format!("{} {} {}", approval.id, approval.gate, card::spoken(&approval.status)));
    }
    for child in &run.children {
        row("called", format!("{} {} {}", child.id, child.workflow, child.status.replace('_', " ")));
    }
    lines.push(String::new());
    for entry in journal {
        let at = entry.get("at").and_then(Json::as_str).unwrap_or_default();
        for event in entry.get("events").and_then(Json::as_array).into_iter().flatten() {
            let text = event.get("text").and_then(Json::as_str).unwrap_or_default();
            lines.push(format!("  {FAINT}{at}{FAINT:#}  {}", visible(text)));
        }
    }
    lines.push(String::new());
    lines.join("\n")
}

#[derive(Clone, Copy)]
enum Change {
    Cancel,
    Retry,
}

fn change(args: &OneArgs, change: Change) -> Result<Exit, Fault> {
    let run = block_on(async {
        if !args.place.exists()? {
            return Err(none(&args.id));
        }
        let change = async |client: &Client| match change {
            Change::Cancel => client.cancel(&args.id).await,
            Change::Retry => client.retry(&args.id).await,
        };
        let (session, run) = args.place.act(async |session| change(&session.client).await.map_err(Fault::from)).await?;
        session.close().await;
        Ok(run)
    })?;
    if args.json {
        print(&crate::run_report::report(&run))?;
    } else {
        anstream::eprintln!("run {} {}", run.id, run.status.replace('_', " "));
    }
    Ok(Exit::Done)
}

fn none(id: &str) -> Fault {
    Fault::new(format!("there is no run `{id}`"))
        .help("nothing has run here yet; name the project's store with `--store`, or a server with `--server`")
}
