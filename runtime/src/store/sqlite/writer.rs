//! The one writer: a thread that takes whatever has queued up and commits it as one transaction.
//!
//! INVARIANT: a job is answered only after the commit that carries it has returned.

use std::fs::OpenOptions;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::{Connection, ErrorCode, params};

use super::checkpoint::Checkpoints;
use super::queue::{Failure, Job, Queue};
use super::write::{Memory, Write};

/// A process that has committed so often is here to stay, and grows the log ahead.
const SETTLED: u64 = 16;

/// Bytes by which the log is grown at a time.
const PIECE: usize = 512 << 10;

/// What the writer's thread owns.
#[derive(Debug)]
pub(super) struct Writer {
    db: Connection,
    memory: Memory,
    queue: Arc<Queue>,
    log: PathBuf,
    /// Bytes to which the log is grown ahead.
    ahead: u64,
    transactions: u64,
    /// About so many pages were written since the log was last looked at.
    pages: usize,
}

impl Writer {
    pub(super) fn new(db: Connection, memory: Memory, queue: Arc<Queue>, log: PathBuf, ahead: u64) -> Self {
        Self { db, memory, queue, log, ahead, transactions: 0, pages: 0 }
    }

    /// Until the queue is closed and empty; gives the connection back.
    pub(super) fn run(mut self, checkpoints: &Checkpoints) -> Connection {
        let _guard = Guard(Arc::clone(&self.queue));
        let mut batch = Vec::new();
        while self.queue.take(&mut batch) {
            let failure = self.transact(&mut batch).err();
            if let Some(failure @ Failure::Broken(_)) = &failure {
                // First nothing more gets in, then the answers go out.
                self.queue.break_off(failure);
            }
            for job in batch.drain(..) {
                job.answer(failure.as_ref());
            }
            self.look_after_log(checkpoints);
        }
        self.db
    }

    fn transact(&mut self, batch: &mut [Box<dyn Job>]) -> Result<(), Failure> {
        let head = self.memory.head;
        let outcome = self.attempt(batch);
        self.transactions += 1;
        self.pages += batch.len() + 4;
        outcome.map_err(|error| {
            self.memory.forget(head);
            let failure = failure(&error);
            if self.db.is_autocommit() {
                return failure;
            }
            // INVARIANT: what follows a failure starts from nothing; a transaction that cannot be undone is the end.
            match self.db.execute_batch("ROLLBACK") {
                Ok(()) => failure,
                Err(error) => Failure::Broken(format!("the store ({error})")),
            }
        })
    }

    fn attempt(&mut self, batch: &mut [Box<dyn Job>]) -> rusqlite::Result<()> {
        self.db.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let before = self.memory.head.last;
        let mut write = Write { db: &self.db, memory: &mut self.memory };
        for job in batch {
            job.perform(&mut write)?;
        }
        let head = self.memory.head;
        if head.last != before {
            let mut statement = self.db.prepare_cached("UPDATE head SET last = ?1, hash = ?2 WHERE id = 0")?;
            statement.execute(params![head.last, head.hash.0])?;
        }
        self.db.prepare_cached("COMMIT")?.execute([])?;
        Ok(())
    }

    /// Between transactions: grows the log ahead, and has it emptied before it is large.
    fn look_after_log(&mut self, checkpoints: &Checkpoints) {
        if self.transactions >= SETTLED && self.ahead > 0 {
            self.grow().unwrap_or_else(|error| {
                tracing::debug!(%error, "the log could not be grown ahead");
                self.ahead = 0;
            });
        }
        if checkpoints.wanted(self.pages) {
            self.pages = 0;
            checkpoints.look(&self.db);
        }
    }

    /// Writes zeros to the log's end, a piece at a time, so that no commit waits for long: a sync of bytes that are there already costs half
    /// of one that makes the file longer. Zeros carry no valid checksum, so a recovery ends where they begin. Only this thread appends.
    fn grow(&mut self) -> std::io::Result<()> {
        let mut file = OpenOptions::new().write(true).open(&self.log)?;
        if file.seek(SeekFrom::End(0))? >= self.ahead {
            self.ahead = 0;
            return Ok(());
        }
        file.write_all(&vec![0; PIECE])
    }
}

/// Nobody waits for a writer that is no more, however it ended.
struct Guard(Arc<Queue>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.break_off(&Failure::Undone("the store is closed".into()));
    }
}

/// What an error of SQLite means for the process.
pub(super) fn failure(error: &rusqlite::Error) -> Failure {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => Failure::Full,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Failure::Undone("the store is in use by another program".into()),
        Some(ErrorCode::TooBig) => Failure::Undone("a value is too large for the store".into()),
        Some(_) => Failure::Broken(format!("the store ({error})")),
        None => Failure::Undone(format!("the store cannot be read ({error})")),
    }
}
