//! The graph of a workflow: what comes after what, and what each gate guards.
//!
//! Order comes from effects: reads and `let`s are ordered by the values they use alone; everything else keeps its place.
//! Only this module knows petgraph's indices.

mod circles;
pub mod draw;
mod guards;

pub(crate) use guards::shift;

mod order;
mod regions;

pub(crate) use circles::{around, circles, referred_first};
pub(crate) use guards::{MOST_GUARDS, guard};
pub(crate) use order::order;
pub(crate) use regions::regions;

use flow_grammar::Span;

use crate::plan::{NodeKind, Within};

/// A statement on its way to become a node, in the order of the text.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) kind: NodeKind,
    pub(crate) within: Option<Within>,
    /// Of a branch: for each arm, whether every path through it ends the run.
    pub(crate) ending_arms: Vec<bool>,
    pub(crate) span: Span,
    pub(crate) line: u32,
    /// Of a loop: the slot of its item.
    pub(crate) item: Option<u32>,
    /// Slots that it uses.
    pub(crate) uses: Vec<u32>,
    /// Whether it is ordered by its values alone.
    pub(crate) free: bool,
}

/// The node that fills each slot; `None` for a parameter.
pub(crate) fn producers(drafts: &[Draft], slots: usize) -> Vec<Option<u32>> {
    let mut producers = vec![None; slots];
    let mut fill = |slot: u32, node: usize| {
        if let Some(producer) = producers.get_mut(slot as usize) {
            *producer = u32::try_from(node).ok();
        }
    };
    for (node, draft) in drafts.iter().enumerate() {
        draft.item.into_iter().for_each(|slot| fill(slot, node));
        match &draft.kind {
            NodeKind::Let { slot, .. } => fill(*slot, node),
            NodeKind::Call(call) => call.slot.into_iter().for_each(|slot| fill(slot, node)),
            NodeKind::Gate(gate) => gate.given().for_each(|slot| fill(slot, node)),
            NodeKind::ForEach(each) => each.slot.into_iter().for_each(|slot| fill(slot, node)),
            NodeKind::Branch { .. }
            | NodeKind::Parallel { .. }
            | NodeKind::Join { .. }
            | NodeKind::Wait(_)
            | NodeKind::Return(_)
            | NodeKind::Fail(_) => {}
        }
    }
    producers
}
