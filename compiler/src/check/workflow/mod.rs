//! Workflows: settings, statements, and the nodes they become.

mod branches;
mod gate;
mod handlers;
mod loops;
mod people;
mod reach;
mod settings;
mod sight;
mod statements;
mod step;
mod watch;

use flow_grammar::{Span, ast};
use smol_str::SmolStr;

use super::declare::ParameterInfo;
use super::expr::Typed;
use super::record::Target;
use super::scope::{Home, Kind, Mark};
use super::ty::Ty;
use super::{Checker, lints};
use crate::faults;
use crate::graph::{self, Draft};
use crate::plan::{self, NodeKind, Region, Slot, Within};

/// The workflow that is being checked, as far as it is lowered.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    /// Slots that the statement uses.
    pub(super) uses: Vec<u32>,
    slots: Vec<Slot>,
    /// For each slot the loop in whose body it is, by its node.
    homes: Vec<Option<u32>>,
    drafts: Vec<Draft>,
    within: Option<Within>,
    /// Loops that are open, by their nodes.
    loops: Vec<u32>,
    /// The statement that may be the `give` of the innermost loop, and what it gives.
    give_at: Option<Span>,
    given: Option<Typed>,
    /// The statement around that `return` may not stand in.
    no_return: Option<&'static str>,
    /// Whether it is a handler.
    handler: bool,
    /// Of each gate that says what it shows: where.
    show_spans: Vec<(u32, Span)>,
    /// For each loop that is open, where its list stands if nothing says how long that is at most.
    unbounded: Vec<Option<Span>>,
    /// Gates whose title or values come from what they guard.
    defaults: Vec<gate::Defaults>,
    unnamed_gates: u32,
    /// Gates that go on when nobody answers.
    silences: Vec<gate::Silence>,
    /// What each gate with a name asks for.
    pub(super) asks: Vec<Vec<gate::AskHome>>,
    /// Whose the runs are, where the workflow says so.
    owner: Option<plan::Who>,
    name: SmolStr,
    head: Span,
    /// The declared result and its place.
    result: Option<(Ty, Span)>,
    /// Whether something is in it that is broken or not yet supported: then nobody knows where its paths end.
    unsure: bool,
    /// The setting that starts runs by itself: such runs have no requester.
    pub(super) trigger: Option<Span>,
}

impl<'a> Checker<'a> {
    /// Checks a workflow and gives what the plan holds of it.
    pub(super) fn workflow(&mut self, workflow: &'a ast::Workflow) -> Option<plan::Workflow> {
        let (parameters, result) = self.workflow_signature(workflow);
        let result = result.zip(workflow.result.as_ref().map(|ty| ty.span));
        self.flow = Flow { name: workflow.name.name.clone(), head: workflow.head, result: result.clone(), ..Flow::default() };
        let mark = self.scope.mark();
        self.parameter_slots(&parameters);
        self.declare_parameters(&parameters, &workflow.parameters);
        let (owner, settings) = self.settings(workflow, &parameters);
        self.flow.owner.clone_from(&owner);
        let inside = self.scope.mark();
        let ended = self.statements(&workflow.body, mark);
        if let Some((_, span)) = &result
            && !ended
            && !self.flow.unsure
        {
            let fault = faults::flow::no_result(self.site(workflow.name.span), &workflow.name.name, *span, &self.written(*span));
            self.report(fault);
        }
        self.close_block(inside, &workflow.name.name);
        let mut loops = Vec::new();
        let body = self.region(workflow, &mut loops);
        let handlers = self.handlers(workflow, &parameters, &mut loops);
        self.close_block(mark, &workflow.name.name);
        Some(plan::Workflow {
            name: workflow.name.name.clone(),
            doc: workflow.doc.clone(),
            parameters: super::action::lower_parameters(&parameters),
            result: result.map(|(ty, _)| ty.lower()),
            owner,
            settings,
            body: body?,
            loops,
            handlers: handlers?,
        })
    }

    /// The first slots are the parameters.
    fn parameter_slots(&mut self, parameters: &[ParameterInfo]) {
        for parameter in parameters {
            self.add_slot(parameter.name.clone(), &parameter.ty);
        }
    }

    /// Ends the names since the mark, with a word about those that nobody used.
    fn close_block(&mut self, mark: Mark, of: &str) {
        let closed = self.scope.close(mark);
        self.lints.extend(lints::unused(self.file, &closed, of));
    }

    /// Puts the nodes in order and lets the gates know what they guard. Bodies of loops join those of the workflow.
    fn region(&mut self, workflow: &ast::Workflow, loops: &mut Vec<Region>) -> Option<Region> {
        let mut flow = std::mem::take(&mut self.flow);
        let Ok(guards) = graph::guard(&flow.drafts, flow.slots.len()) else {
            let site = self.site(workflow.name.span);
            self.report(faults::flow::too_many_guards(site, graph::MOST_GUARDS));
            return None;
        };
        self.unguarded(&flow.drafts, &guards);
        self.silence(&flow.silences, &flow.drafts, &guards);
        self.watch(&flow, &guards);
        gate::fill(&self.actions, &mut flow, guards);
        let order = graph::order(&flow.drafts, flow.slots.len());
        let first = u32::try_from(loops.len()).unwrap_or(u32::MAX);
        let (region, bodies) = graph::regions(flow.drafts, order, flow.slots, &flow.homes, first);
        loops.extend(bodies);
        Some(region)
    }

    /// Irreversible calls that nobody is asked about and that say nothing about it.
    fn unguarded(&mut self, drafts: &[Draft], guards: &[(u32, Vec<plan::Guard>)]) {
        let guarded: std::collections::HashSet<u32> =
            guards.iter().flat_map(|(_, guards)| guards.iter().filter_map(|guard| guard.at.last().copied())).collect();
        for (node, draft) in drafts.iter().enumerate() {
            let NodeKind::Call(call) = &draft.kind else { continue };
            let Some(action) = self.actions.get(call.action as usize) else { continue };
            let irreversible = action.effect == plan::Effect::Irreversible;
            if irreversible && call.waiver.is_none() && !u32::try_from(node).is_ok_and(|node| guarded.contains(&node)) {
                let fault = faults::lints::unguarded(self.site(draft.span), &action.name);
                self.lints.push(fault);
            }
        }
    }

    /// Makes a value known from here to the end of its block.
    fn declare_value(&mut self, ident: &ast::Ident, ty: Ty, home: Home, kind: Kind, block: Mark) {
        self.snake_case(ident, "a value");
        self.refer(ident.span, || Target::Value { declared: ident.span, ty: ty.clone(), kind });
        if let Some((hidden, same_block)) = self.scope.hidden(&ident.name, block) {
            let (silent, first) = (hidden.at == Home::Nowhere, hidden.span);
            let site = self.site(ident.span);
            if same_block && !silent {
                self.report(faults::names::twice(site, &ident.name, first));
            } else if !silent {
                self.lints.push(faults::lints::shadows(site, &ident.name, first));
            }
        }
        self.scope.declare(ident.name.clone(), ident.span, ty, home, kind);
    }

    fn add_slot(&mut self, name: SmolStr, ty: &Ty) -> u32 {
        let slot = u32::try_from(self.flow.slots.len()).unwrap_or(u32::MAX);
        self.flow.slots.push(Slot { name, ty: ty.lower() });
        self.flow.homes.push(self.flow.loops.last().copied());
        slot
    }

    /// Adds a node, which uses the slots that were used since the last one.
    fn add_node(&mut self, kind: NodeKind, span: Span, free: bool) -> u32 {
        let node = u32::try_from(self.flow.drafts.len()).unwrap_or(u32::MAX);
        let mut uses = std::mem::take(&mut self.flow.uses);
        uses.sort_unstable();
        uses.dedup();
        let (within, line) = (self.flow.within, self.line(span));
        self.flow.drafts.push(Draft { kind, within, ending_arms: Vec::new(), span, line, item: None, uses, free });
        node
    }
}
