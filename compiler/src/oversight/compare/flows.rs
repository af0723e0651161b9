//! Two versions of one workflow: which calls stand for one another, and what became looser for each.

use super::calls::{self, Pair};
use super::groups::Members;
use super::merge::{Declared, Merged, Side};
use super::share;
use super::told::{Teller, Told};
use super::{Change, Direction};
use crate::oversight::Declarations as _;
use crate::oversight::place::{Node, Places};
use crate::oversight::prove::{self, Call};
use crate::oversight::terms::{Id, Names, Terms};
use crate::plan::{Action, Effect, Implementation, NodeKind, Plan};

/// The action of a call, if it is watched: it cannot be taken back, or has a duty.
fn watched<'p>(declared: &'p Declared, call: &Call<'_>) -> Option<&'p Action> {
    let action = declared.action(call.action)?;
    let called = matches!(action.implementation, Implementation::Workflow(_));
    (!called && (action.effect == Effect::Irreversible || !action.duties.is_empty())).then_some(action)
}

/// Groups are those of the later flow as they were in the earlier one, and the other way round.
pub(super) fn compare((old, new): (&Plan, &Plan), teller: &Teller<'_>, [later, earlier]: [&Members<'_>; 2], changes: &mut Vec<Change>) {
    let merged = Merged::of(old, new);
    let places = Places::of(&merged.workflow);
    let (mut terms, shared) = share::terms(&merged, &places);
    let calls = prove::calls(&places);
    let (olds, news): (Vec<Call<'_>>, Vec<Call<'_>>) = calls.iter().partition(|call| merged.side(call.at) == Side::Old);
    let pairs = matched(&merged, &places, &mut terms, &olds, &news);
    let mut told = Told::default();
    let gone = gone(&merged, &places);
    for (from, to) in &pairs {
        let is_watched = [from, to].into_iter().any(|call| watched(&merged.declared, call).is_some());
        // What stood behind a gate that is gone is looked at too, whatever it is.
        let lost = || places.passed(from.at).any(|passed| gone.contains(&passed.gate));
        let writes = || merged.declared.action(from.action).is_some_and(|action| action.effect == Effect::Plain);
        if !(is_watched || writes() && lost()) {
            continue;
        }
        let pair = Pair { merged: &merged, places: &places, from, to, groups: later, shared: &shared, only: None };
        for found in pair.loosened(&mut terms) {
            teller.tell(Direction::Weaker, &merged, (from, to), found, changes, &mut told);
        }
        if let Some(found) = is_watched.then(|| pair.given_else(&mut terms)).flatten() {
            teller.tell(Direction::Weaker, &merged, (from, to), found, changes, &mut told);
        }
        let pair = Pair { merged: &merged, places: &places, from: to, to: from, groups: earlier, shared: &shared, only: None };
        for found in pair.loosened(&mut terms) {
            teller.tell(Direction::Stronger, &merged, (from, to), found, changes, &mut told);
        }
    }
    let is_left = |call: &&Call<'_>| {
        let is = |other: &Call<'_>| (other.at, other.undo) == (call.at, call.undo);
        watched(&merged.declared, call).is_some() && !pairs.iter().any(|(from, to)| is(from) || is(to))
    };
    let (fresh, lost): (Vec<&Call<'_>>, Vec<&Call<'_>>) = (news.iter().filter(is_left).collect(), olds.iter().filter(is_left).collect());
    for call in &fresh {
        let shown = calls::unguarded(&merged, &places, &mut terms, call, later);
        let is_guarded = shown.is_none();
        changes.push(teller.new_call(&merged, call, shown));
        // It stands perhaps for one that is gone: then it is not to be asked for by fewer.
        let instead = lost.iter().filter(|old| old.undo == call.undo);
        for old in instead.filter(|_| is_guarded) {
            let pair = Pair { merged: &merged, places: &places, from: old, to: call, groups: later, shared: &shared, only: None };
            for found in pair.loosened(&mut terms) {
                teller.tell(Direction::Weaker, &merged, (old, call), found, changes, &mut told);
            }
        }
    }
    changes.extend(lost.iter().map(|call| teller.gone_call(&merged, call)));
    // With as many as before, one that is missing has perhaps another name.
    let many = |side: Side| places.nodes().filter(|(node, kind)| merged.side(*node) == side && matches!(kind, NodeKind::Gate(_))).count();
    if many(Side::New) < many(Side::Old) {
        for node in gone {
            let gate = places.gate(node).map_or("", |gate| gate.name.as_str());
            changes.push(teller.gone(Some((gate, places.node(node).map_or(0, |node| node.line)))));
        }
    }
}

/// Gates of the earlier flow that are gone, by their names.
fn gone(merged: &Merged, places: &Places<'_>) -> Vec<Node> {
    let gates = |side: Side| {
        places.nodes().filter_map(move |(node, kind)| match kind {
            NodeKind::Gate(gate) if merged.side(node) == side => Some((node, &gate.name)),
            _ => None,
        })
    };
    let stays = |name: &str| gates(Side::New).any(|(_, other)| other == name);
    gates(Side::Old).filter(|(_, name)| !stays(name)).map(|(node, _)| node).collect()
}

/// Calls that stand for one another: of one action in steps of one name, first those that are given the same; else in their order.
fn matched<'p>(
    merged: &'p Merged,
    places: &Places<'p>,
    terms: &mut Terms<'p>,
    olds: &[Call<'p>],
    news: &[Call<'p>],
) -> Vec<(Call<'p>, Call<'p>)> {
    let action = |call: &Call<'_>| merged.declared.action(call.action).map(|action| action.name.clone());
    let step = |call: &Call<'_>| match places.node(call.at).map(|node| &node.kind) {
        Some(NodeKind::Call(call)) => Some(call.name.clone()),
        _ => None,
    };
    let handled = |call: &Call<'_>| {
        merged.handlers(Side::Old).chain(merged.handlers(Side::New)).any(|region| places.chain(call.at.region).contains(&region))
    };
    let mut pairs: Vec<(Call<'p>, Call<'p>)> = Vec::new();
    let mut given = |call: &Call<'p>| call.arguments.iter().map(|argument| terms.expr(argument, Names::At(call.at))).collect::<Vec<_>>();
    let arguments: Vec<(Node, bool, Vec<Id>)> = olds.iter().chain(news).map(|call| (call.at, call.undo, given(call))).collect();
    let given = |call: &Call<'_>| arguments.iter().find(|(at, undo, _)| (*at, *undo) == (call.at, call.undo)).map(|(_, _, given)| given);
    for (by_step, by_arguments) in [(true, true), (true, false), (false, false)] {
        for old in olds {
            let same = |one: &Call<'_>, other: &Call<'_>| (one.at, one.undo) == (other.at, other.undo);
            if pairs.iter().any(|(known, _)| same(known, old)) {
                continue;
            }
            let fits = |new: &&Call<'p>| {
                let free = pairs.iter().all(|(_, known)| !same(known, new));
                let alike = action(old) == action(new) && old.undo == new.undo && handled(old) == handled(new);
                free && alike && (!by_step || step(old) == step(new)) && (!by_arguments || given(old) == given(new))
            };
            if let Some(new) = news.iter().find(fits) {
                pairs.push((*old, *new));
            }
        }
    }
    pairs
}
