//! `model`: what it is asked, and that its answer has a shape which can be told.

use flow_grammar::ast;

use super::clauses::Clauses;
use crate::check::Checker;
use crate::check::expr::Allowed;
use crate::check::ty::{Ty, TypeInfoKind};
use crate::faults;
use crate::plan::{Implementation, Model};

impl<'a> Checker<'a> {
    pub(super) fn model(
        &mut self,
        action: &'a ast::Action,
        implementation: &ast::Implementation,
        name: &'a ast::Template,
        clauses: &Clauses<'a>,
        result: Option<&Ty>,
    ) -> Option<Implementation> {
        if name.parts.is_empty() {
            let site = self.site(name.span);
            self.report(faults::actions::empty_text(site, "the name of a model"));
        }
        let name = self.parts(name, Allowed::Texts);
        if clauses.prompt.is_none() {
            let site = self.site(implementation.span);
            self.report(faults::actions::clause_missing(site, "model", "prompt"));
        }
        let prompt = clauses.prompt.map(|prompt| self.expect(prompt, &Ty::Text));
        let temperature = clauses.temperature.map(|temperature| self.expect(temperature, &Ty::Number));
        match (result, &action.result) {
            (Some(ty), Some(written)) => {
                if let Some(part) = self.shapeless(ty, &mut Vec::new()) {
                    let fault = faults::actions::shapeless_answer(self.site(written.span), &self.show(ty), &self.show(&part));
                    self.report(fault);
                }
            }
            _ if self.is_faulty(action.head) => {}
            _ => {
                let site = self.site(action.name.span);
                self.report(faults::actions::no_answer(site, &action.name.name));
            }
        }
        Some(Implementation::Model(Model { name, prompt: prompt?, temperature }))
    }

    /// The first part of a type that says nothing about its values.
    fn shapeless(&self, ty: &Ty, seen: &mut Vec<u32>) -> Option<Ty> {
        match ty {
            Ty::Json | Ty::Secret => Some(ty.clone()),
            Ty::List(inner) | Ty::Optional(inner) => self.shapeless(inner, seen),
            Ty::Record(index) if !seen.contains(index) => {
                seen.push(*index);
                let TypeInfoKind::Record(fields) = &self.types.get(*index as usize)?.kind else { return None };
                fields.list.iter().find_map(|field| self.shapeless(&field.ty, seen))
            }
            _ => None,
        }
    }
}
