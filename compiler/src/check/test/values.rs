//! Values of tests: arguments, answers, and what gates show and ask for.

use flow_grammar::ast;
use smol_str::SmolStr;

use super::{Callee as Called, Rehearsed};
use crate::check::Checker;
use crate::check::assemble::Callee;
use crate::check::expr::nothing;
use crate::check::ty::Ty;
use crate::faults;
use crate::plan::test::{Named, means};
use crate::plan::{Expr, Gate, NodeKind, Who};

impl<'a> Checker<'a> {
    /// A value of a test, which sees nothing of the outside.
    pub(super) fn test_value(&mut self, value: &'a ast::Expr, ty: &Ty) -> Expr {
        let expr = self.expect(value, ty);
        self.outside(&expr, value);
        expr
    }

    fn outside(&mut self, expr: &Expr, written: &ast::Expr) {
        if uses_environment(expr) {
            let site = self.site(written.span);
            self.report(faults::tests::no_environment(site));
        }
    }

    /// Somebody: `owner`, `requester`, a group or an address.
    pub(super) fn test_person(&mut self, person: &'a ast::Expr) -> Option<Who> {
        let who = self.who(person)?;
        if let Who::Address(address) = &who {
            self.outside(address, person);
        }
        Some(who)
    }

    /// One value for each parameter, in their order.
    pub(super) fn run_arguments(&mut self, callee: &Called, call: &'a ast::Call) -> Vec<Expr> {
        let given = self.named_arguments(callee, &call.arguments);
        let mut values: Vec<Option<Expr>> = vec![None; callee.parameters.len()];
        for (at, value) in given {
            if let Some(slot) = values.get_mut(at) {
                *slot = Some(value);
            }
        }
        let needed = |parameter: &crate::check::declare::ParameterInfo| {
            parameter.default.is_none() && !matches!(parameter.ty, Ty::Optional(_) | Ty::Broken)
        };
        let missing: Vec<&str> = callee
            .parameters
            .iter()
            .zip(&values)
            .filter(|(parameter, value)| value.is_none() && needed(parameter))
            .map(|(parameter, _)| parameter.name.as_str())
            .collect();
        if !missing.is_empty() && !callee.faulty {
            let fault = faults::types::missing_arguments(self.site(call.span), &callee.name, &missing, callee.site);
            self.report(fault);
        }
        let defaults = callee.parameters.iter().map(|parameter| parameter.default.clone());
        values.into_iter().zip(defaults).map(|(value, default)| value.or(default).unwrap_or_else(nothing)).collect()
    }

    /// Arguments by the place of their parameter.
    fn named_arguments(&mut self, callee: &Called, arguments: &'a [ast::FieldInit]) -> Vec<(usize, Expr)> {
        self.repeated(arguments);
        self.refer_arguments(callee.index, arguments);
        let mut found = Vec::with_capacity(arguments.len());
        for argument in arguments {
            let name = &argument.name.name;
            match callee.parameters.iter().position(|parameter| parameter.name == *name) {
                Some(at) => {
                    let ty = callee.parameters.get(at).map_or(Ty::Broken, |parameter| parameter.ty.clone());
                    found.push((at, self.given_value(argument, &ty)));
                }
                None => {
                    let nearest = self.nearest(name, callee.parameters.iter().map(|parameter| parameter.name.as_str()));
                    let meant = callee.parameters.iter().position(|parameter| nearest == Some(parameter.name.as_str()));
                    if !callee.faulty {
                        let fault =
                            faults::names::unknown_argument(self.site(argument.name.span), name, &callee.name, callee.site, nearest);
                        self.report(fault);
                    }
                    let value = self.init(argument, Some(&Ty::Broken)).expr;
                    // An argument that is only misspelt is not missing too.
                    found.extend(meant.map(|at| (at, value)));
                }
            }
        }
        found
    }

    fn given_value(&mut self, field: &'a ast::FieldInit, ty: &Ty) -> Expr {
        match &field.value {
            Some(value) => self.test_value(value, ty),
            None => self.init_expect(field, ty),
        }
    }

    /// `with name: value` of a call that is expected.
    pub(super) fn pinned_arguments(&mut self, callee: &Called, with: &'a [ast::FieldInit]) -> Vec<Named> {
        let given = self.named_arguments(callee, with);
        let named = |(at, value): (usize, Expr)| {
            callee.parameters.get(at).map(|parameter| Named { name: parameter.name.clone(), value, ty: parameter.ty.lower() })
        };
        given.into_iter().filter_map(named).collect()
    }

    /// `shows name: value`: by the type of what a gate shows under that name.
    pub(super) fn shown_values(&mut self, values: &'a [ast::FieldInit], state: &Rehearsed) -> Vec<Named> {
        self.repeated(values);
        values.iter().map(|value| self.shown_value(value, state)).collect()
    }

    fn shown_value(&mut self, field: &'a ast::FieldInit, state: &Rehearsed) -> Named {
        let name = &field.name.name;
        let gates = self.gates(state);
        let shows = || gates.iter().flat_map(|gate| &gate.shows);
        let found = shows().find(|show| means(name, &show.label)).map(|show| Ty::raise(&show.ty));
        if let (None, Some(running)) = (&found, &state.running)
            && self.lowered.callees.contains_key(&running.index)
        {
            let labels: Vec<&str> = shows().map(|show| show.label.as_str()).collect();
            let nearest = self.nearest(name, labels).filter(|label| !label.contains(' '));
            let fault = faults::tests::nothing_shown(self.site(field.name.span), name, &running.name, nearest);
            self.report(fault);
        }
        let ty = found.unwrap_or(Ty::Broken);
        Named { name: name.clone(), value: self.given_value(field, &ty), ty: ty.lower() }
    }

    /// The gates that a run of the test's workflow can meet: its own first, then those of the workflows that it calls.
    fn gates(&self, state: &Rehearsed) -> Vec<Gate> {
        let mut gates = Vec::new();
        let mut seen: Vec<u32> = state.running.iter().map(|running| running.index).collect();
        let mut at = 0;
        while let Some(index) = seen.get(at).copied() {
            at += 1;
            let Some(Callee::Workflow(flow)) = self.lowered.callees.get(&index) else { continue };
            for node in flow.workflow.nodes() {
                match &node.kind {
                    NodeKind::Gate(gate) => gates.push(gate.as_ref().clone()),
                    NodeKind::Call(call) if !seen.contains(&call.action) => seen.push(call.action),
                    _ => {}
                }
            }
        }
        gates
    }

    /// `approve with name: value`: by the type of what a gate asks for.
    pub(super) fn entered_values(&mut self, values: &'a [ast::FieldInit], state: &Rehearsed) -> Vec<Named> {
        self.repeated(values);
        let mut found = Vec::with_capacity(values.len());
        for field in values {
            let name: &SmolStr = &field.name.name;
            let ty = self.gates(state).iter().find_map(|gate| asked(gate, name));
            if let (None, Some(running)) = (&ty, &state.running) {
                let fault = faults::tests::nothing_asked(self.site(field.name.span), name, &running.name);
                self.report(fault);
            }
            let ty = ty.unwrap_or(Ty::Broken);
            found.push(Named { name: name.clone(), value: self.given_value(field, &ty), ty: ty.lower() });
        }
        found
    }
}

/// The type of what a gate asks for under a name.
fn asked(gate: &Gate, name: &str) -> Option<Ty> {
    gate.asks.iter().find(|ask| ask.name == name).map(|ask| Ty::raise(&ask.ty))
}

fn uses_environment(expr: &Expr) -> bool {
    let mut found = matches!(expr, Expr::Env(_));
    expr.for_each_child(&mut |child| found = found || uses_environment(child));
    found
}
