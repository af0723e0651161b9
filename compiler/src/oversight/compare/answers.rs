//! What gates ask by: the answers of actions. One that comes about in another way may be another, and then nothing is known of when a gate asks.

use std::collections::BTreeSet;

use super::Change;
use super::merge::{Merged, Side};
use super::told::Teller;
use crate::oversight::Declarations as _;
use crate::oversight::place::{Node, Places};
use crate::plan::{Action, Expr, Implementation, NodeKind, Plan, Type, TypeKind};

/// Records within records are looked into so deep.
const DEEPEST: u32 = 6;

/// Actions by whose answers gates of the earlier flow ask, and which get them in another way now.
pub(super) fn compare(
    (old, new): (&Plan, &Plan),
    (merged, places): (&Merged, &Places<'_>),
    teller: &Teller<'_>,
    changes: &mut Vec<Change>,
) {
    let stays = |name: &str| places.nodes().any(|(node, kind)| merged.side(node) == Side::New && is_gate(kind, name));
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for (at, kind) in places.nodes().filter(|(node, _)| merged.side(*node) == Side::Old) {
        let NodeKind::Gate(gate) = kind else { continue };
        // One that is gone is told as that.
        if !stays(&gate.name) {
            continue;
        }
        for call in asked_by(places, at) {
            let Some(name) = merged.declared.action(call).map(|action| action.name.as_str()) else { continue };
            let of = |plan: &'_ Plan| plan.actions.iter().find(|action| action.name == name).cloned();
            if let (Some(before), Some(now)) = (of(old), of(new))
                && !answers_alike((old, &before), (new, &now))
                && told.insert(name)
            {
                changes.push(teller.answer(merged, (&before, &now), at));
            }
        }
    }
}

fn is_gate(kind: &NodeKind, name: &str) -> bool {
    matches!(kind, NodeKind::Gate(gate) if gate.name == name)
}

/// The actions of the calls whose results decide whether a gate asks, directly or by what other calls are given.
fn asked_by(places: &Places<'_>, gate: Node) -> Vec<u32> {
    let mut open: Vec<(Node, &Expr)> = Vec::new();
    let bands = places.gate(gate).into_iter().flat_map(|gate| &gate.bands);
    open.extend(bands.filter_map(|band| band.when.as_ref()).map(|when| (gate, when)));
    for arm in places.taken(gate) {
        let at = Node { region: arm.region, index: arm.branch };
        if let Some(NodeKind::Branch { conditions, .. }) = places.node(at).map(|node| &node.kind) {
            open.extend(conditions.iter().map(|condition| (at, condition)));
        }
    }
    let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
    while let Some((at, expr)) = open.pop() {
        if let Expr::Slot { frame, index } = expr {
            let filler = places.filler(places.frame(at.region, *frame), *index).filter(|filler| seen.insert(*filler));
            match filler.and_then(|filler| Some((filler, &places.node(filler)?.kind))) {
                Some((filler, NodeKind::Let { value, .. })) => open.push((filler, value)),
                Some((filler, NodeKind::ForEach(each))) => open.push((filler, &each.list)),
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

/// Whether an action gets its answer as before, and reads it so. What a called workflow gives is compared with the workflow.
fn answers_alike((old, before): (&Plan, &Action), (new, now): (&Plan, &Action)) -> bool {
    match (&before.implementation, &now.implementation) {
        (Implementation::Workflow(_), Implementation::Workflow(_)) => true,
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
