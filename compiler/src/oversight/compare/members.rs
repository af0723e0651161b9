//! Enums whose members stand in another order, or have a further one between them. A member is a number in a plan: both plans are rewritten so
//! that what both know comes first, in one order.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use crate::graph::draw::words::{Words, bare, item_of};
use crate::oversight::place::Places;
use crate::plan::{Expr, Fold, GuardArgument, NodeKind, Plan, Region, Slot, TextPart, Type, TypeDef, TypeKind};
use crate::value::Value;

/// Both plans with the members of one order, where they have not; `None` where there is nothing to do, or a number is not known for a member.
pub(super) fn aligned(old: &Plan, new: &Plan) -> Option<(Plan, Plan)> {
    let (mut before, mut now) = (BTreeMap::new(), BTreeMap::new());
    for (own, def) in (0..).zip(&old.types) {
        let Some((other, twin)) = (0..).zip(&new.types).find(|(_, twin)| twin.name == def.name) else { continue };
        let (TypeKind::Enum(olds), TypeKind::Enum(news)) = (&def.kind, &twin.kind) else { continue };
        if olds.starts_with(news) || news.starts_with(olds) {
            continue;
        }
        let order = order(olds, news);
        before.insert(own, numbers(olds, &order)?);
        now.insert(other, numbers(news, &order)?);
    }
    if before.is_empty() {
        return None;
    }
    Some((renumbered(old, &before)?, renumbered(new, &now)?))
}

/// What both know, as the later one has it, and then the others.
fn order(olds: &[SmolStr], news: &[SmolStr]) -> Vec<SmolStr> {
    let (mut both, others): (Vec<SmolStr>, Vec<SmolStr>) = news.iter().cloned().partition(|member| olds.contains(member));
    both.extend(others);
    both.extend(olds.iter().filter(|member| !news.contains(member)).cloned());
    both
}

/// For each member its number in an order of which they are the beginning.
fn numbers(members: &[SmolStr], order: &[SmolStr]) -> Option<Vec<u32>> {
    let places: Option<Vec<usize>> = members.iter().map(|member| order.iter().position(|other| other == member)).collect();
    let is_beginning = |place: &usize| *place < members.len();
    places?.into_iter().map(|place| u32::try_from(place).ok().filter(|_| is_beginning(&place))).collect()
}

/// The new numbers of members, by the number of their type.
type Numbers = BTreeMap<u32, Vec<u32>>;

fn renumbered(plan: &Plan, numbers: &Numbers) -> Option<Plan> {
    let mut made = plan.clone();
    for (index, own) in numbers {
        let Some(TypeDef { kind: TypeKind::Enum(members), .. }) = made.types.get_mut(*index as usize) else { continue };
        let mut placed: Vec<(u32, SmolStr)> = own.iter().copied().zip(members.drain(..)).collect();
        placed.sort_by_key(|(number, _)| *number);
        members.extend(placed.into_iter().map(|(_, member)| member));
    }
    let types = Typed { plan, numbers };
    let places = Places::of(&plan.workflow);
    let regions: Vec<&Region> = plan.workflow.regions().collect();
    let workflow = &mut made.workflow;
    let handlers = workflow.handlers.iter_mut().map(|handler| &mut handler.body);
    for (number, region) in (0..).zip(std::iter::once(&mut workflow.body).chain(&mut workflow.loops).chain(handlers)) {
        let seen: Vec<&Region> = places.chain(number).iter().filter_map(|number| regions.get(*number as usize).copied()).collect();
        let words = Words::seeing(plan, &seen)?;
        for node in &mut region.nodes {
            types.node(&words, seen.last()?, &mut node.kind)?;
        }
    }
    for action in &mut made.actions {
        let slots = action.parameters.iter().map(|parameter| Slot { name: parameter.name.clone(), ty: parameter.ty.clone() });
        let parameters = Region { slots: slots.collect(), nodes: Vec::new() };
        let words = Words::over(plan, &parameters);
        for duty in &mut action.duties {
            let mut known = Some(());
            duty.for_each_expr_mut(&mut |expr| known = known.and_then(|()| types.expr(&words, expr, None)));
            known?;
        }
    }
    Some(made)
}

/// Finds members by the types of what they stand beside. Each answer is `None` where a member's type is not to be seen.
struct Typed<'p> {
    plan: &'p Plan,
    numbers: &'p Numbers,
}

impl Typed<'_> {
    fn node(&self, words: &Words<'_>, region: &Region, kind: &mut NodeKind) -> Option<()> {
        match kind {
            NodeKind::Let { slot, value } => {
                let slot = region.slots.get(*slot as usize);
                self.expr(words, value, slot.map(|slot| &slot.ty))
            }
            NodeKind::Call(call) => {
                self.arguments(words, call.action, &mut call.arguments)?;
                call.undo.iter_mut().try_for_each(|undo| self.arguments(words, undo.action, &mut undo.arguments))?;
                call.repeat.iter_mut().try_for_each(|repeat| self.expr(words, &mut repeat.until, None))
            }
            NodeKind::ForEach(each) => {
                self.expr(words, &mut each.list, None)?;
                // It is seen from the loop's body, of which the types are not at hand here.
                each.give.iter().all(has_no_member).then_some(())
            }
            NodeKind::Return(Some(value)) => self.expr(words, value, self.plan.workflow.result.as_ref()),
            other => {
                let mut defaults = Vec::new();
                if let NodeKind::Gate(gate) = other {
                    defaults.extend(gate.asks.iter_mut().map(|ask| ask.default.take()));
                    // Of what a gate binds the proof looks at what is known, and not at what it is.
                    for argument in gate.guards.iter_mut().flat_map(|guard| guard.arguments.iter_mut().chain(&mut guard.undo)) {
                        if let GuardArgument::Known(value) | GuardArgument::Asked(value) | GuardArgument::Each(value) = argument {
                            *value = Expr::Const(Value::None);
                        }
                    }
                }
                let mut known = Some(());
                other.for_each_expr_mut(&mut |expr| known = known.and_then(|()| self.expr(words, expr, None)));
                if let NodeKind::Gate(gate) = other {
                    for (ask, mut default) in gate.asks.iter_mut().zip(defaults) {
                        default.iter_mut().try_for_each(|default| self.expr(words, default, Some(&ask.ty)))?;
                        ask.default = default;
                    }
                }
                known
            }
        }
    }

    fn arguments(&self, words: &Words<'_>, action: u32, arguments: &mut [Expr]) -> Option<()> {
        let action = self.plan.actions.get(action as usize)?;
        let mut pairs = arguments.iter_mut().zip(&action.parameters);
        pairs.try_for_each(|(argument, parameter)| self.expr(words, argument, Some(&parameter.ty)))
    }

    fn expr(&self, words: &Words<'_>, expr: &mut Expr, ty: Option<&Type>) -> Option<()> {
        let all = |parts: &mut dyn Iterator<Item = (&mut Expr, Option<Type>)>| {
            for (part, ty) in parts {
                self.expr(words, part, ty.as_ref())?;
            }
            Some(())
        };
        match expr {
            Expr::Const(value) => self.value(value, ty),
            Expr::Compare(_, a, b) => {
                let of = words.type_of(a).or_else(|| words.type_of(b));
                all(&mut [(&mut **a, of.clone()), (&mut **b, of)].into_iter())
            }
            Expr::In(item, list) => {
                let of = words.type_of(item).or_else(|| words.type_of(list).and_then(item_of));
                let of_list = of.clone().map(|of| Type::List(Box::new(of)));
                all(&mut [(&mut **item, of), (&mut **list, of_list)].into_iter())
            }
            Expr::Otherwise(a, b) => {
                let of = ty.cloned().or_else(|| words.type_of(a)).or_else(|| words.type_of(b));
                all(&mut [(&mut **a, of.clone()), (&mut **b, of)].into_iter())
            }
            Expr::If(condition, then, otherwise) => {
                let of = ty.cloned().or_else(|| words.type_of(then)).or_else(|| words.type_of(otherwise));
                all(&mut [(&mut **condition, None), (&mut **then, of.clone()), (&mut **otherwise, of)].into_iter())
            }
            Expr::List(items) => {
                let of = ty.cloned().and_then(item_of);
                all(&mut items.iter_mut().map(|item| (item, of.clone())))
            }
            Expr::Record(fields) => {
                let types = self.fields(ty);
                all(&mut fields.iter_mut().enumerate().map(|(at, field)| (field, types.get(at).cloned())))
            }
            Expr::JsonObject(fields) => all(&mut fields.iter_mut().map(|(_, value, ty)| (value, Some(ty.clone())))),
            Expr::Text(parts) => all(&mut parts.iter_mut().filter_map(|part| match part {
                TextPart::Value(value, ty) => Some((value, Some(ty.clone()))),
                TextPart::Text(_) => None,
            })),
            Expr::For { fold, list, filter, body } => {
                self.expr(words, list, None)?;
                let of = if *fold == Fold::List { ty.cloned().and_then(item_of) } else { None };
                words.with_item(words.type_of(list).and_then(item_of), || {
                    filter.iter_mut().try_for_each(|filter| self.expr(words, filter, None))?;
                    self.expr(words, body, of.as_ref())
                })
            }
            other => {
                let mut known = Some(());
                other.for_each_child_mut(&mut |child| known = known.and_then(|()| self.expr(words, child, None)));
                known
            }
        }
    }

    fn value(&self, value: &mut Value, ty: Option<&Type>) -> Option<()> {
        match value {
            Value::Enum(member) => {
                let Type::Enum(of) = bare(ty?) else { return None };
                if let Some(numbers) = self.numbers.get(of) {
                    *member = *numbers.get(*member as usize)?;
                }
                Some(())
            }
            Value::List(items) => {
                let of = ty.cloned().and_then(item_of);
                let mut made = items.to_vec();
                made.iter_mut().try_for_each(|item| self.value(item, of.as_ref()))?;
                *items = made.into();
                Some(())
            }
            Value::Record(fields) => {
                let (types, mut made) = (self.fields(ty), fields.to_vec());
                made.iter_mut().enumerate().try_for_each(|(at, field)| self.value(field, types.get(at)))?;
                *fields = made.into();
                Some(())
            }
            _ => Some(()),
        }
    }

    fn fields(&self, ty: Option<&Type>) -> Vec<Type> {
        let Some(Type::Record(index)) = ty.map(bare) else { return Vec::new() };
        match self.plan.types.get(*index as usize).map(|def| &def.kind) {
            Some(TypeKind::Record(fields)) => fields.iter().map(|field| field.ty.clone()).collect(),
            _ => Vec::new(),
        }
    }
}

/// Whether no member of an enum is written in it.
fn has_no_member(expr: &Expr) -> bool {
    let mut none = !matches!(expr, Expr::Const(Value::Enum(_) | Value::List(_) | Value::Record(_)));
    expr.for_each_child(&mut |child| none = none && has_no_member(child));
    none
}
