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

impl Known {
    /// Whether the steps have the same name, and whether they are given the same.
    fn alike(&self, other: &Self) -> (bool, bool) {
        (self.step == other.step, self.given == other.given)
    }
}

/// Calls that stand for one another, by their places among the calls of the two versions.
#[derive(Default)]
struct Pairs(Vec<(usize, usize, Cases)>);

impl Pairs {
    fn are_free(&self, old: usize, new: usize) -> bool {
        self.0.iter().all(|pair| pair.0 != old && pair.1 != new)
    }
}

/// Calls that stand for one another, and whether one runs where the other does not.
pub(super) struct Twins<'p> {
    pub(super) old: Call<'p>,
    pub(super) new: Call<'p>,
    pub(super) in_all_cases: bool,
}

impl<'p> Calls<'_, 'p> {
    /// Calls that stand for one another, in the order of the earlier ones: those of one action that run in the same cases, first in steps of
    /// one name that are given the same; then those that run in some of the same; then any others in their order.
    pub(super) fn matched(&self, terms: &mut Terms<'p>) -> Vec<Twins<'p>> {
        let regions: Vec<u32> = self.olds.iter().chain(self.news).map(|call| call.at.region).collect();
        let mut way = Way::new(self.places, terms, &self.merged.declared, &regions);
        let mut known = |calls: &[Call<'p>]| calls.iter().map(|call| self.known(&mut way, call)).collect::<Vec<_>>();
        let (olds, news) = (known(self.olds), known(self.news));
        let mut pairs = Pairs::default();
        // Where what is reached is the same to the eye nothing needs to be asked.
        for enough in [(true, true), (true, false), (false, true)] {
            self.pair(&olds, &news, &mut pairs, |before, now| {
                let alike = before.alike(now);
                (before.reached == now.reached && alike.0 >= enough.0 && alike.1 >= enough.1).then_some(((), Cases::All))
            });
        }
        self.pair(&olds, &news, &mut pairs, |before, now| {
            let cases = cases(&mut way, before.reached, now.reached);
            Some(((cases == Cases::All, before.alike(now), cases), cases))
        });
        pairs.0.sort_unstable_by_key(|(old, ..)| *old);
        let twins = pairs.0.into_iter().filter_map(|(old, new, cases)| {
            Some(Twins { old: *self.olds.get(old)?, new: *self.news.get(new)?, in_all_cases: cases == Cases::All })
        });
        twins.collect()
    }

    /// Of the calls that are left pairs those that weigh most.
    fn pair<W: Ord>(&self, olds: &[Known], news: &[Known], pairs: &mut Pairs, mut weigh: impl FnMut(&Known, &Known) -> Option<(W, Cases)>) {
        let mut found = Vec::new();
        for (old, (call, before)) in self.olds.iter().zip(olds).enumerate() {
            for (new, (other, now)) in self.news.iter().zip(news).enumerate() {
                if pairs.are_free(old, new)
                    && self.are_of_one_kind(call, other)
                    && let Some((weight, cases)) = weigh(before, now)
                {
                    found.push((std::cmp::Reverse(weight), old, new, cases));
                }
            }
        }
        found.sort_by(|one, other| (&one.0, one.1, one.2).cmp(&(&other.0, other.1, other.2)));
        for (_, old, new, cases) in found {
            if pairs.are_free(old, new) {
                pairs.0.push((old, new, cases));
            }
        }
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
