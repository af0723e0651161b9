//! `hitlc delegate` and `hitlc stand-in`: somebody else decides.

use super::token::instant;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::owner::block_on;
use crate::session::Where;
use crate::terminal::{FAINT, GOOD, visible};

/// Hand an approval on to somebody else, who decides in your stead
#[derive(Debug, clap::Args)]
pub(crate) struct DelegateArgs {
    /// The approval, as `hitlc approvals` lists it
    id: String,
    /// Their address; your own takes it back
    to: String,
    #[command(flatten)]
    place: Where,
}

/// Say who decides for you while you are out of office
#[derive(Debug, clap::Args)]
pub(crate) struct StandInArgs {
    /// Their address
    #[arg(required_unless_present = "end", requires = "until")]
    to: Option<String>,
    /// Until when: a duration such as `5d`, or a date
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,
    /// You are back
    #[arg(long, conflicts_with_all = ["to", "until"])]
    end: bool,
    #[command(flatten)]
    place: Where,
}

/// Hands on.
pub(crate) fn delegate(args: &DelegateArgs) -> Result<Exit, Fault> {
    block_on(async {
        if !args.place.exists()? {
            return Err(super::approvals::none(&args.id));
        }
        let hand_on = async |session: &crate::session::Session| Ok(session.client.delegate(&args.id, &args.to).await?);
        let (session, _) = args.place.act(hand_on).await?;
        session.close().await;
        anstream::eprintln!("{GOOD}handed on{GOOD:#} {FAINT}to {}{FAINT:#}", visible(&args.to));
        Ok(Exit::Done)
    })
}

/// Says who stands in.
pub(crate) fn stand_in(args: &StandInArgs) -> Result<Exit, Fault> {
    let until = args.until.as_deref().map(instant).transpose()?.map(|until| until.to_string());
    block_on(async {
        let say = async |session: &crate::session::Session| Ok(session.client.stand_in(args.to.as_deref(), until.as_deref()).await?);
        let (session, said) = args.place.act(say).await?;
        session.close().await;
        match (said.to, said.until) {
            (Some(to), Some(until)) => anstream::eprintln!("{GOOD}{}{GOOD:#} {FAINT}decides for you until {until}{FAINT:#}", visible(&to)),
            _ => anstream::eprintln!("{GOOD}you decide for yourself{GOOD:#}"),
        }
        Ok(Exit::Done)
    })
}
