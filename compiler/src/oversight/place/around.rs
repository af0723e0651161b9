//! Arms around the nodes of a region, and which of them one node has that another has not.

use std::rc::Rc;

use foldhash::{HashMap, HashMapExt as _};

use super::Arm;
use crate::plan::{self, NodeKind, Within};

/// Arms around a node in its region, innermost first.
#[derive(Debug, Default)]
pub(super) struct Around {
    pub(super) arms: Box<[Arm]>,
    /// Those that are not always taken: all but the arms of a `parallel`.
    pub(super) taken: Box<[Arm]>,
}

impl Around {
    /// For each node of a region.
    pub(super) fn of(region: u32, nodes: &[plan::Node]) -> Vec<Rc<Self>> {
        let mut known: HashMap<Option<Within>, Rc<Self>> = HashMap::new();
        let mut around: Vec<Rc<Self>> = Vec::with_capacity(nodes.len());
        for node in nodes {
            let own = known.entry(node.within).or_insert_with(|| {
                let Some(Within { branch, arm }) = node.within else { return Rc::default() };
                let outer = around.get(branch as usize).cloned().unwrap_or_default();
                let parallel = nodes.get(branch as usize).is_some_and(|branch| matches!(branch.kind, NodeKind::Parallel { .. }));
                let own = Arm { region, branch, arm };
                let arms = std::iter::once(own).chain(outer.arms.iter().copied()).collect();
                let taken = Some(own).filter(|_| !parallel).into_iter().chain(outer.taken.iter().copied()).collect();
                Rc::new(Self { arms, taken })
            });
            around.push(Rc::clone(own));
        }
        around
    }

    /// Of the arms around one node those that are not around another and may not be taken. `None` where the one runs beside the other or
    /// instead of it.
    pub(super) fn apart(&self, other: &Self) -> Option<&[Arm]> {
        // What is around both is outermost.
        let shared = self.arms.iter().rev().zip(other.arms.iter().rev()).take_while(|(one, other)| one == other).count();
        let differs = |arms: &[Arm]| arms.len().checked_sub(shared + 1).and_then(|at| arms.get(at)).map(|arm| arm.branch);
        let branch = differs(&self.arms);
        if branch.is_some() && branch == differs(&other.arms) {
            return None;
        }
        self.taken.get(..self.taken.partition_point(|arm| !other.arms.contains(arm)))
    }
}
