//! What a change of flows weakens or strengthens, by the same proof that checks them.
//!
//! For each call that cannot be taken back or has a duty, both flows are put over the same unknowns ([`share`]): what both call the same is
//! the same. Then the procedure is asked where the one asks and the other does not, and what it suggests is verified by evaluating both.
//! What cannot be compared counts as weaker, and never as stronger.

mod calls;
mod groups;
mod merge;
mod share;
mod told;

use serde::Serialize;

use super::Declarations as _;
use super::place::{Node, Places};
use super::prove::{self, Call};
use super::terms::{Id, Names, Terms};
use crate::plan::{Action, Effect, Implementation, NodeKind, Plan, Region, Slot, Workflow};
use calls::{Pair, Parameters, Shown};
use groups::Members;
use merge::{Declared, Merged, Side};
use told::{Teller, Told};

/// Which way a change goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Something runs with fewer, with others, or with nobody asked.
    Weaker,
    /// The other way round.
    Stronger,
    /// Neither, and worth knowing.
    Note,
}

/// What became weaker or stronger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Which way.
    pub direction: Direction,
    /// The workflow; `None` for what an action demands.
    pub workflow: Option<String>,
    /// The action; `None` for a gate or a workflow that is gone.
    pub action: Option<String>,
    /// The step's name.
    pub step: Option<String>,
    /// The file of the later plan, or of the earlier one for what is gone.
    pub file: String,
    /// The line in the later file; `None` for what is gone and for what an action demands.
    pub line: Option<u32>,
    /// The line in the earlier file.
    pub old_line: Option<u32>,
    /// What changed, in one sentence.
    pub message: String,
    /// Values that show it, by their names in the flow; verified by evaluating both flows.
    pub example: Vec<(String, String)>,
    /// Whether it could be compared at all; what could not counts as weaker.
    pub compared: bool,
    /// Further calls of which the same is so, each with its line.
    pub also: Vec<String>,
}

/// What a change weakens and strengthens: workflows and actions are matched by their names, calls by action and step.
#[must_use]
pub fn compare(old: &[Plan], new: &[Plan]) -> Vec<Change> {
    let (old, new) = (all(old), all(new));
    let mut changes = Vec::new();
    for plan in &new {
        match old.iter().find(|known| known.workflow.name == plan.workflow.name) {
            Some(known) => workflows(known, plan, &mut changes),
            None => workflows(&nothing(plan), plan, &mut changes),
        }
    }
    for plan in old.iter().filter(|plan| new.iter().all(|known| known.workflow.name != plan.workflow.name)) {
        changes.push(Teller::of(plan, plan).gone(None));
    }
    actions(&old, &new, &mut changes);
    changes.sort_by(|a, b| (a.direction, &a.workflow, a.line).cmp(&(b.direction, &b.workflow, b.line)));
    changes
}

/// Plans and those of the workflows that they call, each once.
fn all(plans: &[Plan]) -> Vec<&Plan> {
    let mut found: Vec<&Plan> = Vec::new();
    let mut open: Vec<&Plan> = plans.iter().rev().collect();
    while let Some(plan) = open.pop() {
        if found.iter().all(|known| known.workflow.name != plan.workflow.name) {
            found.push(plan);
        }
        open.extend(&plan.children);
    }
    found
}

/// A workflow of the same name that does nothing.
fn nothing(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    plan.workflow.body.nodes.clear();
    plan.workflow.loops.clear();
    plan.workflow.handlers.clear();
    plan
}

/// The action of a call, if it is watched: it cannot be taken back, or has a duty.
fn watched<'p>(declared: &'p Declared, call: &Call<'_>) -> Option<&'p Action> {
    let action = declared.action(call.action)?;
    let called = matches!(action.implementation, Implementation::Workflow(_));
    (!called && (action.effect == Effect::Irreversible || !action.duties.is_empty())).then_some(action)
}

fn workflows(old: &Plan, new: &Plan, changes: &mut Vec<Change>) {
    let merged = Merged::of(old, new);
    let places = Places::of(&merged.workflow);
    let mut terms = share::terms(&merged, &places);
    let teller = Teller::of(old, new);
    let (later, earlier) = (Members { given: new, needed: old }, Members { given: old, needed: new });
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
        let pair = Pair { merged: &merged, places: &places, from, to, groups: &later };
        for found in pair.loosened(&mut terms) {
            teller.tell(Direction::Weaker, &merged, (from, to), found, changes, &mut told);
        }
        if let Some(found) = is_watched.then(|| pair.given_else(&mut terms)).flatten() {
            teller.tell(Direction::Weaker, &merged, (from, to), found, changes, &mut told);
        }
        let pair = Pair { merged: &merged, places: &places, from: to, to: from, groups: &earlier };
        for found in pair.loosened(&mut terms) {
            teller.tell(Direction::Stronger, &merged, (from, to), found, changes, &mut told);
        }
    }
    for call in news.iter().filter(|call| pairs.iter().all(|(_, to)| (to.at, to.undo) != (call.at, call.undo))) {
        if watched(&merged.declared, call).is_some() {
            let shown = calls::unguarded(&merged, &places, &mut terms, call, &later);
            changes.push(teller.new_call(&merged, call, shown));
        }
    }
    for call in olds.iter().filter(|call| pairs.iter().all(|(from, _)| (from.at, from.undo) != (call.at, call.undo))) {
        if watched(&merged.declared, call).is_some() {
            changes.push(teller.gone_call(&merged, call));
        }
    }
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

/// What actions of one name demand of every call.
fn actions(old: &[&Plan], new: &[&Plan], changes: &mut Vec<Change>) {
    let mut seen: Vec<&str> = Vec::new();
    for plan in new {
        for (number, action) in (0..).zip(&plan.actions) {
            if seen.contains(&action.name.as_str()) || matches!(action.implementation, Implementation::Workflow(_)) {
                continue;
            }
            seen.push(&action.name);
            let known = old.iter().find_map(|plan| {
                let at = plan.actions.iter().position(|known| known.name == action.name)?;
                Some((*plan, u32::try_from(at).ok()?))
            });
            if let Some((known, at)) = known {
                demands((known, at), (plan, number), changes);
            }
        }
    }
}

fn demands((old, from): (&Plan, u32), (new, to): (&Plan, u32), changes: &mut Vec<Change>) {
    let teller = Teller::of(old, new);
    let declared = Declared::pair(old, new);
    let from = from.saturating_add(u32::try_from(new.actions.len()).unwrap_or(u32::MAX));
    let (Some(before), Some(now)) = (declared.action(from), declared.action(to)) else { return };
    match (before.effect, now.effect) {
        (Effect::Irreversible, Effect::Irreversible) => {}
        (Effect::Irreversible, _) => {
            changes.push(teller.demand(Direction::Weaker, now, "is no longer irreversible".to_owned(), &Shown::None))
        }
        (_, Effect::Irreversible) => changes.push(teller.demand(Direction::Stronger, now, "is irreversible now".to_owned(), &Shown::None)),
        _ => {}
    }
    if before.duties.is_empty() && now.duties.is_empty() {
        return;
    }
    let slots = |action: &Action| {
        action.parameters.iter().map(|parameter| Slot { name: parameter.name.clone(), ty: parameter.ty.clone() }).collect::<Vec<_>>()
    };
    let body = Region { slots: [slots(now), slots(before)].concat(), nodes: Vec::new() };
    let workflow = Workflow { body, loops: Vec::new(), handlers: Vec::new(), owner: None, ..new.workflow.clone() };
    let places = Places::of(&workflow);
    let mut terms = Terms::bare(&declared, &places);
    let later = now.parameters.len();
    let count = |parameters: usize| u32::try_from(parameters).unwrap_or(u32::MAX);
    let own: Vec<Id> = (0..count(later)).map(|slot| terms.slot(0, slot)).collect();
    let mut others: Vec<Id> = Vec::new();
    for (slot, parameter) in (count(later)..).zip(&before.parameters) {
        let same = now.parameters.iter().zip(&own).find(|(other, _)| other.name == parameter.name && other.ty == parameter.ty);
        if let Some((_, id)) = same {
            terms.slot_is((0, slot), *id);
        }
        others.push(terms.slot(0, slot));
    }
    let (given, needed) = (Members { given: new, needed: old }, Members { given: old, needed: new });
    let weaker = Parameters { places: &places, declared: &declared, later, groups: &given };
    for (duty, shown) in weaker.duties(&mut terms, Side::Old, (from, &others), (to, &own)) {
        changes.extend(teller.duty(Direction::Weaker, before, now, duty, &shown));
    }
    let stronger = Parameters { groups: &needed, ..weaker };
    for (duty, shown) in stronger.duties(&mut terms, Side::New, (to, &own), (from, &others)) {
        changes.extend(teller.duty(Direction::Stronger, now, before, duty, &shown));
    }
}
