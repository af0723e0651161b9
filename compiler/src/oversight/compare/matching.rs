//! Which calls of two versions of one workflow stand for one another.

use super::merge::{Merged, Side};
use crate::oversight::Declarations as _;
use crate::oversight::decide::{Answer, F};
use crate::oversight::place::Places;
use crate::oversight::prove::Call;
use crate::oversight::terms::{Id, Names, Terms};
use crate::oversight::way::Way;
use crate::plan::NodeKind;

/// Work for the question whether two calls run in the same cases.
const BUDGET: u64 = 4_000;

/// The calls of both versions.
pub(super) struct Calls<'c, 'p> {
    pub(super) merged: &'p Merged,
    pub(super) places: &'p Places<'p>,
    pub(super) olds: &'c [Call<'p>],
    pub(super) news: &'c [Call<'p>],
}

/// How much two calls have in common, the least first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cases {
    /// Where one runs the other does not.
    Apart,
    /// In some.
    Some,
    /// In all.
    All,
}

/// What is compared of a call.
struct Known {
    step: Option<String>,
    given: Vec<Id>,
    reached: F,
}

/// Calls of two versions that may stand for one another.
struct Candidate {
    old: usize,
    new: usize,
    /// The same step name, the same arguments.
    alike: (bool, bool),
    cases: Cases,
}

impl<'p> Calls<'_, 'p> {
    /// Calls that stand for one another, in the order of the earlier ones: those of one action that run in the same cases, first in steps of
    /// one name that are given the same; then those that run in some of the same; then any others in their order.
    pub(super) fn matched(&self, terms: &mut Terms<'p>) -> Vec<(Call<'p>, Call<'p>)> {
        let regions: Vec<u32> = self.olds.iter().chain(self.news).map(|call| call.at.region).collect();
        let mut way = Way::new(self.places, terms, &self.merged.declared, &regions);
        let mut known = |calls: &[Call<'p>]| calls.iter().map(|call| self.known(&mut way, call)).collect::<Vec<_>>();
        let (olds, news) = (known(self.olds), known(self.news));
        let mut candidates = Vec::new();
        for (old, (call, before)) in self.olds.iter().zip(&olds).enumerate() {
            for (new, (other, now)) in self.news.iter().zip(&news).enumerate() {
                if self.are_of_one_kind(call, other) {
                    let alike = (before.step == now.step, before.given == now.given);
                    candidates.push(Candidate { old, new, alike, cases: cases(&mut way, before.reached, now.reached) });
                }
            }
        }
        let weight = |one: &Candidate| (one.cases.max(Cases::Some) == Cases::All, one.alike, one.cases);
        candidates.sort_by_key(|one| std::cmp::Reverse(weight(one)));
        let mut pairs: Vec<(usize, usize)> = Vec::new();
        for Candidate { old, new, .. } in candidates {
            if pairs.iter().all(|pair| pair.0 != old && pair.1 != new) {
                pairs.push((old, new));
            }
        }
        pairs.sort_unstable();
        pairs.into_iter().filter_map(|(old, new)| Some((*self.olds.get(old)?, *self.news.get(new)?))).collect()
    }

    fn known(&self, way: &mut Way<'_, 'p>, call: &Call<'p>) -> Known {
        let step = match self.places.node(call.at).map(|node| &node.kind) {
            Some(NodeKind::Call(call)) => Some(call.name.to_string()),
            _ => None,
        };
        let given = call.arguments.iter().map(|argument| way.lowering.term(argument, Names::At(call.at))).collect();
        let facts = way.reached(call.at);
        Known { step, given, reached: way.lowering.arena.and(&facts) }
    }

    /// Whether both are of one action, or undo by it, and both or neither stand in a handler.
    fn are_of_one_kind(&self, one: &Call<'_>, other: &Call<'_>) -> bool {
        self.is_of_action(one, other) && one.undo == other.undo && self.is_handled(one) == self.is_handled(other)
    }

    fn is_of_action(&self, one: &Call<'_>, other: &Call<'_>) -> bool {
        let name = |call: &Call<'_>| self.merged.declared.action(call.action).map(|action| &action.name);
        name(one) == name(other)
    }

    fn is_handled(&self, call: &Call<'_>) -> bool {
        let mut handlers = self.merged.handlers(Side::Old).chain(self.merged.handlers(Side::New));
        handlers.any(|region| self.places.chain(call.at.region).contains(&region))
    }

    /// Further calls that may take the place of one of a pair, in the flow of `from` and in that of `to`: of the same action, as often as that
    /// of `to`. None where it cannot be told how often one of them is made.
    pub(super) fn beside(&self, terms: &mut Terms<'p>, from: &Call<'p>, to: &Call<'p>) -> [Vec<Call<'p>>; 2] {
        let is = |one: &Call<'_>, other: &Call<'_>| (one.at, one.undo) == (other.at, other.undo);
        let is_new = self.merged.side(to.at) == Side::New;
        if self.is_handled(to) || self.merged.declared.action(to.action).is_none() {
            return Default::default();
        }
        let mut items = |call: &Call<'_>| -> Vec<Id> {
            let loops = self.places.chain(call.at.region).iter().filter(|region| terms.walked(**region).is_some()).copied();
            loops.collect::<Vec<_>>().into_iter().map(|region| terms.slot(region, 0)).collect()
        };
        let own = items(to);
        let sides = if is_new { [self.olds, self.news] } else { [self.news, self.olds] };
        let mut found = sides.map(|calls| {
            let others = calls.iter().filter(|call| !is(call, from) && !is(call, to) && self.are_of_one_kind(call, to));
            others.map(|call| (*call, items(call))).collect::<Vec<_>>()
        });
        if found[1].iter().any(|(_, items)| items.iter().any(|item| !own.contains(item))) {
            return Default::default();
        }
        found[0].retain(|(_, items)| *items == own);
        found.map(|calls| calls.into_iter().map(|(call, _)| call).collect())
    }
}

fn cases(way: &mut Way<'_, '_>, old: F, new: F) -> Cases {
    if old == new {
        return Cases::All;
    }
    let mut is_impossible = |facts: &[F], not: &[F]| {
        way.begin(BUDGET);
        matches!(way.ask(facts, not), Answer::Impossible)
    };
    match (is_impossible(&[old, new], &[]), is_impossible(&[old], &[new]) && is_impossible(&[new], &[old])) {
        (_, true) => Cases::All,
        (true, false) => Cases::Apart,
        (false, false) => Cases::Some,
    }
}
