//! Duties at run time: before a call with a duty, the approval that it demands is looked for among those that are recorded.
//!
//! The compiler has proved that it is there. This believes nobody: the duty is evaluated on the arguments that the call is about to be given,
//! and only an approval counts that bound exactly these, given by people who meet the duty.

use flow_compiler::eval::{Env, holds};
use flow_compiler::plan::{Duty, Guard, Plan, Term, Who};
use flow_compiler::value::Value;

use super::event::{About, Closing, Principal, Verdict, Vote};
use super::state::Asked;
use super::{Facts, RunState, binding, gate, place, preview};
use crate::ids::Path;

/// Why the call may not run: a duty that applies, and no approval that meets it.
pub(super) fn unmet(plan: &Plan, state: &RunState, path: &Path, arguments: &[Value], facts: &Facts<'_>) -> Option<String> {
    let (_, action) = place::action_at(plan, path)?;
    facts.with_frames(plan, state, &[arguments], |env| {
        let open = action.duties.iter().find(|duty| applies(duty, env) && !is_met(plan, state, path, arguments, duty, env, facts))?;
        let policy = open.policy.as_ref().map_or_else(String::new, |policy| format!(" (policy \"{policy}\")"));
        Some(format!("`{}` demands `{}`{policy}, and no such approval of this call is recorded", action.name, open.text))
    })
}

/// The questions of a loop's item that ends whose approvals a duty of its undos may demand: they bind an undo that has one. `None` for none.
pub(super) fn demanded(plan: &Plan, state: &RunState, item: &[u32]) -> Option<Vec<u32>> {
    let demands = |gate: &Path, guard: &Guard| {
        let action = place::action_at(plan, &preview::call_of(gate, guard).undo());
        guard.binds_undo() && action.is_some_and(|(_, action)| !action.duties.is_empty())
    };
    let binds = |gate: &Path| place::gate_at(plan, gate).is_some_and(|found| found.guards.iter().any(|guard| demands(gate, guard)));
    let asked = state.questions.iter().filter(|asked| asked.question.node.0.starts_with(item));
    let kept: Vec<u32> = asked.filter(|asked| is_approved(asked) && binds(&asked.question.node)).map(|asked| asked.question.n).collect();
    (!kept.is_empty()).then_some(kept)
}

fn is_approved(asked: &Asked) -> bool {
    asked.question.about == About::Gate && asked.closed.is_some_and(|closed| closed.how == Closing::Approved)
}

/// A duty that cannot be evaluated applies.
fn applies(duty: &Duty, env: &Env<'_>) -> bool {
    duty.when.as_ref().is_none_or(|when| !matches!(holds(when, env), Ok(false)))
}

fn is_met(plan: &Plan, state: &RunState, path: &Path, arguments: &[Value], duty: &Duty, env: &Env<'_>, facts: &Facts<'_>) -> bool {
    let bound = |asked: &Asked| binding::of(plan, asked, path).any(|bound| bound.is(arguments));
    let mut approvals = state.questions.iter().filter(|asked| is_approved(asked));
    approvals.any(|asked| bound(asked) && suffices(asked, duty, state, env, facts))
}

fn suffices(asked: &Asked, duty: &Duty, state: &RunState, env: &Env<'_>, facts: &Facts<'_>) -> bool {
    let approvals = || asked.votes.iter().filter(|vote| vote.answer == Verdict::Approve);
    let Some(by) = &duty.by else { return approvals().next().is_some() };
    let Ok(excluded) = by.except.iter().map(|who| gate::principal(who, state, env)).collect::<Result<Vec<Principal>, _>>() else {
        return false;
    };
    let votes: Vec<&Vote> = approvals().filter(|vote| !is_excluded(vote, &excluded, facts)).collect();
    by.stages.iter().flatten().all(|term| term_met(term, &votes, &excluded, state, env, facts))
}

fn is_excluded(vote: &Vote, excluded: &[Principal], facts: &Facts<'_>) -> bool {
    let people = std::iter::once(&vote.by).chain(&vote.stead);
    people.into_iter().any(|person| excluded.iter().any(|principal| facts.is_among(person, principal)))
}

/// Whether enough of them voted, each by what they were when they did.
fn term_met(term: &Term, votes: &[&Vote], excluded: &[Principal], state: &RunState, env: &Env<'_>, facts: &Facts<'_>) -> bool {
    let of = |who: &Who| gate::principal(who, state, env).ok();
    let count = |who: &Who| of(who).map_or(0, |principal| votes.iter().filter(|vote| vote.of.contains(&principal)).count());
    match term {
        Term::Any(who) => count(who) >= 1,
        Term::Some(needed, who) => count(who) >= (*needed as usize).max(1),
        Term::All(who) => match of(who) {
            Some(Principal::Group(group)) => {
                let left_out = |person: &String| excluded.iter().any(|principal| facts.is_among(person, principal));
                let members = facts.people.members(&group);
                let mut needed = members.iter().filter(|member| !left_out(member)).peekable();
                needed.peek().is_some() && needed.all(|member| votes.iter().any(|vote| vote.stead.as_ref().unwrap_or(&vote.by) == member))
            }
            Some(_) => count(who) >= 1,
            None => false,
        },
    }
}
