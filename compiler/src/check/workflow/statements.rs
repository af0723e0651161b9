//! Statements and blocks.

use flow_grammar::{Span, ast};

use super::super::scope::{Home, Kind, Mark};
use crate::check::Checker;
use crate::check::lints;
use crate::check::ty::Ty;
use crate::faults;
use crate::plan::{NodeKind, Within};

impl<'a> Checker<'a> {
    /// Checks the statements of a block that is open; gives whether every path through them ends the run.
    pub(super) fn statements(&mut self, block: &'a ast::Block, mark: Mark) -> bool {
        self.blocks.push(block);
        let mut ended: Option<Span> = None;
        let mut said = false;
        for statement in &block.statements {
            if let (Some(end), false) = (ended, said) {
                said = true;
                let fault = faults::lints::never_runs(self.site(statement.span), end);
                self.lints.push(fault);
            }
            if self.statement(statement, mark) && ended.is_none() {
                ended = Some(statement.span);
            }
        }
        self.blocks.pop();
        ended.is_some()
    }

    fn statement(&mut self, statement: &'a ast::Statement, block: Mark) -> bool {
        use ast::StatementKind as Statement;
        self.flow.uses.clear();
        let span = statement.span;
        match &statement.kind {
            Statement::Step(step) => self.step(step, span, block),
            Statement::Let { name, value: ast::LetValue::Expr(value) } => self.let_value(name, value, span, block),
            Statement::Let { name, value: ast::LetValue::ForEach(each) } => {
                self.poison(name);
                self.refuse(each.item.span, "for each");
            }
            Statement::Gate(gate) => self.gate(statement.doc.as_deref(), gate, span, block),
            Statement::If { arms, otherwise } => return self.branch(arms, otherwise.as_ref(), span),
            Statement::Match { .. } => self.refuse(self.keyword(span, "match"), "match"),
            Statement::ForEach(_) => self.refuse(self.keyword(span, "for each"), "for each"),
            Statement::Parallel(_) => self.refuse(self.keyword(span, "parallel"), "parallel"),
            Statement::WaitFor(_) | Statement::WaitUntil(_) => self.refuse(span, "wait"),
            Statement::Give(_) => self.refuse(span, "give"),
            Statement::Return(value) => {
                self.return_value(value.as_ref(), span);
                return true;
            }
            Statement::Fail(why) => {
                let why = why.as_ref().map(|why| self.expect(why, &Ty::Text));
                self.add_node(NodeKind::Fail(why), span, false);
                return true;
            }
            Statement::Broken(broken) => {
                self.flow.unsure = true;
                broken.names.iter().for_each(|name| self.poison(name));
            }
        }
        false
    }

    /// The word that opens a statement.
    fn keyword(&self, span: Span, word: &str) -> Span {
        Span::new(span.start, span.start.saturating_add(u32::try_from(word.len()).unwrap_or(0)).min(span.end))
    }

    /// Refuses a statement that is not there yet; nobody knows where its paths end.
    fn refuse(&mut self, span: Span, what: &str) {
        self.flow.unsure = true;
        self.not_yet(span, what);
    }

    /// Makes a name known about which nothing is said.
    pub(super) fn poison(&mut self, name: &ast::Ident) {
        self.scope.declare(name.name.clone(), name.span, Ty::Broken, Home::Nowhere, Kind::Let);
    }

    fn let_value(&mut self, name: &'a ast::Ident, value: &'a ast::Expr, span: Span, block: Mark) {
        let typed = self.expr(value, None);
        if typed.ty.is_broken() {
            self.poison(name);
            return;
        }
        if typed.ty.is_open() {
            let fault = faults::types::unknown_literal(self.site(value.span), &format!("`{}`", self.snippet(value.span)), "[] as [text]");
            self.report(fault);
            self.poison(name);
            return;
        }
        let slot = self.add_slot(name.name.clone(), &typed.ty);
        self.add_node(NodeKind::Let { slot, value: typed.expr }, span, true);
        self.declare_value(name, typed.ty, Home::Slot(slot), Kind::Let, block);
    }

    fn return_value(&mut self, value: Option<&'a ast::Expr>, span: Span) {
        let expr = match (value, self.flow.result.clone()) {
            (Some(value), Some((ty, _))) => Some(self.expect(value, &ty)),
            (Some(value), None) => {
                let typed = self.expr(value, None);
                if !typed.ty.is_broken() {
                    let (name, head) = (self.flow.name.clone(), self.flow.head.after());
                    let fault = faults::flow::undeclared_result(self.site(value.span), &name, &self.show(&typed.ty), head);
                    self.report(fault);
                }
                None
            }
            (None, Some((ty, declared))) => {
                let fault = faults::flow::bare_return(self.site(span), &self.show(&ty), declared);
                self.report(fault);
                None
            }
            (None, None) => None,
        };
        self.add_node(NodeKind::Return(expr), span, false);
    }

    fn branch(&mut self, arms: &'a [(ast::Expr, ast::Block)], otherwise: Option<&'a ast::Block>, span: Span) -> bool {
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
        if let Some(draft) = self.flow.drafts.get_mut(branch as usize) {
            draft.ending_arms = ending;
        }
        self.flow.uses.clear();
        self.add_node(NodeKind::Join { branch }, span, false);
        all
    }

    fn arm(&mut self, branch: u32, arm: usize, block: &'a ast::Block) -> bool {
        self.flow.within = Some(Within { branch, arm: u32::try_from(arm).unwrap_or(u32::MAX) });
        let mark = self.scope.mark();
        let ended = self.statements(block, mark);
        let closed = self.scope.close(mark);
        let name = self.flow.name.clone();
        self.lints.extend(lints::unused(self.file, &closed, &name));
        ended
    }

    /// Where the workflow declares a name that is not known here, and whether that comes later in an open block.
    pub(crate) fn declared_elsewhere(&self, name: &str) -> Option<(Span, bool)> {
        for block in self.blocks.iter().rev() {
            if let Some(span) = block.statements.iter().find_map(|statement| declares(statement, name)) {
                return Some((span, true));
            }
        }
        let outermost = self.blocks.first()?;
        within(outermost, name).map(|span| (span, false))
    }
}

fn declares(statement: &ast::Statement, name: &str) -> Option<Span> {
    use ast::StatementKind as Statement;
    let ident = match &statement.kind {
        Statement::Step(step) => step.name.as_ref(),
        Statement::Let { name, .. } => Some(name),
        Statement::Gate(gate) => gate.name.as_ref(),
        _ => None,
    };
    ident.filter(|ident| ident.name == name).map(|ident| ident.span)
}

/// The place where a block inside this one declares the name. Blocks nest no deeper than brackets do.
fn within(block: &ast::Block, name: &str) -> Option<Span> {
    block.statements.iter().find_map(|statement| {
        declares(statement, name).or_else(|| match &statement.kind {
            ast::StatementKind::If { arms, otherwise } => {
                arms.iter().map(|(_, block)| block).chain(otherwise).find_map(|block| within(block, name))
            }
            _ => None,
        })
    })
}
