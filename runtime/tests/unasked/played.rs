//! Plays verdicts of the proof.

use flow_compiler::eval::{Env, Names, Outside, holds};
use flow_compiler::oversight::{Example, Node, Verdict};
use flow_compiler::plan::{Duty, Gate, Plan, TypeDef};
use flow_compiler::value::{Value, to_json};
use flow_runtime::ids::Path;
use flow_runtime::machine::event::End;
use flow_runtime::machine::place;
use serde_json::Map;
use smol_str::SmolStr;

use super::host::{Played, Script, addresses, play, region};
use super::make::Choices;
use super::program::{failing, only};
use super::values::Near;

/// Plays an example: the call is made, and where its duty is kept the engine finds that nobody has approved it.
///
/// # Errors
/// What happens instead.
pub(crate) fn example(plan: &Plan, text: &str, verdict: &Verdict, example: &Example) -> Result<(), String> {
    let (free, bound) = (only(plan, []), only(plan, [verdict]));
    let (free, bound) = if verdict.undo { (failing(&free), failing(&bound)) } else { (free, bound) };
    let mut people = addresses(text);
    let texts = example.slots.iter().flat_map(|(_, values)| values);
    people.extend(texts.filter_map(|value| if let Value::Text(text) = value { Some(text.to_string()) } else { None }));
    let duty = &plan.actions[verdict.action as usize].duties[verdict.duty];
    let mut seen = Vec::new();
    // Groups may be smaller when a run asks them than when it was checked.
    let few = |plan: &Plan| {
        let mut few = plan.clone();
        few.groups.iter_mut().for_each(|group| group.members.truncate(1));
        few
    };
    let (free_few, bound_few) = (few(&free), few(&bound));
    for (free, bound, late) in
        [(&free, &bound, false), (&free, &bound, true), (&free_few, &bound_few, false), (&free_few, &bound_few, true)]
    {
        for requester in ["requester@acme.example", "ana@acme.example", "bo@acme.example"] {
            for first in 0..people.len() {
                // Whoever asked for the run answers soon: a duty may leave them out.
                let mut people = people.clone();
                let one = people.remove(first);
                people.sort_by_key(|person| person != requester);
                people.insert(0, one);
                let without = of_example(free, example, requester, &people, late);
                let with = of_example(bound, example, requester, &people, late);
                let made = made(&without, plan, verdict).any(|arguments| applies(duty, arguments, &plan.types));
                if made && with.stopped().is_some() {
                    return Ok(());
                }
                seen.push(format!("the call is made: {made}, then the run ends so: {:?}; with the duty: {:?}", without.end, with.end));
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
    played.calls.iter().filter(move |(path, ..)| own(path)).map(|(_, arguments, _)| arguments.as_slice())
}

fn of_example(plan: &Plan, example: &Example, requester: &str, people: &[String], late: bool) -> Played {
    let near = Near::of("");
    let mut choices = Choices::new(1);
    let slots = |number: u32| example.slots.iter().find(|(region, _)| *region == number).map(|(_, values)| values.as_slice());
    let parameters = plan.workflow.parameters.len();
    let input = slots(0).and_then(|slots| slots.get(..parameters)).unwrap_or_default().to_vec();
    let slot = |plan: &Plan, path: &Path, slot: u32| region(plan, path.frame()).and_then(slots)?.get(slot as usize).cloned();
    let mut result = |plan: &Plan, path: &Path| {
        let given = place::call_at(plan, path).and_then(|call| call.slot).filter(|_| !path.is_undo());
        let value = given.and_then(|given| slot(plan, path, given));
        match place::result_at(plan, path) {
            Some(ty) => value.unwrap_or_else(|| near.value(ty, &plan.types, &mut choices)),
            None => Value::None,
        }
    };
    let mut entered = |plan: &Plan, gate: &Gate, path: &Path| {
        let one = |ask: &flow_compiler::plan::Ask| {
            let value = slot(plan, path, ask.slot)?;
            Some((ask.name.to_string(), to_json(&value, &ask.ty, &plan.types)))
        };
        gate.asks.iter().filter_map(one).collect::<Map<_, _>>()
    };
    play(plan, &input, &mut Script { requester, people, late, result: &mut result, entered: &mut entered })
}

/// Plays a plan on any input, with any answers. Gives whether a call with a duty was made.
///
/// # Errors
/// The input, where a call was about to run that nobody had approved.
pub(crate) fn at_random(plan: &Plan, text: &str, near: &Near, choices: &mut Choices) -> Result<bool, String> {
    let input: Vec<Value> = plan.workflow.parameters.iter().map(|parameter| near.value(&parameter.ty, &plan.types, choices)).collect();
    let mut people = addresses(text);
    for at in 1..people.len() {
        people.swap(at, usize::try_from(choices.below(at as u64 + 1)).unwrap());
    }
    let (late, of_finance) = (choices.often(30), choices.often(50));
    let requester = if of_finance { "ana@acme.example" } else { "requester@acme.example" };
    let seeds = [choices.next(), choices.next()];
    let run = |plan: &Plan| {
        let [mut results, mut asked] = seeds.map(Choices::new);
        let mut result = |plan: &Plan, path: &Path| {
            let ty = place::result_at(plan, path);
            ty.map(|ty| near.value(ty, &plan.types, &mut results)).unwrap_or_default()
        };
        let mut entered = |plan: &Plan, gate: &Gate, _: &Path| {
            let one = |ask: &flow_compiler::plan::Ask| {
                let value = near.value(&ask.ty, &plan.types, &mut asked);
                (ask.name.to_string(), to_json(&value, &ask.ty, &plan.types))
            };
            gate.asks.iter().map(one).collect::<Map<_, _>>()
        };
        play(plan, &input, &mut Script { requester, people: &people, late, result: &mut result, entered: &mut entered })
    };
    let played = run(plan);
    let given = || {
        plan.workflow.parameters.iter().zip(&input).map(|(parameter, value)| format!("{} = {value:?}", parameter.name)).collect::<Vec<_>>()
    };
    if let Some(why) = played.stopped() {
        // What an approver could not be shown was not approved. It cannot be computed later either, so that the run would fail in any case.
        if played.unseen && matches!(run(&only(plan, [])).end, Some(End::Failed { .. })) {
            return Ok(false);
        }
        return Err(format!("covered, and for {}: {why}", given().join(", ")));
    }
    let mut ran = false;
    for (path, arguments, approved) in &played.calls {
        let Some((_, action)) = place::action_at(plan, path) else { continue };
        ran |= !action.duties.is_empty();
        // The same without what the engine looks for.
        if !approved && action.duties.iter().any(|duty| applies(duty, arguments, &plan.types)) {
            return Err(format!("nobody approved anything, and `{}` was called for {}", action.name, given().join(", ")));
        }
    }
    Ok(ran)
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
