//! The owner that a called workflow has from its caller. It decides at gates of the called one, whose own plan does not name it.

use super::calls::{Loosened, Pair};
use super::ends;
use super::groups::Members;
use super::merge::{Merged, Side};
use super::share;
use super::told::Teller;
use super::{Change, Direction};
use crate::oversight::place::Places;
use crate::plan::{Approvers, Band, Expr, Gate, GateSlots, NodeKind, Plan, Region, Term, Who, Workflow};
use crate::value::Value;

/// Whether others own a workflow that is called, since they own its caller.
pub(super) fn compare((old, new): (&Plan, &Plan), teller: &Teller<'_>, [later, earlier]: [&Members<'_>; 2], changes: &mut Vec<Change>) {
    let Some((asked, gate)) = asks_its_caller(old).and_then(|_| asks_its_caller(new)) else { return };
    let [before, now] = [old, new].map(|plan| asks_its_owner(plan, gate));
    let merged = Merged::of(&before, &now);
    let places = Places::of(&merged.workflow);
    let (mut terms, shared) = share::terms(&merged, &places);
    let [before, now] = [Side::Old, Side::New].map(|side| ends::of(&merged, &places, side));
    for (direction, from, to, groups) in [(Direction::Weaker, &before, &now, later), (Direction::Stronger, &now, &before, earlier)] {
        let (Some(from), Some(to)) = (from.first(), to.first()) else { continue };
        let pair = Pair { merged: &merged, places: &places, from, to, groups, shared: &shared, only: None, beside: Default::default() };
        if pair.loosened(&mut terms).iter().any(|found| matches!(found, Loosened::People { .. })) {
            changes.push(teller.owner(direction, asked));
        }
    }
}

/// A workflow without an owner that is called and asks its owner, or calls such a one; and a gate of it.
fn asks_its_caller(plan: &Plan) -> Option<(&str, &Gate)> {
    let without = plan.children.iter().filter(|child| child.workflow.owner.is_none());
    without
        .clone()
        .find_map(|child| Some((child.workflow.name.as_str(), owners_gate(child)?)))
        .or_else(|| without.clone().find_map(asks_its_caller))
}

/// A gate at which the owner may decide.
fn owners_gate(plan: &Plan) -> Option<&Gate> {
    plan.workflow.nodes().find_map(|node| {
        let NodeKind::Gate(gate) = &node.kind else { return None };
        let mut asks = false;
        node.kind.for_each_who(&mut |who| asks |= *who == Who::Owner);
        asks.then_some(&**gate)
    })
}

/// The same workflow, which asks its owner and does nothing else.
fn asks_its_owner(plan: &Plan, gate: &Gate) -> Plan {
    let by = Approvers { stages: vec![vec![Term::Any(Who::Owner)]], except: Vec::new() };
    let gate = Gate {
        bands: vec![Band { when: None, when_text: None, sees: Vec::new(), by: Some(by) }],
        title: Expr::Const(Value::Text("".into())),
        shows: Vec::new(),
        deadline: None,
        asks: Vec::new(),
        guards: Vec::new(),
        slots: GateSlots::default(),
        ..gate.clone()
    };
    let parameters = plan.workflow.parameters.len();
    let slots = plan.workflow.body.slots.iter().take(parameters).cloned().collect();
    let node = |node: &crate::plan::Node| crate::plan::Node {
        after: Vec::new(),
        within: None,
        kind: NodeKind::Gate(Box::new(gate.clone())),
        ..node.clone()
    };
    let nodes = plan.workflow.body.nodes.first().map(node).into_iter().collect();
    let workflow = Workflow { body: Region { slots, nodes }, loops: Vec::new(), handlers: Vec::new(), ..plan.workflow.clone() };
    Plan { workflow, children: Vec::new(), ..plan.clone() }
}
