//! What gates ask by, and what calls that nobody is asked about are made by: the answers of actions. One that comes about in another way may be
//! another, and then nothing is known of when a gate asks, or of what is done.

use std::collections::BTreeSet;

use super::Change;
use super::matching::Twins;
use super::merge::{Merged, Side};
use super::told::Teller;
use crate::oversight::Declarations as _;
use crate::oversight::advice::everybody;
use crate::oversight::place::{Node, Places};
use crate::oversight::prove::Call;
use crate::plan::{Action, Expr, Gate, Implementation, NodeKind, Plan, Term, Type, TypeKind, Who, Workflow};

/// Records within records are looked into so deep.
const DEEPEST: u32 = 6;

/// Actions whose answers decide something in the earlier flow, and which get them in another way now. `is_unasked` says of a call of the later
/// flow whether it can run with nobody asked.
pub(super) fn compare(
    (old, new): (&Plan, &Plan),
    (merged, places): (&Merged, &Places<'_>),
    (teller, pairs): (&Teller<'_>, &[Twins<'_>]),
    is_unasked: &mut dyn FnMut(&Call<'_>) -> bool,
    changes: &mut Vec<Change>,
) {
    let stays = |name: &str| places.nodes().any(|(node, kind)| merged.side(node) == Side::New && is_gate(kind, name));
    let mut told: BTreeSet<String> = BTreeSet::new();
    let mut others = |from: Vec<(Node, &Expr)>| -> Vec<(Action, Action)> {
        let mut found = Vec::new();
        for call in answered(places, from) {
            let Some(name) = merged.declared.action(call).map(|action| action.name.as_str()) else { continue };
            let of = |plan: &Plan| plan.actions.iter().find(|action| action.name == name).cloned();
            if let (Some(before), Some(now)) = (of(old), of(new))
                && !told.contains(name)
                && !answers_alike((old, &before), (new, &now))
            {
                told.insert(name.to_owned());
                found.push((before, now));
            }
        }
        found
    };
    for (at, kind) in places.nodes().filter(|(node, _)| merged.side(*node) == Side::Old) {
        // One that is gone is told as that.
        let NodeKind::Gate(gate) = kind else { continue };
        if stays(&gate.name) {
            let conditions = gate.bands.iter().filter_map(|band| band.when.as_ref()).chain(asked(gate)).map(|part| (at, part));
            let found = others(conditions.chain(around(places, at)).collect());
            changes.extend(found.into_iter().map(|(before, now)| teller.answer(merged, (&before, &now), at)));
        }
    }
    for Twins { old: before, new: now, .. } in pairs.iter().filter(|twins| merged.declared.watches(twins.new.action)) {
        let arguments = before.arguments.iter().map(|argument| (before.at, argument));
        let found = others(arguments.chain(around(places, before.at)).collect());
        if !found.is_empty() && is_unasked(now) {
            changes.extend(found.into_iter().map(|both| teller.answer_to_call(merged, (&both.0, &both.1), (before, now))));
        }
    }
}

/// What decides whether a node is met: conditions of branches around it, and of those that end the run before it, and lists of loops around it.
fn around<'p>(places: &Places<'p>, node: Node) -> impl Iterator<Item = (Node, &'p Expr)> {
    let arms = places.taken(node).into_iter().chain(places.not_taken(node).map(|ending| ending.arm));
    let branches: Vec<Node> = arms.map(|arm| Node { region: arm.region, index: arm.branch }).collect();
    let mut found = Vec::new();
    for at in branches {
        if let Some(NodeKind::Branch { conditions, .. }) = places.node(at).map(|node| &node.kind) {
            found.extend(conditions.iter().map(|condition| (at, condition)));
        }
    }
    let around = places.outward(node).into_iter().filter_map(|at| places.loop_of(at.region));
    found.extend(around.map(|around| (around.node, around.list)));
    found.into_iter()
}

/// Addresses of those whom a gate asks.
fn asked(gate: &Gate) -> impl Iterator<Item = &Expr> {
    let who = everybody(gate).into_iter().flat_map(|by| by.stages.iter().flatten().map(Term::who).chain(&by.except));
    who.filter_map(|who| if let Who::Address(address) = who { Some(address) } else { None })
}

fn is_gate(kind: &NodeKind, name: &str) -> bool {
    matches!(kind, NodeKind::Gate(gate) if gate.name == name)
}

/// The actions of the calls whose results these expressions read, directly or by what other calls are given.
fn answered<'p>(places: &Places<'p>, mut open: Vec<(Node, &'p Expr)>) -> Vec<u32> {
    let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
    while let Some((at, expr)) = open.pop() {
        if let Expr::Slot { frame, index } = expr {
            let filler = places.filler(places.frame(at.region, *frame), *index).filter(|filler| seen.insert(*filler));
            match filler.and_then(|filler| Some((filler, &places.node(filler)?.kind))) {
                Some((filler, NodeKind::Let { value, .. })) => open.push((filler, value)),
                Some((filler, NodeKind::ForEach(each))) => {
                    open.push((filler, &each.list));
                    open.extend(each.give.iter().map(|give| (Node { region: each.body + 1, index: u32::MAX }, give)));
                }
                Some((filler, NodeKind::Call(call))) => {
                    found.push(call.action);
                    open.extend(call.arguments.iter().map(|argument| (filler, argument)));
                }
                _ => {}
            }
        }
        expr.for_each_child(&mut |child| open.push((at, child)));
    }
    found
}

/// Whether an action gets its answer as before, and reads it so; whether a called workflow is as it was.
fn answers_alike((old, before): (&Plan, &Action), (new, now): (&Plan, &Action)) -> bool {
    match (&before.implementation, &now.implementation) {
        (Implementation::Workflow(was), Implementation::Workflow(is)) => {
            let called = |plan: &Plan, number: u32| plan.children.get(number as usize).map(bare);
            called(old, *was) == called(new, *is)
        }
        (was, is) => {
            was == is
                && match (&before.result, &now.result) {
                    (Some(was), Some(is)) => reads_alike((old, was), (new, is), DEEPEST),
                    _ => true,
                }
        }
    }
}

/// Whether fields of one name are read from members of one name.
fn reads_alike((old, was): (&Plan, &Type), (new, is): (&Plan, &Type), deepest: u32) -> bool {
    match (was, is) {
        (Type::List(was) | Type::Optional(was), Type::List(is) | Type::Optional(is)) => reads_alike((old, was), (new, is), deepest),
        (Type::Record(was), Type::Record(is)) if deepest > 0 => {
            let fields = |plan: &Plan, index: u32| match plan.types.get(index as usize).map(|def| &def.kind) {
                Some(TypeKind::Record(fields)) => fields.clone(),
                _ => Vec::new(),
            };
            let now = fields(new, *is);
            fields(old, *was).iter().all(|field| {
                let twin = now.iter().find(|other| other.name == field.name);
                twin.is_none_or(|twin| twin.json == field.json && reads_alike((old, &field.ty), (new, &twin.ty), deepest - 1))
            })
        }
        _ => true,
    }
}

/// A plan without the places of its file.
fn bare(plan: &Plan) -> Plan {
    let without_lines = |workflow: &mut Workflow| {
        let handlers = workflow.handlers.iter_mut().map(|handler| &mut handler.body);
        for node in std::iter::once(&mut workflow.body).chain(&mut workflow.loops).chain(handlers).flat_map(|region| &mut region.nodes) {
            (node.line, node.span) = (0, flow_grammar::Span::default());
        }
    };
    let mut bare = Plan { file: String::new(), children: plan.children.iter().map(self::bare).collect(), ..plan.clone() };
    without_lines(&mut bare.workflow);
    bare
}
