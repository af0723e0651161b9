//! `hitlc token`

use clap::Subcommand;
use jiff::{Span, Timestamp, tz::TimeZone};
use serde_json::json;

use super::check::print;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::owner::{Pages, block_on};
use crate::project::Project;
use crate::session::{Session, connect};
use crate::table;
use crate::terminal::{FAINT, GOOD};

/// Make, list and revoke the tokens with which people and programs speak to a server
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
    /// Make a token; it is printed once, alone on standard output, and stored nowhere
    New(NewArgs),
    /// List all tokens, without their secrets
    List {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Revoke a token, at once
    Revoke {
        /// Its id, as `hitlc token list` names it
        id: String,
    },
}

#[derive(Debug, clap::Args)]
struct NewArgs {
    /// Whose it is
    email: String,
    /// What it may do: start, decide, read, admin, act-for; several with commas
    #[arg(long, value_name = "SCOPES")]
    scope: Option<String>,
    /// It is for a program that acts by itself: it cannot decide
    #[arg(long)]
    agent: bool,
    /// When it ends: a duration such as `30d`, or a date [default: never]
    #[arg(long, value_name = "WHEN")]
    expires: Option<String>,
}

/// Makes, lists or revokes.
pub(crate) fn run(args: &Args) -> Result<Exit, Fault> {
    let project = Project::find(None, args.store.as_deref())?;
    block_on(async {
        let session = connect(&project, Pages::None, None, None).await?;
        let done = act(&args.command, &session).await;
        session.close().await;
        done
    })
}

async fn act(command: &Command, session: &Session) -> Result<Exit, Fault> {
    match command {
        Command::New(new) => make(new, session).await,
        Command::List { json } => list(*json, session).await,
        Command::Revoke { id } => {
            session.client.revoke(id).await?;
            anstream::eprintln!("{GOOD}revoked{GOOD:#} {id}");
            Ok(Exit::Done)
        }
    }
}

async fn make(new: &NewArgs, session: &Session) -> Result<Exit, Fault> {
    let scopes = new.scope.as_deref().unwrap_or(if new.agent { "start,read" } else { "start,decide,read" });
    if !flow_compiler::is_address(&new.email) {
        return Err(Fault::usage(format!("`{}` is no address", new.email)).help("a token belongs to somebody, such as ana@acme.example"));
    }
    if new.agent && scopes.split(',').any(|scope| scope.trim() == "decide") {
        return Err(Fault::usage("a program that acts by itself cannot decide").help("leave `decide` out of `--scope`"));
    }
    let expires = new.expires.as_deref().map(instant).transpose()?;
    let mut token = json!({ "person": new.email, "scopes": scopes, "agent": new.agent });
    if let (Some(expires), Some(token)) = (expires, token.as_object_mut()) {
        token.insert("expires_at".to_owned(), json!(expires.to_string()));
    }
    let issued = session.client.issue(&token).await?;
    anstream::eprintln!("{FAINT}token {} of {} may {}; it is shown only now{FAINT:#}", issued.id, new.email, scopes.replace(',', ", "));
    print(&format!("{}\n", issued.token))?;
    Ok(Exit::Done)
}

/// `30d`, `12h`, a date (its end), or a time.
pub(crate) fn instant(text: &str) -> Result<Timestamp, Fault> {
    let wrong =
        || Fault::usage(format!("`{text}` is no time")).help("write a duration such as `30d` or `12h`, or a date such as 2027-01-31");
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time);
    }
    if let Ok(date) = text.parse::<jiff::civil::Date>() {
        let end = date.tomorrow().and_then(|next| next.to_zoned_datetime(TimeZone::system()));
        return end.map(|end| end.timestamp()).map_err(|_| wrong());
    }
    let span: Span = text.parse().map_err(|_| wrong())?;
    let later = Timestamp::now().to_zoned_datetime(TimeZone::UTC).checked_add(span).map_err(|_| wrong())?;
    if span.is_negative() || span.is_zero() { Err(wrong()) } else { Ok(later.timestamp()) }
}

async fn list(json: bool, session: &Session) -> Result<Exit, Fault> {
    if json {
        print(&table::json(&session.client.tokens_json().await?))?;
        return Ok(Exit::Done);
    }
    let tokens = session.client.tokens().await?.items;
    if tokens.is_empty() {
        anstream::eprintln!("no tokens");
        return Ok(Exit::Done);
    }
    let rows = tokens.into_iter().map(|token| {
        let kind = if token.agent { "agent" } else { "" }.to_owned();
        let state = match (&token.revoked_at, &token.expires_at) {
            (Some(_), _) => "revoked".to_owned(),
            (None, Some(at)) => format!("until {at}"),
            (None, None) => String::new(),
        };
        vec![token.id, token.person, token.scopes, kind, token.created_at, state]
    });
    print(&table::draw(&["id", "of", "may", "", "made", ""], rows))?;
    Ok(Exit::Done)
}
