//! Whether what is kept beside the journal is what the journal says: every run is played again from its first transition.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::EngineError;
use super::host::{decode, transition};
use crate::ids::{Digest, RunId};
use crate::machine::RunState;
use crate::store::audit::Finding;
use crate::store::{RunFilter, RunRow, Store, StoreError};

/// Rows and transitions that are in memory at once.
const PAGE: u32 = 1000;

/// Plays all runs again but those of `without`, whose journals are known to be wrong already.
///
/// A newer version may write a state in other bytes. So a snapshot is compared with the journal twice: its bytes with the digest that the
/// journal has of them, and what they mean with the state that the journal leads to.
///
/// # Errors
/// As the store has them; what does not fit is what is returned.
pub async fn replay(store: &dyn Store, without: &HashSet<RunId>) -> Result<Vec<Finding>, StoreError> {
    let mut open = open_approvals(store).await?;
    let mut findings = Vec::new();
    let mut before = None;
    loop {
        let page = store.runs(RunFilter { before, limit: PAGE, ..RunFilter::default() }).await?;
        let Some(last) = page.last() else { return Ok(findings) };
        before = Some(last.run);
        for row in page.iter().filter(|row| !without.contains(&row.run)) {
            let open = open.remove(&row.run).unwrap_or_default();
            one(store, row, &open, &mut findings).await?;
        }
    }
}

/// The approvals that are listed as open.
async fn open_approvals(store: &dyn Store) -> Result<HashMap<RunId, BTreeSet<u32>>, StoreError> {
    let mut open: HashMap<RunId, BTreeSet<u32>> = HashMap::new();
    let mut cursor = None;
    loop {
        let page = store.asked(None, cursor, PAGE).await?;
        let Some(last) = page.last() else { return Ok(open) };
        cursor = Some(*last);
        page.iter().for_each(|(run, n)| {
            open.entry(*run).or_default().insert(*n);
        });
    }
}

/// Plays one run again and compares.
async fn one(store: &dyn Store, row: &RunRow, open: &BTreeSet<u32>, findings: &mut Vec<Finding>) -> Result<(), StoreError> {
    let run = row.run;
    let snapshot = match store.load(run).await {
        Ok(stored) => stored.and_then(|stored| stored.snapshot),
        Err(StoreError::Unusable(why)) => {
            findings.push(Finding::Unreadable { run, seq: row.seq, why });
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let mut player = Player { state: RunState::new(run), seq: 0, named: None, snapshot, fits: true };
    while player.seq < row.seq {
        let page = store.journal(run, player.seq, PAGE).await?;
        if page.is_empty() {
            break;
        }
        for entry in page.iter().take_while(|entry| entry.seq <= row.seq) {
            match player.step(store, entry.seq, &entry.body).await {
                Ok(()) => {}
                Err(EngineError::Store(error)) => return Err(error),
                Err(error) => {
                    findings.push(Finding::Unreadable { run, seq: entry.seq, why: error.to_string() });
                    return Ok(());
                }
            }
        }
    }
    let stored = player.snapshot.as_ref().map(|(seq, bytes)| (*seq, Digest::of(&[bytes])));
    if !player.fits || stored != player.named {
        let seq = stored.or(player.named).map_or(0, |(seq, _)| seq);
        findings.push(Finding::SnapshotDiffers { run, seq });
    }
    let status = player.state.status();
    if status != row.status {
        findings.push(Finding::StatusDiffers { run, listed: row.status, journal: status });
    }
    if player.state.open().map(|asked| asked.question.n).ne(open.iter().copied()) {
        findings.push(Finding::ApprovalsDiffer { run });
    }
    Ok(())
}

/// A run on its way through its journal.
struct Player {
    state: RunState,
    seq: u64,
    /// The last snapshot that the journal names.
    named: Option<(u64, Digest)>,
    /// The snapshot that is stored.
    snapshot: Option<(u64, Vec<u8>)>,
    /// Whether the stored snapshot means what the journal led to at its place.
    fits: bool,
}

impl Player {
    async fn step(&mut self, store: &dyn Store, seq: u64, body: &[u8]) -> Result<(), EngineError> {
        let transition = transition(store, body).await?;
        self.seq = seq;
        self.state.at = transition.at;
        transition.events.iter().for_each(|event| self.state.apply(event));
        self.named = transition.snapshot.map(|digest| (seq, digest)).or(self.named);
        if let Some((_, bytes)) = self.snapshot.as_ref().filter(|(at, _)| *at == seq) {
            self.fits = decode::<RunState>(bytes).is_ok_and(|state| state == self.state);
        }
        Ok(())
    }
}
