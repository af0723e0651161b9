//! Recent runs, in memory, bounded. Everything here can be dropped at any time and read again.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use flow_compiler::plan::Plan;
use parking_lot::Mutex;
use tokio::sync::Mutex as AsyncMutex;

use crate::ids::{Digest, RunId};
use crate::machine::RunState;

const SHARDS: usize = 16;
/// Runs kept in each shard when nobody uses them.
const KEPT: usize = 32;

/// A run with what is needed to append to its journal.
#[derive(Clone, Debug)]
pub(super) struct Live {
    pub(super) state: RunState,
    pub(super) plan: Arc<Plan>,
    /// The number of its last transition.
    pub(super) seq: u64,
    /// The hash of its last transition.
    pub(super) hash: Digest,
    /// Bytes of its journal since its last snapshot.
    pub(super) since: usize,
    /// Bytes of its last snapshot.
    pub(super) snapshot: usize,
}

/// A run's place: whoever holds the lock is the only one who changes the run. Empty until it is read.
pub(super) type Cell = Arc<AsyncMutex<Option<Live>>>;

#[derive(Debug, Default)]
struct Shard {
    cells: HashMap<RunId, Cell>,
    order: VecDeque<RunId>,
}

/// All places, sharded by run.
#[derive(Debug, Default)]
pub(super) struct Cache {
    shards: [Mutex<Shard>; SHARDS],
}

impl Cache {
    /// The place of a run.
    pub(super) fn cell(&self, run: RunId) -> Cell {
        let index = usize::try_from(run.0).unwrap_or_default() % SHARDS;
        let Some(shard) = self.shards.get(index) else { return Cell::default() };
        let mut shard = shard.lock();
        if let Some(cell) = shard.cells.get(&run) {
            return Arc::clone(cell);
        }
        let cell = Cell::default();
        shard.cells.insert(run, Arc::clone(&cell));
        shard.order.push_back(run);
        shard.trim();
        cell
    }

    /// How many places there are.
    pub(super) fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().cells.len()).sum()
    }
}

impl Shard {
    /// Drops the oldest that nobody holds, so that a run that is in use keeps its one place.
    fn trim(&mut self) {
        for _ in 0..self.order.len().saturating_sub(KEPT) {
            let Some(oldest) = self.order.pop_front() else { return };
            // INVARIANT: a count of one is the map's own, and the shard's lock keeps it so.
            match self.cells.get(&oldest).map(Arc::strong_count) {
                Some(1) => drop(self.cells.remove(&oldest)),
                Some(_) => self.order.push_back(oldest),
                None => {}
            }
        }
    }
}
