//! Values of a flow, and what the evaluator says of them: which arms they take, where a run goes on, and where a gate asks.

use jiff::{Timestamp, tz::TimeZone};
use smol_str::SmolStr;

use super::place::{Arm, Node};
use super::prove::Cover;
use super::terms::{Id, Op};
use super::way::Way;
use crate::eval::{self, Env, Names, Outside};
use crate::plan::{Call, Duty, Expr, Gate, Loop, NodeKind, Type, TypeDef, TypeKind, Wait};
use crate::value::{Value, to_text};

/// What an example is to show.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case<'c> {
    pub(super) call: Node,
    pub(super) arguments: &'c [Expr],
    /// The same as terms.
    pub(super) given: &'c [Id],
    pub(super) duty: &'c Duty,
    /// Gates that count.
    pub(super) covers: &'c [Cover],
}

/// Slots with values.
#[derive(Clone, Copy)]
pub(super) struct World<'w, 't, 'p> {
    pub(super) way: &'w Way<'t, 'p>,
    pub(super) types: &'w [TypeDef],
    pub(super) slots: &'w [(u32, Vec<Value>)],
    pub(super) now: Timestamp,
}

/// The environment of an example: every variable is set.
struct AnyName;

impl Names for AnyName {
    fn env(&self, _: &str) -> Option<SmolStr> {
        Some(SmolStr::new_static("text"))
    }

    fn secret(&self, _: &str) -> Option<SmolStr> {
        None
    }
}

impl World<'_, '_, '_> {
    fn with<T>(&self, region: u32, slots: &[(u32, Vec<Value>)], work: impl FnOnce(&Env<'_>) -> T) -> T {
        let of = |region: &u32| slots.iter().find(|(own, _)| own == region).map(|(_, values)| values.as_slice()).unwrap_or_default();
        let frames: Vec<&[Value]> = self.way.places.chain(region).iter().map(of).collect();
        let zone = TimeZone::UTC;
        let outside =
            Outside { now: self.now, zone: &zone, names: &AnyName, owner: "owner@example.com", requester: "requester@example.com" };
        work(&Env { frames: &frames, types: self.types, outside: &outside })
    }

    /// The same with what is computed before the call. A loop whose list does not hold the item is at the first that it holds; `None` where
    /// there is none.
    pub(super) fn with_lets(&self, call: Node) -> Option<Vec<(u32, Vec<Value>)>> {
        let mut slots = self.slots.to_vec();
        for at in self.way.places.outward(call).into_iter().rev() {
            self.compute(at.region, at.index, &mut slots);
            if let Some(NodeKind::ForEach(each)) = self.way.places.node(at).map(|node| &node.kind) {
                let list = self.with(at.region, &slots, |env| eval::eval(&each.list, env)).ok()?;
                let Value::List(items) = list else { return None };
                let item = slots.iter().find(|(region, _)| *region == each.body + 1)?.1.first()?;
                if !items.contains(item) {
                    put(&mut slots, each.body + 1, 0, items.first()?.clone());
                }
            }
        }
        Some(slots)
    }

    /// Puts in what nodes of a region give that are no calls, as far as one of them.
    fn compute(&self, region: u32, before: u32, slots: &mut [(u32, Vec<Value>)]) {
        for (node, kind) in self.way.places.of_region(region).take_while(|(node, _)| node.index < before) {
            match kind {
                NodeKind::Gate(gate) => self.give(node, gate, slots),
                NodeKind::Let { slot, value } => {
                    let value = self.with(region, slots, |env| eval::eval(value, env)).unwrap_or_default();
                    put(slots, region, *slot, value);
                }
                NodeKind::ForEach(each) => {
                    let (Some(slot), Some(give)) = (each.slot, &each.give) else { continue };
                    let body = each.body + 1;
                    let given = self.items(node, each, slots).into_iter().flatten().map(|item| {
                        let slots = self.of_item(body, item, slots);
                        self.with(body, &slots, |env| eval::eval(give, env)).unwrap_or_default()
                    });
                    let given = Value::List(given.collect());
                    put(slots, region, slot, given);
                }
                _ => {}
            }
        }
    }

    /// What a loop goes through; `None` where that cannot be computed.
    fn items(&self, at: Node, each: &Loop, slots: &[(u32, Vec<Value>)]) -> Option<Vec<Value>> {
        match self.with(at.region, slots, |env| eval::eval(&each.list, env)) {
            Ok(Value::List(items)) => Some(items.to_vec()),
            _ => None,
        }
    }

    /// The same in the body of a loop, for an item.
    fn of_item(&self, body: u32, item: Value, slots: &[(u32, Vec<Value>)]) -> Vec<(u32, Vec<Value>)> {
        let mut slots = slots.to_vec();
        put(&mut slots, body, 0, item);
        self.compute(body, u32::MAX, &mut slots);
        slots
    }

    /// A gate that asks nobody gives nothing.
    fn give(&self, at: Node, gate: &Gate, slots: &mut [(u32, Vec<Value>)]) {
        let holds = |when: &Expr| self.with(at.region, slots, |env| eval::holds(when, env));
        let band = gate.bands.iter().find(|band| !matches!(band.when.as_ref().map(holds), Some(Ok(false))));
        let asks = band.is_some_and(|band| band.by.is_some() || matches!(band.when.as_ref().map(holds), Some(Err(_))));
        if asks {
            return;
        }
        let Some((_, values)) = slots.iter_mut().find(|(region, _)| *region == at.region) else { return };
        for slot in gate.given() {
            if let Some(value) = values.get_mut(slot as usize) {
                *value = Value::None;
            }
        }
    }

    fn holds(&self, region: u32, condition: &Expr) -> Option<bool> {
        self.with(region, self.slots, |env| eval::holds(condition, env)).ok()
    }

    /// Whether an arm is taken; `None` where that cannot be told.
    fn taken(&self, arm: Arm) -> Option<bool> {
        let branch = self.way.places.node(Node { region: arm.region, index: arm.branch })?;
        let NodeKind::Branch { conditions, .. } = &branch.kind else { return Some(true) };
        for (number, condition) in (0..).zip(conditions) {
            if self.holds(arm.region, condition)? {
                return Some(number == arm.arm);
            }
        }
        Some(arm.arm as usize == conditions.len())
    }

    /// What stands against the call running with the duty applying and no gate that counts asking: nothing where it does.
    pub(super) fn off(&self, case: &Case<'_>) -> usize {
        let duty = match self.given(case.call, case.arguments) {
            Some(arguments) => self.off_duty(case.duty, &arguments),
            None => 1,
        };
        let gates: usize = case.covers.iter().map(|cover| self.off_gate(case.call, cover)).sum();
        self.off_way(case.call) + duty + gates
    }

    /// What a call is given; `None` where that cannot be computed.
    pub(super) fn given(&self, call: Node, arguments: &[Expr]) -> Option<Vec<Value>> {
        arguments.iter().map(|argument| self.with(call.region, self.slots, |env| eval::eval(argument, env)).ok()).collect()
    }

    /// Whether a node is reached, and nothing on the way makes the run fail.
    pub(super) fn reached(&self, node: Node) -> bool {
        self.off_way(node) == 0
    }

    /// What stands against a node being reached: nothing where it is, and where nothing on the way makes the run fail.
    pub(super) fn off_way(&self, node: Node) -> usize {
        let places = self.way.places;
        let met = places.met(node).map(|(at, arms)| {
            if arms.iter().any(|arm| self.taken(*arm) == Some(false)) || self.goes_on(at) {
                return 0;
            }
            arms.iter().map(|arm| self.off_arm(*arm, false)).min().unwrap_or(1)
        });
        let taken = places.taken(node).into_iter().map(|arm| self.off_arm(arm, true));
        met.sum::<usize>() + taken.sum::<usize>()
    }

    /// What stands against an arm being taken, or not being taken.
    fn off_arm(&self, arm: Arm, is_taken: bool) -> usize {
        if self.taken(arm) == Some(is_taken) {
            return 0;
        }
        let Some(NodeKind::Branch { conditions, .. }) =
            self.way.places.node(Node { region: arm.region, index: arm.branch }).map(|node| &node.kind)
        else {
            return 1;
        };
        let so = (0..).zip(conditions).take_while(|(number, _)| *number <= arm.arm);
        let off = self.with(arm.region, self.slots, |env| {
            let off = so.map(|(number, condition)| off(condition, (number == arm.arm) == is_taken, env));
            if is_taken { off.sum() } else { off.min().unwrap_or(1) }
        });
        off.max(1)
    }

    /// Whether a run that is at a node goes on behind it.
    fn goes_on(&self, at: Node) -> bool {
        let computed = |value: &Expr| self.with(at.region, self.slots, |env| eval::eval(value, env)).is_ok();
        match self.way.places.node(at).map(|node| &node.kind) {
            Some(NodeKind::Let { value, .. }) => computed(value),
            Some(NodeKind::Call(call)) => call.arguments.iter().all(computed) && self.is_accepted(at, call),
            Some(NodeKind::ForEach(each)) => self.goes_through(at, each),
            Some(NodeKind::Branch { .. }) => self.taken(Arm { region: at.region, branch: at.index, arm: 0 }).is_some(),
            Some(NodeKind::Wait(Wait::Span(value) | Wait::Until(value))) => computed(value),
            Some(NodeKind::Return(_) | NodeKind::Fail(_)) => false,
            _ => true,
        }
    }

    /// Whether a step that asks again would take its result.
    fn is_accepted(&self, at: Node, call: &Call) -> bool {
        let given_up = || {
            let result = call.slot.filter(|_| call.attempt).and_then(|slot| self.values(at.region).get(slot as usize));
            result.is_some_and(Value::is_none)
        };
        call.repeat.as_ref().is_none_or(|repeat| self.holds(at.region, &repeat.until) == Some(true) || given_up())
    }

    /// Whether the body of a loop comes to its end for each item.
    fn goes_through(&self, at: Node, each: &Loop) -> bool {
        let body = each.body + 1;
        self.items(at, each, self.slots).is_some_and(|items| {
            items.into_iter().all(|item| {
                let slots = self.of_item(body, item, self.slots);
                let world = World { slots: &slots, ..*self };
                let arms = |node| self.way.places.taken(node).into_iter();
                let mut nodes = self.way.places.of_region(body);
                nodes.all(|(node, _)| arms(node).any(|arm| world.taken(arm) == Some(false)) || world.goes_on(node))
            })
        })
    }

    /// Values of the first slots of a region.
    pub(super) fn values(&self, region: u32) -> &[Value] {
        self.slots.iter().find(|(own, _)| *own == region).map(|(_, values)| values.as_slice()).unwrap_or_default()
    }

    pub(super) fn applies(&self, duty: &Duty, arguments: &[Value]) -> bool {
        self.off_duty(duty, arguments) == 0
    }

    /// What stands against a duty applying.
    fn off_duty(&self, duty: &Duty, arguments: &[Value]) -> usize {
        let Some(when) = &duty.when else { return 0 };
        self.with(0, self.slots, |env| {
            let env = Env { frames: &[arguments], ..*env };
            if matches!(eval::holds(when, &env), Ok(false)) { off(when, true, &env).max(1) } else { 0 }
        })
    }

    /// What stands against a gate asking nobody who suffices.
    fn off_gate(&self, call: Node, cover: &Cover) -> usize {
        if !self.asks(call, cover) {
            return 0;
        }
        let arms = self.way.places.where_passed(cover.gate, call).unwrap_or_default();
        let arms = arms.iter().map(|arm| self.off_arm(*arm, false));
        let bands = self.way.places.gate(cover.gate).into_iter().flat_map(|gate| &gate.bands);
        let whens = bands.filter_map(|band| band.when.as_ref());
        let whens = self.with(cover.gate.region, self.slots, |env| whens.map(|when| off(when, false, env)).min());
        arms.chain(whens).min().unwrap_or(1).max(1)
    }

    /// Whether the gate was passed and asked people who suffice, or it cannot be told.
    pub(super) fn asks(&self, call: Node, cover: &Cover) -> bool {
        let where_taken = self.way.places.where_passed(cover.gate, call);
        let Some((where_taken, gate)) = where_taken.zip(self.way.places.gate(cover.gate)) else { return true };
        for arm in where_taken {
            match self.taken(*arm) {
                Some(true) => {}
                Some(false) => return false,
                None => return true,
            }
        }
        for (number, band) in gate.bands.iter().enumerate() {
            match band.when.as_ref().map_or(Some(true), |when| self.holds(cover.gate.region, when)) {
                Some(true) => return cover.bands.contains(&number),
                Some(false) => {}
                None => return true,
            }
        }
        false
    }

    /// A slot, or a field of one, by its name, and its value.
    pub(super) fn read(&self, id: Id) -> Option<(String, String)> {
        let (name, value, ty) = self.path(id)?;
        let text = match (&value, &ty) {
            (Value::None, _) => "none".to_owned(),
            (Value::Text(text), _) => crate::value::json::quoted(text),
            (value, ty) => to_text(value, ty, self.types),
        };
        Some((name, text))
    }

    fn path(&self, id: Id) -> Option<(String, Value, Type)> {
        let term = self.way.lowering.terms.get(id);
        match (&term.op, &*term.parts) {
            (Op::Slot { region, slot }, _) => {
                let declared = self.way.places.slot(*region, *slot)?;
                let value = self.slots.iter().find(|(own, _)| own == region)?.1.get(*slot as usize)?.clone();
                Some((declared.name.to_string(), value, declared.ty.clone()))
            }
            (Op::Field(index), [record]) => {
                let (name, value, ty) = self.path(*record)?;
                let ty = if let Type::Optional(inner) = ty { *inner } else { ty };
                let Type::Record(record) = ty else { return None };
                let TypeKind::Record(fields) = &self.types.get(record as usize)?.kind else { return None };
                let field = fields.get(*index as usize)?;
                let Value::Record(values) = value else { return None };
                Some((format!("{name}.{}", field.name), values.get(*index as usize)?.clone(), field.ty.clone()))
            }
            _ => None,
        }
    }
}

/// About how much of a condition is not as it would have to be for it to hold, or to fail. Says nothing where it cannot be evaluated.
fn off(condition: &Expr, holds: bool, env: &Env<'_>) -> usize {
    match condition {
        Expr::Not(inner) => off(inner, !holds, env),
        Expr::And(left, right) | Expr::Or(left, right) => {
            let (left, right) = (off(left, holds, env), off(right, holds, env));
            if matches!(condition, Expr::And(..)) == holds { left + right } else { left.min(right) }
        }
        _ => usize::from(!matches!(eval::holds(condition, env), Ok(found) if found == holds)),
    }
}

fn put(slots: &mut [(u32, Vec<Value>)], region: u32, slot: u32, value: Value) {
    let values = slots.iter_mut().find(|(own, _)| *own == region).map(|(_, values)| values);
    if let Some(place) = values.and_then(|values| values.get_mut(slot as usize)) {
        *place = value;
    }
}
