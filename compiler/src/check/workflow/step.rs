//! Steps: calls of actions.

use std::cell::Cell;

use flow_grammar::{Span, ast};
use jiff::SignedDuration;
use smol_str::SmolStr;

use super::super::scope::{Home, Kind, Mark};
use crate::check::declare::{ActionInfo, ParameterInfo, What};
use crate::check::expr::nothing;
use crate::check::record::WishKind;
use crate::check::ty::Ty;
use crate::check::{Checker, WorkflowCall};
use crate::faults;
use crate::plan::{Call, Effect, Expr, NodeKind, Repeat, Retry, Undo};

/// A step may be tried again so often.
const MOST_RETRIES: u32 = 1000;

/// Clauses of a step.
#[derive(Default)]
struct StepClauses {
    retry: Option<Retry>,
    timeout: Option<SignedDuration>,
    waiver: Option<String>,
    repeat: Option<Repeat>,
    undo: Option<Undo>,
}

/// What a step is about, for its clauses.
struct Stepped<'a> {
    action: u32,
    /// The step's name, what it gives and the slot for it.
    value: Option<(&'a ast::Ident, Ty, u32)>,
    /// Whether a clause looks at it.
    seen: Cell<bool>,
}

impl<'a> Checker<'a> {
    pub(super) fn step(&mut self, step: &'a ast::Step, span: Span, block: Mark) {
        let target = self.target(&step.call.target);
        let arguments = match target {
            Some(action) => self.arguments(action, &step.call),
            None => {
                self.given(&step.call.arguments);
                Vec::new()
            }
        };
        self.called_workflow(target, step);
        let Some(action) = target else {
            self.step_clauses(&step.clauses, None);
            step.name.iter().for_each(|name| self.poison(name));
            return;
        };
        let Some(info) = self.actions.get(action as usize) else { return };
        let (effect, result) = (info.effect, info.result.clone());
        let name = step.name.as_ref().map_or_else(|| SmolStr::new(self.written(step.call.target.span())), |name| name.name.clone());
        let given = match (step.attempt, result.clone()) {
            (true, Some(ty)) => Some(Ty::optional(ty)),
            (_, ty) => ty,
        };
        let slot = match (&step.name, &given) {
            (Some(name), Some(ty)) if !ty.is_broken() => Some(self.add_slot(name.name.clone(), ty)),
            _ => None,
        };
        let value = step.name.as_ref().and_then(|name| Some((name, result.clone()?, slot?)));
        let stepped = Stepped { action, value, seen: Cell::new(false) };
        let clauses = self.step_clauses(&step.clauses, Some(&stepped));
        // The step's own slot is filled by it, not used by it.
        self.flow.uses.retain(|used| Some(*used) != slot);
        let call = Call {
            name,
            action,
            arguments,
            slot,
            retry: clauses.retry,
            timeout: clauses.timeout,
            waiver: clauses.waiver,
            attempt: step.attempt,
            repeat: clauses.repeat,
            undo: clauses.undo,
        };
        self.add_node(NodeKind::Call(call), span, effect == Effect::Read);
        if let Some(name) = &step.name {
            self.step_value(name, given, slot, action, block);
            if let Some((_, binding)) = self.scope.find_mut(&name.name) {
                binding.used |= stepped.seen.get();
            }
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
            None => {
                self.wish(path.name.span, |_| WishKind::Callee);
                let found = self.declared.get(name).map(|declared| declared.what);
                found.iter().for_each(|what| self.refer_declared(path.name.span, *what));
                found
            }
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
        self.refer_arguments(action, &call.arguments);
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
                    let meant = self.unknown_argument(action, argument, &parameters, &call.arguments);
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
    fn unknown_argument(
        &mut self,
        action: u32,
        argument: &ast::FieldInit,
        parameters: &[(SmolStr, Ty)],
        given: &[ast::FieldInit],
    ) -> Option<usize> {
        let nearest = self.nearest(&argument.name.name, parameters.iter().map(|(name, _)| name.as_str()));
        let ActionInfo { name, site, faulty: false, .. } = self.actions.get(action as usize)? else { return None };
        // One that nobody takes, and one that is missing, are the same.
        let is_given = |name: &str| given.iter().any(|argument| argument.name.name == name);
        let info = self.actions.get(action as usize)?;
        let mut missing =
            info.parameters.iter().enumerate().filter(|(_, parameter)| !is_given(&parameter.name) && !may_be_left_out(parameter));
        let strangers = given.iter().filter(|argument| !parameters.iter().any(|(name, _)| *name == argument.name.name)).count();
        if let (None, 1, Some((at, only)), None) = (nearest, strangers, missing.next(), missing.next()) {
            let (place, short) = (self.site(argument.name.span), argument.value.is_none());
            let fault = faults::names::other_argument(place, &argument.name.name, name, *site, &only.name, short);
            self.report(fault);
            return Some(at);
        }
        let fault = faults::names::unknown_argument(self.site(argument.name.span), &argument.name.name, name, *site, nearest);
        self.report(fault);
        parameters.iter().position(|(name, _)| nearest == Some(name.as_str()))
    }

    fn step_clauses(&mut self, clauses: &'a [ast::StepClause], step: Option<&Stepped<'a>>) -> StepClauses {
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
                Clause::Repeat { every, until, within } => found.repeat = self.repeat(step, [every, within], until, clause.span),
                Clause::Undo(call) => found.undo = self.undo(step, call, clause.span),
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

    /// `repeat`: its condition sees the result under the step's name.
    fn repeat(&mut self, step: Option<&Stepped<'a>>, times: [&'a ast::Expr; 2], until: &'a ast::Expr, span: Span) -> Option<Repeat> {
        let [every, within] = times;
        let every = self.fixed_duration(every, "the pause between two answers");
        let within = self.fixed_duration(within, "how long it is asked again");
        let step = step?;
        let info = self.actions.get(step.action as usize)?;
        if info.effect != Effect::Read && !info.faulty {
            let fault = faults::flow::repeats_a_change(self.site(span), &info.name, info.site);
            self.report(fault);
        }
        if step.value.is_none() && self.actions.get(step.action as usize).is_some_and(|info| info.result.is_some()) {
            let fault = faults::flow::repeat_without_name(self.site(span));
            self.report(fault);
            return None;
        }
        let until = self.with_result(step, |checker| checker.condition(until));
        Some(Repeat { every: every?, until, within: within? })
    }

    /// `undo`: its arguments see the result under the step's name.
    fn undo(&mut self, step: Option<&Stepped<'a>>, call: &'a ast::Call, span: Span) -> Option<Undo> {
        if self.flow.handler {
            self.report(faults::flow::undo_in_handler(self.site(span)));
        }
        let action = self.target(&call.target)?;
        if let Some(info) = self.actions.get(action as usize).filter(|info| info.workflow) {
            let fault = faults::flow::undone_by_workflow(self.site(call.target.span()), &info.name);
            self.report(fault);
        }
        let arguments = match step {
            Some(step) => self.with_result(step, |checker| checker.arguments(action, call)),
            None => self.arguments(action, call),
        };
        let info = self.actions.get(step?.action as usize)?;
        if info.effect == Effect::Read && !info.faulty {
            let fault = faults::flow::undoes_a_read(self.site(span), &info.name);
            self.report(fault);
        }
        Some(Undo { action, arguments })
    }

    /// Checks something that sees the step's result under its name.
    fn with_result<T>(&mut self, step: &Stepped<'a>, check: impl FnOnce(&mut Self) -> T) -> T {
        let mark = self.scope.mark();
        if let Some((name, ty, slot)) = &step.value {
            self.scope.declare(name.name.clone(), name.span, ty.clone(), Home::Slot(*slot), Kind::Step);
        }
        let checked = check(self);
        step.seen.set(step.seen.get() | self.scope.close(mark).iter().any(|binding| binding.used));
        checked
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
