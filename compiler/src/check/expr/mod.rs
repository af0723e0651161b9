//! Expressions: names to slots, types, and what can be known from literals alone.

mod calls;
mod fold;
mod literals;
mod names;
mod operators;
mod records;
mod text;

#[cfg(test)]
pub(crate) use calls::functions;
pub(crate) use text::Allowed;

use flow_grammar::{Span, ast};

use super::Checker;
use super::record::Target;
use super::scope::{Kind, Place};
use super::ty::Ty;
use crate::faults;
use crate::plan::{Builtin, Expr, Fold};
use crate::value::Value;

/// So many operations may stand in one another: fewer than a plan may hold, since evaluating recurses as deep.
pub(crate) const MAX_OPERATIONS: u32 = 120;
const _: () = assert!((MAX_OPERATIONS as usize) < crate::plan::DEEPEST);

/// An expression and its type.
#[derive(Clone, Debug)]
pub(crate) struct Typed {
    pub(crate) expr: Expr,
    pub(crate) ty: Ty,
}

impl Typed {
    pub(crate) fn new(expr: Expr, ty: Ty) -> Self {
        Self { expr, ty }
    }

    /// Of something wrong that is reported.
    pub(crate) fn broken() -> Self {
        Self { expr: Expr::Const(Value::None), ty: Ty::Broken }
    }
}

/// `none` in a plan.
pub(crate) fn nothing() -> Expr {
    Expr::Const(Value::None)
}

impl<'a> Checker<'a> {
    /// An expression in a place that needs a type.
    pub(crate) fn expect(&mut self, expr: &'a ast::Expr, wanted: &Ty) -> Expr {
        let typed = self.expr(expr, Some(wanted));
        self.fit(&typed.ty, wanted, expr.span);
        typed.expr
    }

    /// An expression that must hold or not.
    pub(crate) fn condition(&mut self, expr: &'a ast::Expr) -> Expr {
        self.expect(expr, &Ty::Bool)
    }

    /// Reports where a type does not fit its place.
    pub(crate) fn fit(&mut self, found: &Ty, wanted: &Ty, span: Span) -> bool {
        if found.fits(wanted) {
            return true;
        }
        // What is not all of the expression has another type.
        if self.is_faulty(span) {
            return false;
        }
        let site = self.site(span);
        let fault = match found {
            Ty::Optional(inner) if **inner != Ty::Never && inner.fits(wanted) => faults::types::may_be_none(site, &self.snippet(span)),
            Ty::Secret => faults::types::secret_here(site),
            _ => faults::types::mismatch(site, &self.show(wanted), &self.show(found)),
        };
        self.report(fault);
        false
    }

    /// An expression whose value must be there.
    pub(crate) fn solid(&mut self, expr: &'a ast::Expr, wanted: Option<&Ty>) -> Typed {
        let typed = self.expr(expr, wanted);
        self.demand(typed, expr.span)
    }

    /// Reports a value that may be none.
    pub(crate) fn demand(&mut self, typed: Typed, span: Span) -> Typed {
        let Ty::Optional(inner) = &typed.ty else { return typed };
        let site = self.site(span);
        let fault = match **inner {
            Ty::Never => faults::types::mismatch(site, "a value", "none"),
            _ => faults::types::may_be_none(site, &self.snippet(span)),
        };
        self.report(fault);
        Typed::broken()
    }

    /// An expression; `wanted` is what its place would like it to be, for literals that have no type of their own.
    pub(crate) fn expr(&mut self, expr: &'a ast::Expr, wanted: Option<&Ty>) -> Typed {
        let levels = levels(expr);
        if self.depth + levels > MAX_OPERATIONS {
            if !self.too_deep {
                self.too_deep = true;
                let site = self.site(expr.span);
                self.report(faults::types::too_deep(site, MAX_OPERATIONS));
            }
            return Typed::broken();
        }
        self.depth += levels;
        let typed = self.dispatch(expr, wanted);
        self.depth -= levels;
        if self.depth == 0 {
            self.too_deep = false;
        }
        typed
    }

    fn dispatch(&mut self, expr: &'a ast::Expr, wanted: Option<&Ty>) -> Typed {
        use ast::ExprKind as Kind;
        let span = expr.span;
        match &expr.kind {
            Kind::Number(text) => self.number(text, span, wanted),
            Kind::Money { amount, currency } => self.money(amount, currency, span),
            Kind::Duration { .. } => self.duration_value(expr),
            Kind::Date(text) => self.date(text, span),
            Kind::Time(text) => self.time(text, span),
            Kind::Text(template) => self.text(template, wanted),
            Kind::Regex(text) => Typed::new(Expr::Const(Value::Text(text.clone())), Ty::Text),
            Kind::Bool(value) => self.simple(Value::Bool(*value), Ty::Bool, wanted),
            Kind::None => self.none(wanted),
            Kind::List(items) => self.list(items, wanted),
            Kind::Record(fields) => self.record_literal(fields, span, wanted),
            Kind::ListFor(clause) => self.comprehension(Fold::List, clause, wanted),
            Kind::Name(name) => self.name_value(name, span, wanted),
            Kind::Field { of, name } => self.field(expr, of, name),
            Kind::Index { of, index } => self.index(of, index),
            Kind::Call { function, arguments } => self.call(function, arguments, span),
            Kind::CallFor { function, subject, body } => self.call_for(function, subject.as_deref(), body, span),
            Kind::Unary { operator, operand, .. } => self.unary(*operator, operand, span),
            Kind::Binary { operator, operator_span, left, right } => self.binary(*operator, *operator_span, left, right, span, wanted),
            Kind::Is { operand, present } => self.is(operand, *present),
            Kind::As { operand, ty } => self.decode(operand, ty, span),
            Kind::If { condition, then, otherwise } => self.choice(condition, then, otherwise, wanted),
            Kind::Broken => Typed::broken(),
        }
    }

    /// A literal that may also stand where json is expected.
    fn simple(&self, value: Value, ty: Ty, wanted: Option<&Ty>) -> Typed {
        if wanted.map(Ty::present) == Some(&Ty::Json)
            && let Some(json) = as_json(&value)
        {
            return Typed::new(Expr::Const(Value::Json(std::sync::Arc::new(json))), Ty::Json);
        }
        Typed::new(Expr::Const(value), ty)
    }

    fn none(&mut self, wanted: Option<&Ty>) -> Typed {
        match wanted {
            Some(wanted @ Ty::Optional(_)) => Typed::new(nothing(), wanted.clone()),
            Some(Ty::Json) => Typed::new(Expr::Const(Value::Json(std::sync::Arc::new(serde_json::Value::Null))), Ty::Json),
            _ => Typed::new(nothing(), Ty::optional(Ty::Never)),
        }
    }

    fn list(&mut self, items: &'a [ast::Expr], wanted: Option<&Ty>) -> Typed {
        let wanted = match wanted.map(Ty::present) {
            Some(Ty::List(item)) => Some((**item).clone()),
            Some(known @ (Ty::Json | Ty::Broken)) => Some(known.clone()),
            _ => None,
        };
        let mut ty = Ty::Never;
        let mut first = Span::default();
        let mut exprs = Vec::with_capacity(items.len());
        for item in items {
            let like = wanted.as_ref().or((ty != Ty::Never).then_some(&ty));
            let like = like.cloned();
            let typed = self.expr(item, like.as_ref());
            match ty.join(&typed.ty) {
                Some(joined) => {
                    if ty == Ty::Never {
                        first = item.span;
                    }
                    ty = joined;
                }
                None => {
                    let fault = faults::types::differ(self.site(item.span), (&self.show(&ty), first), &self.show(&typed.ty));
                    self.report(fault);
                    ty = Ty::Broken;
                }
            }
            exprs.push(typed.expr);
        }
        Typed::new(constant_list(exprs), Ty::list(ty))
    }

    fn is(&mut self, operand: &'a ast::Expr, present: bool) -> Typed {
        let typed = self.expr(operand, None);
        if !matches!(typed.ty, Ty::Optional(_) | Ty::Json | Ty::Broken) {
            let known = self.place(operand).is_some_and(|place| self.scope.is_present(&place));
            if typed.ty == Ty::Secret {
                let site = self.site(operand.span);
                self.report(faults::types::secret_here(site));
            } else if !known {
                let fault = faults::lints::never_none(self.site(operand.span), &self.snippet(operand.span));
                self.lints.push(fault);
            }
        }
        let none = Expr::IsNone(Box::new(typed.expr));
        Typed::new(if present { Expr::Not(Box::new(none)) } else { none }, Ty::Bool)
    }

    fn decode(&mut self, operand: &'a ast::Expr, ty: &ast::Type, span: Span) -> Typed {
        let wanted = self.resolve(ty);
        let typed = self.expr(operand, Some(&wanted));
        let literal = matches!(operand.kind, ast::ExprKind::Record(_) | ast::ExprKind::List(_) | ast::ExprKind::None);
        if literal || wanted.is_broken() {
            self.fit(&typed.ty, &wanted, operand.span);
            return Typed::new(typed.expr, wanted);
        }
        match typed.ty {
            Ty::Json if wanted == Ty::Json => Typed::new(typed.expr, wanted),
            Ty::Json => Typed::new(Expr::Decode(Box::new(typed.expr), wanted.lower()), wanted),
            Ty::Broken => Typed::new(typed.expr, wanted),
            found => {
                let fault = faults::types::nothing_to_decode(self.site(span), &self.show(&found));
                self.report(fault);
                Typed::new(typed.expr, wanted)
            }
        }
    }

    fn choice(&mut self, condition: &'a ast::Expr, then: &'a ast::Expr, otherwise: &'a ast::Expr, wanted: Option<&Ty>) -> Typed {
        let test = self.condition(condition);
        let mark = self.scope.mark();
        let known = self.known(condition, true);
        self.scope.know(known);
        let yes = self.expr(then, wanted);
        self.scope.forget(mark);
        let known = self.known(condition, false);
        self.scope.know(known);
        let like = wanted.cloned().unwrap_or_else(|| yes.ty.clone());
        let no = self.expr(otherwise, Some(&like));
        self.scope.forget(mark);
        let ty = yes.ty.join(&no.ty).unwrap_or_else(|| {
            let fault = faults::types::differ(self.site(otherwise.span), (&self.show(&yes.ty), then.span), &self.show(&no.ty));
            self.report(fault);
            Ty::Broken
        });
        Typed::new(Expr::If(Box::new(test), Box::new(yes.expr), Box::new(no.expr)), ty)
    }

    /// `[body for item in list if filter]` and the folds over the same.
    fn comprehension(&mut self, fold: Fold, clause: &'a ast::For, wanted: Option<&Ty>) -> Typed {
        let list = self.solid(&clause.list, None);
        let item = self.item_type(&list.ty, clause.list.span);
        let wanted = match wanted.map(Ty::present) {
            Some(Ty::List(item)) if fold == Fold::List => Some((**item).clone()),
            _ => None,
        };
        let mark = self.scope.enter_local(clause.item.name.clone(), clause.item.span, item.clone());
        self.refer(clause.item.span, || Target::Value { declared: clause.item.span, ty: item.clone(), kind: Kind::Item });
        self.snake_case(&clause.item, "an item");
        let filter = clause.filter.as_ref().map(|filter| {
            let expr = self.condition(filter);
            let known = self.known(filter, true);
            self.scope.know(known);
            Box::new(expr)
        });
        let body = self.expr(&clause.body, wanted.as_ref());
        self.scope.leave_local(mark);
        let ty = self.folded(fold, &body.ty, &item, clause.body.span);
        Typed::new(Expr::For { fold, list: Box::new(list.expr), filter, body: Box::new(body.expr) }, ty)
    }

    /// The type of a list's items.
    pub(crate) fn item_type(&mut self, list: &Ty, span: Span) -> Ty {
        match list {
            Ty::List(item) => (**item).clone(),
            Ty::Broken => Ty::Broken,
            other => {
                let fault = faults::types::mismatch(self.site(span), "a list", &self.show(other));
                self.report(fault);
                Ty::Broken
            }
        }
    }

    /// What a condition says about values being present, when it holds or does not.
    pub(crate) fn known(&mut self, condition: &'a ast::Expr, holds: bool) -> Vec<Place> {
        let mut places = Vec::new();
        self.collect_known(condition, holds, MAX_OPERATIONS, &mut places);
        places
    }

    fn collect_known(&self, condition: &ast::Expr, holds: bool, depth: u32, places: &mut Vec<Place>) {
        let Some(depth) = depth.checked_sub(1) else { return };
        match &condition.kind {
            ast::ExprKind::Is { operand, present } if *present == holds => places.extend(self.place(operand)),
            ast::ExprKind::Unary { operator: ast::UnaryOperator::Not, operand, .. } => {
                self.collect_known(operand, !holds, depth, places);
            }
            ast::ExprKind::Binary { operator, left, right, .. }
                if (*operator == ast::BinaryOperator::And && holds) || (*operator == ast::BinaryOperator::Or && !holds) =>
            {
                self.collect_known(left, holds, depth, places);
                self.collect_known(right, holds, depth, places);
            }
            _ => {}
        }
    }

    /// The name or path that an expression is, if it is one.
    pub(crate) fn place(&self, expr: &ast::Expr) -> Option<Place> {
        let mut fields = Vec::new();
        let mut at = expr;
        loop {
            match &at.kind {
                ast::ExprKind::Name(name) => {
                    let (binding, _) = self.scope.find(name)?;
                    fields.reverse();
                    return Some(Place { binding, fields });
                }
                ast::ExprKind::Field { of, name } => {
                    fields.push(name.name.clone());
                    at = of;
                }
                _ => return None,
            }
        }
    }
}

/// How many operations of a plan an expression becomes, its parts left out.
fn levels(expr: &ast::Expr) -> u32 {
    match &expr.kind {
        ast::ExprKind::Is { present: true, .. } | ast::ExprKind::CallFor { subject: Some(_), .. } => 2,
        ast::ExprKind::Binary { operator: ast::BinaryOperator::NotIn, .. } => 2,
        _ => 1,
    }
}

/// A list of constants is a constant.
fn constant_list(items: Vec<Expr>) -> Expr {
    if !items.iter().all(|item| matches!(item, Expr::Const(_))) {
        return Expr::List(items);
    }
    let values = items.into_iter().filter_map(|item| if let Expr::Const(value) = item { Some(value) } else { None });
    Expr::Const(Value::List(values.collect()))
}

fn as_json(value: &Value) -> Option<serde_json::Value> {
    match value {
        Value::Bool(value) => Some(serde_json::Value::Bool(*value)),
        Value::Text(text) => Some(serde_json::Value::String(text.to_string())),
        Value::Number(number) => serde_json::from_str(&number.normalize().to_string()).ok(),
        _ => None,
    }
}

/// A call of a function that is built in.
fn builtin(function: Builtin, arguments: Vec<Expr>, ty: Ty) -> Typed {
    Typed::new(Expr::Builtin(function, arguments), ty)
}
