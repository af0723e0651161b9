//! Names, fields and places in lists.

use flow_grammar::{Span, ast};
use smol_str::SmolStr;

use super::{Checker, Typed};
use crate::check::declare::What;
use crate::check::record::{Target, WishKind};
use crate::check::scope::{GateHome, Home, Place};
use crate::check::ty::{Ty, TypeInfoKind};
use crate::faults;
use crate::plan::Expr;
use crate::value::Value;

/// Names that always mean something, unless a value has them.
const BUILT_IN: [&str; 6] = ["now", "today", "owner", "requester", "env", "secret"];

impl<'a> Checker<'a> {
    /// A name alone. `wanted` lets the members of an enum be named without it.
    pub(crate) fn name_value(&mut self, name: &SmolStr, span: Span, wanted: Option<&Ty>) -> Typed {
        self.wish(span, |_| WishKind::Value(wanted.cloned()));
        if let Some((index, binding)) = self.scope.find_mut(name) {
            binding.used = true;
            let (home, ty) = (binding.at, binding.ty.clone());
            let (declared, kind) = (binding.span, binding.kind);
            if home != Home::Nowhere {
                self.refer(span, || Target::Value { declared, ty: ty.clone(), kind });
            }
            let expr = match home {
                Home::Slot(slot) => {
                    self.flow.uses.push(slot);
                    Expr::Slot { frame: 0, index: slot }
                }
                Home::Local(local) => Expr::Local(local),
                Home::Nowhere => return Typed::broken(),
                Home::Gate(_) => {
                    let site = self.site(span);
                    self.report(faults::names::gate_as_value(site, name));
                    return Typed::broken();
                }
            };
            self.answer_used(name, span);
            return Typed::new(expr, self.narrowed(ty, || Place { binding: index, fields: Vec::new() }));
        }
        if let Some(Ty::Enum(index)) = wanted.map(Ty::present)
            && let Some(member) = self.member(*index, name)
        {
            self.refer(span, || Target::Member { of: *index, at: member });
            return Typed::new(Expr::Const(Value::Enum(member)), Ty::Enum(*index));
        }
        let built_in = match name.as_str() {
            "now" => Typed::new(Expr::Now, Ty::Time),
            "today" => Typed::new(Expr::Today, Ty::Date),
            "owner" => Typed::new(Expr::Owner, Ty::Text),
            "requester" => {
                self.needs_requester(span);
                Typed::new(Expr::Requester, Ty::Text)
            }
            _ => {
                self.unknown_value(name, span, wanted);
                return Typed::broken();
            }
        };
        self.refer(span, || Target::BuiltIn(built_in.ty.clone()));
        built_in
    }

    fn unknown_value(&mut self, name: &SmolStr, span: Span, wanted: Option<&Ty>) {
        let site = self.site(span);
        match self.declared.get(name).map(|declared| declared.what) {
            Some(What::Poisoned) => return,
            Some(What::Action(_)) => return self.report(faults::names::action_in_expression(site, name, false)),
            Some(What::Workflow(_)) => return self.report(faults::names::action_in_expression(site, name, true)),
            Some(what) => return self.report(faults::names::not_a_value(site, name, what.described())),
            None => {}
        }
        if matches!(name.as_str(), "env" | "secret") {
            return self.report(faults::names::not_a_value(site, name, "not complete: write `env.NAME` or `secret.NAME`"));
        }
        if self.hints == 0 {
            return self.report(faults::names::unknown_name(site, name, None));
        }
        self.hints -= 1;
        if let Some((declared, later)) = self.declared_elsewhere(name) {
            return self.report(match later {
                true => faults::names::too_early(site, name, declared),
                false => faults::names::out_of_reach(site, name, declared),
            });
        }
        if let Some(Ty::Enum(index)) = wanted.map(Ty::present)
            && let Some(info) = self.types.get(*index as usize)
            && let TypeInfoKind::Enum(members) = &info.kind
        {
            if info.faulty {
                return;
            }
            let all: Vec<&str> = members.iter().map(SmolStr::as_str).collect();
            let nearest = crate::suggest::nearest(name, all.iter().copied());
            let fault = faults::names::unknown_member(site, name, &info.name, nearest, &all);
            return self.report(fault);
        }
        let other = match name.as_str() {
            "null" | "nil" | "None" | "NULL" | "undefined" => Some("none"),
            "True" | "TRUE" | "yes" => Some("true"),
            "False" | "FALSE" | "no" => Some("false"),
            _ => None,
        };
        let nearest = other.or_else(|| crate::suggest::nearest(name, self.scope.names().chain(BUILT_IN))).map(SmolStr::new);
        self.report(faults::names::unknown_name(site, name, nearest.as_deref()));
    }

    /// The type of a value, without its `?` where it is known to be present.
    fn narrowed(&self, ty: Ty, place: impl FnOnce() -> Place) -> Ty {
        match ty {
            Ty::Optional(inner) if self.scope.is_present(&place()) => (*inner).clone(),
            ty => ty,
        }
    }

    /// The index of an enum's member.
    pub(in crate::check) fn member(&self, index: u32, name: &str) -> Option<u32> {
        match &self.types.get(index as usize)?.kind {
            TypeInfoKind::Enum(members) => members.iter().position(|member| member == name).and_then(|at| u32::try_from(at).ok()),
            TypeInfoKind::Record(_) => None,
        }
    }

    /// Whether an expression is a bare word that no value has: perhaps the member of an enum.
    pub(super) fn is_bare(&self, expr: &ast::Expr) -> bool {
        match &expr.kind {
            ast::ExprKind::Name(name) => self.scope.find(name).is_none() && !BUILT_IN.contains(&name.as_str()),
            ast::ExprKind::List(items) => items.iter().any(|item| self.is_bare(item)),
            ast::ExprKind::Record(_) => true,
            _ => false,
        }
    }

    /// `of.name`; `whole` is the two together.
    pub(super) fn field(&mut self, whole: &'a ast::Expr, of: &'a ast::Expr, name: &'a ast::Ident) -> Typed {
        if let ast::ExprKind::Name(first) = &of.kind {
            match self.scope.find(first).map(|(_, binding)| binding.at) {
                Some(Home::Gate(home)) => return self.gate_value(whole, first, home, name),
                Some(_) => {}
                None => {
                    if let Some(typed) = self.qualified(first, of.span, name) {
                        return typed;
                    }
                }
            }
        }
        if let Some(typed) = self.member_of_module(of, name) {
            return typed;
        }
        let base = self.expr(of, None);
        self.wish(name.span, |_| WishKind::FieldOf(base.ty.clone()));
        let base = self.demand(base, of.span);
        match &base.ty {
            Ty::Broken => Typed::broken(),
            Ty::Record(index) => self.record_field(whole, *index, base.expr, name),
            Ty::Money => match name.name.as_str() {
                "amount" => {
                    self.refer(name.span, || Target::MoneyPart(Ty::Number));
                    Typed::new(Expr::Amount(Box::new(base.expr)), Ty::Number)
                }
                "currency" => {
                    self.refer(name.span, || Target::MoneyPart(Ty::Text));
                    Typed::new(Expr::CurrencyOf(Box::new(base.expr)), Ty::Text)
                }
                other => {
                    let nearest = self.nearest(other, ["amount", "currency"]);
                    let site = self.site(name.span);
                    self.report(faults::names::unknown_field(site, other, "money", nearest, &["amount", "currency"]));
                    Typed::broken()
                }
            },
            Ty::Json => Typed::new(Expr::JsonField(Box::new(base.expr), name.name.clone()), Ty::Json),
            other => {
                let fault = faults::names::no_fields(self.site(name.span), &name.name, &self.show(other));
                self.report(fault);
                Typed::broken()
            }
        }
    }

    fn record_field(&mut self, whole: &'a ast::Expr, index: u32, base: Expr, name: &'a ast::Ident) -> Typed {
        let Some(info) = self.types.get(index as usize) else { return Typed::broken() };
        let TypeInfoKind::Record(fields) = &info.kind else { return Typed::broken() };
        if let Some((at, field)) = fields.find(&name.name) {
            let ty = field.ty.clone();
            self.refer(name.span, || Target::Field { of: index, at });
            if ty.is_broken() {
                return Typed::broken();
            }
            let ty = match ty {
                Ty::Optional(inner) => {
                    let known = self.place(whole).is_some_and(|place| self.scope.is_present(&place));
                    if known { (*inner).clone() } else { Ty::Optional(inner) }
                }
                ty => ty,
            };
            return Typed::new(Expr::Field(Box::new(base), at), ty);
        }
        if info.faulty {
            return Typed::broken();
        }
        let all: Vec<&str> = fields.list.iter().map(|field| field.name.as_str()).collect();
        let nearest = if self.hints > 0 { crate::suggest::nearest(&name.name, all.iter().copied()) } else { None };
        let fault = faults::names::unknown_field(self.site(name.span), &name.name, &info.name, nearest, &all);
        self.hints = self.hints.saturating_sub(1);
        self.report(fault);
        Typed::broken()
    }

    /// `env.NAME`, `secret.NAME`, `Risk.high`, and what a used file declares.
    fn qualified(&mut self, first: &SmolStr, first_span: Span, name: &'a ast::Ident) -> Option<Typed> {
        match self.declared.get(first).map(|declared| declared.what) {
            Some(What::Poisoned) => return Some(Typed::broken()),
            Some(What::Enum(index)) => {
                self.refer_declared(first_span, What::Enum(index));
                return Some(self.enum_member(index, name));
            }
            Some(What::Module(_)) => {
                let module = ast::Ident { name: first.clone(), span: first_span };
                if let Some(what) = self.in_module(&module, name, |_| true) {
                    let site = self.site(first_span.to(name.span));
                    self.report(faults::names::not_a_value(site, &format!("{first}.{}", name.name), what.described()));
                }
                return Some(Typed::broken());
            }
            Some(What::Record(_)) => {
                let site = self.site(first_span);
                self.report(faults::names::not_a_value(site, first, "a record"));
                return Some(Typed::broken());
            }
            _ => {}
        }
        match first.as_str() {
            "env" => Some(Typed::new(Expr::Env(name.name.clone()), Ty::Text)),
            "secret" => Some(self.secret(name, first_span.to(name.span))),
            _ => None,
        }
    }

    /// `bank.Risk.high`
    fn member_of_module(&mut self, of: &ast::Expr, name: &ast::Ident) -> Option<Typed> {
        let ast::ExprKind::Field { of: module, name: declared } = &of.kind else { return None };
        let ast::ExprKind::Name(first) = &module.kind else { return None };
        let known = self.scope.find(first).is_some();
        if known || !matches!(self.declared.get(first).map(|declared| declared.what), Some(What::Module(_))) {
            return None;
        }
        let module = ast::Ident { name: first.clone(), span: module.span };
        Some(match self.in_module(&module, declared, |what| matches!(what, What::Enum(_))) {
            Some(What::Enum(index)) => self.enum_member(index, name),
            Some(what) => {
                let site = self.site(of.span);
                self.report(faults::names::not_a_value(site, &format!("{first}.{}", declared.name), what.described()));
                Typed::broken()
            }
            None => Typed::broken(),
        })
    }

    fn secret(&mut self, name: &ast::Ident, span: Span) -> Typed {
        if !self.sink {
            let site = self.site(span);
            self.report(faults::types::secret_here(site));
            return Typed::broken();
        }
        if !self.secrets.contains(&name.name) {
            self.secrets.push(name.name.clone());
        }
        Typed::new(Expr::Secret(name.name.clone()), Ty::Secret)
    }

    fn enum_member(&mut self, index: u32, name: &ast::Ident) -> Typed {
        let expr = self.known_member(index, name).map_or_else(super::nothing, |member| Expr::Const(Value::Enum(member)));
        Typed::new(expr, Ty::Enum(index))
    }

    /// The index of an enum's member; one that is not there is reported.
    pub(crate) fn known_member(&mut self, index: u32, name: &ast::Ident) -> Option<u32> {
        self.wish(name.span, |_| WishKind::Member(index));
        if let Some(member) = self.member(index, &name.name) {
            self.refer(name.span, || Target::Member { of: index, at: member });
            return Some(member);
        }
        if let Some(info) = self.types.get(index as usize)
            && let TypeInfoKind::Enum(members) = &info.kind
            && !info.faulty
        {
            let all: Vec<&str> = members.iter().map(SmolStr::as_str).collect();
            let nearest = crate::suggest::nearest(&name.name, all.iter().copied());
            let fault = faults::names::unknown_member(self.site(name.span), &name.name, &info.name, nearest, &all);
            self.report(fault);
        }
        None
    }

    /// `review.by` and its like.
    fn gate_value(&mut self, whole: &'a ast::Expr, gate: &SmolStr, home: GateHome, name: &'a ast::Ident) -> Typed {
        let declared = self.scope.find_mut(gate).map(|(_, binding)| {
            binding.used = true;
            binding.span
        });
        let gate_span = declared.unwrap_or_default();
        self.refer_gate(whole, gate_span);
        self.wish(name.span, |checker| WishKind::GateValue(checker.gate_values(home)));
        let asked = self.flow.asks.get(home.asks as usize).map(Vec::as_slice).unwrap_or_default();
        let (slot, ty, optional) = match name.name.as_str() {
            "by" => (home.by, Ty::Text, home.skippable || home.silent),
            "at" => (home.at, Ty::Time, home.skippable),
            "comment" => (home.comment, Ty::Text, home.skippable || home.silent || !home.comment_required),
            other => match asked.iter().find(|ask| ask.name == other) {
                Some(ask) if ask.ty.is_broken() => return Typed::broken(),
                Some(ask) => match &ask.ty {
                    Ty::Optional(inner) => (ask.slot, (**inner).clone(), true),
                    ty => (ask.slot, ty.clone(), home.skippable),
                },
                None if home.faulty => return Typed::broken(),
                None => {
                    let all: Vec<SmolStr> = ["by", "at", "comment"]
                        .into_iter()
                        .map(SmolStr::new_static)
                        .chain(asked.iter().map(|ask| ask.name.clone()))
                        .collect();
                    let all: Vec<&str> = all.iter().map(SmolStr::as_str).collect();
                    let nearest = self.nearest(other, all.iter().copied());
                    let site = self.site(name.span);
                    self.report(faults::names::unknown_field(site, other, gate, nearest, &all));
                    return Typed::broken();
                }
            },
        };
        self.flow.uses.push(slot);
        let known = self.place(whole).is_some_and(|place| self.scope.is_present(&place));
        let ty = if optional && !known { Ty::optional(ty) } else { ty };
        self.refer(name.span, || Target::GateValue { gate: gate_span, ty: ty.clone() });
        Typed::new(Expr::Slot { frame: 0, index: slot }, ty)
    }

    /// All values that a gate gives, with their types where it is known that somebody was asked.
    fn gate_values(&self, home: GateHome) -> Vec<(SmolStr, Ty)> {
        let given = [("by", Ty::Text), ("at", Ty::Time), ("comment", Ty::Text)];
        let asked = self.flow.asks.get(home.asks as usize).map(Vec::as_slice).unwrap_or_default();
        let given = given.into_iter().map(|(name, ty)| (SmolStr::new_static(name), ty));
        given.chain(asked.iter().map(|ask| (ask.name.clone(), ask.ty.clone()))).collect()
    }

    /// `of[index]`
    pub(super) fn index(&mut self, of: &'a ast::Expr, index: &'a ast::Expr) -> Typed {
        let base = self.solid(of, None);
        let at = self.expect(index, &Ty::Number);
        let ty = if base.ty == Ty::Json { Ty::Json } else { self.item_type(&base.ty, of.span) };
        Typed::new(Expr::Index(Box::new(base.expr), Box::new(at)), ty)
    }
}
