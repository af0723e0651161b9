//! Record literals: by the type that their place expects.

use foldhash::{HashMap, HashMapExt as _};

use flow_grammar::{Span, ast};
use smol_str::SmolStr;

use super::{Checker, Typed};
use crate::check::record::{Target, WishKind};
use crate::check::ty::{Ty, TypeInfoKind};
use crate::faults;
use crate::plan::{Expr, Type};

impl<'a> Checker<'a> {
    pub(super) fn record_literal(&mut self, fields: &'a [ast::FieldInit], span: Span, wanted: Option<&Ty>) -> Typed {
        self.repeated(fields);
        match wanted.map(Ty::present) {
            Some(Ty::Record(index)) => self.typed_record(*index, fields, span),
            Some(Ty::Json) => self.json_record(fields),
            Some(Ty::Broken) => {
                self.given(fields);
                Typed::broken()
            }
            Some(other) => {
                let fault = faults::types::mismatch(self.site(span), &self.show(other), "a record");
                self.report(fault);
                self.given(fields);
                Typed::broken()
            }
            None => {
                let site = self.site(span);
                self.report(faults::types::unknown_literal(site, "this record literal", "{ ... } as Invoice"));
                self.given(fields);
                Typed::broken()
            }
        }
    }

    /// Fields or arguments that are given twice.
    pub(crate) fn repeated(&mut self, fields: &[ast::FieldInit]) {
        // Few fields are compared one by one: a map would cost more.
        if fields.len() <= 8 {
            for (index, field) in fields.iter().enumerate() {
                if let Some(first) = fields.iter().take(index).find(|first| first.name.name == field.name.name) {
                    let site = self.site(field.name.span);
                    self.report(faults::names::given_twice(site, &field.name.name, first.name.span));
                }
            }
            return;
        }
        let mut seen: HashMap<&SmolStr, Span> = HashMap::new();
        for field in fields {
            if let Some(first) = seen.insert(&field.name.name, field.name.span) {
                let site = self.site(field.name.span);
                self.report(faults::names::given_twice(site, &field.name.name, first));
            }
        }
    }

    /// Looks into fields whose places are not known.
    pub(crate) fn given(&mut self, fields: &'a [ast::FieldInit]) {
        for field in fields {
            self.init(field, Some(&Ty::Broken));
        }
    }

    /// The value of `name: value`, or of `name` alone.
    pub(crate) fn init(&mut self, field: &'a ast::FieldInit, wanted: Option<&Ty>) -> Typed {
        match &field.value {
            Some(value) => self.expr(value, wanted),
            None => self.name_value(&field.name.name, field.name.span, wanted),
        }
    }

    /// The same, which must fit.
    pub(crate) fn init_expect(&mut self, field: &'a ast::FieldInit, wanted: &Ty) -> Expr {
        let typed = self.init(field, Some(wanted));
        self.fit(&typed.ty, wanted, field.value.as_ref().map_or(field.name.span, |value| value.span));
        typed.expr
    }

    fn typed_record(&mut self, index: u32, fields: &'a [ast::FieldInit], span: Span) -> Typed {
        let count = match self.types.get(index as usize).map(|info| &info.kind) {
            Some(TypeInfoKind::Record(declared)) => declared.list.len(),
            _ => 0,
        };
        let mut values: Vec<Option<Expr>> = vec![None; count];
        self.wish_name(fields, |given| WishKind::FieldName { of: index, given });
        for field in fields {
            match self.declared_field(index, &field.name.name) {
                Some((at, ty)) => {
                    self.refer(field.name.span, || Target::Field { of: index, at });
                    let value = self.init_expect(field, &ty);
                    if let Some(slot) = values.get_mut(at as usize) {
                        *slot = Some(value);
                    }
                }
                None => {
                    let meant = self.unknown_field_of(index, &field.name);
                    let typed = self.init(field, Some(&Ty::Broken));
                    // A field that is only misspelt is not missing too.
                    if let Some(slot) = meant.and_then(|at| values.get_mut(at as usize)) {
                        slot.get_or_insert(typed.expr);
                    }
                }
            }
        }
        self.missing_fields(index, &values, span);
        let values = values.into_iter().map(|value| value.unwrap_or_else(super::nothing)).collect();
        Typed::new(Expr::Record(values), Ty::Record(index))
    }

    fn declared_field(&self, index: u32, name: &str) -> Option<(u32, Ty)> {
        match &self.types.get(index as usize)?.kind {
            TypeInfoKind::Record(fields) => fields.find(name).map(|(at, field)| (at, field.ty.clone())),
            TypeInfoKind::Enum(_) => None,
        }
    }

    /// Reports a field that the record does not have, and gives the one that seems to be meant.
    fn unknown_field_of(&mut self, index: u32, name: &ast::Ident) -> Option<u32> {
        let info = self.types.get(index as usize)?;
        let TypeInfoKind::Record(fields) = &info.kind else { return None };
        if info.faulty {
            return None;
        }
        let all: Vec<&str> = fields.list.iter().map(|field| field.name.as_str()).collect();
        let nearest = if self.hints > 0 { crate::suggest::nearest(&name.name, all.iter().copied()) } else { None };
        let meant = nearest.and_then(|nearest| fields.find(nearest)).map(|(at, _)| at);
        let fault = faults::names::unknown_field(self.site(name.span), &name.name, &info.name, nearest, &all);
        self.hints = self.hints.saturating_sub(1);
        self.report(fault);
        meant
    }

    /// Reports what is not given and not optional.
    fn missing_fields(&mut self, index: u32, values: &[Option<Expr>], span: Span) {
        let Some(info) = self.types.get(index as usize) else { return };
        let TypeInfoKind::Record(fields) = &info.kind else { return };
        let missing: Vec<&str> = fields
            .list
            .iter()
            .zip(values)
            .filter(|(field, value)| value.is_none() && !matches!(field.ty, Ty::Optional(_) | Ty::Broken))
            .map(|(field, _)| field.name.as_str())
            .collect();
        if !missing.is_empty() && !info.faulty {
            let fault = faults::types::missing_fields(self.site(span), &info.name, &missing, info.site);
            self.report(fault);
        }
    }

    /// A record literal that is sent as JSON.
    fn json_record(&mut self, fields: &'a [ast::FieldInit]) -> Typed {
        let mut values: Vec<(SmolStr, Expr, Type)> = Vec::with_capacity(fields.len());
        for field in fields {
            // A record or list in a record is JSON too; all else keeps its type, which says how it is written.
            let nested = matches!(&field.value, Some(value) if matches!(value.kind, ast::ExprKind::Record(_) | ast::ExprKind::List(_)));
            let typed = self.init(field, nested.then_some(&Ty::Json));
            values.push((field.name.name.clone(), typed.expr, typed.ty.lower()));
        }
        Typed::new(Expr::JsonObject(values), Ty::Json)
    }
}
