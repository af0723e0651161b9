//! Two versions of one workflow: which calls stand for one another, and what became looser for each.

use super::answers;
use super::calls::{Loosened, Pair};
use super::ends;
use super::groups::Members;
use super::matching::{Calls, Twins};
use super::merge::{Merged, Side};
use super::notes;
use super::share::{self, Shared};
use super::told::{Both, Teller, Told};
use super::{Change, Direction};
use crate::oversight::Declarations as _;
use crate::oversight::place::{Node, Places};
use crate::oversight::prove::{self, Call};
use crate::oversight::terms::Terms;
use crate::plan::{Effect, NodeKind, Plan};

/// Two flows as one, and what is known of both.
struct Flows<'c, 'p> {
    merged: &'p Merged,
    places: &'p Places<'p>,
    shared: &'c Shared,
    teller: &'c Teller<'c>,
    calls: &'c Calls<'c, 'p>,
    /// The groups of the later flow as they were in the earlier one, and the other way round.
    groups: [&'c Members<'c>; 2],
}

/// Groups are those of the later flow as they were in the earlier one, and the other way round.
pub(super) fn compare((old, new): (&Plan, &Plan), teller: &Teller<'_>, groups: [&Members<'_>; 2], changes: &mut Vec<Change>) {
    let merged = Merged::of(old, new);
    let places = Places::of(&merged.workflow);
    let (mut terms, shared) = share::terms(&merged, &places);
    let (olds, news): (Vec<Call<'_>>, Vec<Call<'_>>) = prove::calls(&places).iter().partition(|call| merged.side(call.at) == Side::Old);
    let calls = Calls { merged: &merged, places: &places, olds: &olds, news: &news };
    let flows = Flows { merged: &merged, places: &places, shared: &shared, teller, calls: &calls, groups };
    let pairs = calls.matched(&mut terms);
    let mut told = Told::default();
    for Twins { old, new, in_all_cases } in &pairs {
        flows.of_call(&mut terms, (old, new), changes, &mut told);
        if !in_all_cases {
            flows.of_others(&mut terms, (Some(old), new), changes, &mut told);
        }
    }
    let is_left = |call: &&Call<'_>| {
        let is = |other: &Call<'_>| (other.at, other.undo) == (call.at, call.undo);
        merged.declared.watches(call.action) && !pairs.iter().any(|twins| is(&twins.old) || is(&twins.new))
    };
    let (fresh, lost): (Vec<_>, Vec<_>) = (news.iter().filter(is_left).collect(), olds.iter().filter(is_left).collect());
    for call in fresh {
        flows.of_new(&mut terms, call, &lost, changes, &mut told);
    }
    changes.extend(lost.iter().filter(|call| flows.is_alone(&mut terms, call)).map(|call| teller.gone_call(&merged, call)));
    // A workflow that is new decided nothing before.
    if !old.workflow.body.nodes.is_empty() {
        let counts = |call: &Call<'_>| {
            let action = merged.declared.action(call.action);
            action.is_some_and(|action| action.effect != Effect::Read || !action.duties.is_empty())
        };
        let compared = pairs.iter().filter(|twins| counts(&twins.old));
        let (before, now): (Vec<Call<'_>>, Vec<Call<'_>>) = compared.map(|twins| (twins.old, twins.new)).unzip();
        flows.of_ends(&mut terms, [&before, &now], changes, &mut told);
        notes::of_settings((old, new), teller, changes);
    }
    flows.gates_that_are_gone(changes);
    let mut is_unasked = |call: &Call<'_>| news.iter().find(|new| new.at == call.at).is_some_and(|new| flows.is_unasked(&mut terms, new));
    answers::compare((old, new), (&merged, &places), (teller, &pairs), &mut is_unasked, changes);
    notes::of(&merged, &places, &mut terms, teller, changes);
}

impl<'p> Flows<'_, 'p> {
    fn pair<'c>(&'c self, terms: &mut Terms<'p>, (from, to): (&'c Call<'p>, &'c Call<'p>), only: Option<&'c [Node]>) -> Pair<'c, 'p> {
        let [later, earlier] = self.groups;
        let groups = if self.merged.side(to.at) == Side::New { later } else { earlier };
        let beside = self.calls.beside(terms, from, to);
        Pair { merged: self.merged, places: self.places, from, to, groups, shared: self.shared, only, beside }
    }

    /// What became looser from one call to the other.
    fn loosened(&self, terms: &mut Terms<'p>, both: (&Call<'p>, &Call<'p>), only: Option<&[Node]>) -> Vec<Loosened> {
        self.pair(terms, both, only).loosened(terms)
    }

    /// Where a call of the earlier flow does not run, another may have run in the place of the call that stands for it.
    fn of_others(&self, terms: &mut Terms<'p>, (old, new): (Option<&Call<'p>>, &Call<'p>), changes: &mut Vec<Change>, told: &mut Told) {
        let others = self.calls.beside(terms, old.unwrap_or(new), new);
        for other in &others[0] {
            for found in self.pair(terms, (other, new), None).instead_of(terms, old) {
                self.teller.tell(Direction::Weaker, self.merged, (other, new), found, changes, told);
            }
        }
    }

    /// Whether a call can run with nobody asked, whatever ran before.
    fn is_unasked(&self, terms: &mut Terms<'p>, call: &Call<'p>) -> bool {
        Pair { beside: Default::default(), ..self.pair(terms, (call, call), None) }.unguarded(terms).is_some()
    }

    /// Whether what a call does is done by no call of the other flow.
    fn is_alone(&self, terms: &mut Terms<'p>, call: &Call<'p>) -> bool {
        self.pair(terms, (call, call), None).is_alone(terms)
    }

    /// A call in both flows. One that can be taken back, and has no duty, matters where somebody is asked before it.
    fn of_call(&self, terms: &mut Terms<'p>, (old, new): Both<'_, 'p>, changes: &mut Vec<Change>, told: &mut Told) {
        let is_watched = [old, new].into_iter().any(|call| self.merged.declared.watches(call.action));
        let writes = self.merged.declared.action(old.action).is_some_and(|action| action.effect == Effect::Plain);
        if !is_watched && !writes {
            return;
        }
        let mut tell = |direction, found: Loosened, changes: &mut Vec<Change>| {
            if is_watched || !matches!(found, Loosened::Reached(..)) {
                self.teller.tell(direction, self.merged, (old, new), found, changes, told);
            }
        };
        for found in self.loosened(terms, (old, new), None) {
            tell(Direction::Weaker, found, changes);
        }
        if is_watched {
            if let Some(found) = self.pair(terms, (old, new), None).given_else(terms) {
                tell(Direction::Weaker, found, changes);
            }
            self.of_more(terms, (old, new), changes);
        }
        for found in self.loosened(terms, (new, old), None) {
            tell(Direction::Stronger, found, changes);
        }
    }

    /// A call that has come into a loop is as many calls as there are items: all but one of them are new.
    fn of_more(&self, terms: &mut Terms<'p>, (old, new): Both<'_, 'p>, changes: &mut Vec<Change>) {
        let loops = |call: &Call<'_>| self.places.chain(call.at.region).len();
        if loops(new) > loops(old) {
            let shown = self.pair(terms, (new, new), None).unguarded(terms);
            changes.push(self.teller.more_calls(self.merged, (old, new), shown));
        }
    }

    /// A call that is new. It stands perhaps for one that is gone: then it is not to be asked for by fewer.
    fn of_new(&self, terms: &mut Terms<'p>, new: &Call<'p>, lost: &[&Call<'p>], changes: &mut Vec<Change>, told: &mut Told) {
        let shown = self.pair(terms, (new, new), None).unguarded(terms);
        let is_guarded = shown.is_none();
        if !is_guarded || self.is_alone(terms, new) {
            changes.push(self.teller.new_call(self.merged, new, shown));
        }
        if is_guarded {
            self.of_others(terms, (None, new), changes, told);
        }
        for old in lost.iter().filter(|old| is_guarded && old.undo == new.undo) {
            for found in self.loosened(terms, (old, new), None) {
                self.teller.tell(Direction::Weaker, self.merged, (old, new), found, changes, told);
            }
        }
    }

    /// Gates that stand before none of these calls, the earlier and the later, decide what a workflow gives.
    fn of_ends(&self, terms: &mut Terms<'p>, calls: [&[Call<'p>]; 2], changes: &mut Vec<Change>, told: &mut Told) {
        let sides = [Side::Old, Side::New];
        let ends = sides.map(|side| ends::of(self.merged, self.places, side));
        let [old_ends, new_ends] = &ends;
        for (direction, side, calls, from, to) in
            [(Direction::Weaker, Side::Old, calls[0], old_ends, new_ends), (Direction::Stronger, Side::New, calls[1], new_ends, old_ends)]
        {
            let gates = ends::others(self.merged, self.places, side, calls);
            for (number, end) in to.iter().enumerate().filter(|_| !gates.is_empty()) {
                let mut least: Option<(Call<'p>, Vec<Loosened>)> = None;
                for other in ends::beside(self.places, terms, (number, end), from) {
                    let mut found = self.loosened(terms, (&other, end), Some(&gates));
                    found.retain(|found| !matches!(found, Loosened::Reached(..)));
                    if least.as_ref().is_none_or(|(_, least)| found.len() < least.len()) {
                        least = Some((other, found));
                    }
                }
                for (other, found) in least.into_iter().flat_map(|(other, found)| found.into_iter().map(move |found| (other, found))) {
                    let both = if direction == Direction::Weaker { (&other, end) } else { (end, &other) };
                    self.teller.tell(direction, self.merged, both, found, changes, told);
                }
            }
        }
    }

    /// With as many as before, one that is missing has perhaps another name.
    fn gates_that_are_gone(&self, changes: &mut Vec<Change>) {
        let is_of = |side: Side, (node, kind): &(Node, &NodeKind)| self.merged.side(*node) == side && matches!(kind, NodeKind::Gate(_));
        let many = |side: Side| self.places.nodes().filter(|found| is_of(side, found)).count();
        if many(Side::New) < many(Side::Old) {
            for node in gone(self.merged, self.places) {
                let gate = self.places.gate(node).map_or("", |gate| gate.name.as_str());
                changes.push(self.teller.gone(Some((gate, self.places.node(node).map_or(0, |node| node.line)))));
            }
        }
    }
}

/// Gates of the earlier flow that are gone, by their names.
fn gone(merged: &Merged, places: &Places<'_>) -> Vec<Node> {
    let gates = |side: Side| {
        places.nodes().filter_map(move |(node, kind)| match kind {
            NodeKind::Gate(gate) if merged.side(node) == side => Some((node, &gate.name)),
            _ => None,
        })
    };
    let stays = |name: &str| gates(Side::New).any(|(_, other)| other == name);
    gates(Side::Old).filter(|(_, name)| !stays(name)).map(|(node, _)| node).collect()
}
