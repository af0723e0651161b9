//! Handing a gate on: somebody else decides in one's stead.

use flow_compiler::is_address;

use super::event::{About, Channel, Event};
use super::quorum;
use super::refusal::Refusal;
use super::{Facts, RunState};

/// Somebody hands their part of a gate on.
#[derive(Clone, Debug)]
pub struct HandOn {
    /// Which question.
    pub n: u32,
    /// Who hands it on, in their one spelling.
    pub by: String,
    /// To whom, in their one spelling; to oneself takes it back.
    pub to: String,
    /// How they speak.
    pub channel: Channel,
}

/// What handing on makes happen: never to somebody who is excluded, and no vote counts for two people where two are needed.
pub(super) fn hand_on(state: &RunState, request: HandOn, facts: &Facts<'_>) -> Result<Vec<Event>, Refusal> {
    let HandOn { n, by, to, channel } = request;
    let asked = state.question(n).ok_or(Refusal::NoSuchQuestion)?;
    let handed = asked.handed.iter().find(|(from, _)| *from == by);
    let from = match handed {
        Some((from, before)) if *before == to => {
            let _ = from;
            return Ok(Vec::new());
        }
        Some((from, _)) => from.clone(),
        None => quorum::entitled(asked, &by, state, facts)?.stead.unwrap_or_else(|| by.clone()),
    };
    if let Some(closed) = asked.closed {
        return Err(Refusal::AlreadyClosed { how: closed.how, vote: asked.votes.last().cloned() });
    }
    let spoke = |who: &String| asked.votes.iter().find(|vote| vote.by == *who || vote.stead.as_ref() == Some(who));
    if let Some(vote) = spoke(&from) {
        return Err(quorum::already(asked, vote, &by, state, facts));
    }
    let refused = |why: String| Err(Refusal::CannotHandOn(why));
    if asked.question.about != About::Gate {
        return refused("only a gate can be handed on".to_owned());
    }
    if !is_address(&to) {
        return refused(format!("`{to}` is nobody's address"));
    }
    if from == to {
        return Ok(if handed.is_some() || by != from { vec![Event::HandedOn { n, from, by, to, channel }] } else { Vec::new() });
    }
    if quorum::is_excluded(asked, &to, state, facts) {
        return refused(format!("`{to}` is excluded from this decision"));
    }
    if let Err(demanded) = quorum::in_stead(asked, &from, &to, facts) {
        return refused(format!("a duty of what is asked demands one of `{}`, and `{to}` is not", demanded.name()));
    }
    if spoke(&to).is_some() {
        return refused(format!("`{to}` has answered already, and has one vote"));
    }
    let busy = asked.handed.iter().any(|(before, other)| *other == to && *before != from);
    if busy || (quorum::needs_several(asked) && quorum::entitled(asked, &to, state, facts).is_ok()) {
        return refused(format!("`{to}` is asked already, and has one vote"));
    }
    Ok(vec![Event::HandedOn { n, from, by, to, channel }])
}
