//! What the proof says of gates themselves: whether one ever asks, always asks, or asks what an earlier one has asked.

use foldhash::HashSet;

use super::decide::{self, Answer, F};
use super::place::{Node, Places};
use super::plain;
use super::prove::Duties;
use super::terms::{Names, Op, Terms};
use super::way::Way;
use crate::plan::{Approvers, Band, Expr, Gate, GuardArgument, NodeKind};

/// Work for one gate.
const BUDGET_OF_GATE: u64 = 20_000;
/// Work for a workflow, and more for each gate.
const BUDGET: (u64, u64) = (100_000, 5_000);
/// So many earlier gates are looked at.
const EARLIER: usize = 4;

/// Something odd about a gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Odd {
    /// The gate.
    pub gate: Node,
    /// What it is.
    pub what: Oddity,
}

/// See [`Odd`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oddity {
    /// Its condition never holds.
    Never,
    /// Its condition always holds.
    Always,
    /// Whenever it asks, an earlier gate has asked the same people.
    Implied(Node),
    /// A band, by its number, that is never reached.
    Unreached(usize),
}

impl<'p> Duties<'p> {
    /// What is odd about the gates of the workflow. Nothing is said that is not proved.
    #[must_use]
    pub fn oddities(&'p self) -> Vec<Odd> {
        let gates = self.places().nodes().filter_map(|(node, kind)| match kind {
            NodeKind::Gate(gate) if gate.bands.iter().any(|band| band.when.is_some()) => Some((node, &**gate)),
            _ => None,
        });
        let (plain, others): (Vec<_>, Vec<_>) = gates.partition(|(node, gate)| is_plain(self.places(), *node, gate));
        debug_assert_eq!(self.odd_among(&plain), [], "the proof finds something odd about a gate that is plain to the eye");
        self.odd_among(&others)
    }

    fn odd_among(&'p self, gates: &[(Node, &'p Gate)]) -> Vec<Odd> {
        if gates.is_empty() {
            return Vec::new();
        }
        let mut left = BUDGET.0 + BUDGET.1 * gates.len() as u64;
        let mut terms = Terms::new(self.declarations(), self.places());
        let mut found = Vec::new();
        for here in gates.chunk_by(|one, other| one.0.region == other.0.region) {
            let Some((first, _)) = here.first() else { continue };
            let mut way = Way::new(self.places(), &mut terms, self.declarations(), &[first.region]);
            for (node, gate) in here {
                let budget = BUDGET_OF_GATE.min(left);
                way.begin(budget);
                found.extend(way.odd(*node, gate).map(|what| Odd { gate: *node, what }));
                left -= budget - way.lowering.arena.left.0;
            }
        }
        found
    }
}

impl<'p> Way<'_, 'p> {
    fn odd(&mut self, at: Node, gate: &'p Gate) -> Option<Oddity> {
        let facts = self.reached(at);
        let asks = self.asks_anybody(at, gate);
        let mut with_asks = facts.clone();
        with_asks.push(asks);
        if self.never(&with_asks, &[]) {
            // A way that nothing takes says nothing about what stands on it.
            let on_the_way = !facts.is_empty() && self.never(&facts, &[]);
            return (!on_the_way).then_some(Oddity::Never);
        }
        if let [Band { when: Some(_), .. }] = gate.bands.as_slice() {
            if self.never(&facts, &[asks]) {
                return Some(Oddity::Always);
            }
        } else if let Some(band) = self.unreached(at, gate, &facts) {
            return Some(Oddity::Unreached(band));
        }
        for (before, earlier) in same_people_before(self.places, at, gate) {
            let asked = self.asks_anybody(before, earlier);
            if self.never(&with_asks, &[asked]) && !self.tells_more(at, gate, before) {
                return Some(Oddity::Implied(before));
            }
        }
        None
    }

    /// Whether a gate knows what a call is given, or shows a value, that was not known at an earlier one: then it does not ask the same again.
    fn tells_more(&mut self, at: Node, gate: &'p Gate, before: Node) -> bool {
        let known = |gate: Node, call: Node| {
            let guard = self.places.guard(gate, call)?;
            let arguments = guard.arguments.iter().chain(&guard.undo);
            Some(arguments.map(|argument| !matches!(argument, GuardArgument::Later)).collect::<Vec<_>>())
        };
        let binds_more = self.places.nodes().filter(|(_, kind)| matches!(kind, NodeKind::Call(_))).any(|(call, _)| {
            let Some(here) = known(at, call) else { return false };
            let there = known(before, call).unwrap_or_default();
            (0..).zip(here).any(|(number, known)| known && !there.get(number).copied().unwrap_or_default())
        });
        binds_more || gate.shows.iter().any(|show| !self.is_known(&show.value, at, before))
    }

    /// Whether what an expression reads at a node was there at an earlier one.
    fn is_known(&mut self, value: &'p Expr, at: Node, before: Node) -> bool {
        let mut open = vec![self.lowering.term(value, Names::At(at))];
        let mut seen = HashSet::default();
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            let term = self.lowering.terms.get(id);
            open.extend(term.parts.iter().copied());
            let known = match term.op.clone() {
                // An item of a known list is known.
                Op::Slot { region, slot: 0 } if !self.places.chain(before.region).contains(&region) => {
                    let list = self.lowering.terms.walked(region);
                    open.extend(list);
                    list.is_some()
                }
                Op::Slot { region, slot } => self.places.is_filled(region, slot, before),
                Op::Now(_) | Op::Today(_) | Op::Env(..) => false,
                _ => true,
            };
            if !known {
                return false;
            }
        }
        true
    }

    /// Whether facts never hold together where none of these asks. Most gates are ordinary: a guess tells.
    fn never(&mut self, facts: &[F], asks: &[F]) -> bool {
        let mut formulas = facts.to_vec();
        formulas.extend(asks.iter().map(|asks| self.lowering.not(*asks)).collect::<Vec<_>>());
        !decide::guess(&mut self.lowering.arena, &formulas) && matches!(self.ask(facts, asks), Answer::Impossible)
    }

    /// The first band that no value reaches.
    fn unreached(&mut self, at: Node, gate: &'p Gate, facts: &[F]) -> Option<usize> {
        let mut before = facts.to_vec();
        for (number, band) in gate.bands.iter().enumerate() {
            let truth = match &band.when {
                Some(when) => self.condition(when, Names::At(at)),
                None => self.lowering.always(),
            };
            let mut here = before.clone();
            here.push(truth.holds);
            if number > 0 && self.never(&here, &[]) {
                return Some(number);
            }
            before.push(truth.fails);
        }
        None
    }
}

/// Whether nothing is odd about a gate, as is seen without the proof.
fn is_plain(places: &Places<'_>, at: Node, gate: &Gate) -> bool {
    let [Band { when: Some(when), by: Some(_), .. }] = gate.bands.as_slice() else { return false };
    plain::is_plain(places, at, when, &same_people_before(places, at, gate))
}

/// The nearest gates, passed on every way to this one, that ask the same people and nothing else, with what they are.
fn same_people_before<'p>(places: &Places<'p>, at: Node, gate: &Gate) -> Vec<(Node, &'p Gate)> {
    fn people(gate: &Gate) -> Option<&Approvers> {
        let [band] = gate.bands.as_slice() else { return None };
        band.by.as_ref()
    }
    if people(gate).is_none() || !gate.asks.is_empty() {
        return Vec::new();
    }
    let passed = places.passed(at).filter(|passed| passed.where_taken.is_empty()).take(EARLIER);
    let earlier = passed.filter_map(|passed| Some((passed.gate, places.gate(passed.gate)?)));
    earlier.filter(|(_, earlier)| people(earlier) == people(gate)).collect()
}
