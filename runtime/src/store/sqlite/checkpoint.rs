//! Moving what is in the log into the file: on a thread and a connection of its own, off the commit path.

use std::sync::Arc;

use parking_lot::{Condvar, Mutex};
use rusqlite::Connection;

use super::queue::{Failure, Queue};
use super::writer::failure;

/// The writer helps when the log is so many times longer than it should be: only between two transactions can it start over.
const FAR_TOO_LONG: i64 = 4;

/// The bell that wakes the thread, and the lengths that ring it.
#[derive(Debug)]
pub(super) struct Checkpoints {
    state: Mutex<State>,
    bell: Condvar,
    /// Where a failed sync is told.
    queue: Arc<Queue>,
    /// Pages in the log above which it is emptied.
    pages: i64,
}

#[derive(Debug, Default)]
struct State {
    rung: bool,
    stopped: bool,
}

/// How long the log is, in pages, and how much of it is in the file already.
#[derive(Clone, Copy, Debug)]
struct Log {
    length: i64,
    moved: i64,
}

impl Checkpoints {
    pub(super) fn new(pages: u32, queue: Arc<Queue>) -> Self {
        Self { state: Mutex::default(), bell: Condvar::new(), queue, pages: i64::from(pages) }
    }

    /// Whether so much was written that the log is worth a look.
    pub(super) fn wanted(&self, written: usize) -> bool {
        i64::try_from(written).unwrap_or(i64::MAX) > self.pages / 4
    }

    /// Called by the writer between two transactions.
    pub(super) fn look(&self, db: &Connection) {
        match log(db, "NOOP") {
            // The thread has moved nearly all of it: what is left is little, and after it the log starts over.
            Ok(log) if log.length > self.pages.saturating_mul(FAR_TOO_LONG) => self.empty(db),
            Ok(log) if log.length - log.moved > self.pages => self.ring(),
            Ok(_) => {}
            Err(error) => self.failed(&error),
        }
    }

    fn empty(&self, db: &Connection) {
        match log(db, "PASSIVE") {
            Ok(log) => tracing::trace!(log.length, log.moved, "the log was emptied"),
            Err(error) => self.failed(&error),
        }
    }

    /// INVARIANT: after a failed sync nothing is written any more: the system may have dropped what it could not write. Anything else can wait,
    /// for everything is in the log still.
    fn failed(&self, error: &rusqlite::Error) {
        tracing::warn!(%error, "the log of the store was not emptied");
        let failure = failure(error);
        if matches!(failure, Failure::Broken(_)) {
            self.queue.break_off(&failure);
        }
    }

    fn ring(&self) {
        self.state.lock().rung = true;
        self.bell.notify_one();
    }

    pub(super) fn stop(&self) {
        self.state.lock().stopped = true;
        self.bell.notify_one();
    }

    /// The thread's life.
    pub(super) fn run(&self, db: &Connection) {
        while self.wait() {
            self.empty(db);
        }
    }

    fn wait(&self) -> bool {
        let mut state = self.state.lock();
        while !state.rung && !state.stopped {
            self.bell.wait(&mut state);
        }
        state.rung = false;
        !state.stopped
    }
}

fn log(db: &Connection, mode: &str) -> rusqlite::Result<Log> {
    let sql = format!("PRAGMA wal_checkpoint({mode})");
    db.prepare_cached(&sql)?.query_row([], |row| Ok(Log { length: row.get(1)?, moved: row.get(2)? }))
}
