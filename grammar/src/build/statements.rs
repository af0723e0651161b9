//! Statements, blocks, calls and the clauses of steps.

use super::{Builder, Items, Node, nameless};
use crate::ast::{
    Block, Call, Expr, FieldInit, ForEach, Ident, LetValue, Path, Statement, StatementKind, Step, StepClause, StepClauseKind,
};
use crate::diagnose::{Place, place};
use crate::grammar::Rule;
use crate::{FaultKind, Span, words};

impl<'i> Builder<'i> {
    /// A block; `of` says whose, should its brace be missing.
    pub(super) fn block(&mut self, node: Node<'i>, of: &'static str) -> Block {
        let mut block = Block { statements: Vec::new(), span: self.span(&node) };
        let mut items = Items::default();
        let mut open = block.span;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::open_brace => open = self.span(&part),
                Rule::close_brace => {}
                Rule::missing_nested_close => self.unclosed(&part, open, open, || of.to_owned()),
                _ => {
                    let statement = self.statement(part, &place::STATEMENT, &mut items);
                    block.statements.push(statement);
                }
            }
        }
        block
    }

    /// One statement, or what stands in its place.
    pub(super) fn statement(&mut self, node: Node<'i>, wanted: &'static Place, items: &mut Items) -> Statement {
        let place = self.span(&node);
        let doc = self.doc(place.start);
        if node.as_rule() == Rule::junk_statement {
            let kind = StatementKind::Broken(self.junk(&node, wanted, items));
            return Statement { doc, kind, span: place };
        }
        items.sound(place);
        let kind = match node.as_rule() {
            Rule::step => self.step(node).map(StatementKind::Step),
            Rule::let_value => self.let_value(node),
            Rule::gate => Some(StatementKind::Gate(self.gate(node))),
            Rule::if_else => Some(self.if_else(node)),
            Rule::match_on => self.match_on(node),
            Rule::for_each => self.for_each(node).map(StatementKind::ForEach),
            Rule::parallel => Some(self.parallel(node)),
            _ => self.simple(node),
        };
        let kind = kind.unwrap_or_else(|| StatementKind::Broken(crate::ast::Broken { names: Vec::new(), span: place }));
        Statement { doc, kind, span: place }
    }

    /// `wait`, `return`, `fail`, `give`
    fn simple(&mut self, node: Node<'i>) -> Option<StatementKind> {
        let rule = node.as_rule();
        let mut until = false;
        let mut value = None;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::kw_until => until = true,
                Rule::expr => value = Some(self.expr(part)),
                _ => {}
            }
        }
        match rule {
            Rule::wait if until => value.map(StatementKind::WaitUntil),
            Rule::wait => value.map(StatementKind::WaitFor),
            Rule::return_value => Some(StatementKind::Return(value)),
            Rule::fail => Some(StatementKind::Fail(value)),
            _ => value.map(StatementKind::Give),
        }
    }

    fn let_value(&mut self, node: Node<'i>) -> Option<StatementKind> {
        let mut name = None;
        let mut value = None;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::word => name = Some(self.binder(&part)),
                Rule::expr => value = Some(LetValue::Expr(self.expr(part))),
                Rule::for_each => value = self.for_each(part).map(LetValue::ForEach),
                _ => {}
            }
        }
        Some(StatementKind::Let { name: name?, value: value? })
    }

    fn if_else(&mut self, node: Node<'i>) -> StatementKind {
        let mut arms = Vec::new();
        let mut otherwise = None;
        let mut condition: Option<Expr> = None;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::expr => condition = Some(self.expr(part)),
                Rule::block => {
                    let block = self.block(part, "the `if`");
                    arms.extend(condition.take().map(|condition| (condition, block)));
                }
                Rule::else_block => otherwise = self.else_block(part),
                _ => {}
            }
        }
        StatementKind::If { arms, otherwise }
    }

    fn else_block(&mut self, node: Node<'i>) -> Option<Block> {
        let block = node.into_inner().find(|part| part.as_rule() == Rule::block)?;
        Some(self.block(block, "the `else`"))
    }

    fn match_on(&mut self, node: Node<'i>) -> Option<StatementKind> {
        let head = self.span(&node);
        let head = Span::new(head.start, head.start + 5);
        let mut subject = None;
        let mut arms = Vec::new();
        let mut otherwise = None;
        let mut items = Items::default();
        let mut open = head;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::expr => subject = Some(self.expr(part)),
                Rule::open_brace => open = self.span(&part),
                Rule::arm => {
                    items.sound(self.span(&part));
                    arms.extend(self.arm(part));
                }
                Rule::else_block => {
                    let place = self.span(&part);
                    items.sound(place);
                    let block = self.else_block(part);
                    if otherwise.is_some() {
                        self.fault(
                            FaultKind::Expected { expected: vec!["`}`".to_owned()], found: Some("else".into()), reading: "a match" },
                            place,
                        );
                    }
                    otherwise = otherwise.or(block);
                }
                Rule::junk_statement => {
                    self.junk(&part, &place::ARM, &mut items);
                }
                Rule::missing_arm_close => self.unclosed(&part, open, head, || "the `match`".to_owned()),
                _ => {}
            }
        }
        Some(StatementKind::Match { subject: subject?, arms, otherwise })
    }

    fn arm(&mut self, node: Node<'i>) -> Option<(Vec<Ident>, Block)> {
        let mut members = Vec::new();
        let mut block = None;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::member => members.push(self.ident(&part)),
                Rule::block => block = Some(self.block(part, "the `match`")),
                _ => {}
            }
        }
        block.map(|block| (members, block))
    }

    fn for_each(&mut self, node: Node<'i>) -> Option<ForEach> {
        let mut item = None;
        let mut list = None;
        let mut at_most = None;
        let mut body = None;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::word => item = Some(self.binder(&part)),
                Rule::expr => list = Some(self.expr(part)),
                Rule::at_most => {
                    let count = part.into_inner().find(|inner| inner.as_rule() == Rule::expr);
                    at_most = count.map(|count| self.expr(count));
                }
                Rule::block => body = Some(self.block(part, "the `for each`")),
                _ => {}
            }
        }
        Some(ForEach { item: item?, list: list?, at_most, body: body? })
    }

    fn parallel(&mut self, node: Node<'i>) -> StatementKind {
        let head = self.span(&node);
        let head = Span::new(head.start, head.start + 8);
        let mut branches = Vec::new();
        let mut items = Items::default();
        let mut open = head;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::open_brace => open = self.span(&part),
                Rule::block => {
                    items.sound(self.span(&part));
                    branches.push(self.block(part, "the `branch`"));
                }
                Rule::junk_detail | Rule::junk_statement => {
                    self.junk(&part, &place::BRANCH, &mut items);
                }
                Rule::missing_detail_close | Rule::missing_nested_close => self.unclosed(&part, open, head, || "the `parallel`".to_owned()),
                _ => {}
            }
        }
        StatementKind::Parallel(branches)
    }

    fn step(&mut self, node: Node<'i>) -> Option<Step> {
        let mut step = (false, None, None, Vec::new());
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::kw_try => step.0 = true,
                Rule::word => step.1 = Some(self.binder(&part)),
                Rule::call => step.2 = Some(self.call(part)),
                Rule::step_block => step.3 = self.step_block(part),
                _ => {}
            }
        }
        let (attempt, name, call, clauses) = step;
        Some(Step { attempt, name, call: call?, clauses })
    }

    pub(super) fn call(&mut self, node: Node<'i>) -> Call {
        let place = self.span(&node);
        let mut call = Call { target: Path { module: None, name: nameless(place) }, arguments: Vec::new(), span: place };
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::path => call.target = self.path(part),
                Rule::init => call.arguments.push(self.init(part)),
                _ => {}
            }
        }
        call
    }

    /// `name: value`, or `name` alone, which is then a value and must not be reserved.
    pub(super) fn init(&mut self, node: Node<'i>) -> FieldInit {
        let place = self.span(&node);
        let mut init = FieldInit { name: nameless(place), value: None };
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::word => init.name = self.ident(&part),
                Rule::expr => init.value = Some(self.expr(part)),
                _ => {}
            }
        }
        if init.value.is_none() && words::is_reserved(&init.name.name) {
            self.fault(FaultKind::ReservedName(init.name.name.clone()), init.name.span);
        }
        init
    }

    fn step_block(&mut self, node: Node<'i>) -> Vec<StepClause> {
        let mut clauses = Vec::new();
        let mut items = Items::default();
        let mut open = self.span(&node);
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::open_brace => open = self.span(&part),
                Rule::close_brace => {}
                Rule::missing_detail_close => self.unclosed(&part, open, open, || "the step".to_owned()),
                Rule::junk_detail => {
                    self.junk(&part, &place::STEP_CLAUSE, &mut items);
                }
                _ => {
                    items.sound(self.span(&part));
                    clauses.extend(self.step_clause(part));
                }
            }
        }
        clauses
    }

    fn step_clause(&mut self, node: Node<'i>) -> Option<StepClause> {
        let place = self.span(&node);
        let rule = node.as_rule();
        let mut values = Vec::new();
        let mut doubling = false;
        let mut call = None;
        let mut why = None;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::expr => values.push(self.expr(part)),
                Rule::kw_doubling => doubling = true,
                Rule::call => call = Some(self.call(part)),
                Rule::text => why = Some(self.template(part)),
                _ => {}
            }
        }
        let mut values = values.into_iter();
        let kind = match rule {
            Rule::retry => StepClauseKind::Retry { times: values.next()?, every: values.next(), doubling },
            Rule::timeout => StepClauseKind::Timeout(values.next()?),
            Rule::repeat => StepClauseKind::Repeat { every: values.next()?, until: values.next()?, within: values.next()? },
            Rule::undo => StepClauseKind::Undo(call?),
            _ => StepClauseKind::WithoutApproval(why?),
        };
        Some(StepClause { kind, span: place })
    }
}
