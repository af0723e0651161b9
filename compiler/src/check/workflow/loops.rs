//! Loops and waits: `for each`, `give`, `wait`.

use flow_grammar::{Span, ast};

use super::super::scope::{Home, Kind, Mark};
use crate::check::Checker;
use crate::check::lints;
use crate::check::ty::Ty;
use crate::faults;
use crate::plan::{Expr, Loop, NodeKind, Wait, Within};

/// So many items of a loop may be under way at once.
const MOST_AT_ONCE: u32 = 1000;
/// Loops may stand in each other so deep.
const DEEPEST: usize = 16;

impl<'a> Checker<'a> {
    pub(super) fn for_each(&mut self, each: &'a ast::ForEach, span: Span, name: Option<&'a ast::Ident>, block: Mark) {
        let list = self.solid(&each.list, None);
        let item = self.item_type(&list.ty, each.list.span);
        // Without a word about it, one item after the other: what an author reads from top to bottom is what happens.
        let at_most =
            each.at_most.as_ref().map_or(Some(1), |most| self.fixed_count(most, "how many items are under way at once", MOST_AT_ONCE));
        if self.flow.loops.len() >= DEEPEST {
            let fault = faults::flow::loops_too_deep(self.site(span), DEEPEST);
            self.report(fault);
        }
        let each_of = Loop { list: list.expr, at_most: at_most.unwrap_or(1), body: u32::MAX, give: None, slot: None };
        let node = self.add_node(NodeKind::ForEach(Box::new(each_of)), span, false);
        let unbounded = self.is_unbounded(node).then_some(each.list.span);
        self.flow.unbounded.push(unbounded);
        let given = self.body(each, node, item);
        self.flow.unbounded.pop();
        let slot = match (name, &given) {
            (Some(name), Some(ty)) => {
                let ty = Ty::List(ty.clone().into());
                let slot = self.add_slot(name.name.clone(), &ty);
                self.declare_value(name, ty, Home::Slot(slot), Kind::Let, block);
                Some(slot)
            }
            (Some(name), None) => {
                if !self.flow.unsure {
                    let fault = faults::flow::gives_no_item(self.site(name.span), &name.name, each.item.span);
                    self.report(fault);
                }
                self.poison(name);
                None
            }
            (None, _) => None,
        };
        if let Some(NodeKind::ForEach(each)) = self.flow.drafts.get_mut(node as usize).map(|draft| &mut draft.kind) {
            each.slot = slot;
        }
    }

    /// Whether nothing says how long a loop's list is at most: it is not written out.
    fn is_unbounded(&self, node: u32) -> bool {
        let Some(NodeKind::ForEach(each)) = self.flow.drafts.get(node as usize).map(|draft| &draft.kind) else { return false };
        let mut list = &each.list;
        if let Expr::Slot { index, .. } = list {
            let named = self.flow.drafts.iter().find_map(|draft| match &draft.kind {
                NodeKind::Let { slot, value } if slot == index => Some(value),
                _ => None,
            });
            list = named.unwrap_or(list);
        }
        !matches!(list, Expr::Const(_) | Expr::List(_))
    }

    /// The body of a loop; gives the type of what it gives.
    fn body(&mut self, each: &'a ast::ForEach, node: u32, item: Ty) -> Option<Ty> {
        let (before, no_return) = (self.flow.within, self.flow.no_return.replace("for each"));
        let outer = std::mem::replace(&mut self.flow.give_at, each.body.statements.last().map(|last| last.span));
        let outer_given = self.flow.given.take();
        self.flow.loops.push(node);
        self.flow.within = Some(Within { branch: node, arm: 0 });
        let mark = self.scope.mark();
        let slot = self.add_slot(each.item.name.clone(), &item);
        if item.is_broken() {
            self.poison(&each.item);
        } else {
            self.declare_value(&each.item, item, Home::Slot(slot), Kind::Item, mark);
        }
        if let Some(draft) = self.flow.drafts.get_mut(node as usize) {
            draft.item = Some(slot);
            draft.ending_arms = vec![false];
        }
        self.statements(&each.body, mark);
        let closed = self.scope.close(mark);
        let name = self.flow.name.clone();
        self.lints.extend(lints::unused(self.file, &closed, &name));
        self.flow.loops.pop();
        self.flow.uses.clear();
        (self.flow.within, self.flow.no_return, self.flow.give_at) = (before, no_return, outer);
        let given = std::mem::replace(&mut self.flow.given, outer_given)?;
        if let Some(NodeKind::ForEach(each)) = self.flow.drafts.get_mut(node as usize).map(|draft| &mut draft.kind) {
            each.give = Some(given.expr);
        }
        Some(given.ty)
    }

    pub(super) fn give(&mut self, value: &'a ast::Expr, span: Span) {
        if self.flow.give_at != Some(span) || self.flow.loops.is_empty() {
            let fault = faults::flow::misplaced_give(self.site(span));
            self.report(fault);
        }
        let typed = self.expr(value, None);
        if typed.ty.is_open() {
            self.unknown_type(value, &typed.ty);
        }
        self.flow.uses.clear();
        self.flow.given = Some(typed);
    }

    pub(super) fn wait_for(&mut self, time: &'a ast::Expr, span: Span) {
        let wait = match &time.kind {
            ast::ExprKind::Duration { .. } => self.deadline_period(time, "a wait").map(Wait::Period),
            _ => Some(Wait::Span(self.expect(time, &Ty::Duration))),
        };
        if let Some(wait) = wait {
            self.add_node(NodeKind::Wait(wait), span, false);
        }
    }

    pub(super) fn wait_until(&mut self, time: &'a ast::Expr, span: Span) {
        let typed = self.solid(time, None);
        if !matches!(typed.ty, Ty::Time | Ty::Date | Ty::Broken) {
            let fault = faults::types::mismatch(self.site(time.span), "a time or a date", &self.show(&typed.ty));
            self.report(fault);
        }
        self.add_node(NodeKind::Wait(Wait::Until(typed.expr)), span, false);
    }
}
