//! Statements and blocks.

use flow_grammar::{Span, ast};

use super::super::scope::{Home, Kind, Mark};
use crate::check::Checker;
use crate::check::ty::Ty;
use crate::faults;
use crate::plan::NodeKind;

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
            Statement::Let { name, value: ast::LetValue::ForEach(each) } => self.for_each(each, span, Some(name), block),
            Statement::Gate(gate) => self.gate(statement.doc.as_deref(), gate, span, block),
            Statement::If { arms, otherwise } => return self.branch(arms, otherwise.as_ref(), span),
            Statement::Match { subject, arms, otherwise } => return self.match_members(subject, arms, otherwise.as_ref(), span),
            Statement::ForEach(each) => self.for_each(each, span, None, block),
            Statement::Parallel(branches) => return self.parallel(branches, span),
            Statement::WaitFor(time) => self.wait_for(time, span),
            Statement::WaitUntil(time) => self.wait_until(time, span),
            Statement::Give(value) => self.give(value, span),
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
            self.unknown_type(value, &typed.ty);
            self.poison(name);
            return;
        }
        let slot = self.add_slot(name.name.clone(), &typed.ty);
        self.add_node(NodeKind::Let { slot, value: typed.expr }, span, true);
        self.declare_value(name, typed.ty, Home::Slot(slot), Kind::Let, block);
    }

    /// Says that nothing tells what a value of an open type holds.
    pub(super) fn unknown_type(&mut self, value: &'a ast::Expr, ty: &Ty) {
        let written = self.snippet(value.span);
        let example = format!("{written} as {}", self.show(&ty.for_example()));
        self.report(faults::types::unknown_literal(self.site(value.span), &format!("`{written}`"), &example));
    }

    fn return_value(&mut self, value: Option<&'a ast::Expr>, span: Span) {
        if let Some(place) = self.flow.no_return {
            let fault = faults::flow::return_inside(self.site(span), place);
            self.report(fault);
        }
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
            // What was to be returned could not be read.
            (None, Some(_)) if self.is_faulty(self.rest_of_line(span)) => None,
            (None, Some((ty, declared))) => {
                let fault = faults::flow::bare_return(self.site(span), &self.show(&ty), declared);
                self.report(fault);
                None
            }
            (None, None) => None,
        };
        self.add_node(NodeKind::Return(expr), span, false);
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
            ast::StatementKind::Match { arms, otherwise, .. } => {
                arms.iter().map(|(_, block)| block).chain(otherwise).find_map(|block| within(block, name))
            }
            ast::StatementKind::ForEach(each) | ast::StatementKind::Let { value: ast::LetValue::ForEach(each), .. } => {
                let item = Some(each.item.span).filter(|_| each.item.name == name);
                item.or_else(|| within(&each.body, name))
            }
            ast::StatementKind::Parallel(branches) => branches.iter().find_map(|block| within(block, name)),
            _ => None,
        })
    })
}
