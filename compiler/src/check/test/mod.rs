//! Tests: `test "name" { ... }`, with the names of what they run, stub and expect resolved, and their values typed.
//!
//! A test sees the workflows and actions of its file and of those that it uses, and none of a workflow's values.

mod expect;
mod values;

use foldhash::{HashMap, HashMapExt as _};

use flow_grammar::{Span, ast};
use smol_str::SmolStr;

use super::Checker;
use super::declare::ParameterInfo;
use super::ty::Ty;
use super::workflow::Flow;
use crate::faults::{self, Site};
use crate::plan::test::{StubAnswer, Test, TestStep, TestStepKind};
use crate::plan::{Expr, Who};

/// The tests of a file as they are checked.
#[derive(Clone, Debug, Default)]
pub(crate) struct LoweredTests {
    pub(crate) tests: Vec<Test>,
    /// The workflows that they run, each once, by their places among the actions.
    pub(crate) runs: Vec<u32>,
    /// What they stub or expect to be called, likewise.
    pub(crate) targets: Vec<u32>,
}

/// What can be stubbed, run or called.
#[derive(Clone, Debug)]
struct Callee {
    /// Its place among the actions.
    index: u32,
    name: SmolStr,
    /// Where it is declared; `None` for what is built in.
    site: Option<Site>,
    parameters: Vec<ParameterInfo>,
    result: Option<Ty>,
    /// Whether nobody knows what it takes.
    faulty: bool,
    workflow: bool,
}

/// What is known while one test is checked.
#[derive(Debug)]
struct Rehearsed {
    found: LoweredTests,
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
    /// Checks the tests of a file, and keeps what plans of tests are made of.
    pub(super) fn tests(&mut self, module: &'a ast::Module) {
        let mut names: HashMap<SmolStr, Span> = HashMap::new();
        let mut found = LoweredTests::default();
        for declaration in &module.declarations {
            let ast::Declaration::Test(test) = declaration else { continue };
            let (name, span) = &test.name;
            if let Some(first) = names.get(name) {
                let site = self.site(*span);
                self.report(faults::names::twice(site, name, *first));
                continue;
            }
            names.insert(name.clone(), *span);
            found = self.test(test, found);
        }
        self.lowered.tests.insert(self.file, found);
    }

    fn test(&mut self, test: &'a ast::Test, found: LoweredTests) -> LoweredTests {
        self.flow = Flow::default();
        let mut state = Rehearsed { found, running: None, ran: false, fresh: HashMap::new(), doubtful: None };
        let mut steps = Vec::with_capacity(test.statements.len());
        for statement in &test.statements {
            let kind = self.test_statement(statement, &mut state);
            self.flow.uses.clear();
            steps.extend(kind.map(|kind| TestStep { kind, line: self.line(statement.span), span: statement.span }));
        }
        let (name, span) = &test.name;
        if !state.ran && !self.is_faulty(test.span) {
            let site = self.site(*span);
            self.report(faults::tests::runs_nothing(site, name));
        }
        state.found.tests.push(Test { name: name.clone(), steps, line: self.line(*span), span: *span });
        state.found
    }

    fn test_statement(&mut self, statement: &'a ast::TestStatement, state: &mut Rehearsed) -> Option<TestStepKind> {
        use ast::TestStatementKind as Statement;
        match &statement.kind {
            Statement::Stub { target, answer } => self.stub(target, answer, statement.span, state),
            Statement::Run { call, by } => self.run(call, by.as_ref(), state),
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
                self.expect_called(target, *times, with, state)
            }
            Statement::Broken(_) => {
                // What is broken may have been the run.
                state.ran = true;
                None
            }
        }
    }

    /// Reports a statement that looks at a run before there is one.
    fn after_run(&mut self, state: &mut Rehearsed, span: Span) {
        if !state.ran {
            state.ran = true;
            let fault = faults::tests::before_run(self.site(span), &self.snippet(span));
            self.report(fault);
        }
    }

    fn stub(&mut self, target: &'a ast::Path, answer: &'a ast::StubAnswer, span: Span, state: &mut Rehearsed) -> Option<TestStepKind> {
        let callee = self.callee(target);
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
        Some(TestStepKind::Stub { target: place(&mut state.found.targets, callee.index), answer })
    }

    /// What a stub returns; `none` for what gives nothing.
    fn stubbed(&mut self, callee: Option<&Callee>, value: &'a ast::Expr) -> Expr {
        match callee {
            Some(Callee { result: Some(ty), .. }) => self.test_value(value, ty),
            Some(callee) => {
                if !matches!(value.kind, ast::ExprKind::None) {
                    let site = self.site(value.span);
                    self.report(faults::tests::stub_gives_nothing(site, &callee.name, callee.site));
                }
                super::expr::nothing()
            }
            None => self.test_value(value, &Ty::Broken),
        }
    }

    fn run(&mut self, call: &'a ast::Call, by: Option<&'a ast::Expr>, state: &mut Rehearsed) -> Option<TestStepKind> {
        state.ran = true;
        state.fresh.clear();
        let callee = self.callee(&call.target);
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
        let plan = place(&mut state.found.runs, callee.index);
        state.running = Some(callee);
        Some(TestStepKind::Run { plan, arguments, by })
    }

    /// What a path names; what is wrong with it is reported.
    fn callee(&mut self, path: &'a ast::Path) -> Option<Callee> {
        let used: Vec<bool> = self.actions.iter().map(|info| info.used).collect();
        let index = self.target(path);
        // What only tests speak of is not used.
        self.actions.iter_mut().zip(used).for_each(|(info, used)| info.used = used);
        let index = index?;
        let info = self.actions.get(index as usize)?;
        Some(Callee {
            index,
            name: info.name.clone(),
            site: info.site,
            parameters: info.parameters.clone(),
            result: info.result.clone(),
            faulty: info.faulty,
            workflow: info.workflow,
        })
    }
}

/// The place of an item in a list that has each once.
fn place(list: &mut Vec<u32>, item: u32) -> u32 {
    let at = list.iter().position(|known| *known == item).unwrap_or_else(|| {
        list.push(item);
        list.len() - 1
    });
    u32::try_from(at).unwrap_or(u32::MAX)
}
