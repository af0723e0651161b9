//! Who may answer a question, in whose stead, and whether those who did are enough. The one place where that is decided.
//!
//! A vote says which of those who are asked its voter was when it was cast, so that it counts whatever becomes of a group later. What is
//! still needed (`all of`) is read from the groups as they are.

use super::event::{About, Approvers, Principal, Term, Verdict, Vote};
use super::refusal::Refusal;
use super::state::Asked;
use super::{Facts, RunState};

/// The part in which somebody answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// In whose stead.
    pub stead: Option<String>,
    /// Which of those who are asked.
    pub of: Vec<Principal>,
}

/// Whether the person may answer, and as who.
///
/// # Errors
/// [`Refusal::NotEntitled`], with the reason.
pub fn entitled(asked: &Asked, person: &str, state: &RunState, facts: &Facts<'_>) -> Result<Part, Refusal> {
    if is_excluded(asked, person, state, facts) {
        let because = if state.requester == person {
            "you asked for this run, and whoever asked may not decide"
        } else {
            "you are excluded from this decision"
        };
        return Err(Refusal::NotEntitled(because.to_owned()));
    }
    let handed_to = asked.handed.iter().find(|(from, _)| from == person).map(|(_, to)| to);
    let own = if handed_to.is_some() { Vec::new() } else { capacity(asked, person, facts) };
    if !own.is_empty() {
        return Ok(Part { stead: None, of: own });
    }
    let handed = asked.handed.iter().filter(|(_, to)| to == person).map(|(from, _)| from.clone());
    let out = facts.people.stands_in_for(person, facts.time(state));
    let out = out.into_iter().filter(|from| !asked.handed.iter().any(|(before, _)| before == from));
    let spoken =
        |from: &String| asked.votes.iter().any(|vote| vote.by != person && (vote.by == *from || vote.stead.as_ref() == Some(from)));
    let mut unfit = None;
    for from in handed.chain(out) {
        if spoken(&from) || is_excluded(asked, &from, state, facts) {
            continue;
        }
        let of = in_stead(asked, &from, person, facts);
        match of {
            Ok(of) if !of.is_empty() => return Ok(Part { stead: Some(from), of }),
            Ok(_) => {}
            Err(demanded) => unfit = Some((from, demanded)),
        }
    }
    if let Some((from, demanded)) = unfit {
        return Err(Refusal::NotEntitled(format!(
            "in the stead of `{from}` this is only for one of `{}` to decide: a duty of what is asked demands it",
            demanded.name()
        )));
    }
    Err(Refusal::NotEntitled(match handed_to {
        Some(to) => format!("you handed this on to `{to}`"),
        None => format!("this is for {} to decide, not for `{person}`", listed(asked)),
    }))
}

fn listed(asked: &Asked) -> String {
    let names = open_terms(asked).map(|term| format!("`{}`", term.of.name()));
    names.collect::<Vec<_>>().join(", ")
}

/// Whether the person is asked now, and has not answered.
#[must_use]
pub fn is_asked(asked: &Asked, person: &str, state: &RunState, facts: &Facts<'_>) -> bool {
    let answered = asked.votes.iter().any(|vote| vote.by == person || vote.stead.as_deref() == Some(person));
    asked.closed.is_none() && !answered && entitled(asked, person, state, facts).is_ok()
}

/// Whether the person, or somebody for whom they stand in, is left out.
pub(super) fn is_excluded(asked: &Asked, person: &str, state: &RunState, facts: &Facts<'_>) -> bool {
    let out = facts.people.stands_in_for(person, facts.time(state));
    let excluded = |who: &str| exclusions(asked).any(|principal| facts.is_among(who, principal));
    excluded(person) || out.iter().any(|who| excluded(who))
}

/// Those who may not decide.
pub fn exclusions(asked: &Asked) -> impl Iterator<Item = &Principal> {
    asked.question.of.except.iter().chain(asked.escalations.iter().flat_map(|to| &to.except))
}

/// Terms of the stages that are or were asked, and of escalations.
fn open_terms(asked: &Asked) -> impl Iterator<Item = &Term> {
    let stages = asked.question.of.stages.iter().take(asked.stage as usize + 1);
    stages.flatten().chain(escalated(asked))
}

/// Terms of all stages, those that come later among them, and of escalations.
fn all_terms(asked: &Asked) -> impl Iterator<Item = &Term> {
    asked.question.of.stages.iter().flatten().chain(escalated(asked))
}

fn escalated(asked: &Asked) -> impl Iterator<Item = &Term> {
    asked.escalations.iter().flat_map(|to| to.stages.iter().flatten())
}

/// Which of those who are asked the person is; empty where they are not asked now. Stages that come later are among them, so that the
/// vote counts there too.
fn capacity(asked: &Asked, person: &str, facts: &Facts<'_>) -> Vec<Principal> {
    if !open_terms(asked).any(|term| facts.is_among(person, &term.of)) {
        return Vec::new();
    }
    let mut of: Vec<Principal> = Vec::new();
    for term in all_terms(asked) {
        if !of.contains(&term.of) && facts.is_among(person, &term.of) {
            of.push(term.of.clone());
        }
    }
    meet(&mut of, asked, person, facts);
    of
}

/// Adds those whom a duty demands and of whom the person is one: the vote counts towards it, whatever becomes of a group later.
fn meet(of: &mut Vec<Principal>, asked: &Asked, person: &str, facts: &Facts<'_>) {
    for demanded in &asked.question.demanded {
        if !of.contains(demanded) && facts.is_among(person, demanded) {
            of.push(demanded.clone());
        }
    }
}

/// As which of those who are asked somebody answers in another's stead: as what the other is. Empty where they are not asked now.
///
/// # Errors
/// What the other is and a duty demands, and they are not themselves: a duty is not met by who does not meet it.
pub(super) fn in_stead(asked: &Asked, from: &str, person: &str, facts: &Facts<'_>) -> Result<Vec<Principal>, Principal> {
    let asked_as = |principal: &Principal| all_terms(asked).any(|term| term.of == *principal);
    let mut of = capacity(asked, from, facts);
    of.retain(asked_as);
    if of.is_empty() {
        return Ok(of);
    }
    let (demanded, mut of): (Vec<_>, Vec<_>) = of.into_iter().partition(|of| asked.question.demanded.contains(of));
    meet(&mut of, asked, person, facts);
    if let Some(lacks) = demanded.into_iter().find(|demanded| !of.contains(demanded)) {
        return Err(lacks);
    }
    Ok(of)
}

/// Where a question stands with such votes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// This stage is asked, from 0.
    Stage(u32),
    /// It is approved.
    Enough,
}

/// Where the question stands with these votes and no others.
pub(super) fn standing(asked: &Asked, votes: &[&Vote], state: &RunState, facts: &Facts<'_>) -> Standing {
    let met = |of: &Approvers| !of.stages.is_empty() && of.stages.iter().all(|stage| is_met(asked, stage, votes, state, facts));
    if asked.escalations.iter().any(met) {
        return Standing::Enough;
    }
    let open = asked.question.of.stages.iter().position(|stage| !is_met(asked, stage, votes, state, facts));
    match open {
        Some(stage) => Standing::Stage(u32::try_from(stage).unwrap_or(u32::MAX)),
        None if asked.question.of.stages.is_empty() => Standing::Stage(0),
        None => Standing::Enough,
    }
}

fn is_met(asked: &Asked, stage: &[Term], votes: &[&Vote], state: &RunState, facts: &Facts<'_>) -> bool {
    !stage.is_empty() && stage.iter().all(|term| term_met(asked, term, votes, state, facts))
}

fn term_met(asked: &Asked, term: &Term, votes: &[&Vote], state: &RunState, facts: &Facts<'_>) -> bool {
    let approvals = || votes.iter().filter(|vote| vote.answer == Verdict::Approve);
    // Whoever approved before it was escalated to them need not say it twice.
    let later = escalated(asked).any(|escalated| escalated == term);
    let counts = |vote: &Vote| vote.of.contains(&term.of) || (later && facts.is_among(vote.stead.as_ref().unwrap_or(&vote.by), &term.of));
    match (term.count, &term.of) {
        (0, Principal::Group(group)) => {
            let mut members = facts.people.members(group);
            members.retain(|member| !is_excluded(asked, member, state, facts));
            let spoke = |member: &String| approvals().any(|vote| vote.stead.as_ref().unwrap_or(&vote.by) == member);
            !members.is_empty() && members.iter().all(spoke)
        }
        (count, _) => approvals().filter(|vote| counts(vote)).count() >= (count as usize).max(1),
    }
}

/// Those whose answer is still needed: of the stage that is asked and of escalations, what is not met.
#[must_use]
pub fn needed(asked: &Asked, state: &RunState, facts: &Facts<'_>) -> Vec<Term> {
    let votes: Vec<&Vote> = asked.votes.iter().collect();
    let stage = asked.question.of.stages.get(asked.stage as usize);
    let terms = stage.into_iter().flatten().chain(escalated(asked));
    terms.filter(|term| !term_met(asked, term, &votes, state, facts)).cloned().collect()
}

/// The refusal of somebody whose part has been answered.
pub(super) fn already(asked: &Asked, vote: &Vote, person: &str, state: &RunState, facts: &Facts<'_>) -> Refusal {
    let who = match &vote.stead {
        _ if vote.by == person => "you".to_owned(),
        Some(stead) if stead == person => format!("`{}`, in your stead,", vote.by),
        _ => format!("`{}`", vote.by),
    };
    Refusal::AlreadyVoted { who, vote: vote.clone(), needed: needed(asked, state, facts) }
}

/// Whether more than one vote is needed to approve.
pub(super) fn needs_several(asked: &Asked) -> bool {
    let mut terms = asked.question.of.stages.iter().flatten();
    let first = terms.next();
    terms.next().is_some() || first.is_some_and(|term| term.count != 1)
}

/// Whether it is a gate's question, to approvers or back to the requester.
pub(super) const fn is_gate(about: &About) -> bool {
    matches!(about, About::Gate | About::SentBack { .. })
}
