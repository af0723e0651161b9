//! Which starts are one run, and whose turn it is.

use std::collections::HashMap;

use crate::ids::{Digest, RunId};
use crate::store::{NewRun, StoreError};

#[derive(Debug, Default)]
pub(super) struct Starts {
    once: HashMap<Digest, RunId>,
    /// In the order of their commits: a run, its key, and whether it has its turn.
    turns: Vec<(RunId, Digest, bool)>,
}

impl Starts {
    /// Whether the new run may be, and whether it rightly waits or does not.
    pub(super) fn check(&self, new: &NewRun) -> Result<(), StoreError> {
        if let Some(run) = new.once.iter().find_map(|key| self.once(*key)) {
            return Err(StoreError::Once(run));
        }
        match &new.turn {
            Some(turn) if turn.waits != self.is_taken(turn.key) => Err(StoreError::Turn),
            _ => Ok(()),
        }
    }

    /// Keeps what the new run alone may be, and its place.
    pub(super) fn start(&mut self, run: RunId, new: &NewRun) {
        self.once.extend(new.once.iter().map(|key| (*key, run)));
        self.turns.extend(new.turn.map(|turn| (run, turn.key, !turn.waits)));
    }

    /// Takes a run that has ended out of the order; gives the next one, if it was the run's turn.
    pub(super) fn give_turn(&mut self, run: RunId) -> Option<RunId> {
        let place = self.turns.iter().position(|(holder, ..)| *holder == run)?;
        let (_, key, held) = self.turns.remove(place);
        let (next, _, holds) = self.turns.iter_mut().find(|(_, other, _)| held && *other == key)?;
        *holds = true;
        Some(*next)
    }

    pub(super) fn once(&self, key: Digest) -> Option<RunId> {
        self.once.get(&key).copied()
    }

    pub(super) fn is_taken(&self, key: Digest) -> bool {
        self.turns.iter().any(|(_, other, _)| *other == key)
    }

    pub(super) fn has_turn(&self, run: RunId) -> bool {
        self.turns.iter().all(|(other, _, holds)| *other != run || *holds)
    }
}
