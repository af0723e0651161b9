//! Branches: `if`, `match` and `parallel`.

use flow_grammar::{Span, ast};
use smol_str::SmolStr;

use crate::check::Checker;
use crate::check::lints;
use crate::check::ty::{Ty, TypeInfoKind};
use crate::faults;
use crate::plan::{Comparison, Expr, NodeKind, Within};
use crate::value::Value;

impl<'a> Checker<'a> {
    pub(super) fn branch(&mut self, arms: &'a [(ast::Expr, ast::Block)], otherwise: Option<&'a ast::Block>, span: Span) -> bool {
        let outer = self.scope.mark();
        let mut conditions = Vec::with_capacity(arms.len());
        let mut marks = Vec::with_capacity(arms.len());
        for (condition, _) in arms {
            conditions.push(self.condition(condition));
            // The next condition is asked only where this one does not hold.
            let known = self.known(condition, false);
            self.scope.know(known);
            marks.push(self.scope.mark());
        }
        self.scope.forget(outer);
        self.never_taken(arms, otherwise, &conditions);
        let branch = self.add_node(NodeKind::Branch { conditions, otherwise: otherwise.is_some() }, span, false);
        let before = self.flow.within;
        let mut ending = Vec::with_capacity(arms.len() + 1);
        for (index, (condition, block)) in arms.iter().enumerate() {
            let known = self.known(condition, true);
            for (earlier, _) in arms.iter().take(index) {
                let known = self.known(earlier, false);
                self.scope.know(known);
            }
            self.scope.know(known);
            ending.push(self.arm(branch, index, block));
            self.scope.forget(outer);
        }
        let mut all = false;
        if let Some(block) = otherwise {
            for (condition, _) in arms {
                let known = self.known(condition, false);
                self.scope.know(known);
            }
            let ends = self.arm(branch, arms.len(), block);
            self.scope.forget(outer);
            all = ends && ending.iter().all(|ends| *ends);
            ending.push(ends);
        }
        self.flow.within = before;
        // Where an arm ends the run, what follows is reached only if its condition did not hold.
        for ((condition, _), _) in arms.iter().zip(&ending).take_while(|(_, ends)| **ends) {
            let known = self.known(condition, false);
            self.scope.know(known);
        }
        self.join(branch, ending, span);
        all
    }

    /// Warns of blocks whose conditions are literals so that they never run.
    fn never_taken(&mut self, arms: &[(ast::Expr, ast::Block)], otherwise: Option<&ast::Block>, conditions: &[Expr]) {
        let mut holds: Option<Span> = None;
        for ((condition, block), lowered) in arms.iter().zip(conditions) {
            let fails = matches!(lowered, Expr::Const(Value::Bool(false))).then_some(condition.span);
            if let (Some(why), Some(first)) = (holds.or(fails), block.statements.first()) {
                let fault = faults::lints::never_taken(self.site(first.span), why, holds.is_some());
                self.lints.push(fault);
            }
            if matches!(lowered, Expr::Const(Value::Bool(true))) {
                holds = holds.or(Some(condition.span));
            }
        }
        if let (Some(why), Some(first)) = (holds, otherwise.and_then(|block| block.statements.first())) {
            let fault = faults::lints::never_taken(self.site(first.span), why, true);
            self.lints.push(fault);
        }
    }

    pub(super) fn arm(&mut self, branch: u32, arm: usize, block: &'a ast::Block) -> bool {
        self.flow.within = Some(Within { branch, arm: u32::try_from(arm).unwrap_or(u32::MAX) });
        let mark = self.scope.mark();
        let ended = self.statements(block, mark);
        let closed = self.scope.close(mark);
        let name = self.flow.name.clone();
        self.lints.extend(lints::unused(self.file, &closed, &name));
        ended
    }

    /// Ends a branch: `ending` says for each arm whether every path through it ends the run.
    fn join(&mut self, branch: u32, ending: Vec<bool>, span: Span) {
        if let Some(draft) = self.flow.drafts.get_mut(branch as usize) {
            draft.ending_arms = ending;
        }
        self.flow.uses.clear();
        self.add_node(NodeKind::Join { branch }, span, false);
    }

    pub(super) fn match_members(
        &mut self,
        subject: &'a ast::Expr,
        arms: &'a [(Vec<ast::Ident>, ast::Block)],
        otherwise: Option<&'a ast::Block>,
        span: Span,
    ) -> bool {
        let typed = self.solid(subject, None);
        let index = match &typed.ty {
            Ty::Enum(index) => Some(*index),
            Ty::Broken => None,
            other => {
                let fault = faults::types::mismatch(self.site(subject.span), "a value of an enum", &self.show(other));
                self.report(fault);
                None
            }
        };
        let mut seen: Vec<(u32, Span)> = Vec::new();
        let conditions = arms.iter().map(|(members, _)| self.is_one_of(&typed.expr, index, members, &mut seen)).collect();
        // A member that is only misspelt is not left out too.
        let known = seen.len() == arms.iter().map(|(members, _)| members.len()).sum::<usize>();
        if let (Some(index), None, true) = (index, otherwise, known && !self.is_faulty(span)) {
            self.exhaustive(index, &seen, subject.span);
        }
        // The last arm is taken where no other is: a `match` without `else` names every member.
        let branch = self.add_node(NodeKind::Branch { conditions, otherwise: otherwise.is_some() }, span, false);
        let (outer, before) = (self.scope.mark(), self.flow.within);
        let mut ending = Vec::with_capacity(arms.len() + 1);
        for (arm, block) in arms.iter().map(|(_, block)| block).chain(otherwise).enumerate() {
            ending.push(self.arm(branch, arm, block));
            self.scope.forget(outer);
        }
        self.flow.within = before;
        self.flow.unsure |= index.is_none();
        let all = !ending.is_empty() && ending.iter().all(|ends| *ends);
        self.join(branch, ending, span);
        all
    }

    /// The condition of an arm.
    fn is_one_of(&mut self, subject: &Expr, index: Option<u32>, members: &'a [ast::Ident], seen: &mut Vec<(u32, Span)>) -> Expr {
        let mut wanted = Vec::new();
        for member in members {
            let Some(at) = index.and_then(|index| self.known_member(index, member)) else { continue };
            if let Some((_, first)) = seen.iter().find(|(known, _)| *known == at) {
                let fault = faults::flow::member_twice(self.site(member.span), &member.name, *first);
                self.report(fault);
            }
            seen.push((at, member.span));
            wanted.push(Expr::Compare(Comparison::Equal, Box::new(subject.clone()), Box::new(Expr::Const(Value::Enum(at)))));
        }
        let either = wanted.into_iter().reduce(|a, b| Expr::Or(Box::new(a), Box::new(b)));
        either.unwrap_or(Expr::Const(Value::Bool(false)))
    }

    fn exhaustive(&mut self, index: u32, seen: &[(u32, Span)], subject: Span) {
        let Some(info) = self.types.get(index as usize).filter(|info| !info.faulty) else { return };
        let TypeInfoKind::Enum(members) = &info.kind else { return };
        let missing: Vec<&SmolStr> =
            (0_u32..).zip(members).filter(|(at, _)| !seen.iter().any(|(known, _)| known == at)).map(|(_, name)| name).collect();
        if !missing.is_empty() {
            let fault = faults::flow::not_exhaustive(self.site(subject), &info.name, &missing);
            self.report(fault);
        }
    }

    pub(super) fn parallel(&mut self, branches: &'a [ast::Block], span: Span) -> bool {
        let arms = u32::try_from(branches.len()).unwrap_or(u32::MAX);
        let node = self.add_node(NodeKind::Parallel { arms }, span, false);
        let (outer, before) = (self.scope.mark(), self.flow.within);
        let open = self.flow.no_return.replace("parallel");
        let mut ending = Vec::with_capacity(branches.len());
        for (arm, block) in branches.iter().enumerate() {
            ending.push(self.arm(node, arm, block));
            self.scope.forget(outer);
        }
        self.flow.no_return = open;
        self.flow.within = before;
        // All branches are taken, so one that ends the run ends it.
        let ends = ending.iter().any(|ends| *ends);
        self.join(node, ending, span);
        ends
    }
}
