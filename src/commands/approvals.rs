//! `hitlc approvals` and `hitlc show`

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::check::print;
use crate::card;
use crate::client::Client;
use crate::client::types::Approval;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::owner::block_on;
use crate::session::Where;
use crate::table;

/// List what waits for a decision
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Where,
}

/// Show an approval: what is asked, what will run, who asked
#[derive(Debug, clap::Args)]
pub(crate) struct ShowArgs {
    /// The approval
    id: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Where,
}

/// Lists the inbox.
pub(crate) fn run(args: &Args) -> Result<Exit, Fault> {
    let items = block_on(args.place.read(async |session| all(&session.client).await))?.unwrap_or_default();
    if args.json {
        print(&table::json(&json!({ "items": items, "next": null })))?;
        return Ok(Exit::Done);
    }
    if items.is_empty() {
        anstream::eprintln!("nothing waits for a decision");
        return Ok(Exit::Done);
    }
    let now = Timestamp::now();
    let rows = items.iter().map(|item| {
        let text = |name: &str| item.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
        let asked = card::since(&text("asked_at"), now);
        let kind = text("kind").replace("gate", "").replace('_', " ");
        vec![text("id"), text("title"), text("workflow"), asked, text("requester"), kind]
    });
    print(&table::draw(&["id", "what", "workflow", "asked", "by", ""], rows))?;
    Ok(Exit::Done)
}

async fn all(client: &Client) -> Result<Vec<Json>, Fault> {
    let mut items = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = client.approvals(&cursor).await?;
        items.extend(page.items);
        match page.next {
            Some(next) => cursor = next,
            None => return Ok(items),
        }
    }
}

/// Shows one.
pub(crate) fn show(args: &ShowArgs) -> Result<Exit, Fault> {
    let found = block_on(args.place.read(async |session| session.client.approval_json(&args.id).await.map_err(Fault::from)))?;
    let Some(found) = found else { return Err(none(&args.id)) };
    if args.json {
        print(&table::json(&found))?;
        return Ok(Exit::Done);
    }
    let approval: Approval = serde_json::from_value(found).map_err(|error| Fault::new(format!("the approval cannot be read: {error}")))?;
    print(&table::styled(&card::draw(&approval, Some(&approval.url), Timestamp::now())))?;
    Ok(Exit::Done)
}

/// There is no approval, because there is no store.
pub(super) fn none(id: &str) -> Fault {
    Fault::new(format!("there is no approval `{id}`"))
        .help("nothing has run here yet; name the project's store with `--store`, or a server with `--server`")
}
