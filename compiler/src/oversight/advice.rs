//! What an author is told of a call that is not proved, in the names of the flow: the gate that would do, who is asked by one that does not,
//! and what it would have to know.

use super::place::{Node, Places};
use super::proposal::{At, Proposal};
use super::report::Writer;
use crate::graph::draw::words::Words;
use crate::graph::shift;
use crate::plan::{Action, Approvers, Call, Duty, Expr, Gate, Lapse, NodeKind, Plan, Term, Who};
use crate::value::Value;

/// Words about one workflow.
pub struct Advice<'p> {
    plan: &'p Plan,
    writer: Writer<'p>,
    /// A group as the flow's file writes it, by the name that plans have for it.
    groups: &'p dyn Fn(&str) -> String,
}

impl std::fmt::Debug for Advice<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Advice").finish_non_exhaustive()
    }
}

impl<'p> Advice<'p> {
    /// About the workflow of a plan, of which only the types and the workflow are looked at.
    #[must_use]
    pub fn new(plan: &'p Plan, groups: &'p dyn Fn(&str) -> String) -> Self {
        Self { plan, writer: Writer::new(plan), groups }
    }

    fn places(&self) -> &Places<'p> {
        self.writer.places()
    }

    fn call(&self, at: Node) -> Option<&'p Call> {
        match &self.places().node(at)?.kind {
            NodeKind::Call(call) => Some(call),
            _ => None,
        }
    }

    fn arguments(&self, at: Node, undo: bool) -> Option<&'p [Expr]> {
        let call = self.call(at)?;
        Some(if undo { call.undo.as_ref()?.arguments.as_slice() } else { call.arguments.as_slice() })
    }

    /// The gate that a call lacks, where gates that are `fit` ask too seldom. `None` where it cannot be written.
    #[must_use]
    pub fn propose(&self, (at, undo): (Node, bool), action: &Action, duty: &Duty, fit: &[Node]) -> Option<Proposal> {
        let regions = self.writer.regions(at.region);
        let call = At { places: self.places(), call: at, arguments: self.arguments(at, undo)?, regions, fit };
        let by = |words: &Words<'_>, given: &[Expr]| duty.by.as_ref().map(|by| self.approvers(by, words, given));
        call.propose(self.plan, action, duty, &by)
    }

    /// The condition of a gate of one band, in the same words.
    #[must_use]
    pub fn asks_when(&self, gate: Node) -> Option<String> {
        match self.places().gate(gate)?.bands.as_slice() {
            [band] => band.when.as_ref().map(|when| self.writer.words(gate.region).expr(when)),
            _ => None,
        }
    }

    /// Whom a call's duty demands, as a gate would name them.
    #[must_use]
    pub fn by(&self, at: Node, undo: bool, duty: &Duty) -> Option<String> {
        let arguments = self.arguments(at, undo)?;
        duty.by.as_ref().map(|by| self.approvers(by, &self.writer.words(at.region), arguments))
    }

    /// Whom a gate asks, after escalations too.
    #[must_use]
    pub fn asked_by(&self, at: Node) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for by in self.places().gate(at).map(everybody).unwrap_or_default() {
            let by = self.approvers(by, &self.writer.words(at.region), &[]);
            if !found.contains(&by) {
                found.push(by);
            }
        }
        found
    }

    /// The name of the last step behind a gate without which an argument of a call is not known.
    #[must_use]
    pub fn known_after(&self, gate: Node, at: Node, undo: bool, argument: usize) -> Option<&'p str> {
        let mut open = vec![(self.arguments(at, undo)?.get(argument)?, at)];
        let mut found: Option<(Node, &'p str)> = None;
        let mut left = 1000_u32;
        while let Some((expr, read_at)) = open.pop() {
            left = left.checked_sub(1)?;
            if let Expr::Slot { frame, index } = expr {
                let region = self.places().frame(read_at.region, *frame);
                let filler = self.places().filler(region, *index).filter(|filler| !self.places().is_before(*filler, gate));
                match filler.and_then(|filler| Some((filler, &self.places().node(filler)?.kind))) {
                    Some((filler, NodeKind::Let { value, .. })) => open.push((value, filler)),
                    Some((filler, NodeKind::Call(call))) if filler != at && found.is_none_or(|(last, _)| last < filler) => {
                        found = Some((filler, call.name.as_str()));
                    }
                    _ => {}
                }
            }
            children(expr, &mut |child| open.push((child, read_at)));
        }
        found.map(|(_, name)| name)
    }

    /// An argument of a call that reads the clock or the environment.
    #[must_use]
    pub fn read_again(&self, at: Node, undo: bool, argument: usize) -> Option<String> {
        let argument = self.arguments(at, undo)?.get(argument)?;
        super::way::reads_outside(argument).then(|| self.writer.words(at.region).expr(argument))
    }

    fn approvers(&self, by: &Approvers, words: &Words<'_>, arguments: &[Expr]) -> String {
        let who = |who: &Who| self.who(who, words, arguments);
        let term = |term: &Term| match term {
            Term::Any(of) => who(of),
            Term::Some(count, of) => format!("{count} of {}", who(of)),
            Term::All(of) => format!("all of {}", who(of)),
        };
        let stages = by.stages.iter().map(|terms| terms.iter().map(term).collect::<Vec<_>>().join(" and "));
        let except = by.except.iter().map(|except| format!(" except {}", who(except)));
        stages.collect::<Vec<_>>().join(", then ") + &except.collect::<String>()
    }

    fn who(&self, who: &Who, words: &Words<'_>, arguments: &[Expr]) -> String {
        match who {
            Who::Owner => "owner".to_owned(),
            Who::Requester => "requester".to_owned(),
            Who::Group(name) => (self.groups)(name),
            Who::Address(value) => {
                let mut value = value.clone();
                if !arguments.is_empty() {
                    put_in(&mut value, arguments, 0);
                }
                words.expr(&value)
            }
        }
    }
}

/// All whom a gate may ask.
pub(super) fn everybody(gate: &Gate) -> Vec<&Approvers> {
    let mut all: Vec<&Approvers> = gate.bands.iter().filter_map(|band| band.by.as_ref()).collect();
    let mut due = gate.deadline.as_ref();
    while let Some(deadline) = due {
        due = match &deadline.then {
            Lapse::Escalate { to, deadline } => {
                all.push(to);
                Some(deadline)
            }
            _ => None,
        };
    }
    all
}

/// Puts arguments in the place of parameters, below so many comprehensions.
pub(super) fn put_in(expr: &mut Expr, arguments: &[Expr], locals: u32) {
    match expr {
        Expr::Slot { index, .. } => {
            let mut argument = arguments.get(*index as usize).cloned().unwrap_or(Expr::Const(Value::None));
            shift(&mut argument, locals);
            *expr = argument;
        }
        Expr::For { list, filter, body, .. } => {
            put_in(list, arguments, locals);
            filter.iter_mut().for_each(|filter| put_in(filter, arguments, locals + 1));
            put_in(body, arguments, locals + 1);
        }
        other => other.for_each_child_mut(&mut |child| put_in(child, arguments, locals)),
    }
}

fn children<'e>(expr: &'e Expr, visit: &mut dyn FnMut(&'e Expr)) {
    expr.for_each_child(&mut |child| visit(child));
}
