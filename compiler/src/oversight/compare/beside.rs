//! Calls beside a pair: what one call does now, another of its action may have done before.

use super::calls::{BUDGET, Before, Loosened, Pair, any, before_of, runs};
use crate::oversight::decide::{Answer, F};
use crate::oversight::prove::Call;
use crate::oversight::terms::{Id, Names, Terms};
use crate::oversight::way::Way;
use crate::oversight::world::World;

/// Calls beside a pair, each with the gates before it.
pub(super) struct Beside<'p> {
    calls: [Vec<(Call<'p>, Vec<Before>)>; 2],
    /// That one of `from`'s flow runs unasked with what the call of `to` is given, and none but that of `to` does in its flow.
    pub(super) takes_place: F,
}

impl<'p> Pair<'_, 'p> {
    /// Whether those who are enough for the call of `to` were not for that of `from`, where both are given the same and `than` does not run.
    pub(super) fn instead_of(&self, terms: &mut Terms<'p>, than: Option<&Call<'p>>) -> Vec<Loosened> {
        let regions = [self.from.at.region, self.to.at.region];
        let mut way = Way::new(self.places, terms, &self.merged.declared, &regions);
        let mut facts = vec![self.given_the_same(&mut way, self.from)];
        if facts.iter().any(|fact| way.lowering.arena.is_never(*fact)) {
            return Vec::new();
        }
        let (from, to) = (before_of(&mut way, self.from), before_of(&mut way, self.to));
        facts.extend(runs(&mut way, self.to));
        facts.extend(runs(&mut way, self.from));
        if let Some(than) = than {
            let runs = runs(&mut way, than);
            let runs = way.lowering.arena.and(&runs);
            facts.push(way.lowering.not(runs));
        }
        facts.push(any(&mut way, &to));
        way.begin(BUDGET);
        if matches!(way.ask(&facts, &[]), Answer::Impossible) {
            return Vec::new();
        }
        let mut found: Vec<Loosened> = from.iter().filter_map(|gate| self.people(&mut way, &facts, gate, &to)).collect();
        found.extend(self.weak(&mut way, &facts, &from, &to));
        found
    }

    /// Whether the call of `to` is made where no call of the other flow beside it is, with the same, whoever is asked; or where another of its own
    /// flow is, too.
    pub(super) fn is_alone(&self, terms: &mut Terms<'p>) -> bool {
        let mut way = Way::new(self.places, terms, &self.merged.declared, &[self.to.at.region]);
        let reached = runs(&mut way, self.to);
        let [others, own] = self.beside.each_ref().map(|calls| {
            let mut made = Vec::new();
            for call in calls {
                let mut facts = runs(&mut way, call);
                facts.push(self.given_the_same(&mut way, call));
                made.push(way.lowering.arena.and(&facts));
            }
            way.lowering.arena.or(&made)
        });
        let only = way.lowering.not(own);
        let stands_in = way.lowering.arena.and(&[others, only]);
        way.begin(BUDGET);
        !matches!(way.ask(&reached, &[stands_in]), Answer::Impossible)
    }

    /// The calls beside the pair that may be given what that of `to` is. `None` where these facts cannot hold, whatever those do.
    pub(super) fn beside(&self, way: &mut Way<'_, 'p>, facts: &[F], not: &[F]) -> Option<Beside<'p>> {
        let [before, _] = &self.beside;
        if !before.is_empty() {
            way.begin(BUDGET);
            if matches!(way.ask(facts, not), Answer::Impossible) {
                return None;
            }
        }
        let calls = self.beside.each_ref().map(|calls| {
            let mut found = Vec::new();
            for call in calls.iter().filter(|_| !before.is_empty()) {
                let given_the_same = self.given_the_same(way, call);
                if !way.lowering.arena.is_never(given_the_same) {
                    found.push((*call, before_of(way, call), given_the_same));
                }
            }
            found
        });
        let [before, now] = calls.each_ref().map(|calls| {
            let mut unasked = Vec::new();
            for (call, befores, given_the_same) in calls {
                let mut facts = runs(way, call);
                facts.push(*given_the_same);
                let asks = any(way, befores);
                facts.push(way.lowering.not(asks));
                unasked.push(way.lowering.arena.and(&facts));
            }
            way.lowering.arena.or(&unasked)
        });
        let alone = way.lowering.not(now);
        let takes_place = way.lowering.arena.and(&[before, alone]);
        let calls = calls.map(|calls| calls.into_iter().map(|(call, befores, _)| (call, befores)).collect());
        Some(Beside { calls, takes_place })
    }

    pub(super) fn takes_place(&self, world: &World<'_, '_, '_>, beside: &Beside<'p>) -> bool {
        let given = |call: &Call<'p>| world.given(call.at, call.arguments);
        let own = given(self.to);
        let unasked = |(call, befores): &(Call<'p>, Vec<Before>)| {
            world.reached(call.at) && given(call) == own && !befores.iter().any(|before| self.asks_before(world, before, call.at))
        };
        let [before, now] = &beside.calls;
        before.iter().any(unasked) && !now.iter().any(unasked)
    }

    /// That a call is given what that of `to` is.
    fn given_the_same(&self, way: &mut Way<'_, 'p>, call: &Call<'p>) -> F {
        if call.arguments.len() != self.to.arguments.len() {
            return way.lowering.arena.never();
        }
        let pairs: Vec<(Id, Id)> = call
            .arguments
            .iter()
            .zip(self.to.arguments)
            .map(|(one, other)| (way.lowering.term(one, Names::At(call.at)), way.lowering.term(other, Names::At(self.to.at))))
            .collect();
        let differ: Vec<F> = pairs.into_iter().map(|(one, other)| way.lowering.differ(one, other)).collect();
        let differ = way.lowering.arena.or(&differ);
        way.lowering.not(differ)
    }
}
