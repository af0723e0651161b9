//! Whether the journal is what it was: recomputes every chain and the head over all runs, and compares them with what is stored and with a
//! head that was exported before.
//!
//! What is stored alone shows slips and clumsy hands; who can write the file can make it agree with itself. An exported head cannot be
//! written by them, and shows everything that was changed, removed or cut off up to it.

use std::collections::HashMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Entry, Head, RunFilter, Status, Store, StoreError, advance, chain};
use crate::ids::{Digest, RunId};

/// Entries and rows that are in memory at once.
const PAGE: u32 = 1000;

/// What an audit found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The head over all runs as it is recomputed from the journal.
    pub head: Head,
    /// Transitions that were looked at.
    pub entries: u64,
    /// Runs that they belong to.
    pub runs: u64,
    /// What is wrong, in the order in which it was met; empty when nothing is.
    pub findings: Vec<Finding>,
}

/// One thing that is wrong with a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// A transition does not have its hash.
    Changed {
        /// The run.
        run: RunId,
        /// The transition's number in it.
        seq: u64,
    },
    /// Transitions of a run are missing between others.
    Missing {
        /// The run.
        run: RunId,
        /// The first that is missing.
        from: u64,
        /// The last that is missing.
        to: u64,
    },
    /// A transition is there that does not follow its run's last one.
    Repeated {
        /// The run.
        run: RunId,
        /// The transition's number.
        seq: u64,
    },
    /// The last transitions of a run are missing.
    Truncated {
        /// The run.
        run: RunId,
        /// The last one that is there; 0 when there is none.
        has: u64,
        /// The last one there should be.
        last: u64,
    },
    /// A run has transitions and nothing else.
    RunVanished {
        /// The run.
        run: RunId,
    },
    /// A run's last hash is not the one that the run is listed with.
    RunDiffers {
        /// The run.
        run: RunId,
    },
    /// A run's journal cannot be played again.
    Unreadable {
        /// The run.
        run: RunId,
        /// The transition's number in it.
        seq: u64,
        /// Why.
        why: String,
    },
    /// A run's snapshot is not what its journal makes of the run, or not the one that the journal names.
    SnapshotDiffers {
        /// The run.
        run: RunId,
        /// The number of the transition after which it was taken.
        seq: u64,
    },
    /// A run is listed with another status than its journal leads to.
    StatusDiffers {
        /// The run.
        run: RunId,
        /// As it is listed.
        listed: Status,
        /// As its journal says.
        journal: Status,
    },
    /// The approvals that are listed as open are not those that a run's journal leaves open.
    ApprovalsDiffer {
        /// The run.
        run: RunId,
    },
    /// Transitions are missing from the store, whichever runs they belonged to.
    Gap {
        /// The number of the first in the store.
        from: i64,
        /// The number of the last.
        to: i64,
    },
    /// The head over all runs is not the one that is stored.
    HeadDiffers,
    /// The exported head is another store's.
    OtherStore,
    /// The journal ends before the exported head.
    ExportTruncated {
        /// The number of the last transition in the store.
        has: i64,
        /// The number of the last one when the head was exported.
        last: i64,
    },
    /// What was there when the head was exported is not what is there now.
    ExportDiffers {
        /// The number of the last transition when the head was exported.
        last: i64,
    },
}

impl Finding {
    /// The run that it is about, when it is about one.
    #[must_use]
    pub const fn run(&self) -> Option<RunId> {
        match self {
            Self::Changed { run, .. }
            | Self::Missing { run, .. }
            | Self::Repeated { run, .. }
            | Self::Truncated { run, .. }
            | Self::RunVanished { run }
            | Self::RunDiffers { run }
            | Self::Unreadable { run, .. }
            | Self::SnapshotDiffers { run, .. }
            | Self::StatusDiffers { run, .. }
            | Self::ApprovalsDiffer { run } => Some(*run),
            Self::Gap { .. } | Self::HeadDiffers | Self::OtherStore | Self::ExportTruncated { .. } | Self::ExportDiffers { .. } => None,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed { run, seq } => write!(f, "entry {seq} of run {} was changed", run.0),
            Self::Missing { run, from, to } if from == to => write!(f, "entry {from} of run {} is missing", run.0),
            Self::Missing { run, from, to } => write!(f, "entries {from} to {to} of run {} are missing", run.0),
            Self::Repeated { run, seq } => write!(f, "entry {seq} of run {} stands where it does not belong", run.0),
            Self::Truncated { run, has: 0, last } => write!(f, "all {last} entries of run {} are missing", run.0),
            Self::Truncated { run, has, last } => {
                write!(f, "the journal of run {} was cut off after entry {has}, it had {last}", run.0)
            }
            Self::RunVanished { run } => write!(f, "run {} is in the journal but no longer listed", run.0),
            Self::RunDiffers { run } => write!(f, "run {} is listed with another last entry than its journal has", run.0),
            Self::Unreadable { run, seq, why } => write!(f, "entry {seq} of run {} cannot be played again: {why}", run.0),
            Self::SnapshotDiffers { run, seq } => write!(f, "the snapshot of run {} after entry {seq} is not what its journal says", run.0),
            Self::StatusDiffers { run, listed, journal } => {
                write!(f, "run {} is listed as {}, its journal says {}", run.0, listed.name(), journal.name())
            }
            Self::ApprovalsDiffer { run } => write!(f, "the open approvals of run {} are not those that its journal leaves open", run.0),
            Self::Gap { from, to } if from == to => write!(f, "entry {from} of the store is missing"),
            Self::Gap { from, to } => write!(f, "entries {from} to {to} of the store are missing"),
            Self::HeadDiffers => write!(f, "the journal does not add up to the head that is stored with it"),
            Self::OtherStore => write!(f, "the exported head is of another store"),
            Self::ExportTruncated { has, last } => {
                write!(f, "the journal ends at entry {has} of the store, it had {last} when the head was exported")
            }
            Self::ExportDiffers { last } => {
                write!(f, "the first {last} entries of the store are not those of which the head was exported")
            }
        }
    }
}

/// Verifies the whole journal, page by page; what is committed meanwhile is left for the next time.
///
/// # Errors
/// As the store has them; what is wrong with the journal is in the report.
pub async fn verify(store: &dyn Store, exported: Option<Head>) -> Result<Report, StoreError> {
    let stored = store.head().await?;
    let mut walk = Walk::new(stored.store, exported);
    loop {
        let page = store.all_entries(walk.head.last, PAGE).await?;
        let before = walk.head.last;
        page.iter().take_while(|entry| entry.id <= stored.last).for_each(|entry| walk.step(entry));
        if page.len() < usize::try_from(PAGE).unwrap_or(usize::MAX) || walk.head.last == before {
            break;
        }
    }
    if walk.head.last < stored.last {
        walk.findings.push(Finding::Gap { from: walk.head.last + 1, to: stored.last });
    }
    if walk.head != stored {
        walk.findings.push(Finding::HeadDiffers);
    }
    walk.finish_exported(exported);
    let (head, entries, runs) = (walk.head, walk.entries, walk.tips.len() as u64);
    let mut findings = walk.findings;
    rows(store, walk.tips, &mut findings).await?;
    Ok(Report { head, entries, runs, findings })
}

/// Where the walk over all entries is.
struct Walk {
    head: Head,
    entries: u64,
    tips: HashMap<RunId, Tip>,
    findings: Vec<Finding>,
    /// The exported head's number and hash, until the walk has come to it.
    ahead: Option<(i64, Digest)>,
}

/// The last entry of a run.
#[derive(Clone, Copy)]
struct Tip {
    seq: u64,
    hash: Digest,
}

impl Walk {
    fn new(store: [u8; 16], exported: Option<Head>) -> Self {
        let ahead = exported.filter(|exported| exported.store == store).map(|exported| (exported.last, exported.hash));
        let head = Head { store, last: 0, hash: Digest::default() };
        Self { head, entries: 0, tips: HashMap::new(), findings: Vec::new(), ahead }
    }

    fn step(&mut self, entry: &Entry) {
        self.compare_exported(entry.id - 1);
        if entry.id > self.head.last + 1 {
            self.findings.push(Finding::Gap { from: self.head.last + 1, to: entry.id - 1 });
        }
        let hash = self.follow(entry);
        self.head.last = entry.id;
        self.head.hash = advance(self.head.hash, hash);
        self.entries += 1;
    }

    /// Follows the run's chain. The hash that counts is the recomputed one where there is one: a changed entry must change the head.
    fn follow(&mut self, entry: &Entry) -> Digest {
        let Entry { run, seq, .. } = *entry;
        let tip = self.tips.get(&run).copied().unwrap_or(Tip { seq: 0, hash: Digest::default() });
        if seq <= tip.seq {
            self.findings.push(Finding::Repeated { run, seq });
            return entry.hash;
        }
        // The chain goes on from the stored hash, so that one change is one finding.
        self.tips.insert(run, Tip { seq, hash: entry.hash });
        if seq > tip.seq + 1 {
            self.findings.push(Finding::Missing { run, from: tip.seq + 1, to: seq - 1 });
            return entry.hash;
        }
        let hash = chain(tip.hash, run, seq, &entry.salt, &entry.body);
        if hash != entry.hash {
            self.findings.push(Finding::Changed { run, seq });
        }
        hash
    }

    /// Compares once everything up to the exported head's number, and nothing after it, is in the head.
    fn compare_exported(&mut self, before: i64) {
        if let Some((last, hash)) = self.ahead.filter(|(last, _)| *last <= before) {
            self.ahead = None;
            if self.head.hash != hash {
                self.findings.push(Finding::ExportDiffers { last });
            }
        }
    }

    fn finish_exported(&mut self, exported: Option<Head>) {
        if exported.is_some_and(|exported| exported.store != self.head.store) {
            self.findings.push(Finding::OtherStore);
        }
        self.compare_exported(self.head.last);
        if let Some((last, _)) = self.ahead.take() {
            self.findings.push(Finding::ExportTruncated { has: self.head.last, last });
        }
    }
}

/// Compares the list of runs with the ends of their journals.
async fn rows(store: &dyn Store, mut tips: HashMap<RunId, Tip>, findings: &mut Vec<Finding>) -> Result<(), StoreError> {
    let mut before = None;
    loop {
        let page = store.runs(RunFilter { before, limit: PAGE, ..RunFilter::default() }).await?;
        let Some(last) = page.last() else { break };
        before = Some(last.run);
        for row in &page {
            let tip = tips.remove(&row.run).unwrap_or(Tip { seq: 0, hash: Digest::default() });
            if row.seq > tip.seq {
                // Committed meanwhile, or gone: what is there now tells. A walk that meets a gap is an error, and so means gone.
                let newer = store.journal(row.run, tip.seq, 1).await.unwrap_or_default();
                if newer.first().is_none_or(|entry| entry.seq != tip.seq + 1) {
                    findings.push(Finding::Truncated { run: row.run, has: tip.seq, last: row.seq });
                }
            } else if row.seq < tip.seq || row.hash != tip.hash {
                findings.push(Finding::RunDiffers { run: row.run });
            }
        }
    }
    let mut vanished: Vec<RunId> = tips.into_keys().collect();
    vanished.sort_unstable();
    findings.extend(vanished.into_iter().map(|run| Finding::RunVanished { run }));
    Ok(())
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    store: String,
    last: i64,
    hash: String,
}

impl Head {
    /// The head as it is exported: one line of JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let store = data_encoding::HEXLOWER.encode(&self.store);
        format!(r#"{{"store":"{store}","last":{},"hash":"{}"}}"#, self.last, self.hash)
    }

    /// Reads an exported head; `None` when it is none.
    #[must_use]
    pub fn from_json(text: &str) -> Option<Self> {
        let text: Text = serde_json::from_str(text).ok()?;
        let store = data_encoding::HEXLOWER_PERMISSIVE.decode(text.store.as_bytes()).ok()?;
        Some(Self { store: store.try_into().ok()?, last: text.last, hash: Digest::parse(&text.hash)? })
    }
}
