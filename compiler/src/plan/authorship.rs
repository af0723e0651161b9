//! Which values of a run a model wrote: whoever decides over them is told so.

use std::collections::BTreeSet;

use super::{Expr, Implementation, NodeKind, Plan, Region};

/// The slots of a run that hold what a model wrote, or what was made of it: each by its frame and its place there.
///
/// What another action gives is that action's own, also where it was given something that a model wrote. Bodies of loops that stand side
/// by side are not told apart: a value may be marked that no model wrote, never the other way round.
#[derive(Clone, Debug, Default)]
pub struct Authorship {
    slots: BTreeSet<(u8, u32)>,
}

impl Plan {
    /// Which values a model wrote.
    #[must_use]
    pub fn authorship(&self) -> Authorship {
        let mut found = Authorship::default();
        let writers: Vec<bool> = self.actions.iter().map(|action| self.writes(&action.implementation)).collect();
        if writers.contains(&true) {
            self.mark(&self.workflow.body, 0, &writers, &mut found);
        }
        found
    }

    fn mark(&self, region: &Region, frame: u8, writers: &[bool], found: &mut Authorship) {
        let writes = |action: u32| writers.get(action as usize).copied().unwrap_or_default();
        // The order of the nodes is an order of the graph: a value stands before its use.
        for node in &region.nodes {
            match &node.kind {
                NodeKind::Let { slot, value } if found.reads(value) => drop(found.slots.insert((frame, *slot))),
                NodeKind::Call(call) if writes(call.action) => found.slots.extend(call.slot.map(|slot| (frame, slot))),
                // What is proposed stands where nobody enters anything else.
                NodeKind::Gate(gate) => {
                    let proposed = gate.asks.iter().filter(|ask| ask.default.as_ref().is_some_and(|default| found.reads(default)));
                    let slots: Vec<(u8, u32)> = proposed.map(|ask| (frame, ask.slot)).collect();
                    found.slots.extend(slots);
                }
                NodeKind::ForEach(each) => {
                    let inside = frame.saturating_add(1);
                    if found.reads(&each.list) {
                        found.slots.insert((inside, 0));
                    }
                    if let Some(body) = self.workflow.loops.get(each.body as usize) {
                        self.mark(body, inside, writers, found);
                    }
                    if each.give.as_ref().is_some_and(|give| found.reads(give)) {
                        found.slots.extend(each.slot.map(|slot| (frame, slot)));
                    }
                }
                _ => {}
            }
        }
    }

    /// Whether what an action gives was written by a model: it asks one, or is a workflow that returns what one wrote.
    #[must_use]
    pub fn asks_a_model(&self, action: u32) -> bool {
        self.actions.get(action as usize).is_some_and(|action| self.writes(&action.implementation))
    }

    fn writes(&self, implementation: &Implementation) -> bool {
        match implementation {
            Implementation::Model(_) => true,
            Implementation::Workflow(child) => self.children.get(*child as usize).is_some_and(|child| child.authorship().returned(child)),
            _ => false,
        }
    }
}

impl Authorship {
    /// Whether an expression over the run's values gives something that a model wrote, or that was made of it.
    #[must_use]
    pub fn reads(&self, expr: &Expr) -> bool {
        let mut open = vec![expr];
        while let Some(expr) = open.pop() {
            if let Expr::Slot { frame, index } = expr
                && self.slots.contains(&(*frame, *index))
            {
                return true;
            }
            expr.for_each_child(&mut |child| open.push(child));
        }
        false
    }

    /// Whether a `return` of the plan gives something that a model wrote.
    #[must_use]
    pub fn returned(&self, plan: &Plan) -> bool {
        plan.workflow.body.nodes.iter().any(|node| matches!(&node.kind, NodeKind::Return(Some(value)) if self.reads(value)))
    }
}
