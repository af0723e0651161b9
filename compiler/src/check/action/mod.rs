//! Actions: their implementations, each with the clauses that it has.

pub(crate) mod built_in;
mod clauses;
mod implement;
mod model;
mod preview;

use flow_grammar::{Span, ast};
use jiff::SignedDuration;
use smol_str::SmolStr;

use super::declare::{ParameterInfo, What};
use super::record::Target;
use super::scope::{Home, Kind};
use super::ty::Ty;
use super::{Checker, lints};
use crate::faults;
use crate::plan::{self, Action};
use clauses::Clauses;
use implement::Wanted;

/// How long an attempt may take where nothing is written.
pub(super) const TIMEOUT: SignedDuration = SignedDuration::from_secs(300);

/// The parts of an answer and their types, in the order of their slots.
const ANSWER: [(&str, Ty); 4] = [("status", Ty::Number), ("exit", Ty::Number), ("headers", Ty::Json), ("body", Ty::Json)];

impl<'a> Checker<'a> {
    /// Checks an action and gives what the plan holds of it.
    pub(super) fn action(&mut self, action: &'a ast::Action) -> Option<Action> {
        let Some(What::Action(index)) = self.own(&action.name) else { return None };
        let info = self.actions.get(index as usize)?;
        let (parameters, result) = (info.parameters.clone(), info.result.clone());
        self.secrets.clear();
        let mark = self.scope.mark();
        self.declare_parameters(&parameters, &action.parameters);
        let implementation = action.implementation.as_ref();
        if implementation.is_none() && !self.is_faulty(action.span) {
            let site = self.site(action.name.span);
            self.report(faults::actions::empty(site, &action.name.name));
        }
        let lowered = implementation.and_then(|implementation| self.implementation(action, implementation, result.as_ref()));
        if let Some(implementation) = implementation.filter(|_| action.effect == ast::Effect::Read) {
            self.writing_read(action, implementation);
        }
        let preview = action.preview.as_ref().and_then(|preview| self.preview(action, preview));
        self.own_duties(action, index);
        let closed = self.scope.close(mark);
        if implementation.is_some() {
            self.lints.extend(lints::unused(self.file, &closed, &action.name.name));
        }
        let (timeout, implementation) = lowered?;
        Some(Action {
            name: action.name.name.clone(),
            doc: action.doc.clone(),
            effect: super::declare::effect(action.effect),
            parameters: lower_parameters(&parameters),
            result: result.as_ref().map(Ty::lower),
            timeout,
            implementation,
            preview: preview.map(Box::new),
            secrets: std::mem::take(&mut self.secrets),
            duties: Vec::new(),
        })
    }

    /// Warns of an action that says it changes nothing and is carried out by something that changes things.
    fn writing_read(&mut self, action: &ast::Action, implementation: &ast::Implementation) {
        let effect = Span::new(action.head.start, action.head.start + 4);
        if let Some((span, what)) = preview::changes(implementation) {
            let fault = faults::lints::writing_read(self.site(span), &action.name.name, &what, effect);
            self.lints.push(fault);
        }
    }

    /// Makes parameters known, in the first slots of the frame.
    pub(super) fn declare_parameters(&mut self, parameters: &[ParameterInfo], written: &[ast::Parameter]) {
        for (slot, parameter) in parameters.iter().enumerate() {
            let span =
                written.iter().find(|written| written.name.name == parameter.name).map_or_else(Default::default, |found| found.name.span);
            let slot = u32::try_from(slot).unwrap_or(u32::MAX);
            self.refer(span, || Target::Value { declared: span, ty: parameter.ty.clone(), kind: Kind::Parameter });
            self.scope.declare(parameter.name.clone(), span, parameter.ty.clone(), Home::Slot(slot), Kind::Parameter);
        }
    }

    fn implementation(
        &mut self,
        action: &'a ast::Action,
        implementation: &'a ast::Implementation,
        result: Option<&Ty>,
    ) -> Option<(SignedDuration, plan::Implementation)> {
        use ast::ImplementationKind as Kind;
        let clauses = Clauses::collect(self, implementation)?;
        let timeout = clauses.timeout.and_then(|timeout| self.fixed_duration(timeout, "a timeout")).unwrap_or(TIMEOUT);
        let lowered = match &implementation.kind {
            Kind::Http { method, url } => self.http(action, method, url, &clauses, Wanted::Declared(result)),
            Kind::Exec { program, arguments } => self.exec(action, program, arguments, &clauses, Wanted::Declared(result)),
            Kind::Sql { connection, statement } => self.sql(action, connection, statement, result),
            Kind::Email => self.email(action, implementation, &clauses),
            Kind::Model { name } => self.model(action, implementation, name, &clauses, result),
            Kind::Unknown(_) => None,
        }?;
        Some((timeout, lowered))
    }

    /// An expression over the answer: `parts` says which of its parts there are.
    fn over_answer<T>(&mut self, action: &ast::Action, parts: &[&str], check: impl FnOnce(&mut Self) -> T) -> T {
        let first = action.parameters.len();
        let mark = self.scope.mark();
        for (offset, (name, ty)) in ANSWER.iter().enumerate() {
            if parts.contains(name) {
                let slot = u32::try_from(first + offset).unwrap_or(u32::MAX);
                self.scope.declare(SmolStr::new_static(name), action.name.span, ty.clone(), Home::Slot(slot), Kind::Answer);
            }
        }
        let checked = check(self);
        self.scope.close(mark);
        checked
    }

    /// Reports a parameter that cannot be told from the part of the answer that is used here.
    pub(super) fn answer_used(&mut self, name: &str, used: flow_grammar::Span) {
        let Some((_, binding)) = self.scope.find(name) else { return };
        if binding.kind != Kind::Answer {
            return;
        }
        let Some(parameter) = self.scope.behind(binding).map(|hidden| hidden.span) else { return };
        if !self.hiding.contains(&parameter) {
            self.hiding.push(parameter);
            let site = self.site(parameter);
            self.report(faults::names::hides_answer(site, name, used));
        }
    }
}

/// Parameters of a plan.
pub(super) fn lower_parameters(parameters: &[ParameterInfo]) -> Vec<plan::Parameter> {
    parameters
        .iter()
        .map(|parameter| plan::Parameter { name: parameter.name.clone(), ty: parameter.ty.lower(), default: parameter.default.clone() })
        .collect()
}
