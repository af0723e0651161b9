//! Warnings about gates and what they guard that need no proof: what an approver would not see, and gates that guard nothing.
//!
//! Nothing here changes the plan. Whether a gate asks when it has to is `oversight`'s matter.

use flow_grammar::Span;
use foldhash::{HashMap, HashMapExt as _};

use super::Flow;
use crate::check::Checker;
use crate::check::ty::TypeInfoKind;
use crate::faults;
use crate::graph::{self, Draft};
use crate::plan::{Builtin, Call, Effect, Expr, Gate, Guard, NodeKind, Slot, TextPart, Type};

/// An argument is looked into so deep, and through so many values.
const DEEPEST: u32 = 60;
const MOST_LOOKS: u32 = 20_000;

/// A workflow as seen from one of its gates.
struct View<'f> {
    drafts: &'f [Draft],
    producers: Vec<Option<u32>>,
    looks: u32,
}

impl Checker<'_> {
    /// Looks at every gate, and at every call that cannot be taken back.
    pub(super) fn watch(&mut self, flow: &Flow, guards: &[(u32, Vec<Guard>)]) {
        if guards.is_empty() {
            return;
        }
        let mut view = View { drafts: &flow.drafts, producers: graph::producers(&flow.drafts, flow.slots.len()), looks: MOST_LOOKS };
        for (node, guards) in guards {
            let Some((gate, span)) = gate_of(&flow.drafts, *node) else { continue };
            if self.is_idle(&flow.drafts, *node, gate, guards) {
                let fault = faults::lints::idle_gate(self.site(span));
                self.lints.push(fault);
            }
            self.hidden_values(&mut view, flow, *node, guards);
        }
        self.unseen_arguments(&mut view, guards);
    }

    fn guarded_call<'f>(&self, drafts: &'f [Draft], guard: &Guard) -> Option<(&'f Call, Effect, Span)> {
        let draft = drafts.get(*guard.at.last()? as usize)?;
        let NodeKind::Call(call) = &draft.kind else { return None };
        Some((call, self.actions.get(call.action as usize)?.effect, draft.span))
    }

    /// Whether it does not matter what is decided: nothing is changed afterwards, nothing is returned, and no value of it is used.
    fn is_idle(&self, drafts: &[Draft], node: u32, gate: &Gate, guards: &[Guard]) -> bool {
        let acts = guards.iter().any(|guard| self.guarded_call(drafts, guard).is_none_or(|(_, effect, _)| effect != Effect::Read));
        let own = |slot: &u32| {
            let given = [gate.slots.by, gate.slots.at, gate.slots.comment];
            given.contains(&Some(*slot)) || gate.asks.iter().any(|ask| ask.slot == *slot)
        };
        let mut after = drafts.iter().skip(node as usize + 1);
        !acts && !after.any(|draft| matches!(draft.kind, NodeKind::Return(Some(_))) || draft.uses.iter().any(own))
    }

    /// Values that a call behind this gate is given and that `show` leaves out, each once.
    fn hidden_values(&mut self, view: &mut View<'_>, flow: &Flow, node: u32, guards: &[Guard]) {
        let Some((_, at)) = flow.show_spans.iter().find(|(shown, _)| *shown == node) else { return };
        let Some((gate, _)) = gate_of(view.drafts, node) else { return };
        let (mut said, mut hidden) = (Vec::new(), Vec::new());
        for guard in guards.iter().filter(|guard| !guard.behind_gate) {
            let Some((call, effect, span)) = self.guarded_call(view.drafts, guard) else { continue };
            let own = self.actions.get(call.action as usize).is_some_and(|info| info.site.is_some());
            if effect == Effect::Read || !own {
                continue;
            }
            for argument in &call.arguments {
                let mut paths = Vec::new();
                let whole = shown(gate).any(|shown| displays(shown, argument, DEEPEST));
                if whole || view.paths(argument, node, DEEPEST, &mut paths).is_none() {
                    continue;
                }
                for path in paths {
                    if said.contains(&path) || shown(gate).any(|shown| displays(shown, &path, DEEPEST)) {
                        continue;
                    }
                    hidden.extend(self.path_text(&flow.slots, &path).map(|(text, _)| (text, span)));
                    said.push(path);
                }
            }
        }
        if !hidden.is_empty() {
            let fault = faults::lints::hidden_values(self.site(*at), &hidden);
            self.lints.push(fault);
        }
    }

    /// Arguments of calls that cannot be taken back which no gate before them could show.
    fn unseen_arguments(&mut self, view: &mut View<'_>, guards: &[(u32, Vec<Guard>)]) {
        let mut gates_of: HashMap<u32, Vec<u32>> = HashMap::new();
        for (gate, guard) in guards.iter().flat_map(|(gate, guards)| guards.iter().map(move |guard| (gate, guard))) {
            guard.at.last().into_iter().for_each(|call| gates_of.entry(*call).or_default().push(*gate));
        }
        for (node, draft) in view.drafts.iter().enumerate() {
            let NodeKind::Call(call) = &draft.kind else { continue };
            let Some(action) = self.actions.get(call.action as usize) else { continue };
            if action.effect != Effect::Irreversible || call.waiver.is_some() {
                continue;
            }
            let Some(gates) = u32::try_from(node).ok().and_then(|node| gates_of.get(&node)) else { continue };
            let Some((_, gate)) = gates.last().and_then(|gate| gate_of(view.drafts, *gate)) else { continue };
            let mut unseen: Vec<&str> = Vec::new();
            for (argument, parameter) in call.arguments.iter().zip(&action.parameters) {
                if gates.iter().all(|gate| view.paths(argument, *gate, DEEPEST, &mut Vec::new()).is_none()) {
                    unseen.push(&parameter.name);
                }
            }
            if view.looks == 0 {
                // What was not looked at may well have been seen.
                return;
            }
            if !unseen.is_empty() {
                let fault = faults::lints::unseen_arguments(self.site(draft.span), &action.name, &unseen, gate);
                self.lints.push(fault);
            }
        }
    }

    /// A path as an author writes it, with its type.
    fn path_text(&self, slots: &[Slot], path: &Expr) -> Option<(String, Type)> {
        match path {
            Expr::Slot { index, .. } => slots.get(*index as usize).map(|slot| (slot.name.to_string(), slot.ty.clone())),
            Expr::Field(of, field) => {
                let (text, ty) = self.path_text(slots, of)?;
                let (Type::Record(record) | Type::Enum(record)) = present(ty) else { return None };
                let TypeInfoKind::Record(fields) = &self.types.get(record as usize)?.kind else { return None };
                let field = fields.list.get(*field as usize)?;
                Some((format!("{text}.{}", field.name), field.ty.lower()))
            }
            Expr::JsonField(of, name) => Some((format!("{}.{name}", self.path_text(slots, of)?.0), Type::Json)),
            _ => None,
        }
    }
}

impl View<'_> {
    /// The values that are known at a gate and from which an expression is made; `None` where it needs one that is not known then.
    /// What is entered at the gate is known to who enters it.
    fn paths(&mut self, expr: &Expr, gate: u32, depth: u32, paths: &mut Vec<Expr>) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        self.looks = self.looks.checked_sub(1)?;
        if let Some(slot) = root(expr, DEEPEST) {
            return match self.producers.get(slot as usize).copied().flatten() {
                Some(producer) if producer == gate => Some(()),
                Some(producer) if producer > gate => match self.drafts.get(producer as usize).map(|draft| &draft.kind) {
                    Some(NodeKind::Let { value, .. }) => self.paths(value, gate, depth, paths),
                    // The element of a list that is known.
                    Some(NodeKind::ForEach(each)) if each.slot != Some(slot) => self.paths(&each.list, gate, depth, paths),
                    _ => None,
                },
                _ => {
                    paths.push(expr.clone());
                    Some(())
                }
            };
        }
        let mut known = Some(());
        expr.for_each_child(&mut |child| known = known.and_then(|()| self.paths(child, gate, depth, paths)));
        known
    }
}

/// The slot that a path such as `invoice.amount` begins with.
fn root(expr: &Expr, depth: u32) -> Option<u32> {
    match expr {
        Expr::Slot { index, .. } => Some(*index),
        Expr::Field(of, _) | Expr::JsonField(of, _) => root(of, depth.checked_sub(1)?),
        _ => None,
    }
}

/// What a gate shows: its title is on the page too.
fn shown(gate: &Gate) -> impl Iterator<Item = &Expr> {
    gate.shows.iter().map(|show| &show.value).chain([&gate.title])
}

/// Whether who sees one value sees the other: it is that value, holds it, or is a text with it.
fn displays(shown: &Expr, value: &Expr, depth: u32) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let within = |part: &Expr| displays(part, value, depth);
    let holds = match value {
        Expr::Field(of, _) | Expr::JsonField(of, _) => displays(shown, of, depth),
        _ => false,
    };
    holds
        || shown == value
        || match shown {
            Expr::Text(parts) => parts.iter().any(|part| matches!(part, TextPart::Value(part, _) if within(part))),
            Expr::List(all) | Expr::Record(all) | Expr::Builtin(Builtin::Round | Builtin::Trim | Builtin::Sort | Builtin::Join, all) => {
                all.iter().any(within)
            }
            Expr::JsonObject(all) => all.iter().any(|(_, part, _)| within(part)),
            Expr::Otherwise(a, b) => within(a) || within(b),
            Expr::If(_, a, b) => within(a) || within(b),
            _ => false,
        }
}

fn gate_of(drafts: &[Draft], node: u32) -> Option<(&Gate, Span)> {
    let draft = drafts.get(node as usize)?;
    match &draft.kind {
        NodeKind::Gate(gate) => Some((gate, draft.span)),
        _ => None,
    }
}

fn present(ty: Type) -> Type {
    match ty {
        Type::Optional(inner) => *inner,
        ty => ty,
    }
}
