//! Moving what is in the log into the file: on a thread and a connection of its own, off the commit path.

use parking_lot::{Condvar, Mutex};
use rusqlite::Connection;

/// The writer helps when the log is so many times longer than it should be: only between two transactions can it start over.
const FAR_TOO_LONG: i64 = 4;

/// The bell that wakes the thread, and the lengths that ring it.
#[derive(Debug)]
pub(super) struct Checkpoints {
    state: Mutex<State>,
    bell: Condvar,
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
    pub(super) fn new(pages: u32) -> Self {
        Self { state: Mutex::default(), bell: Condvar::new(), pages: i64::from(pages) }
    }

    /// Whether so much was written that the log is worth a look.
    pub(super) fn wanted(&self, written: usize) -> bool {
        i64::try_from(written).unwrap_or(i64::MAX) > self.pages / 4
    }

    /// Called by the writer between two transactions.
    pub(super) fn look(&self, db: &Connection) {
        match log(db, "NOOP") {
            Ok(log) if log.length > self.pages.saturating_mul(FAR_TOO_LONG) => {
                // The thread has moved nearly all of it: what is left is little, and after it the log starts over.
                if let Err(error) = log_passive(db) {
                    tracing::warn!(%error, "the log of the store was not emptied");
                }
            }
            Ok(log) if log.length - log.moved > self.pages => self.ring(),
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the log of the store cannot be measured"),
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

    /// The thread's life. A failure is not the store's: everything is in the log still, and the next attempt may succeed.
    pub(super) fn run(&self, db: &Connection) {
        while self.wait() {
            if let Err(error) = log_passive(db) {
                tracing::warn!(%error, "the log of the store was not emptied");
            }
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

fn log_passive(db: &Connection) -> rusqlite::Result<()> {
    log(db, "PASSIVE").map(|log| tracing::trace!(log.length, log.moved, "checkpoint"))
}

fn log(db: &Connection, mode: &str) -> rusqlite::Result<Log> {
    let sql = format!("PRAGMA wal_checkpoint({mode})");
    db.prepare_cached(&sql)?.query_row([], |row| Ok(Log { length: row.get(1)?, moved: row.get(2)? }))
}
