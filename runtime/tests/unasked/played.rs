//! Plays verdicts of the proof.

use flow_compiler::eval::{Env, Names, Outside, holds};
use flow_compiler::oversight::{Example, Node, Verdict};
use flow_compiler::plan::{Duty, Gate, Plan, Type, TypeDef};
use flow_compiler::value::{Value, to_json};
use flow_runtime::ids::Path;
use flow_runtime::machine::event::Outcome;
use flow_runtime::machine::place;
use serde_json::Map;
use smol_str::SmolStr;

use super::host::{Made, Played, Says, Script, addresses, play, region};
use super::make::Choices;
use super::program::{failing, handler_among, handling, only};
use super::values::Near;

/// Plays an example: the call is made, and where its duty is kept the engine finds that nobody has approved it.
///
/// # Errors
/// What happens instead.
pub(crate) fn example(plan: &Plan, text: &str, verdict: &Verdict, example: &Example) -> Result<(), String> {
    let (free, bound) = (only(plan, []), only(plan, [verdict]));
    let handler = handler_among(plan, example.slots.iter().map(|(region, _)| *region));
    let parameters = plan.workflow.parameters.len();
    let (free, bound) = match handler {
        Some(handler) => {
            let error = &slots_of(example, region_of(plan, handler)).unwrap_or_default()[parameters];
            (handling(&free, handler, error), handling(&bound, handler, error))
        }
        None if verdict.undo => (failing(&free), failing(&bound)),
        None => (free, bound),
    };
    let mut people = addresses(text);
    let texts = example.slots.iter().flat_map(|(_, values)| values);
    people.extend(texts.filter_map(|value| if let Value::Text(text) = value { Some(text.to_string()) } else { None }));
    let duty = &plan.actions[verdict.action as usize].duties[verdict.duty];
    let mut seen = Vec::new();
    for (few, late) in [(false, false), (false, true), (true, false), (true, true)] {
        for requester in ["requester@acme.example", "ana@acme.example", "bo@acme.example"] {
            for first in 0..people.len() {
                // Whoever asked for the run answers soon: a duty may leave them out.
                let mut people = people.clone();
                let one = people.remove(first);
                people.sort_by_key(|person| person != requester);
                people.insert(0, one);
                let manner = Manner { requester, people: &people, late, few };
                let without = of_example(&free, example, manner);
                let with = of_example(&bound, example, manner);
                let called = made(&without, &free, verdict).any(|arguments| applies(duty, arguments, &plan.types));
                // Nobody is told why a handler broke off: the same run without the duty made the call.
                let stopped = if handler.is_some() {
                    with.broke_off && made(&with, &bound, verdict).all(|arguments| !applies(duty, arguments, &plan.types))
                } else {
                    with.stopped.is_some()
                };
                if called && stopped {
                    return Ok(());
                }
                seen.push(format!("the call is made: {called}, then the run ends so: {:?}; with the duty: {:?}", without.end, with.end));
            }
        }
    }
    seen.dedup();
    Err(format!("the example `{example}` shows no call that nobody approved: {}", seen.join("; ")))
}

/// What the call of the verdict was given, each time it was made.
fn made<'p>(played: &'p Played, plan: &'p Plan, verdict: &'p Verdict) -> impl Iterator<Item = &'p [Value]> {
    let own = |path: &Path| {
        region(plan, path.frame()).map(|region| Node { region, index: path.node() }) == Some(verdict.call) && path.is_undo() == verdict.undo
    };
    played.calls.iter().filter(move |made| own(&made.path)).map(|made| made.arguments.as_slice())
}

fn region_of(plan: &Plan, handler: usize) -> u32 {
    u32::try_from(1 + plan.workflow.loops.len() + handler).unwrap()
}

fn slots_of(example: &Example, number: u32) -> Option<&[Value]> {
    example.slots.iter().find(|(region, _)| *region == number).map(|(_, values)| values.as_slice())
}

/// How people behave when an example is played.
#[derive(Clone, Copy)]
struct Manner<'m> {
    requester: &'m str,
    people: &'m [String],
    late: bool,
    few: bool,
}

fn of_example(plan: &Plan, example: &Example, Manner { requester, people, late, few }: Manner<'_>) -> Played {
    let near = Near::of("");
    let mut choices = Choices::new(1);
    let slots = |number: u32| slots_of(example, number);
    let parameters = plan.workflow.parameters.len();
    // A handler has the parameters in slots of its own.
    let first = handler_among(plan, example.slots.iter().map(|(region, _)| *region)).map_or(0, |handler| region_of(plan, handler));
    let input = slots(first).and_then(|slots| slots.get(..parameters)).unwrap_or_default().to_vec();
    let slot = |plan: &Plan, path: &Path, slot: u32| region(plan, path.frame()).and_then(slots)?.get(slot as usize).cloned();
    let mut outcome = |plan: &Plan, path: &Path| {
        let call = place::call_at(plan, path).filter(|_| !path.is_undo());
        let value = call.and_then(|call| call.slot).and_then(|given| slot(plan, path, given));
        // One that asks again, and is given up.
        if call.is_some_and(|call| call.attempt && call.repeat.is_some()) && value.as_ref().is_some_and(Value::is_none) {
            return Outcome::NotDone(ON_PURPOSE.to_owned());
        }
        Outcome::Done(match place::result_at(plan, path) {
            Some(ty) => value.unwrap_or_else(|| near.value(ty, &plan.types, &mut choices)),
            None => Value::None,
        })
    };
    let mut entered = |plan: &Plan, gate: &Gate, path: &Path| {
        let one = |ask: &flow_compiler::plan::Ask| {
            // Nobody enters the sum of nothing: it is what is proposed, and taken as it is.
            let value = slot(plan, path, ask.slot).filter(|value| ask.ty != Type::Money || !matches!(value, Value::Number(_)))?;
            Some((ask.name.to_string(), to_json(&value, &ask.ty, &plan.types)))
        };
        gate.asks.iter().filter_map(one).collect::<Map<_, _>>()
    };
    let mut says = || Says::Yes;
    let (outcome, entered, says) = (&mut outcome, &mut entered, &mut says);
    play(plan, &input, &mut Script { requester, people, late, few, outcome, entered, says, retries: 0 })
}

/// What was seen of a run.
#[derive(Default)]
pub(crate) struct Seen {
    /// Calls with a duty.
    pub calls: u64,
    /// Whether a handler began, and calls with a duty in it: all, and those to which it applied.
    pub handled: bool,
    pub in_handler: u64,
    pub demanded: u64,
}

/// Why calls fail that are to fail.
const ON_PURPOSE: &str = "on purpose";

/// Plays a plan on any input, with any answers.
///
/// # Errors
/// The input, where a call was about to run that nobody had approved.
pub(crate) fn at_random(plan: &Plan, text: &str, near: &Near, choices: &mut Choices) -> Result<Seen, String> {
    let input: Vec<Value> = plan.workflow.parameters.iter().map(|parameter| near.value(&parameter.ty, &plan.types, choices)).collect();
    let mut people = addresses(text);
    for at in 1..people.len() {
        people.swap(at, usize::try_from(choices.below(at as u64 + 1)).unwrap());
    }
    let (late, of_finance) = (choices.often(30), choices.often(50));
    let requester = if of_finance { "ana@acme.example" } else { "requester@acme.example" };
    let seeds = [choices.next(), choices.next(), choices.next()];
    let retries = u32::from(choices.often(25));
    // Of half of all runs nothing fails but what the flow itself makes fail.
    let fails = if choices.often(50) { 12 } else { 0 };
    let run = |plan: &Plan| {
        let [mut results, mut asked, mut said] = seeds.map(Choices::new);
        let mut outcome = |plan: &Plan, path: &Path| {
            let ty = place::result_at(plan, path);
            let value = ty.map(|ty| near.value(ty, &plan.types, &mut results)).unwrap_or_default();
            if results.often(fails) { Outcome::NotDone(ON_PURPOSE.to_owned()) } else { Outcome::Done(value) }
        };
        let mut entered = |plan: &Plan, gate: &Gate, _: &Path| {
            let one = |ask: &flow_compiler::plan::Ask| {
                let value = near.value(&ask.ty, &plan.types, &mut asked);
                (ask.name.to_string(), to_json(&value, &ask.ty, &plan.types))
            };
            gate.asks.iter().map(one).collect::<Map<_, _>>()
        };
        let mut says = || match said.below(100) {
            0..=5 => Says::Cancel,
            6..=13 => Says::No,
            _ => Says::Yes,
        };
        let (outcome, entered, says) = (&mut outcome, &mut entered, &mut says);
        play(plan, &input, &mut Script { requester, people: &people, late, few: false, outcome, entered, says, retries })
    };
    let played = run(plan);
    let given = || {
        let named = plan.workflow.parameters.iter().zip(&input).map(|(parameter, value)| format!("{} = {value:?}", parameter.name));
        named.collect::<Vec<_>>().join(", ")
    };
    if let Some(why) = stop(&played, || run(&only(plan, []))) {
        return Err(format!("covered, and for {}: {why}", given()));
    }
    let mut seen = Seen { handled: played.handled, ..Seen::default() };
    for Made { path, arguments, approved } in &played.calls {
        let Some((_, action)) = place::action_at(plan, path).filter(|(_, action)| !action.duties.is_empty()) else { continue };
        let (handled, demanded) =
            (Path::handler_of(path.frame()).is_some(), action.duties.iter().any(|duty| applies(duty, arguments, &plan.types)));
        seen.calls += 1;
        seen.in_handler += u64::from(handled);
        seen.demanded += u64::from(handled && demanded);
        // The same without what the engine looks for.
        if !approved && demanded {
            return Err(format!("nobody approved anything, and `{}` was called for {}", action.name, given()));
        }
    }
    Ok(seen)
}

/// What the engine said where it stopped a call for its duty. `free` is the same run without duties.
fn stop(played: &Played, free: impl FnOnce() -> Played) -> Option<String> {
    if let Some(why) = &played.stopped {
        return Some(why.clone());
    }
    // Why a handler broke off is recorded nowhere: without duties it makes the same calls, unless it was for one.
    let stopped = played.broke_off && free().calls != played.calls;
    stopped.then(|| format!("a handler broke off, and without its duties another call follows {} calls", played.calls.len()))
}

struct Nothing;

impl Names for Nothing {
    fn env(&self, _: &str) -> Option<SmolStr> {
        None
    }

    fn secret(&self, _: &str) -> Option<SmolStr> {
        None
    }
}

/// Whether a duty applies; one that cannot be evaluated does.
fn applies(duty: &Duty, arguments: &[Value], types: &[TypeDef]) -> bool {
    let zone = jiff::tz::TimeZone::UTC;
    let outside = Outside { now: jiff::Timestamp::UNIX_EPOCH, zone: &zone, names: &Nothing, owner: "", requester: "" };
    let env = Env { frames: &[arguments], types, outside: &outside };
    duty.when.as_ref().is_none_or(|when| !matches!(holds(when, &env), Ok(false)))
}
