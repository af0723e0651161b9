//! Operators: which go with which types, and what their results are.

use flow_grammar::{Span, ast};
use regex::RegexBuilder;

use super::{Checker, Typed, fold};
use crate::check::ty::Ty;
use crate::faults;
use crate::plan::{Arithmetic, Comparison, Expr, TextTest};
use crate::value::Value;

use ast::BinaryOperator as Binary;

/// A compiled pattern may take so many bytes.
const PATTERN_SIZE: usize = 1 << 20;

impl<'a> Checker<'a> {
    pub(super) fn unary(&mut self, operator: ast::UnaryOperator, operand: &'a ast::Expr, span: Span) -> Typed {
        match operator {
            ast::UnaryOperator::Not => {
                let expr = self.condition(operand);
                Typed::new(Expr::Not(Box::new(expr)), Ty::Bool)
            }
            ast::UnaryOperator::Minus => {
                let typed = self.solid(operand, None);
                if matches!(typed.ty, Ty::Number | Ty::Money | Ty::Duration | Ty::Broken) {
                    let ty = typed.ty.clone();
                    return self.folded_constant(Expr::Negate(Box::new(typed.expr)), ty, span);
                }
                let fault = faults::types::operand(self.site(span), "-", &self.show(&typed.ty));
                self.report(fault);
                Typed::broken()
            }
        }
    }

    pub(super) fn binary(
        &mut self,
        operator: Binary,
        operator_span: Span,
        left: &'a ast::Expr,
        right: &'a ast::Expr,
        span: Span,
        wanted: Option<&Ty>,
    ) -> Typed {
        match operator {
            Binary::And | Binary::Or => self.logic(operator, left, right),
            Binary::Otherwise => self.otherwise(left, right, wanted),
            Binary::Equal | Binary::NotEqual => self.equality(operator, operator_span, left, right, span),
            Binary::Less | Binary::LessOrEqual | Binary::Greater | Binary::GreaterOrEqual => {
                self.ordering(operator, operator_span, left, right, span)
            }
            Binary::In | Binary::NotIn => self.membership(operator, left, right),
            Binary::Contains => self.contains(operator_span, left, right),
            Binary::StartsWith | Binary::EndsWith => {
                let test = if operator == Binary::StartsWith { TextTest::StartsWith } else { TextTest::EndsWith };
                let left = self.expect(left, &Ty::Text);
                let right = self.expect(right, &Ty::Text);
                Typed::new(Expr::TextTest(test, Box::new(left), Box::new(right)), Ty::Bool)
            }
            Binary::Matches => self.matches(left, right),
            Binary::Add | Binary::Subtract | Binary::Multiply | Binary::Divide | Binary::Remainder => {
                self.arithmetic(operator, operator_span, left, right, span)
            }
        }
    }

    fn logic(&mut self, operator: Binary, left: &'a ast::Expr, right: &'a ast::Expr) -> Typed {
        let first = self.condition(left);
        let mark = self.scope.mark();
        // The right side is reached only where the left did not decide.
        let known = self.known(left, operator == Binary::And);
        self.scope.know(known);
        let second = self.condition(right);
        self.scope.forget(mark);
        let (first, second) = (Box::new(first), Box::new(second));
        Typed::new(if operator == Binary::And { Expr::And(first, second) } else { Expr::Or(first, second) }, Ty::Bool)
    }

    fn otherwise(&mut self, left: &'a ast::Expr, right: &'a ast::Expr, wanted: Option<&Ty>) -> Typed {
        let optional = wanted.map(|wanted| Ty::optional(wanted.clone()));
        let first = self.expr(left, optional.as_ref());
        if !matches!(first.ty, Ty::Optional(_) | Ty::Broken) {
            let fault = match &first.ty {
                Ty::Json => {
                    let fault = faults::types::operand(self.site(left.span), "otherwise", "json");
                    self.report(fault);
                    return Typed::broken();
                }
                _ => faults::lints::never_none(self.site(left.span), &self.snippet(left.span)),
            };
            self.lints.push(fault);
        }
        let inner = first.ty.present().clone();
        let like = if inner == Ty::Never { wanted.cloned() } else { Some(inner.clone()) };
        let second = self.expr(right, like.as_ref());
        let ty = inner.join(&second.ty).unwrap_or_else(|| {
            let fault = faults::types::differ(self.site(right.span), (&self.show(&inner), left.span), &self.show(&second.ty));
            self.report(fault);
            Ty::Broken
        });
        Typed::new(Expr::Otherwise(Box::new(first.expr), Box::new(second.expr)), ty)
    }

    /// Both sides of a comparison; a bare word on one side is a member of the other side's enum.
    fn sides(&mut self, left: &'a ast::Expr, right: &'a ast::Expr) -> (Typed, Typed) {
        // Beside json a literal keeps its own type, so that the fault names it.
        let like = |ty: &Ty| (*ty.present() != Ty::Json).then(|| ty.present().clone());
        if self.is_bare(left) && !self.is_bare(right) {
            let second = self.expr(right, None);
            let first = self.expr(left, like(&second.ty).as_ref());
            return (first, second);
        }
        let first = self.expr(left, None);
        let second = self.expr(right, like(&first.ty).as_ref());
        (first, second)
    }

    fn equality(&mut self, operator: Binary, operator_span: Span, left: &'a ast::Expr, right: &'a ast::Expr, span: Span) -> Typed {
        let (mut none, mut other) = (None, left);
        for (side, opposite) in [(left, right), (right, left)] {
            if self.is_none(side) {
                (none, other) = (Some(side), opposite);
            }
        }
        if none.is_some() {
            self.expr(other, None);
            let site = self.site(operator_span);
            let text = self.written(other.span);
            self.report(faults::types::compared_with_none(site, operator == Binary::Equal, (&text, span)));
            return Typed::new(super::nothing(), Ty::Bool);
        }
        let (first, second) = self.sides(left, right);
        let first = self.demand(first, left.span);
        let second = self.demand(second, right.span);
        let opaque = |ty: &Ty| matches!(ty, Ty::Json | Ty::Secret);
        if opaque(&first.ty) || opaque(&second.ty) || first.ty.join(&second.ty).is_none() {
            return self.wrong_operands(operator, operator_span, (&first.ty, left.span), (&second.ty, right.span), Ty::Bool);
        }
        self.compared(operator, first, second, span)
    }

    /// `none`, or what other languages call it where no value has that name.
    fn is_none(&self, expr: &ast::Expr) -> bool {
        match &expr.kind {
            ast::ExprKind::None => true,
            ast::ExprKind::Name(name) => {
                matches!(name.as_str(), "null" | "nil" | "None" | "NULL" | "undefined") && self.scope.find(name).is_none()
            }
            _ => false,
        }
    }

    fn ordering(&mut self, operator: Binary, operator_span: Span, left: &'a ast::Expr, right: &'a ast::Expr, span: Span) -> Typed {
        let (first, second) = self.sides(left, right);
        let first = self.demand(first, left.span);
        let second = self.demand(second, right.span);
        let joined = first.ty.join(&second.ty);
        let ordered =
            joined.is_some_and(|ty| matches!(ty, Ty::Number | Ty::Money | Ty::Date | Ty::Time | Ty::Duration | Ty::Text | Ty::Broken));
        if !ordered {
            return self.wrong_operands(operator, operator_span, (&first.ty, left.span), (&second.ty, right.span), Ty::Bool);
        }
        self.compared(operator, first, second, span)
    }

    fn compared(&mut self, operator: Binary, first: Typed, second: Typed, span: Span) -> Typed {
        let comparison = match operator {
            Binary::Equal => Comparison::Equal,
            Binary::NotEqual => Comparison::NotEqual,
            Binary::Less => Comparison::Less,
            Binary::LessOrEqual => Comparison::LessOrEqual,
            Binary::Greater => Comparison::Greater,
            _ => Comparison::GreaterOrEqual,
        };
        let broken = first.ty.is_broken() || second.ty.is_broken();
        let expr = Expr::Compare(comparison, Box::new(first.expr), Box::new(second.expr));
        if broken { Typed::new(expr, Ty::Bool) } else { self.folded_constant(expr, Ty::Bool, span) }
    }

    fn wrong_operands(&mut self, operator: Binary, at: Span, left: (&Ty, Span), right: (&Ty, Span), ty: Ty) -> Typed {
        let whole = left.1.to(right.1);
        let reported = self.chained.iter().any(|span| span.start <= whole.end && whole.start <= span.end);
        let reported = reported || self.is_faulty(whole);
        if !reported && !left.0.is_broken() && !right.0.is_broken() {
            let (one, other) = (self.show(left.0), self.show(right.0));
            let site = self.site(at);
            self.report(faults::types::operands(site, operator.spelling(), (&one, left.1), (&other, right.1)));
        }
        Typed::new(super::nothing(), ty)
    }

    fn membership(&mut self, operator: Binary, left: &'a ast::Expr, right: &'a ast::Expr) -> Typed {
        let (item, list) = if self.is_bare(left) && !self.is_bare(right) {
            let list = self.solid(right, None);
            let like = if let Ty::List(item) = &list.ty { Some((**item).clone()) } else { None };
            (self.solid(left, like.as_ref()), list)
        } else {
            let item = self.solid(left, None);
            let like = Ty::list(item.ty.clone());
            let list = self.solid(right, Some(&like));
            (item, list)
        };
        let holds = self.item_type(&list.ty, right.span);
        self.comparable(&item.ty, left.span, &holds, right.span, operator);
        let test = Expr::In(Box::new(item.expr), Box::new(list.expr));
        Typed::new(if operator == Binary::NotIn { Expr::Not(Box::new(test)) } else { test }, Ty::Bool)
    }

    fn comparable(&mut self, item: &Ty, item_span: Span, holds: &Ty, list_span: Span, operator: Binary) {
        let opaque = |ty: &Ty| matches!(ty, Ty::Json | Ty::Secret);
        if opaque(item) || opaque(holds) || item.join(holds.present()).is_none() {
            let list = Ty::list(holds.clone());
            self.wrong_operands(operator, item_span.to(list_span), (item, item_span), (&list, list_span), Ty::Bool);
        }
    }

    fn contains(&mut self, operator_span: Span, left: &'a ast::Expr, right: &'a ast::Expr) -> Typed {
        let first = self.solid(left, None);
        match &first.ty {
            Ty::List(item) => {
                let item = (**item).clone();
                let second = self.solid(right, Some(&item));
                self.comparable(&second.ty, right.span, &item, left.span, Binary::Contains);
                Typed::new(Expr::In(Box::new(second.expr), Box::new(first.expr)), Ty::Bool)
            }
            Ty::Text | Ty::Broken => {
                let wanted = first.ty.clone();
                let second = self.expect(right, &wanted);
                Typed::new(Expr::TextTest(TextTest::Contains, Box::new(first.expr), Box::new(second)), Ty::Bool)
            }
            other => {
                let found = self.show(other);
                let site = self.site(operator_span);
                self.report(faults::types::operand(site, "contains", &found));
                self.expr(right, None);
                Typed::new(super::nothing(), Ty::Bool)
            }
        }
    }

    fn matches(&mut self, left: &'a ast::Expr, right: &'a ast::Expr) -> Typed {
        let text = self.expect(left, &Ty::Text);
        let ast::ExprKind::Regex(pattern) = &right.kind else {
            if !matches!(right.kind, ast::ExprKind::Broken) {
                let site = self.site(right.span);
                self.report(faults::types::literal_only(site, "a pattern", "`\"^[A-Z]{2}[0-9]+$\"`"));
            }
            return Typed::new(super::nothing(), Ty::Bool);
        };
        if let Err(error) = RegexBuilder::new(pattern).size_limit(PATTERN_SIZE).build() {
            let site = self.site(right.span);
            self.report(faults::types::bad_pattern(site, &reason(&error)));
        }
        Typed::new(Expr::Matches(Box::new(text), pattern.clone()), Ty::Bool)
    }

    fn arithmetic(&mut self, operator: Binary, operator_span: Span, left: &'a ast::Expr, right: &'a ast::Expr, span: Span) -> Typed {
        let first = self.solid(left, None);
        let second = self.solid(right, None);
        if first.ty.is_broken() || second.ty.is_broken() {
            return Typed::broken();
        }
        let kind = match operator {
            Binary::Add => Arithmetic::Add,
            Binary::Subtract => Arithmetic::Subtract,
            Binary::Multiply => Arithmetic::Multiply,
            Binary::Divide => Arithmetic::Divide,
            _ => Arithmetic::Remainder,
        };
        let Some(ty) = result(kind, &first.ty, &second.ty) else {
            self.wrong_operands(operator, operator_span, (&first.ty, left.span), (&second.ty, right.span), Ty::Broken);
            return Typed::broken();
        };
        let by_zero = matches!(kind, Arithmetic::Divide | Arithmetic::Remainder) && fold::is_zero(&second.expr);
        if by_zero {
            let site = self.site(span);
            self.report(faults::types::cannot_work(site, "division by zero"));
            return Typed::new(super::nothing(), ty);
        }
        self.folded_constant(Expr::Arithmetic(kind, Box::new(first.expr), Box::new(second.expr)), ty, span)
    }

    /// What literals alone give is known now, and so is what they cannot.
    pub(super) fn folded_constant(&mut self, expr: Expr, ty: Ty, span: Span) -> Typed {
        match fold::fold(expr) {
            Ok(expr) => Typed::new(expr, ty),
            Err(why) => {
                let site = self.site(span);
                self.report(faults::types::cannot_work(site, &why));
                Typed::new(Expr::Const(Value::None), ty)
            }
        }
    }
}

/// The type of an arithmetic operation, if the operands go with it.
fn result(operator: Arithmetic, left: &Ty, right: &Ty) -> Option<Ty> {
    use Arithmetic as A;
    Some(match (operator, left, right) {
        (A::Add, Ty::List(_), Ty::List(_)) => return left.join(right),
        (_, Ty::Number, Ty::Number) => Ty::Number,
        (A::Add, Ty::Text, Ty::Text) => Ty::Text,
        (A::Add | A::Subtract, Ty::Money, Ty::Money) => Ty::Money,
        (A::Add | A::Subtract, Ty::Duration, Ty::Duration) => Ty::Duration,
        (A::Add | A::Subtract, Ty::Time, Ty::Duration) => Ty::Time,
        (A::Add | A::Subtract, Ty::Date, Ty::Duration) => Ty::Date,
        (A::Subtract, Ty::Time, Ty::Time) | (A::Subtract, Ty::Date, Ty::Date) => Ty::Duration,
        (A::Multiply, Ty::Money, Ty::Number) | (A::Multiply, Ty::Number, Ty::Money) | (A::Divide, Ty::Money, Ty::Number) => Ty::Money,
        (A::Divide, Ty::Money, Ty::Money) | (A::Divide, Ty::Duration, Ty::Duration) => Ty::Number,
        (A::Add, Ty::Duration, Ty::Time) => Ty::Time,
        (A::Add, Ty::Duration, Ty::Date) => Ty::Date,
        _ => return None,
    })
}

/// The last line of the regex library's message is the reason, the rest a drawing.
fn reason(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(_) => "it is too large".to_owned(),
        other => {
            let text = other.to_string();
            let last = text.lines().last().unwrap_or_default();
            last.trim_start_matches("error: ").to_owned()
        }
    }
}
