//! Lines between the boxes of a region: the plan's edges, with the joins of branches left out.

use std::collections::BTreeSet;

use super::fit::short;
use super::model::Link;
use super::words::Words;
use crate::plan::{Comparison, Expr, Node, NodeKind, Type, TypeKind};
use crate::value::Value;

/// Stands in [`Link::to`] for the end of the graph until that has its place.
pub(super) const OPEN: usize = usize::MAX;

/// A line's beginning: a box, and the arm by which it is left.
type Source = (usize, Option<String>);

/// Makes the lines of one region.
pub(super) struct Linker<'a> {
    nodes: &'a [Node],
    words: &'a Words<'a>,
    places: &'a [Option<usize>],
    /// For each node so far, where lines that come after it begin.
    exits: Vec<Vec<Source>>,
}

impl<'a> Linker<'a> {
    /// For the boxes of the nodes at the given places.
    pub(super) const fn new(nodes: &'a [Node], words: &'a Words<'a>, places: &'a [Option<usize>]) -> Self {
        Self { nodes, words, places, exits: Vec::new() }
    }

    /// All of them, in order.
    pub(super) fn links(mut self) -> Vec<Link> {
        let mut links = Vec::new();
        for (index, node) in self.nodes.iter().enumerate() {
            let sources = self.sources(node);
            let exits = match (self.places.get(index).copied().flatten(), &node.kind) {
                (Some(_), NodeKind::Return(_) | NodeKind::Fail(_)) => Vec::new(),
                (Some(place), _) => vec![(place, None)],
                (None, _) => sources.clone(),
            };
            if let Some(to) = self.places.get(index).copied().flatten() {
                links.extend(sources.into_iter().map(|(from, label)| Link { from, to, label }));
            }
            self.exits.push(exits);
        }
        self.leave_unfinished_arms(&mut links);
        links.sort();
        links.dedup();
        links
    }

    /// Where the lines to a node begin.
    fn sources(&self, node: &Node) -> Vec<Source> {
        let mut sources: Vec<Source> = Vec::new();
        for &before in &node.after {
            for (place, label) in self.exits.get(before as usize).into_iter().flatten() {
                let arm = node.within.filter(|within| within.branch == before).map(|within| self.arm(before, within.arm));
                sources.push((*place, label.clone().or(arm)));
            }
        }
        if let NodeKind::Join { branch } = node.kind {
            // The plan's edges are reduced, so an arm with nothing in it has none of its own; the branch's own edge says no arm.
            let place = self.places.get(branch as usize).copied().flatten();
            sources.retain(|(from, label)| Some(*from) != place || label.is_some());
            for arm in self.empty_arms(branch) {
                sources.extend(place.map(|place| (place, Some(self.arm(branch, arm)))));
            }
        } else if node.after.is_empty() {
            sources.push((0, None));
        }
        sources.sort();
        sources.dedup();
        sources
    }

    /// Lines out of arms that nothing comes after go to the end, marked by [`OPEN`].
    fn leave_unfinished_arms(&self, links: &mut Vec<Link>) {
        let joined = |at: usize| {
            let follows = |node: &Node| node.after.iter().any(|&before| before as usize == at);
            self.nodes.iter().any(follows)
        };
        for (at, node) in self.nodes.iter().enumerate() {
            let NodeKind::Join { .. } = node.kind else { continue };
            if !joined(at) {
                let exits = self.exits.get(at).into_iter().flatten();
                links.extend(exits.map(|(from, label)| Link { from: *from, to: OPEN, label: label.clone() }));
            }
        }
    }

    /// Arms that hold no node; the missing `else` of a branch is one.
    fn empty_arms(&self, branch: u32) -> Vec<u32> {
        let arms = match self.nodes.get(branch as usize).map(|node| &node.kind) {
            Some(NodeKind::Branch { conditions, .. }) if name_every_member(self.words, conditions) => {
                u32::try_from(conditions.len()).unwrap_or(u32::MAX)
            }
            Some(NodeKind::Branch { conditions, .. }) => u32::try_from(conditions.len()).unwrap_or(u32::MAX).saturating_add(1),
            Some(NodeKind::Parallel { arms }) => *arms,
            _ => return Vec::new(),
        };
        let filled: BTreeSet<u32> =
            self.nodes.iter().filter_map(|node| node.within).filter(|within| within.branch == branch).map(|within| within.arm).collect();
        (0..arms).filter(|arm| !filled.contains(arm)).collect()
    }

    /// What stands at the line into an arm.
    fn arm(&self, branch: u32, arm: u32) -> String {
        let conditions = match self.nodes.get(branch as usize).map(|node| &node.kind) {
            Some(NodeKind::Branch { conditions, .. }) => conditions,
            Some(NodeKind::Parallel { .. }) => return format!("branch {}", arm.saturating_add(1)),
            _ => return String::new(),
        };
        match (conditions.get(arm as usize), conditions.len()) {
            (Some(_), 1) => "yes".to_owned(),
            (Some(condition), _) => short(&self.words.expr(condition)),
            (None, 1) => "no".to_owned(),
            (None, _) => "otherwise".to_owned(),
        }
    }
}

/// Whether one of the conditions holds in any case: each asks whether the same enum is some of its members, and none is left out.
fn name_every_member(words: &Words<'_>, conditions: &[Expr]) -> bool {
    let (mut subjects, mut members) = (Vec::new(), BTreeSet::new());
    let mut rest: Vec<&Expr> = conditions.iter().collect();
    while let Some(condition) = rest.pop() {
        match condition {
            Expr::Or(a, b) => rest.extend([a.as_ref(), b.as_ref()]),
            Expr::Compare(Comparison::Equal, subject, member) => {
                let Expr::Const(Value::Enum(member)) = member.as_ref() else { return false };
                subjects.push(subject.as_ref());
                members.insert(*member);
            }
            _ => return false,
        }
    }
    let Some((first, others)) = subjects.split_first() else { return false };
    let Some(Type::Enum(of)) = words.type_of(first) else { return false };
    let kind = words.plan.types.get(of as usize).map(|def| &def.kind);
    others.iter().all(|other| other == first) && matches!(kind, Some(TypeKind::Enum(all)) if all.len() == members.len())
}
