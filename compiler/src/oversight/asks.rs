//! Gates as formulas: where each asks, whom, and what is known at it.

use std::rc::Rc;

use super::decide::F;
use super::people::{self, Enough};
use super::place::Node;
use super::prove::Call;
use super::terms::Names;
use super::way::Way;
use crate::plan::{Gate, GuardArgument};

/// Where a gate asks, and all ways in which it opens then.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// The band; `None` where none can be told.
    pub(super) band: Option<usize>,
    pub(super) when: F,
    pub(super) ways: Vec<Enough>,
}

/// Where a gate asks people who are enough for a duty.
#[derive(Debug)]
pub(super) struct Suited {
    pub(super) asks: F,
    /// Those of its bands in which it does.
    pub(super) bands: Vec<usize>,
}

impl<'p> Way<'_, 'p> {
    /// A gate gives values only where it asks somebody.
    pub(super) fn given_by(&mut self, at: Node) -> Option<F> {
        let gate = self.places.gate(at)?;
        let mut absent: Vec<F> = Vec::new();
        for slot in gate.given() {
            if let Some(id) = self.lowering.terms.of_slot(at.region, slot) {
                absent.extend(self.lowering.absent(id));
            }
        }
        if absent.is_empty() {
            return None;
        }
        let mut before = self.lowering.arena.always();
        let mut nobody = Vec::new();
        for band in &gate.bands {
            let truth = match &band.when {
                Some(when) => self.condition(when, Names::At(at)),
                None => self.lowering.always(),
            };
            if band.by.is_none() {
                nobody.push(self.lowering.arena.and(&[before, truth.holds]));
            }
            before = self.lowering.arena.and(&[before, truth.fails]);
        }
        // Without a band that holds nobody is asked either.
        nobody.push(before);
        let nobody = self.lowering.arena.or(&nobody);
        let asked = self.lowering.not(nobody);
        let absent = self.lowering.arena.and(&absent);
        Some(self.lowering.arena.or(&[asked, absent]))
    }

    /// Where a gate asks people who are enough for what is demanded, and in which of its bands.
    pub(super) fn suited(&mut self, at: Node, gate: &'p Gate, demanded: Option<usize>) -> Rc<Suited> {
        if let Some(known) = self.enough.get(&(at, demanded)) {
            return Rc::clone(known);
        }
        let asked = self.bands(at, gate);
        let duty = demanded.and_then(|demanded| self.demanded.get(demanded));
        let enough = |asked: &&Asked| duty.is_none_or(|duty| asked.ways.iter().all(|way| people::suffices(way, duty)));
        let bands = asked.iter().filter(enough).filter_map(|asked| asked.band).collect();
        let asks: Vec<F> = asked.iter().filter(enough).map(|asked| asked.when).collect();
        let suited = Rc::new(Suited { asks: self.lowering.arena.or(&asks), bands });
        self.enough.insert((at, demanded), Rc::clone(&suited));
        suited
    }

    /// Where a gate asks anybody at all.
    pub(super) fn asks_anybody(&mut self, at: Node, gate: &'p Gate) -> F {
        self.suited(at, gate, None).asks
    }

    /// Where each band of a gate asks somebody, and where none can be told, which then asks everybody.
    pub(super) fn bands(&mut self, at: Node, gate: &'p Gate) -> Rc<[Asked]> {
        if let Some(known) = self.asked.get(&at) {
            return Rc::clone(known);
        }
        let asked: Rc<[Asked]> = self.bands_of(at, gate).into();
        self.asked.insert(at, Rc::clone(&asked));
        asked
    }

    fn bands_of(&mut self, at: Node, gate: &'p Gate) -> Vec<Asked> {
        let strictest = people::strictest(&mut self.lowering, at, gate);
        let mut asked = Vec::new();
        let mut before = self.lowering.arena.always();
        for (number, band) in gate.bands.iter().enumerate() {
            let truth = match &band.when {
                Some(when) => self.condition(when, Names::At(at)),
                None => self.lowering.always(),
            };
            let ways = people::ways(&mut self.lowering, at, gate, number);
            if !ways.is_empty() {
                let when = self.lowering.arena.and(&[before, truth.holds]);
                asked.push(Asked { band: Some(number), when, ways });
            }
            let told = self.lowering.arena.or(&[truth.holds, truth.fails]);
            let untold = self.lowering.not(told);
            let when = self.lowering.arena.and(&[before, untold]);
            asked.push(Asked { band: None, when, ways: strictest.clone() });
            before = self.lowering.arena.and(&[before, truth.fails]);
        }
        asked
    }

    /// Arguments of the call that are not known at the gate. The graph decides that, of what undoes a step too: an approval holds for what it
    /// binds, at run time and here.
    pub(super) fn unknown_at(&self, gate: Node, call: &Call<'p>) -> Vec<usize> {
        let guard = self.places.guard(gate, call.at);
        let all = || (0..call.arguments.len().max(1)).collect();
        guard.map_or_else(all, |guard| {
            let arguments = if call.undo { &guard.undo } else { &guard.arguments };
            let later = arguments.iter().enumerate().filter(|(_, argument)| matches!(argument, GuardArgument::Later));
            later.map(|(number, _)| number).collect()
        })
    }
}
