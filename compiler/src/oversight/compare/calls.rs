//! What the proof says of one call in two flows: where it runs unasked in one and not in the other, and whose approval is enough.

use super::merge::{Declared, Merged, Side};
use crate::oversight::asks::Asked;
use crate::oversight::decide::{Answer, F};
use crate::oversight::example::{self, Example};
use crate::oversight::nearby::Tries;
use crate::oversight::people::{self, Enough, Groups};
use crate::oversight::place::{Node, Places};
use crate::oversight::prove::Call;
use crate::oversight::terms::{Id, Names, Terms};
use crate::oversight::way::Way;
use crate::oversight::world::World;
use crate::oversight::{Cover, Declarations as _, Unfit};
use crate::plan::Duty;

/// Work for one question.
const BUDGET: u64 = 400_000;

/// What became looser from one flow to the other.
#[derive(Debug)]
pub(super) enum Loosened {
    /// Where one asks at one of these gates, the other runs unasked.
    Unasked(Vec<Node>, Shown),
    /// Where one does not run at all, the other runs unasked.
    Reached(Shown),
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
struct Before {
    gate: Node,
    asked: Vec<Asked>,
    unfit: Option<Unfit>,
}

/// One call in both flows. What is asked of it is always: what became looser from `from` to `to`.
pub(super) struct Pair<'c, 'p> {
    pub(super) merged: &'p Merged,
    pub(super) places: &'p Places<'p>,
    pub(super) from: &'c Call<'p>,
    pub(super) to: &'c Call<'p>,
    pub(super) groups: &'c dyn Groups,
}

impl<'p> Pair<'_, 'p> {
    pub(super) fn loosened(&self, terms: &mut Terms<'p>) -> Vec<Loosened> {
        let regions = [self.from.at.region, self.to.at.region];
        let mut way = Way::new(self.places, terms, &self.merged.declared, &regions);
        let (from, to) = (before_of(&mut way, self.from), before_of(&mut way, self.to));
        let reached = runs(&mut way, self.to);
        let met = way.reached(self.from.at);
        let mut facts = reached.clone();
        facts.extend(&met);
        let (asks_from, asks_to) = (any(&mut way, &from), any(&mut way, &to));
        let mut found = Vec::new();
        let unasked = [facts.as_slice(), &[asks_from]].concat();
        if let Some(shown) = self.possible(&mut way, &unasked, &[asks_to], |world| self.asks(world, &from) && !self.asks(world, &to)) {
            found.push(Loosened::Unasked(from.iter().map(|before| before.gate).collect(), shown));
        } else {
            let all_met = way.lowering.arena.and(&met);
            let elsewhere =
                self.possible(&mut way, &reached, &[all_met, asks_to], |world| !world.reached(self.from.at) && !self.asks(world, &to));
            found.extend(elsewhere.map(Loosened::Reached));
        }
        facts.push(asks_to);
        for gate in &from {
            found.extend(self.people(&mut way, &facts, gate, &to));
        }
        found.extend(self.weak(&mut way, &facts, &from, &to));
        found
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
        facts.extend(way.reached(self.from.at));
        facts.push(way.lowering.arena.or(&differ));
        let befores = [before_of(&mut way, self.from), before_of(&mut way, self.to)];
        let asks = befores.each_ref().map(|befores| any(&mut way, befores));
        let given = |world: &World<'_, '_, '_>, call: &Call<'p>| world.given(call.at, call.arguments);
        let shown = self.possible(&mut way, &facts, &asks, |world| {
            let unasked = befores.iter().all(|befores| !self.asks(world, befores));
            unasked && world.reached(self.from.at) && given(world, self.from) != given(world, self.to)
        })?;
        Some(Loosened::Given(shown))
    }

    /// Whether others than those who were enough at a gate are enough now.
    fn people(&self, way: &mut Way<'_, 'p>, facts: &[F], gate: &Before, to: &[Before]) -> Option<Loosened> {
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

    /// Whether a gate that held for exactly the call's values, and never opened in silence, has become one that does not.
    fn weak(&self, way: &mut Way<'_, 'p>, facts: &[F], from: &[Before], to: &[Before]) -> Option<Loosened> {
        let fit = |befores: &[Before]| {
            let fit = befores.iter().filter(|before| before.unfit.is_none());
            fit.map(|before| Before { gate: before.gate, asked: before.asked.clone(), unfit: None }).collect::<Vec<_>>()
        };
        let (fit_from, fit_to) = (fit(from), fit(to));
        let silent = to.iter().find(|before| before.unfit == Some(Unfit::Silence)).map(|before| before.gate);
        let own = fit_from.first()?.gate;
        let (held, holds) = (any(way, &fit_from), any(way, &fit_to));
        let facts = [facts, &[held]].concat();
        let shown = self
            .possible(way, &facts, &[holds], |world| self.asks(world, &fit_from) && self.asks(world, to) && !self.asks(world, &fit_to))?;
        Some(silent.map_or(Loosened::Unbound(own, shown.clone()), |gate| Loosened::Silent(gate, shown)))
    }

    /// Whether facts can hold where none of the others does, and what shows it.
    fn possible(&self, way: &mut Way<'_, 'p>, facts: &[F], not: &[F], shows: impl Fn(&World<'_, '_, '_>) -> bool) -> Option<Shown> {
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
        let nodes = [self.from.at, self.to.at];
        let found = example::find_where(way, [&model; 2], (&nodes, &[]), &mut { Tries::OF_ONE }, |world| {
            world.off_way(self.to.at) + usize::from(!shows(world))
        });
        Some(found.map_or(Shown::Nothing, |found| Shown::Example(told_apart(found))))
    }

    /// Whether one of these gates was passed and asked in one of these bands.
    fn asks(&self, world: &World<'_, '_, '_>, befores: &[Before]) -> bool {
        befores.iter().filter(|before| !before.asked.is_empty()).any(|before| {
            let cover = Cover { gate: before.gate, bands: before.asked.iter().filter_map(|asked| asked.band).collect() };
            let passed = |call: &&Call<'p>| self.places.where_passed(before.gate, call.at).is_some();
            [self.from, self.to].into_iter().find(passed).is_some_and(|call| world.asks(call.at, &cover))
        })
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

/// Whether a call can run with nobody asked, and what shows it.
pub(super) fn unguarded<'p>(
    merged: &'p Merged,
    places: &'p Places<'p>,
    terms: &mut Terms<'p>,
    call: &Call<'p>,
    groups: &dyn Groups,
) -> Option<Shown> {
    let pair = Pair { merged, places, from: call, to: call, groups };
    let mut way = Way::new(places, terms, &merged.declared, &[call.at.region]);
    let befores = before_of(&mut way, call);
    let (runs, asks) = (runs(&mut way, call), any(&mut way, &befores));
    pair.possible(&mut way, &runs, &[asks], |world| !pair.asks(world, &befores))
}

/// What holds where a call runs: it is reached, and its arguments have values.
fn runs<'p>(way: &mut Way<'_, 'p>, call: &Call<'p>) -> Vec<F> {
    let mut facts = way.reached(call.at);
    for argument in call.arguments {
        let id = way.lowering.term(argument, Names::At(call.at));
        facts.push(way.lowering.defined(id));
    }
    facts
}

/// The gates that may have been passed before a call.
fn before_of<'p>(way: &mut Way<'_, 'p>, call: &Call<'p>) -> Vec<Before> {
    let arguments: Vec<Id> = call.arguments.iter().map(|argument| way.lowering.term(argument, Names::At(call.at))).collect();
    let mut found = Vec::new();
    for passed in way.places.passed(call.at) {
        let Some(gate) = way.places.gate(passed.gate) else { continue };
        let unknown = way.unknown_at(passed.gate, gate, call, &arguments);
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

fn any(way: &mut Way<'_, '_>, befores: &[Before]) -> F {
    let whens: Vec<F> = befores.iter().flat_map(|before| &before.asked).map(|asked| asked.when).collect();
    way.lowering.arena.or(&whens)
}

/// The parameters of an action in both flows, as the slots of a workflow that does nothing.
pub(super) struct Parameters<'c, 'p> {
    pub(super) places: &'p Places<'p>,
    pub(super) declared: &'p Declared,
    /// How many the later action has; those of the earlier follow.
    pub(super) later: usize,
    pub(super) groups: &'c dyn Groups,
}

/// An action and the terms of its parameters.
pub(super) type Given<'c> = (u32, &'c [Id]);

impl<'p> Parameters<'_, 'p> {
    /// Where an action's duties demand less in one flow than in the other: the duty, and what shows it.
    pub(super) fn duties(&self, terms: &mut Terms<'p>, side: Side, from: Given<'_>, to: Given<'_>) -> Vec<(usize, Shown)> {
        let (body, declared) = (Node { region: 0, index: 0 }, self.declared);
        let mut found = Vec::new();
        for (number, duty) in declared.duties(from.0).into_iter().enumerate() {
            let mut way = Way::new(self.places, terms, declared, &[0]);
            let needed = duty.by.as_ref().map(|by| people::demanded(&mut way.lowering, by, from.1));
            let here = applies(&mut way, duty, from.1);
            let mut others = declared.duties(to.0);
            others.retain(|other| match (&needed, &other.by) {
                (None, _) => true,
                (Some(_), None) => false,
                (Some(needed), Some(by)) => {
                    let given = people::demanded(&mut way.lowering, by, to.1);
                    people::were_enough(&given, needed, self.groups)
                }
            });
            let still: Vec<F> = others.iter().map(|other| applies(&mut way, other, to.1)).collect();
            let shown = match way.ask(&[here], &still) {
                Answer::Impossible => continue,
                Answer::GaveUp => None,
                Answer::Possible(model) => example::find_where(&way, [&model; 2], (&[body], &[]), &mut { Tries::OF_ONE }, |world| {
                    let (later, earlier) = world.values(0).split_at_checked(self.later).unwrap_or_default();
                    let (own, new) = if side == Side::Old { (earlier, later) } else { (later, earlier) };
                    usize::from(!world.applies(duty, own)) + others.iter().filter(|other| world.applies(other, new)).count()
                }),
            };
            found.push((number, shown.map_or(Shown::Nothing, Shown::Example)));
        }
        found
    }
}

fn applies<'p>(way: &mut Way<'_, 'p>, duty: &'p Duty, arguments: &[Id]) -> F {
    let Some(when) = &duty.when else { return way.lowering.arena.always() };
    let fails = way.condition(when, Names::Arguments(arguments)).fails;
    way.lowering.not(fails)
}
