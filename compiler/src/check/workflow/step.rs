//! Steps: calls of actions.

use flow_grammar::{Span, ast};
use jiff::SignedDuration;
use smol_str::SmolStr;

use super::super::scope::{Home, Kind, Mark};
use crate::check::declare::{ActionInfo, ParameterInfo, What};
use crate::check::expr::nothing;
use crate::check::ty::Ty;
use crate::check::{Checker, WorkflowCall};
use crate::faults;
use crate::plan::{Call, Effect, Expr, NodeKind, Retry};

/// A step may be tried again so often.
const MOST_RETRIES: u32 = 1000;

/// Clauses of a step.
#[derive(Default)]
struct StepClauses {
    retry: Option<Retry>,
    timeout: Option<SignedDuration>,
    waiver: Option<String>,
}

impl<'a> Checker<'a> {
    pub(super) fn step(&mut self, step: &'a ast::Step, span: Span, block: Mark) {
        if step.attempt {
            self.not_yet(Span::new(span.start, span.start.saturating_add(3).min(span.end)), "try");
        }
        let target = self.target(&step.call.target);
        let arguments = match target {
            Some(action) => self.arguments(action, &step.call),
            None => {
                self.given(&step.call.arguments);
                Vec::new()
            }
        };
        let clauses = self.step_clauses(&step.clauses);
        self.called_workflow(target, step);
        let Some(action) = target else {
            step.name.iter().for_each(|name| self.poison(name));
            return;
        };
        let Some(info) = self.actions.get(action as usize) else { return };
        let (effect, result) = (info.effect, info.result.clone());
        let name = step.name.as_ref().map_or_else(|| SmolStr::new(self.written(step.call.target.span())), |name| name.name.clone());
        let slot = match (&step.name, &result) {
            (Some(name), Some(ty)) if !ty.is_broken() => Some(self.add_slot(name.name.clone(), ty)),
            _ => None,
        };
        let call = Call { name, action, arguments, slot, retry: clauses.retry, timeout: clauses.timeout, waiver: clauses.waiver };
        self.add_node(NodeKind::Call(call), span, effect == Effect::Read);
        if let Some(name) = &step.name {
            self.step_value(name, result, slot, action, block);
        }
    }

    fn step_value(&mut self, name: &ast::Ident, result: Option<Ty>, slot: Option<u32>, action: u32, block: Mark) {
        match (result, slot) {
            (Some(ty), Some(slot)) => self.declare_value(name, ty, Home::Slot(slot), Kind::Step, block),
            (result, _) => {
                if let (None, Some(info)) = (result, self.actions.get(action as usize)) {
                    let fault = faults::flow::gives_nothing(self.site(name.span), &name.name, &info.name, info.site);
                    self.report(fault);
                }
                self.poison(name);
            }
        }
    }

    /// The action or workflow that is called; `None` where there is none, which is reported.
    pub(in crate::check) fn target(&mut self, path: &ast::Path) -> Option<u32> {
        let site = self.site(path.span());
        let name = &path.name.name;
        let found = match &path.module {
            Some(module) => Some(self.in_module(module, &path.name, |what| matches!(what, What::Action(_) | What::Workflow(_)))?),
            None => self.declared.get(name).map(|declared| declared.what),
        };
        match found {
            Some(What::Action(index) | What::Workflow(index)) => {
                if let Some(info) = self.actions.get_mut(index as usize) {
                    info.used = true;
                }
                return Some(index);
            }
            Some(What::Poisoned) => {}
            Some(what) => self.report(faults::names::not_an_action(site, &self.written(path.span()), what.described())),
            None => {
                let nearest = self.nearest_callee(name);
                let value = self.scope.find(name).is_some();
                let fault = match value {
                    true => faults::names::not_an_action(site, name, "a value"),
                    false => faults::names::unknown_action(site, name, nearest.as_deref()),
                };
                self.report(fault);
            }
        }
        None
    }

    fn nearest_callee(&mut self, name: &str) -> Option<SmolStr> {
        self.hints = self.hints.checked_sub(1)?;
        let here = self.actions.iter().filter(|info| info.site.is_none_or(|site| site.file == self.file));
        crate::suggest::nearest(name, here.map(|info| info.name.as_str())).map(SmolStr::new)
    }

    /// Keeps in mind which workflow calls which, and refuses what only an action has.
    fn called_workflow(&mut self, target: Option<u32>, step: &ast::Step) {
        let Some((to, info)) = target.and_then(|to| Some((to, self.actions.get(to as usize)?))) else { return };
        if !info.workflow {
            return;
        }
        let name = info.name.clone();
        if let Some(What::Workflow(from)) = self.declared.get(&self.flow.name).map(|declared| declared.what) {
            let site = self.site(step.call.target.span());
            self.calls.push(WorkflowCall { from, to, site });
        }
        for clause in step.clauses.iter().filter(|clause| matches!(clause.kind, ast::StepClauseKind::Timeout(_))) {
            let site = self.site(clause.span);
            self.report(faults::modules::workflow_timeout(site, &name));
        }
    }

    /// One argument for each parameter, in their order.
    fn arguments(&mut self, action: u32, call: &'a ast::Call) -> Vec<Expr> {
        self.repeated(&call.arguments);
        let Some(info) = self.actions.get(action as usize) else { return Vec::new() };
        // The parameters are borrowed out while arguments are checked.
        let parameters: Vec<(SmolStr, Ty)> =
            info.parameters.iter().map(|parameter| (parameter.name.clone(), parameter.ty.clone())).collect();
        let mut values: Vec<Option<Expr>> = vec![None; parameters.len()];
        for argument in &call.arguments {
            let at = parameters.iter().position(|(name, _)| *name == argument.name.name);
            match at.and_then(|at| Some((values.get_mut(at)?, parameters.get(at)?))) {
                Some((slot, (_, ty))) => *slot = Some(self.init_expect(argument, ty)),
                None => {
                    let meant = self.unknown_argument(action, argument, &parameters);
                    let typed = self.init(argument, Some(&Ty::Broken));
                    // An argument that is only misspelt is not missing too.
                    if let Some(slot) = meant.and_then(|at| values.get_mut(at)) {
                        slot.get_or_insert(typed.expr);
                    }
                }
            }
        }
        let Some(info) = self.actions.get(action as usize) else { return Vec::new() };
        let missing: Vec<&str> = info
            .parameters
            .iter()
            .zip(&values)
            .filter(|(parameter, value)| value.is_none() && !may_be_left_out(parameter))
            .map(|(parameter, _)| parameter.name.as_str())
            .collect();
        if !missing.is_empty() && !info.faulty {
            let fault = faults::types::missing_arguments(self.site(call.span), &info.name, &missing, info.site);
            self.diagnostics.push(fault);
        }
        let defaults = info.parameters.iter().map(|parameter| parameter.default.clone());
        values.into_iter().zip(defaults).map(|(value, default)| value.or(default).unwrap_or_else(nothing)).collect()
    }

    /// Reports an argument that nobody takes, and gives the parameter that seems to be meant.
    fn unknown_argument(&mut self, action: u32, argument: &ast::FieldInit, parameters: &[(SmolStr, Ty)]) -> Option<usize> {
        let nearest = self.nearest(&argument.name.name, parameters.iter().map(|(name, _)| name.as_str()));
        let ActionInfo { name, site, faulty: false, .. } = self.actions.get(action as usize)? else { return None };
        let fault = faults::names::unknown_argument(self.site(argument.name.span), &argument.name.name, name, *site, nearest);
        self.report(fault);
        parameters.iter().position(|(name, _)| nearest == Some(name.as_str()))
    }

    fn step_clauses(&mut self, clauses: &'a [ast::StepClause]) -> StepClauses {
        use ast::StepClauseKind as Clause;
        let mut found = StepClauses::default();
        let mut seen: Vec<(&str, Span)> = Vec::new();
        for clause in clauses {
            let word = match &clause.kind {
                Clause::Retry { .. } => "retry",
                Clause::Timeout(_) => "timeout",
                Clause::Repeat { .. } => "repeat",
                Clause::Undo(_) => "undo",
                Clause::WithoutApproval(_) => "without approval",
            };
            if let Some((_, first)) = seen.iter().find(|(known, _)| *known == word) {
                let site = self.site(clause.span);
                self.report(faults::actions::clause_twice(site, word, *first));
                continue;
            }
            seen.push((word, clause.span));
            match &clause.kind {
                Clause::Retry { times, every, doubling } => found.retry = self.retry(times, every.as_ref(), *doubling),
                Clause::Timeout(timeout) => found.timeout = self.fixed_duration(timeout, "a timeout"),
                Clause::WithoutApproval(why) => found.waiver = self.waiver(why),
                Clause::Repeat { .. } | Clause::Undo(_) => self.not_yet(clause.span, word),
            }
        }
        found
    }

    fn retry(&mut self, times: &'a ast::Expr, every: Option<&'a ast::Expr>, doubling: bool) -> Option<Retry> {
        let times = self.fixed_count(times, "how often a step is tried again", MOST_RETRIES);
        let every = match every {
            Some(every) => self.fixed_duration(every, "the pause between attempts")?,
            None => SignedDuration::ZERO,
        };
        Some(Retry { times: times?, every, doubling })
    }

    fn waiver(&mut self, why: &ast::Template) -> Option<String> {
        let site = self.site(why.span);
        match why.literal() {
            Some(text) if !text.trim().is_empty() => return Some(text.to_owned()),
            Some(_) => self.report(faults::actions::empty_text(site, "the reason")),
            None => self.report(faults::types::literal_only(site, "the reason", "`\"it only writes to the test system\"`")),
        }
        None
    }
}

/// Whether a call needs no argument for it.
fn may_be_left_out(parameter: &ParameterInfo) -> bool {
    parameter.default.is_some() || matches!(parameter.ty, Ty::Optional(_) | Ty::Broken)
}
