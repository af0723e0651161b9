//! What a test answers and expects.

use flow_grammar::ast;

use super::Rehearsed;
use crate::check::Checker;
use crate::check::ty::Ty;
use crate::faults;
use crate::plan::test::{ExpectedStatus, Named, TestAnswer, TestStepKind};

impl<'a> Checker<'a> {
    pub(super) fn decide(
        &mut self,
        word: &ast::Ident,
        by: Option<&'a ast::Expr>,
        comment: Option<&'a ast::Expr>,
        values: &'a [ast::FieldInit],
        state: &Rehearsed,
    ) -> Option<TestStepKind> {
        let answer = match word.name.as_str() {
            "approve" => TestAnswer::Approve,
            "reject" => TestAnswer::Reject,
            "send" => TestAnswer::SendBack,
            "done" => TestAnswer::Done,
            "not" => TestAnswer::NotDone,
            "give" => TestAnswer::GiveUp,
            "cancel" => TestAnswer::Cancel,
            _ => return None,
        };
        let by = by.and_then(|by| self.test_person(by));
        let comment = comment.map(|comment| self.test_value(comment, &Ty::Text));
        let values = match answer {
            TestAnswer::Approve | TestAnswer::SendBack => self.entered_values(values, state),
            TestAnswer::Done => self.doubted(word, values, state),
            _ => {
                if let Some(first) = values.first() {
                    let site = self.site(first.name.span);
                    self.report(faults::tests::takes_no_values(site, answer.words()));
                }
                self.given(values);
                Vec::new()
            }
        };
        Some(TestStepKind::Decide { answer, by, comment, values })
    }

    /// `done with result: value`: by the result of the action whose outcome is unknown.
    fn doubted(&mut self, word: &ast::Ident, values: &'a [ast::FieldInit], state: &Rehearsed) -> Vec<Named> {
        self.repeated(values);
        let ty = match &state.doubtful {
            Some(Some(ty)) => ty.clone(),
            Some(None) => {
                if let Some(first) = values.first() {
                    let site = self.site(first.name.span);
                    self.report(faults::tests::takes_no_values(site, "done"));
                }
                Ty::Broken
            }
            None => {
                let site = self.site(word.span);
                self.report(faults::tests::nothing_in_doubt(site));
                Ty::Broken
            }
        };
        let mut found = Vec::new();
        for field in values {
            if field.name.name != "result" {
                let site = self.site(field.name.span);
                self.report(faults::tests::only_result(site, &field.name.name));
            }
            let value = match &field.value {
                Some(value) => self.test_value(value, &ty),
                None => self.init_expect(field, &ty),
            };
            found.push(Named { name: field.name.name.clone(), value, ty: ty.lower() });
        }
        found
    }

    pub(super) fn expect_status(
        &mut self,
        status: &ast::Ident,
        waiting_for: Option<&'a ast::Expr>,
        with: Option<&'a ast::Expr>,
        state: &Rehearsed,
    ) -> Option<TestStepKind> {
        let name = status.name.as_str();
        let takes_with = matches!(name, "completed" | "failed" | "rejected");
        if let (Some(person), true) = (waiting_for, name != "waiting") {
            let site = self.site(person.span);
            self.report(faults::tests::status_takes_no(site, name, "for", "whom a run waits for is said after `waiting`"));
        }
        if let (Some(value), false) = (with, takes_with) {
            let site = self.site(value.span);
            let help = "a result is said after `completed`, a reason after `failed` or `rejected`";
            self.report(faults::tests::status_takes_no(site, name, "with", help));
        }
        let with = with.filter(|_| takes_with);
        let expected = match name {
            "waiting" => ExpectedStatus::Waiting(waiting_for.and_then(|person| self.test_person(person))),
            "completed" => ExpectedStatus::Completed(with.map(|value| self.expected_result(value, state))),
            "failed" => ExpectedStatus::Failed(with.map(|why| self.test_value(why, &Ty::Text))),
            "rejected" => ExpectedStatus::Rejected(with.map(|why| self.test_value(why, &Ty::Text))),
            "cancelled" => ExpectedStatus::Cancelled,
            _ => ExpectedStatus::InDoubt,
        };
        Some(TestStepKind::ExpectStatus(expected))
    }

    fn expected_result(&mut self, value: &'a ast::Expr, state: &Rehearsed) -> (crate::plan::Expr, crate::plan::Type) {
        let ty = match &state.running {
            Some(running) => match &running.result {
                Some(ty) => ty.clone(),
                None => {
                    let site = self.site(value.span);
                    self.report(faults::tests::completes_with_nothing(site, &running.name));
                    Ty::Broken
                }
            },
            None => Ty::Broken,
        };
        (self.test_value(value, &ty), ty.lower())
    }

    pub(super) fn expect_called(
        &mut self,
        target: &'a ast::Path,
        times: Option<u32>,
        with: &'a [ast::FieldInit],
        state: &mut Rehearsed,
    ) -> Option<TestStepKind> {
        let Some(callee) = self.callee(target) else {
            self.given(with);
            return None;
        };
        let with = self.pinned_arguments(&callee, with);
        let target = super::place(&mut state.found.targets, callee.index);
        Some(TestStepKind::ExpectCalled { target, times, with })
    }
}
