//! Regions: the drafts of a workflow, which are one row, taken apart into its body and the bodies of its loops.
//!
//! Until here slots and nodes are numbered through the whole workflow, so that everything before this stage looks at one row. A region
//! has slots and nodes of its own: a slot is then named by the depth of its region and its place there.

use std::collections::HashMap;

use super::Draft;
use crate::plan::{Expr, Node, NodeKind, Region, Slot, Within};

/// The body and the bodies of loops, whose number in the plan begins at `first`. `homes` names for each slot the loop whose body it
/// belongs to, by its draft; `after` is the order of the drafts.
pub(crate) fn regions(
    drafts: Vec<Draft>,
    after: Vec<Vec<u32>>,
    slots: Vec<Slot>,
    homes: &[Option<u32>],
    first: u32,
) -> (Region, Vec<Region>) {
    let places = Places::of(&drafts, homes, first);
    let mut regions: Vec<Region> = (0..=places.depths.len()).map(|_| Region::default()).collect();
    for (slot, home) in slots.into_iter().zip(homes) {
        if let Some(region) = regions.get_mut(places.region(*home)) {
            region.slots.push(slot);
        }
    }
    for (index, (draft, after)) in drafts.into_iter().zip(after).enumerate() {
        let node = places.node(index, draft, &after);
        if let Some(region) = places.nodes.get(index).and_then(|place| regions.get_mut(*place.region)) {
            region.nodes.push(node);
        }
    }
    let loops = regions.split_off(1);
    (regions.pop().unwrap_or_default(), loops)
}

/// Which region a node belongs to: 0 is the body, a loop's body comes after the region of the loop.
#[derive(Clone, Copy, Debug)]
struct Place {
    region: RegionIndex,
    /// Its place there.
    index: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct RegionIndex(usize);

impl std::ops::Deref for RegionIndex {
    type Target = usize;

    fn deref(&self) -> &usize {
        &self.0
    }
}

/// Where everything goes.
struct Places {
    nodes: Vec<Place>,
    /// For each slot its depth and its place in its region.
    slots: Vec<(u8, u32)>,
    /// For each loop, by its draft, the region of its body.
    bodies: HashMap<u32, usize>,
    /// For each loop's region its depth.
    depths: Vec<u8>,
    first: u32,
}

impl Places {
    fn of(drafts: &[Draft], homes: &[Option<u32>], first: u32) -> Self {
        let mut places =
            Self { nodes: Vec::with_capacity(drafts.len()), slots: Vec::new(), bodies: HashMap::new(), depths: Vec::new(), first };
        let mut lengths = vec![0_u32];
        for (index, draft) in drafts.iter().enumerate() {
            let region = places.around(draft.within);
            let length = lengths.get_mut(region).map_or(0, |length| {
                *length += 1;
                *length - 1
            });
            places.nodes.push(Place { region: RegionIndex(region), index: length });
            if matches!(draft.kind, NodeKind::ForEach(_)) {
                places.depths.push(places.depth(region).saturating_add(1));
                lengths.push(0);
                places.bodies.insert(u32::try_from(index).unwrap_or(u32::MAX), places.depths.len());
            }
        }
        let mut lengths = vec![0_u32; places.depths.len() + 1];
        for home in homes {
            let region = places.region(*home);
            let Some(length) = lengths.get_mut(region) else { continue };
            places.slots.push((places.depth(region), *length));
            *length += 1;
        }
        places
    }

    fn region(&self, home: Option<u32>) -> usize {
        home.and_then(|node| self.bodies.get(&node).copied()).unwrap_or_default()
    }

    /// The region that the nodes of an arm belong to.
    fn around(&self, within: Option<Within>) -> usize {
        let Some(within) = within else { return 0 };
        let of_branch = || self.nodes.get(within.branch as usize).map_or(0, |place| *place.region);
        self.bodies.get(&within.branch).copied().unwrap_or_else(of_branch)
    }

    fn depth(&self, region: usize) -> u8 {
        region.checked_sub(1).and_then(|index| self.depths.get(index)).copied().unwrap_or_default()
    }

    fn index(&self, node: u32) -> u32 {
        self.nodes.get(node as usize).map_or(u32::MAX, |place| place.index)
    }

    fn node(&self, index: usize, draft: Draft, after: &[u32]) -> Node {
        let region = self.nodes.get(index).map_or(0, |place| *place.region);
        let here = |node: &u32| self.nodes.get(*node as usize).is_some_and(|place| *place.region == region);
        let mut kind = draft.kind;
        self.kind(u32::try_from(index).unwrap_or(u32::MAX), &mut kind);
        Node {
            after: after.iter().filter(|node| here(node)).map(|node| self.index(*node)).collect(),
            within: draft
                .within
                .filter(|within| !self.bodies.contains_key(&within.branch))
                .map(|within| Within { branch: self.index(within.branch), arm: within.arm }),
            kind,
            line: draft.line,
            span: draft.span,
        }
    }

    fn kind(&self, index: u32, kind: &mut NodeKind) {
        kind.for_each_expr_mut(&mut |expr| self.expr(expr));
        kind.for_each_slot_mut(&mut |slot| *slot = self.slots.get(*slot as usize).map_or(u32::MAX, |(_, place)| *place));
        match kind {
            NodeKind::Join { branch } => *branch = self.index(*branch),
            NodeKind::ForEach(each) => {
                let body = self.bodies.get(&index).and_then(|body| u32::try_from(body - 1).ok());
                each.body = body.map_or(u32::MAX, |body| self.first.saturating_add(body));
            }
            NodeKind::Gate(gate) => gate.guards.iter_mut().for_each(|guard| self.path(&mut guard.at)),
            _ => {}
        }
    }

    /// A path of drafts, from the gate's region down, becomes one of places.
    fn path(&self, path: &mut [u32]) {
        path.iter_mut().for_each(|node| *node = self.index(*node));
    }

    fn expr(&self, expr: &mut Expr) {
        if let Expr::Slot { frame, index } = expr
            && let Some((depth, place)) = self.slots.get(*index as usize)
        {
            (*frame, *index) = (*depth, *place);
        }
        expr.for_each_child_mut(&mut |child| self.expr(child));
    }
}
