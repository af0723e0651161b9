//! What two flows call the same is the same: parameters and items of loops by their names, what a step gives where it is asked the same, what
//! is read at gates, steps and branches that stand for one another.
//!
//! What is not found to be the same is an unknown of its own, of which the proof then knows nothing: that can only make more differ.

use foldhash::{HashSet, HashSetExt as _};
use smol_str::SmolStr;

use super::lists;
use super::merge::{Merged, Side};
use crate::oversight::Declarations;
use crate::oversight::place::{Node, Places};
use crate::oversight::terms::{Id, Names, Terms};
use crate::oversight::world::World;
use crate::plan::{Call, HandlerEvent, Loop, NodeKind, Type, TypeKind};

/// All terms of both flows.
pub(super) fn terms<'p>(merged: &'p Merged, places: &'p Places<'p>) -> (Terms<'p>, Shared) {
    let mut terms = Terms::bare(&merged.declared, places);
    for (node, kind) in places.nodes().filter(|(node, _)| merged.side(*node) == Side::New) {
        terms.bind(node, kind);
    }
    let mut sharing = Sharing { merged, places, terms: &mut terms, taken: HashSet::new(), shared: Shared::default() };
    let parameters = merged.workflow.parameters.len();
    sharing.region(merged.old_body(), Some(0), parameters);
    let event = |region: u32| sharing_event(merged, region);
    for old in merged.handlers(Side::Old) {
        let new = merged.handlers(Side::New).find(|new| event(*new) == event(old));
        sharing.region(old, new, parameters + 1);
    }
    let shared = sharing.shared;
    (terms, shared)
}

/// What was found to be the same.
#[derive(Default)]
pub(super) struct Shared {
    /// Slots of the earlier flow and of the later one.
    slots: Vec<[(u32, u32); 2]>,
    /// Values that may be more in one of both flows.
    pub(super) enums: Vec<OfOne>,
}

impl Shared {
    /// What stands against something where what is the same has one value in both flows, that of the later one; `at` stands in the earlier.
    pub(super) fn off(&self, world: &World<'_, '_, '_>, at: Node, off: impl Fn(&World<'_, '_, '_>) -> usize) -> usize {
        if self.holds(world) {
            return off(world);
        }
        let mut slots = world.slots.to_vec();
        for [old, new] in &self.slots {
            let value = world.values(new.0).get(new.1 as usize);
            let own = slots.iter_mut().find(|(region, _)| *region == old.0).and_then(|(_, values)| values.get_mut(old.1 as usize));
            if let Some((own, value)) = own.zip(value) {
                own.clone_from(value);
            }
        }
        // What is computed of them is another too.
        let slots = World { slots: &slots, ..*world }.with_lets(at);
        slots.map_or_else(
            || off(world) + 1,
            |slots| {
                let world = World { slots: &slots, ..*world };
                off(&world) + usize::from(!self.holds(&world))
            },
        )
    }

    fn holds(&self, world: &World<'_, '_, '_>) -> bool {
        let value = |(region, slot): (u32, u32)| world.values(region).get(slot as usize);
        self.slots.iter().all(|[old, new]| value(*old).zip(value(*new)).is_none_or(|(old, new)| old == new))
    }
}

/// A value of both flows that may be one of these members in one of them alone.
pub(super) struct OfOne {
    pub(super) value: Id,
    pub(super) side: Side,
    pub(super) members: Vec<(u32, SmolStr)>,
}

impl OfOne {
    /// Whether the value is one of them.
    pub(super) fn is_in(&self, world: &World<'_, '_, '_>) -> bool {
        world.read(self.value).is_some_and(|(_, value)| self.members.iter().any(|(_, member)| *member == value))
    }
}

/// Records within records are looked into so deep.
const DEEPEST: u32 = 6;

/// When a handler is called.
fn sharing_event(merged: &Merged, region: u32) -> Option<HandlerEvent> {
    let first = merged.handlers(Side::New).chain(merged.handlers(Side::Old)).min()?;
    merged.workflow.handlers.get(region.checked_sub(first)? as usize).map(|handler| handler.on)
}

struct Sharing<'s, 'p> {
    merged: &'p Merged,
    places: &'p Places<'p>,
    terms: &'s mut Terms<'p>,
    /// Nodes of the later flow that stand for one of the earlier already.
    taken: HashSet<Node>,
    shared: Shared,
}

impl<'p> Sharing<'_, 'p> {
    /// Goes through a region of the earlier flow beside one of the later. `given` first slots have their values from outside.
    fn region(&mut self, old: u32, new: Option<u32>, given: usize) {
        if let Some(new) = new {
            for (index, slot) in (0..).zip(self.places.slots(old)) {
                let by_name = (0..).zip(self.places.slots(new)).take(given).find(|(_, other)| other.name == slot.name);
                if let Some((other, _)) = by_name.filter(|_| self.is_given(old, index)) {
                    self.slot((old, index), (new, other));
                }
            }
        }
        let own: Vec<(Node, &'p NodeKind)> = self.places.nodes().filter(|(node, _)| node.region == old).collect();
        for (node, kind) in own {
            let twin = new.and_then(|new| self.twin((old, kind), new));
            if let Some(twin) = twin {
                self.taken.insert(twin);
                self.terms.reads_as(node, twin);
            }
            let other = twin.and_then(|twin| Some((twin, &self.places.node(twin)?.kind)));
            match (kind, other) {
                (NodeKind::Call(call), Some((twin, NodeKind::Call(other)))) => self.call((node, call), (twin, other)),
                (NodeKind::Gate(gate), Some((twin, NodeKind::Gate(other)))) => {
                    let slots =
                        [(gate.slots.by, other.slots.by), (gate.slots.at, other.slots.at), (gate.slots.comment, other.slots.comment)];
                    let asks =
                        gate.asks.iter().filter_map(|ask| Some((ask.slot, other.asks.iter().find(|own| own.name == ask.name)?.slot)));
                    let slots = slots.into_iter().filter_map(|(old, new)| old.zip(new)).chain(asks);
                    slots.for_each(|(old, new)| self.slot((node.region, old), (twin.region, new)));
                }
                (NodeKind::ForEach(each), other) => {
                    let other =
                        other.and_then(|(twin, other)| if let NodeKind::ForEach(other) = other { Some((twin, &**other)) } else { None });
                    self.walk(node, each, other);
                }
                _ => self.terms.bind(node, kind),
            }
        }
    }

    /// Whether no node fills a slot.
    fn is_given(&self, region: u32, slot: u32) -> bool {
        self.places.is_filled(region, slot, Node { region, index: 0 })
    }

    /// What stands for a node of the earlier flow in a region of the later: what has its name, else a step or a loop with another name.
    fn twin(&self, (old, kind): (u32, &NodeKind), region: u32) -> Option<Node> {
        let free = || self.places.nodes().filter(|(node, _)| node.region == region && !self.taken.contains(node));
        let by_name = free().find(|(_, other)| self.is_named_alike((old, kind), (region, other)));
        let is_kept = |other: &NodeKind| self.places.of_region(old).any(|(_, kind)| self.is_named_alike((old, kind), (region, other)));
        let alike = |other: &NodeKind| match (kind, other) {
            (NodeKind::Call(call), NodeKind::Call(other)) => self.action(call) == self.action(other),
            (NodeKind::ForEach(_), NodeKind::ForEach(_)) => true,
            _ => false,
        };
        by_name.or_else(|| free().find(|(_, other)| alike(other) && !is_kept(other))).map(|(node, _)| node)
    }

    fn is_named_alike(&self, (old, kind): (u32, &NodeKind), (region, other): (u32, &NodeKind)) -> bool {
        let name = |(region, slot): (u32, u32)| self.places.slot(region, slot).map(|slot| slot.name.as_str());
        match (kind, other) {
            (NodeKind::Let { slot, .. }, NodeKind::Let { slot: other, .. }) => name((old, *slot)) == name((region, *other)),
            (NodeKind::Branch { .. }, NodeKind::Branch { .. }) => true,
            (NodeKind::Gate(gate), NodeKind::Gate(other)) => gate.name == other.name,
            (NodeKind::Call(call), NodeKind::Call(other)) => call.name == other.name && self.action(call) == self.action(other),
            (NodeKind::ForEach(each), NodeKind::ForEach(other)) => self.item(each) == self.item(other),
            _ => false,
        }
    }

    fn action(&self, call: &Call) -> Option<&str> {
        self.merged.declared.action(call.action).map(|action| action.name.as_str())
    }

    fn item(&self, each: &Loop) -> Option<&str> {
        self.places.slot(each.body + 1, 0).map(|slot| slot.name.as_str())
    }

    /// What a step gives is the same where it is given the same.
    fn call(&mut self, (node, call): (Node, &'p Call), (twin, other): (Node, &'p Call)) {
        let (Some(old), Some(new)) = (call.slot, other.slot) else { return };
        let same = call.arguments.len() == other.arguments.len()
            && call
                .arguments
                .iter()
                .zip(&other.arguments)
                .all(|(argument, other)| self.terms.expr(argument, Names::At(node)) == self.terms.expr(other, Names::At(twin)));
        if same {
            self.slot((node.region, old), (twin.region, new));
        }
    }

    fn walk(&mut self, node: Node, each: &'p Loop, other: Option<(Node, &'p Loop)>) {
        let Some((twin, other)) = other else { return self.region(each.body + 1, None, 1) };
        let (before, now) = (self.terms.expr(&each.list, Names::At(node)), self.terms.expr(&other.list, Names::At(twin)));
        let list = before == now;
        // An item is the same where both go through one list, whatever they leave out of it: that is a condition as any other.
        let item = self.terms.slot(other.body + 1, 0);
        if lists::filtered(self.terms, before, item).0 == lists::filtered(self.terms, now, item).0 {
            self.slot((each.body + 1, 0), (other.body + 1, 0));
        }
        self.region(each.body + 1, Some(other.body + 1), 0);
        if let (true, Some(give), Some(given), Some(old), Some(new)) = (list, &each.give, &other.give, each.slot, other.slot) {
            // Only the region counts for what names mean.
            let inside = |body: u32| Names::At(Node { region: body + 1, index: 0 });
            if self.terms.expr(give, inside(each.body)) == self.terms.expr(given, inside(other.body)) {
                self.slot((node.region, old), (twin.region, new));
            }
        }
    }

    /// A slot of the earlier flow is one of the later: as a whole where they are of one type, else field by field.
    fn slot(&mut self, old: (u32, u32), new: (u32, u32)) {
        let (Some(before), Some(now)) = (self.places.slot(old.0, old.1), self.places.slot(new.0, new.1)) else { return };
        let id = self.terms.slot(new.0, new.1);
        self.enums_in(id, &now.ty, DEEPEST);
        if before.ty == now.ty {
            self.terms.slot_is(old, id);
            // A gate that asks nobody gives nothing.
            let is_gate = self.places.filler(new.0, new.1).is_some_and(|node| self.places.gate(node).is_some());
            self.shared.slots.extend((!is_gate).then_some([old, new]));
            return;
        }
        let own = self.terms.slot(old.0, old.1);
        self.fields((own, &before.ty), (id, &now.ty));
    }

    /// Keeps the values that may be more in one of both flows.
    fn enums_in(&mut self, value: Id, ty: &Type, deepest: u32) {
        match ty {
            Type::Optional(inner) => self.enums_in(value, inner, deepest),
            Type::Enum(index) => {
                let Some((_, [old, new])) = self.merged.grown.iter().find(|(grown, _)| grown == index) else { return };
                let side = if old > new { Side::Old } else { Side::New };
                let names = self.merged.members(*index, side);
                let members = (0..).zip(names).skip((*old).min(*new)).map(|(number, name)| (number, name.clone())).collect();
                self.shared.enums.push(OfOne { value, side, members });
            }
            Type::Record(index) if deepest > 0 && !self.merged.grown.is_empty() => {
                let Some(TypeKind::Record(fields)) = self.merged.declared.type_def(*index).map(|def| &def.kind) else { return };
                for (number, field) in (0..).zip(fields) {
                    let of = self.terms.of_record(value, number);
                    self.enums_in(of, &field.ty, deepest - 1);
                }
            }
            _ => {}
        }
    }

    fn fields(&mut self, (old, before): (Id, &Type), (new, now): (Id, &Type)) {
        let (Type::Record(before), Type::Record(now)) = (before, now) else { return };
        let declared = &self.merged.declared;
        let (Some(before), Some(now)) = (declared.type_def(*before), declared.type_def(*now)) else { return };
        let (TypeKind::Record(fields), TypeKind::Record(others)) = (&before.kind, &now.kind) else { return };
        if before.name != now.name {
            return;
        }
        for (index, field) in (0..).zip(fields) {
            let Some((other, found)) = (0..).zip(others).find(|(_, other)| other.name == field.name) else { continue };
            let id = self.terms.of_record(new, other);
            if field.ty == found.ty {
                self.terms.field_is(old, index, id);
            } else {
                let own = self.terms.of_record(old, index);
                self.fields((own, &field.ty), (id, &found.ty));
            }
        }
    }
}
