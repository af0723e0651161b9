//! Where nodes stand: regions inside one another, arms around a node, and what was passed on every way to it.

mod around;

use std::rc::Rc;

use foldhash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};

use around::Around;

use crate::plan::{self, Expr, Loop, NodeKind, Slot, Workflow};

/// A node of a workflow: its region (0 is the body, then the bodies of loops, then the handlers), and its index there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Node {
    /// The region.
    pub region: u32,
    /// The node there.
    pub index: u32,
}

impl Node {
    pub(super) const NOWHERE: Self = Self { region: u32::MAX, index: u32::MAX };
}

/// What goes through a region once for each item.
#[derive(Clone, Copy, Debug)]
pub(super) struct Produced<'p> {
    pub(super) node: Node,
    pub(super) list: &'p Expr,
}

/// An arm of a branch of a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Arm {
    pub(super) region: u32,
    pub(super) branch: u32,
    pub(super) arm: u32,
}

/// A gate that may have been passed on the way to a node.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passed<'h> {
    pub(super) gate: Node,
    /// Arms in which it stands and the node does not, innermost first: it was passed where they were taken.
    pub(super) where_taken: &'h [Arm],
}

/// An arm that ends the run, of a branch that may have been met on the way to a node.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ending<'h> {
    pub(super) arm: Arm,
    /// Arms in which the branch stands and the node does not, innermost first: it was met where they were taken.
    pub(super) where_taken: &'h [Arm],
}

/// All regions of a workflow.
pub(super) struct Places<'p> {
    workflow: &'p Workflow,
    regions: Vec<Home<'p>>,
    /// The node that fills a slot; none for a parameter and for a loop's item.
    fillers: HashMap<(u32, u32), u32>,
}

struct Home<'p> {
    region: &'p plan::Region,
    /// The loop around it.
    around: Option<(Node, &'p Loop)>,
    /// The regions around it and itself, outermost first: by frame.
    chain: Vec<u32>,
    /// Arms around each node.
    arms: Vec<Rc<Around>>,
    /// For each node that has arms, which of them always end the run.
    ends: Vec<Vec<bool>>,
    /// Gates, steps that ask again, branches some of whose arms end the run, nodes behind which it has ended, and loops behind which it has for
    /// any item.
    gates: Vec<u32>,
    repeats: Vec<u32>,
    forks: Vec<u32>,
    stops: Vec<u32>,
    barred: Vec<u32>,
}

impl<'p> Places<'p> {
    pub(super) fn of(workflow: &'p Workflow) -> Self {
        let mut places = Self { workflow, regions: Vec::new(), fillers: HashMap::new() };
        for region in workflow.regions() {
            let index = number(places.regions.len());
            for (node, slot) in (0..).zip(&region.nodes).flat_map(|(at, node)| filled(&node.kind).into_iter().map(move |slot| (at, slot))) {
                places.fillers.insert((index, slot), node);
            }
            let (ends, stops) = ending_arms(region);
            let has = |kind: fn(&NodeKind) -> bool| (0..).zip(&region.nodes).filter(move |(_, node)| kind(&node.kind)).map(|(at, _)| at);
            let gates = has(|kind| matches!(kind, NodeKind::Gate(_))).collect();
            let repeats = has(|kind| matches!(kind, NodeKind::Call(call) if call.repeat.is_some())).collect();
            let forks = has(|kind| matches!(kind, NodeKind::Branch { .. }))
                .filter(|branch| ends.get(*branch as usize).is_some_and(|arms| arms.contains(&true)))
                .collect();
            let arms = Around::of(index, &region.nodes);
            places.regions.push(Home {
                region,
                around: None,
                chain: vec![index],
                arms,
                ends,
                gates,
                repeats,
                forks,
                stops,
                barred: Vec::new(),
            });
        }
        // A loop's body stands behind the region of the loop, but for those of handlers, which are last.
        let handlers = places.regions.len() - workflow.handlers.len();
        for region in (handlers..places.regions.len()).chain(0..handlers) {
            let Some(home) = places.regions.get(region) else { continue };
            let (nodes, chain) = (home.region.nodes.iter(), home.chain.clone());
            let mut barred = Vec::new();
            for (index, node) in (0..).zip(nodes) {
                let NodeKind::ForEach(each) = &node.kind else { continue };
                let body = each.body + 1;
                let Some(inner) = places.regions.get_mut(body as usize) else { continue };
                inner.around = Some((Node { region: number(region), index }, each));
                inner.chain = chain.iter().copied().chain([body]).collect();
                // In no arm, so that each item comes there.
                if inner.stops.iter().any(|stop| inner.arms.get(*stop as usize).is_some_and(|around| around.arms.is_empty())) {
                    barred.push(index);
                }
            }
            if let Some(home) = places.regions.get_mut(region) {
                home.barred = barred;
            }
        }
        places
    }

    pub(super) fn workflow(&self) -> &'p Workflow {
        self.workflow
    }

    fn home(&self, region: u32) -> Option<&Home<'p>> {
        self.regions.get(region as usize)
    }

    /// All nodes, each after those whose values it may use.
    pub(super) fn nodes(&self) -> impl Iterator<Item = (Node, &'p NodeKind)> + '_ {
        // Bodies of a handler's loops stand before the handler.
        let handlers = self.regions.len() - self.workflow.handlers.len();
        let order = (handlers..self.regions.len()).chain(0..handlers);
        order.flat_map(move |region| self.of_region(number(region)))
    }

    /// The nodes of a region.
    pub(super) fn of_region(&self, region: u32) -> impl Iterator<Item = (Node, &'p NodeKind)> + use<'p> {
        let nodes = self.home(region).map(|home| home.region.nodes.as_slice()).unwrap_or_default();
        (0..).zip(nodes).map(move |(index, node)| (Node { region, index }, &node.kind))
    }

    pub(super) fn node(&self, node: Node) -> Option<&'p plan::Node> {
        self.home(node.region)?.region.nodes.get(node.index as usize)
    }

    pub(super) fn gate(&self, node: Node) -> Option<&'p plan::Gate> {
        match &self.node(node)?.kind {
            NodeKind::Gate(gate) => Some(gate),
            _ => None,
        }
    }

    pub(super) fn slot(&self, region: u32, slot: u32) -> Option<&'p Slot> {
        self.home(region)?.region.slots.get(slot as usize)
    }

    pub(super) fn slots(&self, region: u32) -> &'p [Slot] {
        self.home(region).map(|home| home.region.slots.as_slice()).unwrap_or_default()
    }

    /// The regions around a region and itself, outermost first.
    pub(super) fn chain(&self, region: u32) -> &[u32] {
        self.home(region).map(|home| home.chain.as_slice()).unwrap_or_default()
    }

    /// The region that a frame is of, seen from a region.
    pub(super) fn frame(&self, region: u32, frame: u8) -> u32 {
        self.chain(region).get(frame as usize).copied().unwrap_or(u32::MAX)
    }

    pub(super) fn loop_of(&self, region: u32) -> Option<Produced<'p>> {
        let (node, each) = self.home(region)?.around?;
        Some(Produced { node, list: &each.list })
    }

    fn around(&self, node: Node) -> Option<&Around> {
        self.home(node.region)?.arms.get(node.index as usize).map(Rc::as_ref)
    }

    /// Arms around a node in its region, innermost first.
    fn arms(&self, node: Node) -> &[Arm] {
        self.around(node).map(|around| &*around.arms).unwrap_or_default()
    }

    /// The node and the loops around it, innermost first.
    pub(super) fn outward(&self, node: Node) -> Vec<Node> {
        let mut nodes = vec![node];
        let mut at = node;
        while let Some((around, _)) = self.home(at.region).and_then(|home| home.around) {
            nodes.push(around);
            at = around;
        }
        nodes
    }

    /// Arms that were taken on every way to the node.
    pub(super) fn taken(&self, node: Node) -> Vec<Arm> {
        let arms = self.outward(node).into_iter().filter_map(|node| self.around(node)).flat_map(|around| &*around.taken);
        arms.copied().collect()
    }

    /// Arms that end the run, and so were not taken on any way to the node.
    pub(super) fn not_taken(&self, node: Node) -> impl Iterator<Item = Ending<'_>> {
        self.outward(node).into_iter().flat_map(move |at| {
            let forks = self.home(at.region).map(|home| home.forks.as_slice()).unwrap_or_default();
            let before = forks.get(..forks.partition_point(|fork| *fork < at.index)).unwrap_or_default();
            // Of a branch around the node the arm that was taken says all.
            let apart = before.iter().filter(move |fork| self.arms(at).iter().all(|arm| arm.branch != **fork));
            apart.flat_map(move |fork| {
                let fork = Node { region: at.region, index: *fork };
                let where_taken = self.apart(fork, at);
                let ends = self.home(at.region).and_then(|home| home.ends.get(fork.index as usize)).map(Vec::as_slice).unwrap_or_default();
                let ending = (0..).zip(ends).filter(|(_, ends)| **ends);
                let arms = ending.map(move |(arm, _)| Arm { region: fork.region, branch: fork.index, arm });
                where_taken.into_iter().flat_map(move |where_taken| arms.clone().map(move |arm| Ending { arm, where_taken }))
            })
        })
    }

    /// Whether the run has ended on every way to the node before it is there.
    pub(super) fn is_cut_off(&self, node: Node) -> bool {
        self.met_by_all(node, |home| &home.stops).next().is_some()
    }

    /// Loops on every way to the node that are passed only where they have no item: whatever the item, their body ends the run.
    pub(super) fn passed_empty(&self, node: Node) -> impl Iterator<Item = Produced<'p>> {
        let loops = self.met_by_all(node, |home| &home.barred);
        loops.filter_map(|node| match &self.node(node)?.kind {
            NodeKind::ForEach(each) => Some(Produced { node, list: &each.list }),
            _ => None,
        })
    }

    /// Those of some nodes that come before the node on every way to it, and not around it.
    fn met_by_all<'s>(&'s self, node: Node, of: fn(&'s Home<'p>) -> &'s [u32]) -> impl Iterator<Item = Node> + 's {
        self.outward(node).into_iter().flat_map(move |at| {
            let own = self.arms(at);
            let some = self.home(at.region).map(of).unwrap_or_default();
            let before = some.iter().filter(move |some| **some < at.index).map(move |some| Node { region: at.region, index: *some });
            let apart = move |node: &Node| own.iter().all(|arm| arm.branch != node.index);
            before.filter(apart).filter(move |before| self.arms(*before).iter().all(|arm| own.contains(arm)))
        })
    }

    /// Nodes that may have been met on the way to the node, with the arms in which they stand and the node does not. Not those of an arm that
    /// runs beside the node or instead of it.
    pub(super) fn met(&self, node: Node) -> impl Iterator<Item = (Node, &[Arm])> {
        self.outward(node).into_iter().flat_map(move |at| {
            let before = (0..at.index).map(move |index| Node { region: at.region, index });
            before.filter_map(move |before| Some((before, self.apart(before, at)?)))
        })
    }

    /// Steps before the node that ask again until a condition holds, with the arms in which they stand and the node does not.
    pub(super) fn repeated(&self, node: Node) -> impl Iterator<Item = (Node, &'p plan::Call, &'p Expr, &[Arm])> {
        self.outward(node).into_iter().flat_map(move |at| {
            let steps = self.home(at.region).map(|home| home.repeats.as_slice()).unwrap_or_default();
            let before = steps.iter().take_while(move |step| **step < at.index).map(move |step| Node { region: at.region, index: *step });
            // Lookups have no order among themselves: one that stands behind may run beside.
            let before = before.filter(move |before| self.waits_for(at, *before));
            before.filter_map(move |before| match self.node(before).map(|node| &node.kind) {
                Some(NodeKind::Call(call)) => Some((before, call, &call.repeat.as_ref()?.until, self.apart(before, at)?)),
                _ => None,
            })
        })
    }

    /// Whether a node waits for an earlier one of its region.
    fn waits_for(&self, at: Node, before: Node) -> bool {
        let (mut open, mut seen) = (vec![at.index], HashSet::new());
        while let Some(index) = open.pop() {
            if index == before.index {
                return true;
            }
            let node = self.node(Node { region: at.region, index }).filter(|_| index > before.index && seen.insert(index));
            open.extend(node.into_iter().flat_map(|node| node.after.iter().copied().chain(node.within.map(|arm| arm.branch))));
        }
        false
    }

    /// Gates that may have been passed on the way to the node, the nearest first. Not those of a loop that is over, nor of an arm that
    /// runs beside the node or instead of it.
    pub(super) fn passed(&self, node: Node) -> impl Iterator<Item = Passed<'_>> {
        self.outward(node).into_iter().flat_map(move |at| {
            let gates = self.home(at.region).map(|home| home.gates.as_slice()).unwrap_or_default();
            let before = gates.get(..gates.partition_point(|gate| *gate < at.index)).unwrap_or_default();
            before.iter().rev().filter_map(move |gate| {
                let gate = Node { region: at.region, index: *gate };
                Some(Passed { gate, where_taken: self.apart(gate, at)? })
            })
        })
    }

    /// Arms in which a gate stands and the node does not; `None` where the gate cannot have been passed on the way to the node.
    pub(super) fn where_passed(&self, gate: Node, node: Node) -> Option<&[Arm]> {
        let at = self.outward(node).into_iter().find(|at| at.region == gate.region)?;
        if gate.index < at.index { self.apart(gate, at) } else { None }
    }

    /// Arms in which a node stands and a later one of its region does not; `None` where the later one runs beside it or instead of it.
    fn apart(&self, node: Node, later: Node) -> Option<&[Arm]> {
        self.around(node)?.apart(self.around(later)?)
    }

    /// Whether a node of the same region may be met before a later one.
    pub(super) fn may_come_before(&self, node: Node, later: Node) -> bool {
        self.apart(node, later).is_some()
    }

    /// Whether two nodes of a region stand in arms of a `parallel` beside one another.
    pub(super) fn is_beside(&self, node: Node, other: Node) -> bool {
        let branch_of = |arms: &'_ [Arm], others: &[Arm]| arms.iter().rev().find(|arm| !others.contains(arm)).map(|arm| arm.branch);
        let (own, others) = (self.arms(node), self.arms(other));
        let (one, two) = (branch_of(own, others), branch_of(others, own));
        let branch = one.filter(|_| one == two).and_then(|index| self.node(Node { region: node.region, index }));
        branch.is_some_and(|branch| matches!(branch.kind, NodeKind::Parallel { .. }))
    }

    /// Whether a node comes before another wherever both are met.
    pub(super) fn is_before(&self, node: Node, at: Node) -> bool {
        self.outward(at).iter().any(|at| at.region == node.region && node.index < at.index)
    }

    /// The node that fills a slot; none for a parameter and for a loop's item.
    pub(super) fn filler(&self, region: u32, slot: u32) -> Option<Node> {
        self.fillers.get(&(region, slot)).map(|index| Node { region, index: *index })
    }

    /// Whether a slot has its value at a node.
    pub(super) fn is_filled(&self, region: u32, slot: u32, at: Node) -> bool {
        match self.filler(region, slot) {
            Some(node) => self.is_before(node, at),
            None => self.chain(at.region).contains(&region),
        }
    }

    /// What a gate says of a call that it guards. A gate lists what it guards in the order of the nodes.
    pub(super) fn guard(&self, gate: Node, call: Node) -> Option<&'p plan::Guard> {
        let guards = &self.gate(gate)?.guards;
        let inner = self.chain(call.region).iter().skip_while(|region| **region != gate.region);
        // The loops between them, outermost first, and the call.
        let loops = inner.clone().skip(1).filter_map(|region| self.home(*region)?.around.map(|(node, _)| node.index));
        inner.clone().next()?;
        let path = loops.chain([call.index]);
        let found = guards.binary_search_by(|guard| guard.at.iter().copied().cmp(path.clone())).ok()?;
        guards.get(found)
    }
}

/// The slots that a node fills.
fn filled(kind: &NodeKind) -> Vec<u32> {
    match kind {
        NodeKind::Let { slot, .. } => vec![*slot],
        NodeKind::Call(call) => call.slot.into_iter().collect(),
        NodeKind::ForEach(each) => each.slot.into_iter().collect(),
        NodeKind::Gate(gate) => gate.given().collect(),
        _ => Vec::new(),
    }
}

/// For each node of a region, of its arms, which always end the run; and the nodes behind which it has always ended.
fn ending_arms(region: &plan::Region) -> (Vec<Vec<bool>>, Vec<u32>) {
    let mut stops = Vec::new();
    let mut ends: Vec<Vec<bool>> = region
        .nodes
        .iter()
        .map(|node| match &node.kind {
            NodeKind::Branch { conditions, otherwise } => vec![false; conditions.len() + usize::from(*otherwise)],
            NodeKind::Parallel { arms } => vec![false; *arms as usize],
            _ => Vec::new(),
        })
        .collect();
    // From the inside out: what is in an arm stands behind the branch.
    for (index, node) in region.nodes.iter().enumerate().rev() {
        let own = ends.get(index).map(Vec::as_slice).unwrap_or_default();
        let ends_here = match &node.kind {
            NodeKind::Return(_) | NodeKind::Fail(_) => true,
            NodeKind::Branch { otherwise, .. } => *otherwise && own.iter().all(|ends| *ends),
            NodeKind::Parallel { .. } => own.contains(&true),
            _ => false,
        };
        if ends_here {
            stops.push(number(index));
        }
        if let (true, Some(within)) = (ends_here, node.within)
            && let Some(arm) = ends.get_mut(within.branch as usize).and_then(|arms| arms.get_mut(within.arm as usize))
        {
            *arm = true;
        }
    }
    (ends, stops)
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
