//! Expressions: the flat row of operands and operators that pest found gets its levels here.
//!
//! INVARIANT: no tree is deeper than [`MAX_EXPRESSION_DEPTH`](crate::MAX_EXPRESSION_DEPTH), so that walking, cloning and dropping it
//! cannot exhaust the stack. Every row that is entered costs as many levels as it has operators.

use std::cell::RefCell;
use std::sync::LazyLock;

use pest::pratt_parser::{Assoc, Op, PrattParser};
use smol_str::SmolStr;

use super::operators::{is_comparison, is_operator, measure, operator, unquoted};
use super::{Builder, Node, nameless};
use crate::ast::{Expr, ExprKind, For, Ident, Type, TypeKind, UnaryOperator};
use crate::grammar::Rule;
use crate::{FaultKind, MAX_EXPRESSION_DEPTH, Span};

/// From loosest to tightest.
static LEVELS: LazyLock<PrattParser<Rule>> = LazyLock::new(|| {
    PrattParser::new()
        .op(Op::infix(Rule::op_or, Assoc::Left))
        .op(Op::infix(Rule::op_and, Assoc::Left))
        .op(Op::prefix(Rule::op_not))
        .op(Op::infix(Rule::op_compare, Assoc::Left)
            | Op::infix(Rule::op_compare_word, Assoc::Left)
            | Op::infix(Rule::op_matches, Assoc::Left)
            | Op::postfix(Rule::op_is))
        .op(Op::infix(Rule::op_otherwise, Assoc::Left))
        .op(Op::infix(Rule::op_add, Assoc::Left))
        .op(Op::infix(Rule::op_multiply, Assoc::Left))
        .op(Op::prefix(Rule::op_minus))
        .op(Op::postfix(Rule::op_as))
        .op(Op::postfix(Rule::access) | Op::postfix(Rule::index) | Op::postfix(Rule::arguments))
});

/// An operand on its way into the tree.
struct Operand {
    expr: Expr,
    /// Its place, brackets included.
    outer: Span,
    bracketed: bool,
}

impl Operand {
    const fn plain(kind: ExprKind, span: Span) -> Self {
        Self { expr: Expr { kind, span }, outer: span, bracketed: false }
    }

    /// Whether a further comparison would chain.
    const fn compares(&self) -> bool {
        let comparison = match &self.expr.kind {
            ExprKind::Binary { operator, .. } => is_comparison(*operator),
            ExprKind::Is { .. } => true,
            _ => false,
        };
        comparison && !self.bracketed
    }
}

impl<'i> Builder<'i> {
    pub(super) fn expr(&mut self, node: Node<'i>) -> Expr {
        self.operand(node).expr
    }

    fn operand(&mut self, node: Node<'i>) -> Operand {
        let outer = self.span(&node);
        let row = node.into_inner();
        let operators = match row.len() {
            short @ 0..=4 => short,
            _ => row.clone().filter(|part| is_operator(part.as_rule())).count() + 1,
        };
        if self.level + operators > MAX_EXPRESSION_DEPTH {
            self.fault(FaultKind::LongExpression, Span::new(outer.start, outer.start + 1));
            return Operand::plain(ExprKind::Broken, outer);
        }
        self.level += operators;
        let operand = self.row(row, outer);
        self.level -= operators;
        operand
    }

    fn row(&mut self, mut row: pest::iterators::Pairs<'i, Rule>, outer: Span) -> Operand {
        if row.len() == 1 {
            return match row.next() {
                Some(only) => self.primary(only),
                None => Operand::plain(ExprKind::Broken, outer),
            };
        }
        // The Pratt parser wants four functions at once, and each needs the builder.
        let builder = RefCell::new(self);
        LEVELS
            .map_primary(|node| builder.borrow_mut().primary(node))
            .map_prefix(|operator, operand| builder.borrow_mut().prefix(&operator, operand))
            .map_postfix(|operand, operator| builder.borrow_mut().postfix(operand, operator))
            .map_infix(|left, operator, right| builder.borrow_mut().infix(left, &operator, right))
            .parse(row)
    }

    fn primary(&mut self, node: Node<'i>) -> Operand {
        let span = self.span(&node);
        let kind = match node.as_rule() {
            Rule::name => ExprKind::Name(SmolStr::new(node.as_str())),
            Rule::text => ExprKind::Text(self.template(node)),
            Rule::measure => measure(self, node),
            Rule::bool => ExprKind::Bool(node.as_str() == "true"),
            Rule::kw_none => ExprKind::None,
            Rule::regex => ExprKind::Regex(unquoted(node.as_str())),
            Rule::list => self.list(node),
            Rule::record_value => {
                let fields = node.into_inner().filter(|part| part.as_rule() == Rule::init);
                ExprKind::Record(fields.map(|field| self.init(field)).collect())
            }
            Rule::if_value => self.if_value(node),
            _ => {
                let inner = node.into_inner().find(|part| part.as_rule() == Rule::expr);
                let expr = inner.map_or(Expr { kind: ExprKind::Broken, span }, |inner| self.expr(inner));
                return Operand { expr, outer: span, bracketed: true };
            }
        };
        Operand::plain(kind, span)
    }

    fn if_value(&mut self, node: Node<'i>) -> ExprKind {
        let mut parts = node.into_inner().filter(|part| part.as_rule() == Rule::expr);
        match (parts.next(), parts.next(), parts.next()) {
            (Some(condition), Some(then), Some(otherwise)) => ExprKind::If {
                condition: Box::new(self.expr(condition)),
                then: Box::new(self.expr(then)),
                otherwise: Box::new(self.expr(otherwise)),
            },
            _ => ExprKind::Broken,
        }
    }

    fn list(&mut self, node: Node<'i>) -> ExprKind {
        let mut items = Vec::new();
        let mut tail = None;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::expr => items.push(self.expr(part)),
                Rule::for_tail => tail = Some(part),
                _ => {}
            }
        }
        match tail {
            None => ExprKind::List(items),
            Some(tail) => match items.pop().and_then(|body| self.for_tail(body, tail)) {
                Some(body) => ExprKind::ListFor(Box::new(body)),
                None => ExprKind::Broken,
            },
        }
    }

    fn for_tail(&mut self, body: Expr, node: Node<'i>) -> Option<For> {
        let mut item = None;
        let mut values = Vec::new();
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::word => item = Some(self.binder(&part)),
                Rule::expr => values.push(self.expr(part)),
                _ => {}
            }
        }
        let mut values = values.into_iter();
        Some(For { body, item: item?, list: values.next()?, filter: values.next() })
    }

    fn prefix(&mut self, operator: &Node<'i>, operand: Operand) -> Operand {
        let operator_span = self.span(operator);
        let kind = if operator.as_rule() == Rule::op_not { UnaryOperator::Not } else { UnaryOperator::Minus };
        let kind = ExprKind::Unary { operator: kind, operator_span, operand: Box::new(operand.expr) };
        Operand::plain(kind, operator_span.to(operand.outer))
    }

    fn postfix(&mut self, operand: Operand, node: Node<'i>) -> Operand {
        let place = self.span(&node);
        let span = operand.outer.to(place);
        if node.as_rule() == Rule::arguments {
            return match operand.expr.kind {
                ExprKind::Name(name) if !operand.bracketed => {
                    let function = Ident { name, span: operand.expr.span };
                    Operand::plain(self.call_value(function, node), span)
                }
                _ => {
                    let expected = vec!["an operator".to_owned()];
                    let start = Span::new(place.start, place.start + 1);
                    self.fault(FaultKind::Expected { expected, found: Some("(".into()), reading: "an expression" }, start);
                    Operand::plain(ExprKind::Broken, span)
                }
            };
        }
        let kind = match node.as_rule() {
            Rule::access => {
                let name = node.into_inner().find(|part| part.as_rule() == Rule::word);
                let name = name.map_or_else(|| nameless(place), |name| self.ident(&name));
                ExprKind::Field { of: Box::new(operand.expr), name }
            }
            Rule::index => {
                let index = node.into_inner().find(|part| part.as_rule() == Rule::expr);
                let index = index.map_or(Expr { kind: ExprKind::Broken, span: place }, |index| self.expr(index));
                ExprKind::Index { of: Box::new(operand.expr), index: Box::new(index) }
            }
            Rule::op_is => {
                if operand.compares() {
                    self.fault(FaultKind::ChainedComparison, place);
                }
                let present = node.into_inner().any(|part| part.as_rule() == Rule::kw_present);
                ExprKind::Is { operand: Box::new(operand.expr), present }
            }
            _ => {
                let ty = node.into_inner().find(|part| part.as_rule() == Rule::type_name);
                let unnamed = Type { kind: TypeKind::Name(crate::ast::Path { module: None, name: nameless(place) }), span: place };
                let ty = ty.map_or(unnamed, |ty| self.type_name(ty));
                ExprKind::As { operand: Box::new(operand.expr), ty }
            }
        };
        Operand::plain(kind, span)
    }

    fn call_value(&mut self, function: Ident, node: Node<'i>) -> ExprKind {
        let mut arguments = Vec::new();
        let mut tail = None;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::expr => arguments.push(self.expr(part)),
                Rule::for_tail => tail = Some(part),
                _ => {}
            }
        }
        let Some(tail) = tail else {
            return ExprKind::Call { function, arguments };
        };
        let body = arguments.pop();
        let subject = arguments.pop().map(Box::new);
        match body.and_then(|body| self.for_tail(body, tail)) {
            Some(body) => ExprKind::CallFor { function, subject, body: Box::new(body) },
            None => ExprKind::Broken,
        }
    }

    fn infix(&mut self, left: Operand, node: &Node<'i>, right: Operand) -> Operand {
        let operator_span = self.span(node);
        let operator = operator(node);
        let meant = match node.as_str() {
            "=" | "===" => Some("=="),
            "!==" | "<>" => Some("!="),
            "=>" => Some(">="),
            "=<" => Some("<="),
            _ => None,
        };
        if let Some(meant) = meant {
            self.fault(FaultKind::WrongOperator { written: node.as_str().into(), meant }, operator_span);
        }
        if is_comparison(operator) && left.compares() {
            self.fault(FaultKind::ChainedComparison, operator_span);
        }
        let span = left.outer.to(right.outer);
        let kind = ExprKind::Binary { operator, operator_span, left: Box::new(left.expr), right: Box::new(right.expr) };
        Operand::plain(kind, span)
    }

    /// A name, a field or a text: who decides, who owns.
    pub(super) fn person(&mut self, node: Node<'i>) -> Expr {
        let outer = self.span(&node);
        let mut expr: Option<Expr> = None;
        for part in node.into_inner().take(MAX_EXPRESSION_DEPTH) {
            let span = self.span(&part);
            expr = match (part.as_rule(), expr) {
                (Rule::access, Some(of)) => {
                    let name = part.into_inner().find(|inner| inner.as_rule() == Rule::word);
                    let name = name.map_or_else(|| nameless(span), |name| self.ident(&name));
                    Some(Expr { span: of.span.to(span), kind: ExprKind::Field { of: Box::new(of), name } })
                }
                (Rule::name, _) => Some(Expr { kind: ExprKind::Name(part.as_str().into()), span }),
                _ => Some(self.text_value(part)),
            };
        }
        expr.unwrap_or(Expr { kind: ExprKind::Broken, span: outer })
    }

    /// A text as an expression.
    pub(super) fn text_value(&mut self, node: Node<'i>) -> Expr {
        let span = self.span(&node);
        Expr { kind: ExprKind::Text(self.template(node)), span }
    }
}
