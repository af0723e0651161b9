//! Which values of a run a model wrote: whoever decides over them is told so.

use super::{Expr, Implementation, NodeKind, Plan};

/// The slots of a run that hold what a model wrote, or what was made of it.
///
/// What another action gives is that action's own, also where it was given something that a model wrote.
#[derive(Clone, Debug, Default)]
pub struct Authorship {
    slots: Vec<bool>,
}

impl Plan {
    /// Which values a model wrote.
    #[must_use]
    pub fn authorship(&self) -> Authorship {
        let mut found = Authorship { slots: vec![false; self.workflow.body.slots.len()] };
        let writers: Vec<bool> = self.actions.iter().map(|action| self.writes(&action.implementation)).collect();
        if !writers.contains(&true) {
            return found;
        }
        let writes = |action: u32| writers.get(action as usize).copied().unwrap_or_default();
        // The order of the nodes is an order of the graph: a value stands before its use.
        for node in &self.workflow.body.nodes {
            match &node.kind {
                NodeKind::Let { slot, value } if found.reads(value) => found.mark(*slot),
                NodeKind::Call(call) if writes(call.action) => call.slot.into_iter().for_each(|slot| found.mark(slot)),
                _ => {}
            }
        }
        found
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
            if let Expr::Slot { index, .. } = expr
                && self.slots.get(*index as usize).copied().unwrap_or_default()
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

    fn mark(&mut self, slot: u32) {
        if let Some(slot) = self.slots.get_mut(slot as usize) {
            *slot = true;
        }
    }
}
