//! What the proof says of one call in two flows: where it runs unasked in one and not in the other, and whose approval is enough.

use super::beside::Beside;
use super::lists;
use super::merge::{Merged, Side};
use super::share::{OfOne, Shared};
use crate::oversight::asks::Asked;
use crate::oversight::decide::{Answer, F};
use crate::oversight::example::{self, Example};
use crate::oversight::nearby::Tries;
use crate::oversight::people::{self, Enough, Groups};
use crate::oversight::place::{Node, Places, Produced};
use crate::oversight::prove::Call;
use crate::oversight::terms::{Id, Names, Terms};
use crate::oversight::way::Way;
use crate::oversight::world::World;
use crate::oversight::{Cover, Unfit};
use crate::plan::NodeKind;
use crate::value::Value;

/// Work for one question.
pub(super) const BUDGET: u64 = 400_000;

/// What became looser from one flow to the other.
#[derive(Debug)]
pub(super) enum Loosened {
    /// Where one asks at one of these gates, the other runs unasked.
    Unasked(Vec<Node>, Shown),
    /// Where one does not run at all, the other runs unasked; the loop around the one that the other is not in, over whose empty list it does not.
    Reached(Option<Node>, Shown),
    /// The other asks, and those who are enough there were not enough at this gate.
    People {
        gate: Node,
        /// The band; `None` where none can be told.
        band: Option<usize>,
        /// Gates of the other at which fewer or others are enough.
        short: Vec<Node>,
        shown: Shown,
    },
    /// The other asks, and its gate opens when nobody answers.
    Silent(Node, Shown),
    /// Neither asks, and the other is given something else.
    Given(Shown),
    /// At this gate in a loop before one fewer, or others, are asked than before, and the other can run unasked.
    InLoop(Node),
    /// This call of a workflow that asks somebody comes no more, or less often, before the other, which can run unasked.
    Called(Node),
    /// The other asks, and not for exactly what the call is given, as this gate does.
    Unbound(Node, Shown),
}

/// What shows it.
#[derive(Clone, Debug)]
pub(super) enum Shown {
    /// Values, which were verified.
    Example(Example),
    /// Nothing: the proof could not tell, or found values that are none.
    Nothing,
    /// It needs none.
    None,
}

/// A gate before a call.
pub(super) struct Before {
    pub(super) gate: Node,
    pub(super) asked: Vec<Asked>,
    unfit: Option<Unfit>,
}

/// One call in both flows. What is asked of it is always: what became looser from `from` to `to`.
pub(super) struct Pair<'c, 'p> {
    pub(super) merged: &'p Merged,
    pub(super) places: &'p Places<'p>,
    pub(super) from: &'c Call<'p>,
    pub(super) to: &'c Call<'p>,
    pub(super) groups: &'c dyn Groups,
    pub(super) shared: &'c Shared,
    /// The gates of `from` that are looked at; `None`: all.
    pub(super) only: Option<&'c [Node]>,
    /// Further calls of the flow of `from` that may be what the call of `to` is now, and of the flow of `to` that may be so too.
    pub(super) beside: [Vec<Call<'p>>; 2],
}

impl<'p> Pair<'_, 'p> {
    pub(super) fn loosened(&self, terms: &mut Terms<'p>) -> Vec<Loosened> {
        let regions = [self.from.at.region, self.to.at.region];
        let mut way = Way::new(self.places, terms, &self.merged.declared, &regions);
        let (mut from, to) = (before_of(&mut way, self.from), before_of(&mut way, self.to));
        from.retain(|before| self.only.is_none_or(|only| only.contains(&before.gate)));
        let reached = runs(&mut way, self.to);
        let mut met = reached_at(&mut way, self.from.at);
        met.extend(self.unheard_of(&mut way, [&from, &to]).into_iter().map(|(fact, _)| fact));
        let mut facts = reached.clone();
        facts.extend(&met);
        let (asks_from, asks_to) = (any(&mut way, &from), any(&mut way, &to));
        let mut found = Vec::new();
        let unasked = [facts.as_slice(), &[asks_from]].concat();
        let asked = self.beside(&mut way, &unasked, &[asks_to]).and_then(|beside| {
            self.possible(&mut way, &unasked, &[asks_to, beside.takes_place], |world| {
                self.asks(world, &from) && !self.asks(world, &to) && !self.takes_place(world, &beside)
            })
        });
        let is_asked_less = asked.is_some();
        found.extend(asked.map(|shown| Loosened::Unasked(from.iter().map(|before| before.gate).collect(), shown)));
        facts.push(asks_to);
        for gate in &from {
            found.extend(self.people(&mut way, &facts, gate, &to));
        }
        found.extend(self.weak(&mut way, &facts, &from, &to));
        if !is_asked_less && !matches!(way.ask(&reached, &[asks_to]), Answer::Impossible) {
            found.extend(self.asks_less_in_loops(&mut way).map(Loosened::InLoop));
            found.extend(self.calls_who_asks_less(&mut way).map(Loosened::Called));
        }
        if !is_asked_less {
            found.extend(self.elsewhere(terms).map(|(apart, shown)| Loosened::Reached(apart, shown)));
        }
        found
    }

    /// Whether the call of `to` runs unasked where that of `from` does not run. An item there need not be in the list of a loop around `from`.
    fn elsewhere(&self, terms: &mut Terms<'p>) -> Option<(Option<Node>, Shown)> {
        let mut way = Way::new(self.places, terms, &self.merged.declared, &[self.to.at.region]);
        let (from, to) = (before_of(&mut way, self.from), before_of(&mut way, self.to));
        let reached = runs(&mut way, self.to);
        let unheard_of = self.unheard_of(&mut way, [&from, &to]);
        let mut met = reached_at(&mut way, self.from.at);
        met.extend(unheard_of.iter().map(|(fact, _)| *fact));
        let (all_met, asks_to) = (way.lowering.arena.and(&met), any(&mut way, &to));
        let is_new = |world: &World<'_, '_, '_>| unheard_of.iter().any(|(_, of)| of.is_in(world));
        let apart = self.loops_apart(&mut way);
        // Where it cannot be said that the one does not run, it may not.
        let does_not_run = if apart.is_empty() && !self.goes_on(&mut way) { all_met } else { way.lowering.arena.never() };
        let beside = self.beside(&mut way, &reached, &[does_not_run, asks_to])?;
        let not = [does_not_run, asks_to, beside.takes_place];
        // The loop itself, whose list need not hold anything.
        let from = apart.last().map_or(self.from.at, |outer| outer.node);
        let behind = Node { index: from.index + u32::from(!apart.is_empty()), ..from };
        let shown = self.possible_at(&mut way, [behind, self.to.at], &reached, &not, |world| {
            let is_left_out = !world.reached(from) || is_new(world) || self.is_any_empty(world, &apart);
            is_left_out && !self.asks(world, &to) && !self.takes_place(world, &beside)
        })?;
        let shown = self.left_out(&mut way, &reached, &not, (&to, &beside), shown);
        Some((apart.last().map(|outer| outer.node), shown))
    }

    /// Whether the call of `to` can run with nobody asked, and what shows it; with what one beside it was given, if that is no matter.
    pub(super) fn unguarded(&self, terms: &mut Terms<'p>) -> Option<Shown> {
        let mut way = Way::new(self.places, terms, &self.merged.declared, &[self.to.at.region]);
        let befores = before_of(&mut way, self.to);
        let (runs, asks) = (runs(&mut way, self.to), any(&mut way, &befores));
        let beside = self.beside(&mut way, &runs, &[asks])?;
        let shows = |world: &World<'_, '_, '_>| !self.asks(world, &befores) && !self.takes_place(world, &beside);
        self.possible(&mut way, &runs, &[asks, beside.takes_place], shows)
    }

    /// Whether the call is given something else where nobody is asked: what passed unseen before is no measure of what passes unseen now.
    pub(super) fn given_else(&self, terms: &mut Terms<'p>) -> Option<Loosened> {
        let regions = [self.from.at.region, self.to.at.region];
        let mut way = Way::new(self.places, terms, &self.merged.declared, &regions);
        let mut given = |call: &Call<'p>| -> Vec<Id> {
            call.arguments.iter().map(|argument| way.lowering.term(argument, Names::At(call.at))).collect()
        };
        let (before, now) = (given(self.from), given(self.to));
        if before == now {
            return None;
        }
        let differ: Vec<F> = if before.len() == now.len() {
            before.iter().zip(&now).map(|(before, now)| way.lowering.differ(*before, *now)).collect()
        } else {
            vec![way.lowering.arena.always()]
        };
        let mut facts = runs(&mut way, self.to);
        facts.extend(reached_at(&mut way, self.from.at));
        facts.push(way.lowering.arena.or(&differ));
        let befores = [before_of(&mut way, self.from), before_of(&mut way, self.to)];
        let [from, to] = befores.each_ref().map(|befores| any(&mut way, befores));
        let beside = self.beside(&mut way, &facts, &[from, to])?;
        let given = |world: &World<'_, '_, '_>, call: &Call<'p>| world.given(call.at, call.arguments);
        let shown = self.possible(&mut way, &facts, &[from, to, beside.takes_place], |world| {
            let unasked = befores.iter().all(|befores| !self.asks(world, befores)) && !self.takes_place(world, &beside);
            unasked && world.reached(self.from.at) && given(world, self.from) != given(world, self.to)
        })?;
        Some(Loosened::Given(shown))
    }

    /// Whether others than those who were enough at a gate are enough now.
    pub(super) fn people(&self, way: &mut Way<'_, 'p>, facts: &[F], gate: &Before, to: &[Before]) -> Option<Loosened> {
        for asked in &gate.asked {
            let needed = match asked.ways.as_slice() {
                [one] => one.apart().into_iter().map(|need| vec![need]).collect(),
                ways => vec![ways.to_vec()],
            };
            for needed in needed {
                let enough =
                    |ways: &[Enough]| ways.iter().all(|given| needed.iter().any(|need| people::were_enough(given, need, self.groups)));
                let (mut good, mut short) = (Vec::new(), Vec::new());
                for before in to {
                    let asked: Vec<Asked> = before.asked.iter().filter(|asked| enough(&asked.ways)).cloned().collect();
                    if asked.len() < before.asked.len() {
                        short.push(before.gate);
                    }
                    good.push(Before { gate: before.gate, asked, unfit: None });
                }
                let asks_enough = any(way, &good);
                let own = [Before { gate: gate.gate, asked: vec![asked.clone()], unfit: None }];
                let facts = [facts, &[asked.when]].concat();
                let shown = self.possible(way, &facts, &[asks_enough], |world| {
                    self.asks(world, &own) && self.asks(world, to) && !self.asks(world, &good)
                });
                if let Some(shown) = shown {
                    return Some(Loosened::People { gate: gate.gate, band: asked.band, short, shown });
                }
            }
        }
        None
    }

    /// Whether a gate that never opened in silence, or held for exactly the call's values, has become one that does not.
    pub(super) fn weak(&self, way: &mut Way<'_, 'p>, facts: &[F], from: &[Before], to: &[Before]) -> Option<Loosened> {
        let silent = to.iter().find(|before| before.unfit == Some(Unfit::Silence)).map(|before| before.gate);
        if let Some(gate) = silent {
            let loud = |before: &Before| before.unfit != Some(Unfit::Silence);
            if let Some((_, shown)) = self.only_before(way, facts, [from, to], loud) {
                return Some(Loosened::Silent(gate, shown));
            }
        }
        let (own, shown) = self.only_before(way, facts, [from, to], |before| before.unfit.is_none())?;
        Some(Loosened::Unbound(own, shown))
    }

    /// Whether gates that are as they should be asked before where none that is does now; the first of them, and what shows it.
    fn only_before(
        &self,
        way: &mut Way<'_, 'p>,
        facts: &[F],
        [from, to]: [&[Before]; 2],
        is_fit: impl Fn(&Before) -> bool,
    ) -> Option<(Node, Shown)> {
        let fit = |befores: &[Before]| {
            let fit = befores.iter().filter(|before| is_fit(before));
            fit.map(|before| Before { gate: before.gate, asked: before.asked.clone(), unfit: None }).collect::<Vec<_>>()
        };
        let (fit_from, fit_to) = (fit(from), fit(to));
        let own = fit_from.first()?.gate;
        let (held, holds) = (any(way, &fit_from), any(way, &fit_to));
        let facts = [facts, &[held]].concat();
        let shown = self
            .possible(way, &facts, &[holds], |world| self.asks(world, &fit_from) && self.asks(world, to) && !self.asks(world, &fit_to))?;
        Some((own, shown))
    }

    /// That no value on which a condition of a gate, or of a branch around one or around a call, depends is one that the flow of `from` does not
    /// know, for each.
    fn unheard_of(&self, way: &mut Way<'_, 'p>, befores: [&[Before]; 2]) -> Vec<(F, &OfOne)> {
        let side = self.merged.side(self.from.at);
        let mut read = Vec::new();
        for gate in befores.into_iter().flatten().map(|before| before.gate) {
            for when in self.places.gate(gate).into_iter().flat_map(|gate| &gate.bands).filter_map(|band| band.when.as_ref()) {
                let id = way.lowering.term(when, Names::At(gate));
                way.lowering.terms.read_by(id, &mut read);
            }
        }
        let gates = befores.into_iter().flatten().map(|before| before.gate);
        for arm in gates.chain([self.from.at, self.to.at]).flat_map(|node| self.places.taken(node)) {
            let at = Node { region: arm.region, index: arm.branch };
            let Some(NodeKind::Branch { conditions, .. }) = self.places.node(at).map(|node| &node.kind) else { continue };
            for condition in conditions {
                let id = way.lowering.term(condition, Names::At(at));
                way.lowering.terms.read_by(id, &mut read);
            }
        }
        let mut found = Vec::new();
        for of in self.shared.enums.iter().filter(|of| of.side != side && read.contains(&of.value)) {
            let mut known = way.lowering.arena.always();
            for (member, _) in &of.members {
                let member = way.lowering.terms.value(&Value::Enum(*member));
                let is = way.lowering.terms.equal(of.value, member);
                let is = way.lowering.truth(is).holds;
                let is_not = way.lowering.not(is);
                known = way.lowering.arena.and(&[known, is_not]);
            }
            found.push((known, of));
        }
        found
    }

    /// What shows that the list of the innermost loop around `from` does not hold the item with which `to` runs unasked, where nothing else
    /// shows that `from` does not run.
    fn left_out(&self, way: &mut Way<'_, 'p>, facts: &[F], not: &[F], (to, beside): (&[Before], &Beside<'p>), shown: Shown) -> Shown {
        let Some(Produced { node, list }) = self.places.loop_of(self.from.at.region) else { return shown };
        if matches!(shown, Shown::Example(_)) {
            return shown;
        }
        // Behind the loop, so that its list need not hold anything.
        let behind = Node { index: node.index + 1, ..node };
        let shows = |world: &World<'_, '_, '_>| {
            let lists = world.given(node, std::slice::from_ref(list));
            let item = world.values(self.to.at.region).first();
            let holds = item.zip(lists).map(|(item, lists)| matches!(lists.first(), Some(Value::List(items)) if items.contains(item)));
            holds == Some(false) && !self.asks(world, to) && !self.takes_place(world, beside)
        };
        self.possible_at(way, [behind, self.to.at], facts, not, shows).unwrap_or(shown)
    }

    /// Whether facts can hold where none of the others does, and what shows it.
    fn possible(&self, way: &mut Way<'_, 'p>, facts: &[F], not: &[F], shows: impl Fn(&World<'_, '_, '_>) -> bool) -> Option<Shown> {
        self.possible_at(way, [self.from.at, self.to.at], facts, not, shows)
    }

    /// The same with values for what is met on the way to these nodes.
    fn possible_at(
        &self,
        way: &mut Way<'_, 'p>,
        nodes: [Node; 2],
        facts: &[F],
        not: &[F],
        shows: impl Fn(&World<'_, '_, '_>) -> bool,
    ) -> Option<Shown> {
        let mut not = not.to_vec();
        let last = not.pop();
        let mut facts = facts.to_vec();
        facts.extend(not.iter().map(|formula| way.lowering.not(*formula)).collect::<Vec<_>>());
        way.begin(BUDGET);
        let answer = way.ask(&facts, last.as_slice());
        let model = match answer {
            Answer::Impossible => return None,
            Answer::GaveUp => return Some(Shown::Nothing),
            Answer::Possible(model) => model,
        };
        let [from, to] = nodes;
        let old = if self.merged.side(from) == Side::Old { from } else { to };
        let found = example::find_where(way, [&model; 2], (&nodes, &[]), &mut { Tries::OF_ONE }, |world| {
            self.shared.off(world, old, |world| world.off_way(self.to.at) + usize::from(!shows(world)))
        });
        Some(found.map_or(Shown::Nothing, |found| Shown::Example(told_apart(found))))
    }

    /// Whether one of these gates was passed and asked in one of these bands.
    fn asks(&self, world: &World<'_, '_, '_>, befores: &[Before]) -> bool {
        befores.iter().any(|before| {
            let passed = |call: &&Call<'p>| self.places.where_passed(before.gate, call.at).is_some();
            [self.from, self.to].into_iter().find(passed).is_some_and(|call| self.asks_before(world, before, call.at))
        })
    }

    pub(super) fn asks_before(&self, world: &World<'_, '_, '_>, before: &Before, call: Node) -> bool {
        let cover = Cover { gate: before.gate, bands: before.asked.iter().filter_map(|asked| asked.band).collect() };
        !before.asked.is_empty() && self.places.where_passed(before.gate, call).is_some() && world.asks(call, &cover)
    }
}

/// A name that means two things in the two flows: the earlier of them is marked. Terms of the later flow are the first.
fn told_apart(mut example: Example) -> Example {
    let mut seen: Vec<String> = Vec::new();
    for (name, _) in &mut example.told {
        if seen.contains(name) {
            name.push_str(" before");
        }
        seen.push(name.clone());
    }
    example
}

/// What holds where a call runs: it is reached, and its arguments have values.
pub(super) fn runs<'p>(way: &mut Way<'_, 'p>, call: &Call<'p>) -> Vec<F> {
    let mut facts = reached_at(way, call.at);
    for argument in call.arguments {
        let id = way.lowering.term(argument, Names::At(call.at));
        facts.push(way.lowering.defined(id));
    }
    facts
}

/// What holds on every way to a node, of the items of the loops around it too.
fn reached_at(way: &mut Way<'_, '_>, node: Node) -> Vec<F> {
    let mut facts = way.reached(node);
    for region in way.places.chain(node.region) {
        let Some(list) = way.lowering.terms.walked(*region) else { continue };
        let item = way.lowering.terms.slot(*region, 0);
        for filter in lists::filtered(way.lowering.terms, list, item).1 {
            facts.push(way.lowering.truth(filter).holds);
        }
    }
    facts
}

/// The gates that may have been passed before a call.
pub(super) fn before_of<'p>(way: &mut Way<'_, 'p>, call: &Call<'p>) -> Vec<Before> {
    let mut found = Vec::new();
    for passed in way.places.passed(call.at) {
        let Some(gate) = way.places.gate(passed.gate) else { continue };
        let unknown = way.unknown_at(passed.gate, call);
        let unfit = match (unknown.is_empty(), people::opens_in_silence(gate)) {
            (_, true) => Some(Unfit::Silence),
            (false, _) => Some(Unfit::Unknown(unknown)),
            (true, false) => None,
        };
        let taken: Vec<F> = passed.where_taken.iter().map(|arm| way.taken(*arm)).collect();
        let mut asked = way.bands(passed.gate, gate).to_vec();
        for asked in &mut asked {
            let when = [taken.as_slice(), &[asked.when]].concat();
            asked.when = way.lowering.arena.and(&when);
        }
        found.push(Before { gate: passed.gate, asked, unfit });
    }
    found
}

pub(super) fn any(way: &mut Way<'_, '_>, befores: &[Before]) -> F {
    let whens: Vec<F> = befores.iter().flat_map(|before| &before.asked).map(|asked| asked.when).collect();
    way.lowering.arena.or(&whens)
}
