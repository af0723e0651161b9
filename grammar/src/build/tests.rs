//! Tests, in the language.

use smol_str::SmolStr;

use super::{Builder, Items, Node, nameless};
use crate::Span;
use crate::ast::{Expr, FieldInit, Ident, StubAnswer, Test, TestStatement, TestStatementKind};
use crate::diagnose::place;
use crate::grammar::Rule;

impl<'i> Builder<'i> {
    pub(super) fn test(&mut self, node: Node<'i>) -> Test {
        let span = self.span(&node);
        let mut test = Test { name: (SmolStr::default(), span), statements: Vec::new(), span };
        let mut items = Items::default();
        let mut open = span;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::text => test.name = self.label(part),
                Rule::open_brace => open = self.span(&part),
                Rule::kw_test | Rule::close_brace => {}
                Rule::missing_close => {
                    let (name, name_span) = &test.name;
                    self.unclosed(&part, open, Span::new(span.start, name_span.end), || format!("the test `{name}`"));
                }
                Rule::junk_statement => {
                    let broken = self.junk(&part, &place::TEST_STATEMENT, &mut items);
                    let span = broken.span;
                    test.statements.push(TestStatement { kind: TestStatementKind::Broken(broken), span });
                }
                _ => {
                    let span = self.span(&part);
                    items.sound(span);
                    let kind = self.test_statement(part);
                    test.statements.extend(kind.map(|kind| TestStatement { kind, span }));
                }
            }
        }
        test
    }

    fn test_statement(&mut self, node: Node<'i>) -> Option<TestStatementKind> {
        match node.as_rule() {
            Rule::stub => self.stub(node),
            Rule::run => self.run(node),
            Rule::decide => self.decide(node),
            Rule::advance => {
                let value = node.into_inner().find(|part| part.as_rule() == Rule::expr)?;
                Some(TestStatementKind::Advance(self.expr(value)))
            }
            _ => {
                let expectation = node.into_inner().find(|part| part.as_rule() != Rule::kw_expect)?;
                match expectation.as_rule() {
                    Rule::expect_shows => Some(TestStatementKind::ExpectShows(self.pinned_all(expectation))),
                    Rule::expect_called => self.expect_called(expectation),
                    _ => self.expect_status(expectation),
                }
            }
        }
    }

    fn stub(&mut self, node: Node<'i>) -> Option<TestStatementKind> {
        let mut target = None;
        let mut answer = None;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::path => target = Some(self.path(part)),
                Rule::expr => answer = Some(StubAnswer::Returns(self.expr(part))),
                Rule::kw_fails => answer = Some(StubAnswer::Fails(None)),
                Rule::text => answer = Some(StubAnswer::Fails(Some(self.text_value(part)))),
                Rule::kw_unknown => answer = Some(StubAnswer::Unknown),
                _ => {}
            }
        }
        Some(TestStatementKind::Stub { target: target?, answer: answer? })
    }

    fn run(&mut self, node: Node<'i>) -> Option<TestStatementKind> {
        let mut call = None;
        let mut by = None;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::call => call = Some(self.call(part)),
                Rule::person => by = Some(self.person(part)),
                _ => {}
            }
        }
        Some(TestStatementKind::Run { call: call?, by })
    }

    fn decide(&mut self, node: Node<'i>) -> Option<TestStatementKind> {
        let mut answer: Option<Ident> = None;
        let mut by: Option<Expr> = None;
        let mut comment: Option<Expr> = None;
        let mut values = Vec::new();
        for part in node.into_inner() {
            match part.as_rule() {
                // Of two words the first: `send back`, `not done`, `give up`.
                Rule::kw_approve | Rule::kw_reject | Rule::kw_send | Rule::kw_done | Rule::kw_not | Rule::kw_give | Rule::kw_cancel => {
                    let word = self.ident(&part);
                    answer.get_or_insert(word);
                }
                Rule::decide_by => {
                    let person = part.into_inner().find(|inner| inner.as_rule() == Rule::person);
                    by = person.map(|person| self.person(person));
                }
                Rule::decide_comment => {
                    let value = part.into_inner().find(|inner| inner.as_rule() == Rule::expr);
                    comment = value.map(|value| self.expr(value));
                }
                Rule::with_values => values.extend(self.pinned_all(part)),
                _ => {}
            }
        }
        Some(TestStatementKind::Decide { answer: answer?, by, comment, values })
    }

    fn expect_called(&mut self, node: Node<'i>) -> Option<TestStatementKind> {
        let mut target = None;
        let mut times = None;
        let mut with = Vec::new();
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::path => target = Some(self.path(part)),
                Rule::not_called => times = Some(0),
                Rule::called_once => times = Some(1),
                // A number beyond `u32` cannot be met either.
                Rule::number => times = Some(part.as_str().replace('_', "").parse().unwrap_or(u32::MAX)),
                Rule::with_values => with.extend(self.pinned_all(part)),
                _ => {}
            }
        }
        Some(TestStatementKind::ExpectCalled { target: target?, times, with })
    }

    fn expect_status(&mut self, node: Node<'i>) -> Option<TestStatementKind> {
        let mut status: Option<Ident> = None;
        let mut waiting_for = None;
        let mut with = None;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::status => {
                    let words: Vec<&str> = part.as_str().split_whitespace().collect();
                    status = Some(Ident { name: words.join(" ").into(), span: self.span(&part) });
                }
                Rule::person => waiting_for = Some(self.person(part)),
                Rule::expr => with = Some(self.expr(part)),
                _ => {}
            }
        }
        Some(TestStatementKind::ExpectStatus { status: status?, waiting_for, with })
    }

    fn pinned_all(&mut self, node: Node<'i>) -> Vec<FieldInit> {
        node.into_inner().filter(|part| part.as_rule() == Rule::pinned).map(|part| self.pinned(part)).collect()
    }

    /// `field: value`
    fn pinned(&mut self, node: Node<'i>) -> FieldInit {
        let place = self.span(&node);
        let mut pinned = FieldInit { name: nameless(place), value: None };
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::word => pinned.name = self.ident(&part),
                Rule::expr => pinned.value = Some(self.expr(part)),
                _ => {}
            }
        }
        pinned
    }
}
