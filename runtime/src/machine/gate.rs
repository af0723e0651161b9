//! Questions: what is asked, of whom, and the digest of it.

use flow_compiler::eval::{Env, EvalError, eval, eval_each, holds};
use flow_compiler::is_address;
use flow_compiler::plan::{self, Band, Effect, Gate, GuardArgument, Period, Plan, Who};
use flow_compiler::value::Value;

use super::event::{About, Approvers, Event, Principal, Question, Shown, Term};
use super::{Facts, RunState, duty, place, preview, round};
use crate::ids::{At, Digest, Path};
use crate::people::Person;

/// What a gate does: asks, or lets pass. `opened` questions have been opened in the same pass before it,
/// and `previews` are what its calls would touch, where that has been looked at.
///
/// # Errors
/// Why it cannot be told who decides.
pub(super) fn open(
    plan: &Plan,
    state: &RunState,
    opened: u32,
    path: &Path,
    gate: &Gate,
    previews: Vec<Option<Shown>>,
    facts: &Facts<'_>,
) -> Result<Event, String> {
    // What a gate asked before and asks again is asked whatever the time makes of its condition by now.
    let nobody = |band, saw| match round::passed_before(plan, state, opened, path, &previews, facts) {
        Some(question) => Ok(Event::Asked(question)),
        None => Ok(Event::NotAsked { node: path.clone(), band, saw }),
    };
    facts.with_env(plan, state, path.frame(), |env| {
        let Some(Chosen { band, unsure }) = choose(gate, env) else {
            let saw = gate.bands.first().map(|band| saw(band, env)).unwrap_or_default();
            return nobody(None, saw);
        };
        let Some(picked) = gate.bands.get(band) else { return Err("the plan has no such band".to_owned()) };
        let of = match (&picked.by, &unsure) {
            (_, Some(_)) => strictest(gate, state, env)?,
            (Some(by), None) => approvers(by, state, env)?,
            (None, None) => return nobody(Some(number(band)), saw(picked, env)),
        };
        let at = facts.time(state);
        let mut question = Question {
            n: state.asked + opened + 1,
            round: state.round(path),
            node: path.clone(),
            about: About::Gate,
            title: title(plan, state, path, gate, env),
            shown: gate.shows.iter().map(|show| shown(&show.value, env)).collect(),
            will_run: of_guards(gate, |argument| known(argument, env)),
            of,
            due: gate.deadline.as_ref().map(|deadline| due(at, deadline.after, facts)),
            digest: Digest::default(),
            band: number(band),
            saw: saw(picked, env),
            unsure,
            at,
            proposed: round::entered(state, path).unwrap_or_else(|| gate.asks.iter().map(|ask| proposed(ask, env)).collect()),
            remind: gate.remind.map(|every| due(at, every, facts)),
            follows: None,
            previews: previews.clone(),
            demanded: Vec::new(),
        };
        question.demanded = duty::demanded_of(plan, state, path, gate, &question.will_run, facts);
        question.digest = digest(state, &question);
        Ok(Event::Asked(question))
    })
}

/// A question to the owner about a call: whether it happened, or what now that it could not undo a step.
pub(super) fn about_call(plan: &Plan, state: &RunState, opened: u32, path: &Path, about: About, arguments: &[Value], at: At) -> Event {
    let action = place::action_at(plan, path).map_or("", |(_, action)| action.name.as_str());
    let title = match &about {
        About::UndoFailed { .. } => format!("`{}` could not be undone by `{action}`", place::name_at(plan, path)),
        _ => format!("Did `{action}` happen?"),
    };
    let mut question = Question {
        n: state.asked + opened + 1,
        node: path.clone(),
        about,
        round: 1,
        title,
        shown: Vec::new(),
        will_run: vec![arguments.iter().cloned().map(Some).collect()],
        of: Approvers { stages: vec![vec![Term { count: 1, of: state.owner.clone() }]], except: Vec::new() },
        due: None,
        digest: Digest::default(),
        band: 0,
        saw: Vec::new(),
        unsure: None,
        at,
        proposed: Vec::new(),
        remind: None,
        follows: None,
        previews: Vec::new(),
        demanded: Vec::new(),
    };
    question.digest = digest(state, &question);
    Event::Asked(question)
}

/// The band that decides.
struct Chosen {
    band: usize,
    /// Why it could not be told whether its condition holds.
    unsure: Option<String>,
}

/// The band that decides. `None`: no condition holds, so nobody is asked.
fn choose(gate: &Gate, env: &Env<'_>) -> Option<Chosen> {
    for (band, candidate) in gate.bands.iter().enumerate() {
        match candidate.when.as_ref().map(|when| holds(when, env)) {
            None | Some(Ok(true)) => return Some(Chosen { band, unsure: None }),
            Some(Ok(false)) => {}
            Some(Err(EvalError(why))) => return Some(Chosen { band, unsure: Some(why) }),
        }
    }
    None
}

/// Where it cannot be told who is to be asked: everybody whom any band asks, and the owner where none asks anybody.
fn strictest(gate: &Gate, state: &RunState, env: &Env<'_>) -> Result<Approvers, String> {
    let mut all = Approvers::default();
    for by in gate.bands.iter().filter_map(|band| band.by.as_ref()) {
        let Approvers { stages, except } = approvers(by, state, env)?;
        all.stages.resize(all.stages.len().max(stages.len()), Vec::new());
        for (stage, terms) in all.stages.iter_mut().zip(stages) {
            let new: Vec<Term> = terms.into_iter().filter(|term| !stage.contains(term)).collect();
            stage.extend(new);
        }
        all.except.extend(except);
    }
    if all.stages.is_empty() {
        all.stages.push(vec![Term { count: 1, of: state.owner.clone() }]);
    }
    Ok(all)
}

/// What a field holds before anybody enters anything.
fn proposed(ask: &plan::Ask, env: &Env<'_>) -> Option<Value> {
    match &ask.default {
        Some(default) => eval(default, env).ok(),
        None => matches!(ask.ty, plan::Type::Optional(_)).then_some(Value::None),
    }
}

fn saw(band: &Band, env: &Env<'_>) -> Vec<Value> {
    band.sees.iter().map(|show| eval(&show.value, env).unwrap_or_default()).collect()
}

/// The title. One that is made of the guarded calls names, when the gate asks again, those that are still to come.
pub(super) fn title(plan: &Plan, state: &RunState, path: &Path, gate: &Gate, env: &Env<'_>) -> String {
    let calls = || gate.guards.iter().map(|guard| preview::call_of(path, guard));
    if calls().any(|call| state.node(&call).settled()) {
        let titled = |calls: &mut dyn Iterator<Item = Path>| {
            let actions = calls.filter_map(|call| place::action_at(plan, &call)).map(|(_, action)| action);
            let acting = actions.filter(|action| action.effect != Effect::Read);
            let names = acting.map(|action| action.name.rsplit_once('.').map_or(action.name.as_str(), |(_, name)| name));
            plan::default_title(&plan.workflow.name, names)
        };
        let made = Value::Text(titled(&mut calls()).into());
        if matches!(&gate.title, plan::Expr::Const(title) if *title == made) {
            return titled(&mut calls().filter(|call| !state.node(call).settled()));
        }
    }
    match eval(&gate.title, env) {
        Ok(Value::Text(text)) => text.to_string(),
        Ok(_) => gate.name.to_string(),
        Err(EvalError(why)) => format!("{} (its title cannot be written: {why})", gate.name),
    }
}

fn shown(value: &plan::Expr, env: &Env<'_>) -> Shown {
    match eval(value, env) {
        Ok(value) => Shown::Value(value),
        Err(EvalError(why)) => Shown::Error(why),
    }
}

/// For each guard the arguments of its call; then, where any can be undone, for each guard those of the call that undoes it.
pub(super) fn of_guards(gate: &Gate, value: impl Fn(&GuardArgument) -> Option<Value>) -> Vec<Vec<Option<Value>>> {
    let of = |arguments: &[GuardArgument]| arguments.iter().map(&value).collect();
    let undone = gate.guards.iter().any(|guard| !guard.undo.is_empty());
    let undos = gate.guards.iter().filter(|_| undone).map(|guard| of(&guard.undo));
    gate.guards.iter().map(|guard| of(&guard.arguments)).chain(undos).collect()
}

fn known(argument: &GuardArgument, env: &Env<'_>) -> Option<Value> {
    match argument {
        GuardArgument::Known(expr) => eval(expr, env).ok(),
        GuardArgument::Each(expr) => eval_each(expr, env).ok(),
        GuardArgument::Asked(_) | GuardArgument::Later => None,
    }
}

/// An argument once the fields are entered.
pub(super) fn filled(argument: &GuardArgument, env: &Env<'_>) -> Option<Value> {
    match argument {
        GuardArgument::Asked(expr) => eval(expr, env).ok(),
        _ => known(argument, env),
    }
}

pub(super) fn approvers(by: &plan::Approvers, state: &RunState, env: &Env<'_>) -> Result<Approvers, String> {
    let term = |term: &plan::Term| -> Result<Term, String> {
        let (count, who) = match term {
            plan::Term::Any(who) => (1, who),
            plan::Term::Some(count, who) => (*count, who),
            plan::Term::All(who) => (0, who),
        };
        Ok(Term { count, of: principal(who, state, env)? })
    };
    let stages = by.stages.iter().map(|stage| stage.iter().map(term).collect()).collect::<Result<_, _>>()?;
    let mut except = by.except.iter().map(|who| principal(who, state, env)).collect::<Result<Vec<_>, _>>()?;
    // Whoever started a run for somebody else is excluded with them.
    if let Some(service) = &state.on_behalf_by
        && by.except.contains(&Who::Requester)
    {
        except.push(Principal::Person(service.clone()));
    }
    Ok(Approvers { stages, except })
}

/// The person or group that is meant.
///
/// # Errors
/// Why that cannot be told.
pub fn principal(who: &Who, state: &RunState, env: &Env<'_>) -> Result<Principal, String> {
    match who {
        Who::Owner => Ok(state.owner.clone()),
        Who::Requester => Ok(Principal::Person(state.requester.clone())),
        Who::Group(name) => Ok(Principal::Group(name.to_string())),
        Who::Address(expr) => match eval(expr, env) {
            Ok(Value::Text(address)) => match Person::new(&address) {
                person if is_address(person.as_str()) => Ok(Principal::Person(person.to_string())),
                person if person.as_str().is_empty() => Err("the address of who decides is empty".to_owned()),
                _ => {
                    let start: String = address.chars().take(60).collect();
                    Err(format!("`{start}` should decide, and that is nobody's address"))
                }
            },
            Ok(_) => Err("the address of who decides is empty".to_owned()),
            Err(EvalError(why)) => Err(format!("cannot tell who decides: {why}")),
        },
    }
}

pub(super) fn due(at: At, after: Period, facts: &Facts<'_>) -> At {
    match after {
        Period::Exact(span) => at.plus(span),
        Period::BusinessDays(days) => facts.calendar.later(at, days, facts.zone),
    }
}

/// The subject digest: run, gate, round, plan, what is shown, what is proposed, what will run and what that would touch; not votes, status or time.
pub(super) fn digest(state: &RunState, question: &Question) -> Digest {
    let subject = (
        (state.run, state.plan, &question.node, question.round, &question.about),
        &question.title,
        &question.shown,
        &question.will_run,
        &question.proposed,
    );
    // INVARIANT: writing to a vector cannot fail.
    let subject = minicbor::to_vec(subject).unwrap_or_default();
    if question.previews.is_empty() {
        return Digest::of(&[&subject]);
    }
    Digest::of(&[&subject, &minicbor::to_vec(&question.previews).unwrap_or_default()])
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
