//! `hitlc approve`, `hitlc reject` and `hitlc send-back`

use serde_json::Map;

use crate::arguments::{entered, set};
use crate::card::spoken;
use crate::client::types::{Approval, Run};
use crate::client::{Answer, Client};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::owner::block_on;
use crate::session::Where;
use crate::terminal::{FAINT, GOOD, visible};

/// Approve what waits for a decision
///
/// For a call in doubt (it may have happened, and nobody knows) this says that it did happen; give what it answered with `--set result=VALUE`.
/// That it did not happen is said with `hitlc reject ID --not-done`.
#[derive(Debug, clap::Args)]
pub(crate) struct ApproveArgs {
    /// The approval, as `hitlc approvals` lists it
    id: String,
    /// What you say with it
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
    /// What you fill in
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = set)]
    sets: Vec<(String, String)>,
    #[command(flatten)]
    place: Where,
}

/// Reject what waits for a decision
///
/// For a call in doubt (it may have happened, and nobody knows) say which: `--not-done`, and it is tried again, or `--give-up`, and its step fails.
#[derive(Debug, clap::Args)]
pub(crate) struct RejectArgs {
    /// The approval, as `hitlc approvals` lists it
    id: String,
    /// What you say with it
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
    /// For a call in doubt: it did not happen, so try again
    #[arg(long, conflicts_with = "give_up")]
    not_done: bool,
    /// For a call in doubt: leave it, so its step fails
    #[arg(long)]
    give_up: bool,
    #[command(flatten)]
    place: Where,
}

/// Send what waits for a decision back to who asked for the run
///
/// They change what is asked, and the gate asks again. Only where the flow says `send back to requester`.
#[derive(Debug, clap::Args)]
pub(crate) struct SendBackArgs {
    /// The approval, as `hitlc approvals` lists it
    id: String,
    /// What should be changed
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
    #[command(flatten)]
    place: Where,
}

/// Sends back.
pub(crate) fn send_back(args: &SendBackArgs) -> Result<Exit, Fault> {
    decide(&args.place, &args.id, |_| Ok(Answer { decision: "send_back", comment: args.comment.clone(), values: Map::new() }))
}

/// Approves.
pub(crate) fn approve(args: &ApproveArgs) -> Result<Exit, Fault> {
    decide(&args.place, &args.id, |approval| {
        let values = entered(&args.sets, &approval.fields)?;
        let decision = if approval.in_doubt() { "done" } else { "approve" };
        Ok(Answer { decision, comment: args.comment.clone(), values })
    })
}

/// Rejects.
pub(crate) fn reject(args: &RejectArgs) -> Result<Exit, Fault> {
    decide(&args.place, &args.id, |approval| {
        let decision = match (approval.in_doubt(), args.not_done, args.give_up) {
            (true, true, _) => "not_done",
            (true, _, true) => "give_up",
            (true, ..) => {
                return Err(Fault::usage(format!("`{}` asks what became of a call", approval.id))
                    .help("say `--not-done` to try it again, or `--give-up` to let its step fail"));
            }
            (false, false, false) => "reject",
            (false, ..) => return Err(Fault::usage("`--not-done` and `--give-up` are for calls in doubt").help("leave them out to reject")),
        };
        Ok(Answer { decision, comment: args.comment.clone(), values: Map::new() })
    })
}

fn decide(place: &Where, id: &str, answer: impl Fn(&Approval) -> Result<Answer, Fault>) -> Result<Exit, Fault> {
    block_on(async {
        // Without a store there is nothing to decide, and none is made.
        if !place.exists()? {
            return Err(super::approvals::none(id));
        }
        // The same answer of the same person, given again, is the same.
        let (session, decided) = place.act(async |session| one(&session.client, id, &answer).await).await?;
        // Where this process owns the store, the run goes on in it.
        let run = if session.owner.is_some() { settle(&session.client, &decided.run).await } else { None };
        session.close().await;
        let counted = if decided.standing == "counted" { ", and others have to answer, too" } else { "" };
        anstream::eprintln!("{GOOD}{}{GOOD:#}{counted}", spoken(decided.said));
        if decided.approval != id && !decided.approval.is_empty() {
            anstream::eprintln!("{FAINT}with other values than those proposed, so all are asked again: {}{FAINT:#}", decided.approval);
        }
        if let Some(run) = run {
            tell(&run);
        }
        Ok(Exit::Done)
    })
}

/// What became of a decision.
struct Said {
    said: &'static str,
    standing: String,
    run: String,
    /// The approval that holds the vote.
    approval: String,
}

async fn one(client: &Client, id: &str, answer: impl Fn(&Approval) -> Result<Answer, Fault>) -> Result<Said, Fault> {
    let approval = client.approval(id).await?;
    let answer = answer(&approval)?;
    let decided = client.decide(&approval, &answer).await?;
    Ok(Said { said: answer.decision, standing: decided.standing, run: decided.run, approval: decided.approval })
}

/// Stays until the run has ended or waits for somebody.
async fn settle(client: &Client, id: &str) -> Option<Run> {
    loop {
        let run = client.settled(id).await.ok()?;
        if run.ended() || run.waits() {
            return Some(run);
        }
    }
}

fn tell(run: &Run) {
    let error = run.error.as_deref().map(|error| format!(": {error}")).unwrap_or_default();
    let state = match run.status.as_str() {
        "in_doubt" => "is in doubt: see `hitlc approvals`",
        "paused" => "waits for the next decision: see `hitlc approvals`",
        other => other,
    };
    anstream::eprintln!("{FAINT}run {} {state}{}{FAINT:#}", run.id, visible(&error));
}
