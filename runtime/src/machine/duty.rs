//! Duties at run time: before a call with a duty, the approval that it demands is looked for among those that are recorded.
//!
//! The compiler has proved that it is there. This believes nobody: the duty is evaluated on the arguments that the call is about to be given,
//! and only an approval counts that bound exactly these, given by people who meet the duty.

use flow_compiler::eval::{Env, holds};
use flow_compiler::plan::{Duty, Gate, Guard, Plan, Term};
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

/// Whom the duties of the calls that a gate guards, and of what undoes them, name: `values` are their arguments as far as they are known.
/// Whether a duty will apply is not looked at, since the arguments may be entered later.
pub(super) fn demanded_of(
    plan: &Plan,
    state: &RunState,
    path: &Path,
    gate: &Gate,
    values: &[Vec<Option<Value>>],
    facts: &Facts<'_>,
) -> Vec<Principal> {
    let mut demanded = Vec::new();
    let calls = || gate.guards.iter().map(|guard| preview::call_of(path, guard));
    for (call, values) in calls().chain(calls().map(|call| call.undo())).zip(values) {
        let Some((_, action)) = place::action_at(plan, &call) else { continue };
        let arguments: Vec<Value> = values.iter().cloned().map(Option::unwrap_or_default).collect();
        let named = action.duties.iter().filter_map(|duty| duty.by.as_ref()).flat_map(|by| by.stages.iter().flatten());
        let found = facts.with_frames(plan, state, &[&arguments], |env| -> Vec<Principal> {
            named.filter_map(|term| gate::principal(term.who(), state, env).ok()).collect()
        });
        demanded.extend(found);
    }
    demanded.dedup();
    demanded
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
    by.stages.iter().flatten().all(|term| term_met(asked, term, &votes, &excluded, state, env, facts))
}

fn is_excluded(vote: &Vote, excluded: &[Principal], facts: &Facts<'_>) -> bool {
    let people = std::iter::once(&vote.by).chain(&vote.stead);
    people.into_iter().any(|person| excluded.iter().any(|principal| facts.is_among(person, principal)))
}

/// Whether enough of them voted, each by what they were when they did. Who voted in another's stead must have been one of them too: they were
/// let vote only if they were, where the question says that it is demanded.
fn term_met(
    asked: &Asked,
    term: &Term,
    votes: &[&Vote],
    excluded: &[Principal],
    state: &RunState,
    env: &Env<'_>,
    facts: &Facts<'_>,
) -> bool {
    let Ok(principal) = gate::principal(term.who(), state, env) else { return false };
    let themselves = asked.question.demanded.contains(&principal);
    let counts = |vote: &&&Vote| vote.of.contains(&principal) && (vote.stead.is_none() || themselves);
    let count = || votes.iter().filter(counts).count();
    match (term, &principal) {
        (Term::Any(_), _) => count() >= 1,
        (Term::Some(needed, _), _) => count() >= (*needed as usize).max(1),
        (Term::All(_), Principal::Group(group)) => {
            let left_out = |person: &String| excluded.iter().any(|principal| facts.is_among(person, principal));
            let members = facts.people.members(group);
            let mut needed = members.iter().filter(|member| !left_out(member)).peekable();
            let spoke = |member: &String| votes.iter().filter(counts).any(|vote| vote.stead.as_ref().unwrap_or(&vote.by) == member);
            needed.peek().is_some() && needed.all(spoke)
        }
        (Term::All(_), Principal::Person(_)) => count() >= 1,
    }
}
