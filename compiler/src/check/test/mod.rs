//! Tests: `test "name" { ... }`, with the names of what they run, stub and expect resolved, and their values typed.
//!
//! A test sees the workflows and actions of its file and of those that it uses, and none of a workflow's values.

mod expect;
mod values;

use std::collections::HashMap;

use flow_grammar::{Span, ast};
use smol_str::SmolStr;

use super::declare::{ParameterInfo, What};
use super::ty::Ty;
use super::workflow::Flow;
use super::{Checker, Lowered};
use crate::faults;
use crate::plan::test::{StubAnswer, Test, TestStep, TestStepKind};
use crate::plan::{Expr, Who};

/// The tests of a file as they are checked.
#[derive(Clone, Debug, Default)]
pub(crate) struct LoweredTests {
    pub(crate) tests: Vec<Test>,
    /// Names of the workflows that they run, each once.
    pub(crate) runs: Vec<SmolStr>,
}

/// What can be stubbed, run or called.
#[derive(Clone, Debug)]
struct Callee {
    /// Its name in plans.
    name: SmolStr,
    /// Where it is declared; `None` for what is built in.
    span: Option<Span>,
    parameters: Vec<ParameterInfo>,
    result: Option<Ty>,
    /// Whether nobody knows what it takes.
    faulty: bool,
    workflow: bool,
}

/// What is known while one test is checked.
#[derive(Debug)]
struct Rehearsed<'l> {
    lowered: &'l Lowered,
    /// The workflow that was run last.
    running: Option<Callee>,
    /// Whether anything was run, be it broken.
    ran: bool,
    /// Stubs since something ran.
    fresh: HashMap<SmolStr, Span>,
    /// The result of the action that was last stubbed as `unknown`.
    doubtful: Option<Option<Ty>>,
}

impl<'a> Checker<'a> {
    /// Checks the tests of a file.
    pub(super) fn tests(&mut self, module: &'a ast::Module, lowered: &Lowered) -> LoweredTests {
        let mut found = LoweredTests::default();
        let mut names: HashMap<SmolStr, Span> = HashMap::new();
        for declaration in &module.declarations {
            let ast::Declaration::Test(test) = declaration else { continue };
            let (name, span) = &test.name;
            if let Some(first) = names.get(name) {
                let site = self.site(*span);
                self.report(faults::names::twice(site, name, *first));
                continue;
            }
            names.insert(name.clone(), *span);
            let test = self.test(module, test, lowered, &mut found.runs);
            found.tests.push(test);
        }
        found
    }

    fn test(&mut self, module: &'a ast::Module, test: &'a ast::Test, lowered: &Lowered, runs: &mut Vec<SmolStr>) -> Test {
        self.flow = Flow::default();
        let mut state = Rehearsed { lowered, running: None, ran: false, fresh: HashMap::new(), doubtful: None };
        let mut steps = Vec::with_capacity(test.statements.len());
        for statement in &test.statements {
            let kind = self.test_statement(module, statement, &mut state, runs);
            self.flow.uses.clear();
            steps.extend(kind.map(|kind| TestStep { kind, line: self.line(statement.span), span: statement.span }));
        }
        let (name, span) = &test.name;
        if !state.ran && !self.is_faulty(test.span) {
            let site = self.site(*span);
            self.report(faults::tests::runs_nothing(site, name));
        }
        Test { name: name.clone(), steps, line: self.line(*span), span: *span }
    }

    fn test_statement(
        &mut self,
        module: &'a ast::Module,
        statement: &'a ast::TestStatement,
        state: &mut Rehearsed<'_>,
        runs: &mut Vec<SmolStr>,
    ) -> Option<TestStepKind> {
        use ast::TestStatementKind as Statement;
        match &statement.kind {
            Statement::Stub { target, answer } => self.stub(module, target, answer, statement.span, state),
            Statement::Run { call, by } => self.run(module, call, by.as_ref(), state, runs),
            Statement::Advance(time) => {
                state.fresh.clear();
                Some(TestStepKind::Advance(self.test_value(time, &Ty::Duration)))
            }
            Statement::Decide { answer, by, comment, values } => {
                self.after_run(state, answer.span);
                state.fresh.clear();
                self.decide(answer, by.as_ref(), comment.as_ref(), values, state)
            }
            Statement::ExpectStatus { status, waiting_for, with } => {
                self.after_run(state, statement.span);
                self.expect_status(status, waiting_for.as_ref(), with.as_ref(), state)
            }
            Statement::ExpectShows(values) => {
                self.after_run(state, statement.span);
                Some(TestStepKind::ExpectShows(self.shown_values(values, state)))
            }
            Statement::ExpectCalled { target, times, with } => {
                self.after_run(state, statement.span);
                self.expect_called(module, target, *times, with)
            }
            Statement::Broken(_) => {
                // What is broken may have been the run.
                state.ran = true;
                None
            }
        }
    }

    /// Reports a statement that looks at a run before there is one.
    fn after_run(&mut self, state: &mut Rehearsed<'_>, span: Span) {
        if !state.ran {
            state.ran = true;
            let fault = faults::tests::before_run(self.site(span), &self.snippet(span));
            self.report(fault);
        }
    }

    fn stub(
        &mut self,
        module: &'a ast::Module,
        target: &'a ast::Path,
        answer: &'a ast::StubAnswer,
        span: Span,
        state: &mut Rehearsed<'_>,
    ) -> Option<TestStepKind> {
        let callee = self.callee(module, target);
        let answer = match answer {
            ast::StubAnswer::Unknown => StubAnswer::Unknown,
            ast::StubAnswer::Fails(why) => StubAnswer::Fails(why.as_ref().map(|why| self.test_value(why, &Ty::Text))),
            ast::StubAnswer::Returns(value) => StubAnswer::Returns(self.stubbed(callee.as_ref(), value)),
        };
        let callee = callee?;
        if let Some(first) = state.fresh.insert(callee.name.clone(), span) {
            let site = self.site(span);
            self.report(faults::tests::stubbed_twice(site, &callee.name, first));
        }
        if answer == StubAnswer::Unknown {
            state.doubtful = Some(callee.result);
        }
        Some(TestStepKind::Stub { target: callee.name, answer })
    }

    /// What a stub returns; `none` for what gives nothing.
    fn stubbed(&mut self, callee: Option<&Callee>, value: &'a ast::Expr) -> Expr {
        match callee {
            Some(Callee { result: Some(ty), .. }) => self.test_value(value, ty),
            Some(callee) => {
                if !matches!(value.kind, ast::ExprKind::None) {
                    let site = self.site(value.span);
                    self.report(faults::tests::stub_gives_nothing(site, &callee.name, callee.span));
                }
                super::expr::nothing()
            }
            None => self.test_value(value, &Ty::Broken),
        }
    }

    fn run(
        &mut self,
        module: &'a ast::Module,
        call: &'a ast::Call,
        by: Option<&'a ast::Expr>,
        state: &mut Rehearsed<'_>,
        runs: &mut Vec<SmolStr>,
    ) -> Option<TestStepKind> {
        state.ran = true;
        state.fresh.clear();
        let callee = self.callee(module, &call.target);
        let by = by.and_then(|by| self.test_person(by));
        if by == Some(Who::Requester) {
            let site = self.site(call.span);
            self.report(faults::tests::bad_requester(site));
        }
        let Some(callee) = callee else {
            self.given(&call.arguments);
            return None;
        };
        if !callee.workflow {
            let site = self.site(call.target.span());
            self.report(faults::names::not_a_workflow(site, &callee.name, "an action"));
            self.given(&call.arguments);
            return None;
        }
        let arguments = self.run_arguments(&callee, call);
        let plan = runs.iter().position(|name| *name == callee.name).unwrap_or_else(|| {
            runs.push(callee.name.clone());
            runs.len() - 1
        });
        state.running = Some(callee);
        Some(TestStepKind::Run { plan: u32::try_from(plan).unwrap_or(u32::MAX), arguments, by })
    }

    /// What a path names; what is wrong with it is reported.
    fn callee(&mut self, module: &'a ast::Module, path: &'a ast::Path) -> Option<Callee> {
        let site = self.site(path.span());
        if let Some(module) = &path.module {
            if !self.declared.contains_key(&module.name) {
                self.report(faults::names::unknown_module(site, &module.name));
            }
            return None;
        }
        let name = &path.name.name;
        match self.declared.get(name).map(|declared| declared.what) {
            Some(What::Action(index)) => {
                let info = self.actions.get(index as usize)?;
                Some(Callee {
                    name: info.name.clone(),
                    span: info.span,
                    parameters: info.parameters.clone(),
                    result: info.result.clone(),
                    faulty: info.faulty,
                    workflow: false,
                })
            }
            Some(What::Workflow) => self.called_workflow(module, name),
            Some(What::Poisoned) => None,
            Some(what) => {
                self.report(faults::names::not_an_action(site, name, what.described()));
                None
            }
            None => {
                let known: Vec<SmolStr> = self.declared.keys().cloned().collect();
                let nearest = self.nearest(name, known.iter().map(SmolStr::as_str)).map(SmolStr::new);
                self.report(faults::names::unknown_callee(site, name, nearest.as_deref()));
                None
            }
        }
    }

    /// A workflow of the file. What is wrong with its head has been said.
    fn called_workflow(&mut self, module: &'a ast::Module, name: &SmolStr) -> Option<Callee> {
        let workflow = module.declarations.iter().find_map(|declaration| match declaration {
            ast::Declaration::Workflow(workflow) if workflow.name.name == *name => Some(workflow),
            _ => None,
        })?;
        let said = self.diagnostics.len();
        let parameters = self.parameters(&workflow.parameters);
        let result = workflow.result.as_ref().map(|ty| self.resolve(ty));
        self.diagnostics.truncate(said);
        Some(Callee {
            name: name.clone(),
            span: Some(workflow.name.span),
            parameters,
            result,
            faulty: self.is_faulty(workflow.head),
            workflow: true,
        })
    }
}
