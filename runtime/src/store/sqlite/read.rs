//! Reading: connections that cannot write, each used by one reader at a time, in short transactions.

use std::path::PathBuf;

use parking_lot::Mutex;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, params};

use super::rows::{self, ENTRY_COLUMNS, LETTER_COLUMNS, RUN_COLUMNS, TOKEN_COLUMNS, bound};
use crate::ids::{At, Digest, RunId};
use crate::store::{Answer, Entry, Head, Letter, RunFilter, RunRow, Status, Stored, Token};

/// So many connections stay open when nobody reads.
const KEPT: usize = 4;

/// The connections.
#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Reader>>,
}

impl Readers {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, idle: Mutex::default() }
    }

    /// Reads in one transaction: everything that `read` sees is of one moment.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Reader) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
        let idle = self.idle.lock().pop();
        let reader = match idle {
            Some(reader) => reader,
            None => self.open()?,
        };
        reader.db.prepare_cached("BEGIN")?.execute([])?;
        let result = read(&reader)?;
        reader.db.prepare_cached("COMMIT")?.execute([])?;
        // After an error the connection is closed rather than kept.
        let mut idle = self.idle.lock();
        if idle.len() < KEPT {
            idle.push(reader);
        }
        Ok(result)
    }

    /// Closes what is idle.
    pub(super) fn close(&self) {
        self.idle.lock().clear();
    }

    fn open(&self) -> rusqlite::Result<Reader> {
        let db = Connection::open_with_flags(&self.path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        super::prepare(&db)?;
        // The system keeps the file's pages; this connection's own copies are void after each commit.
        db.pragma_update(None, "cache_size", -256)?;
        Ok(Reader { db })
    }
}

/// A connection with a transaction that reads.
#[derive(Debug)]
pub(super) struct Reader {
    db: Connection,
}

impl Reader {
    pub(super) fn first_free_run(&self) -> rusqlite::Result<RunId> {
        let last = self.one("SELECT id FROM runs ORDER BY id DESC LIMIT 1", [], |row| rows::unsigned(row, 0))?;
        Ok(RunId(last.unwrap_or(0).saturating_add(1)))
    }

    pub(super) fn child(&self, caller: RunId, place: &[u8]) -> rusqlite::Result<Option<RunId>> {
        let sql = "SELECT run FROM children WHERE caller = ?1 AND place = ?2";
        self.one(sql, params![bound(caller.0), place], |row| rows::run_id(row, 0))
    }

    pub(super) fn children(&self, caller: RunId) -> rusqlite::Result<Vec<RunId>> {
        let sql = "SELECT run FROM children WHERE caller = ?1 ORDER BY run";
        self.many(sql, [bound(caller.0)], |row| rows::run_id(row, 0))
    }

    pub(super) fn untold(&self) -> rusqlite::Result<Vec<RunId>> {
        self.many("SELECT run FROM children WHERE state = 1 ORDER BY run", [], |row| rows::run_id(row, 0))
    }

    pub(super) fn run(&self, run: RunId) -> rusqlite::Result<Option<RunRow>> {
        self.one(&format!("SELECT {RUN_COLUMNS} WHERE r.id = ?1"), [bound(run.0)], rows::run)
    }

    pub(super) fn load(&self, run: RunId) -> rusqlite::Result<Option<Stored>> {
        let sql = format!("SELECT {RUN_COLUMNS} WHERE r.id = ?1");
        let found = self.one(&sql, [bound(run.0)], |row| Ok((rows::run(row)?, row.get(rows::LAST)?)))?;
        let Some((row, last)) = found else { return Ok(None) };
        let sql = "SELECT seq, body FROM snapshots WHERE run = ?1";
        let snapshot = self.one(sql, [bound(run.0)], |row| Ok((rows::unsigned(row, 0)?, row.get(1)?)))?;
        let after = snapshot.as_ref().map_or(0, |(seq, _): &(u64, Vec<u8>)| *seq);
        let entries = self.newest(last, after)?;
        let bytes = entries.iter().map(|entry| entry.body.len()).sum();
        Ok(Some(Stored { row, snapshot, entries, bytes }))
    }

    /// A run's transitions above `after`, in order, read backwards from its head.
    fn newest(&self, last: i64, after: u64) -> rusqlite::Result<Vec<Entry>> {
        let sql = format!("SELECT {ENTRY_COLUMNS} WHERE j.id = ?1");
        let mut step = self.db.prepare_cached(&sql)?;
        let (mut entries, mut next) = (Vec::new(), Some(last));
        while let Some(id) = next {
            let (entry, previous): (Entry, Option<i64>) = step.query_row([id], |row| Ok((rows::entry(row)?, row.get(rows::PREVIOUS)?)))?;
            if entry.seq <= after {
                break;
            }
            // The first transition after the snapshot is the last that is wanted.
            next = previous.filter(|previous| *previous < id && entry.seq > after.saturating_add(1));
            entries.push(entry);
        }
        entries.reverse();
        Ok(entries)
    }

    pub(super) fn journal(&self, run: RunId, after: u64, limit: u32) -> rusqlite::Result<Vec<Entry>> {
        let mut ids = self.walk(run, after)?;
        ids.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        self.entries(&ids)
    }

    /// The journal's rows of a run above `after`, in order, found backwards from its head without reading a body.
    fn walk(&self, run: RunId, after: u64) -> rusqlite::Result<Vec<i64>> {
        let mut next: Option<i64> = self.one("SELECT last FROM runs WHERE id = ?1", [bound(run.0)], |row| row.get(0))?;
        let mut step = self.db.prepare_cached("SELECT seq, prev_id FROM journal WHERE id = ?1")?;
        let mut ids = Vec::new();
        while let Some(id) = next {
            let (seq, previous): (i64, Option<i64>) = step.query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
            if seq <= bound(after) {
                break;
            }
            ids.push(id);
            // A journal that somebody changed must not send anybody in circles.
            next = previous.filter(|previous| *previous < id && seq > bound(after.saturating_add(1)));
        }
        ids.reverse();
        Ok(ids)
    }

    fn entries(&self, ids: &[i64]) -> rusqlite::Result<Vec<Entry>> {
        let mut statement = self.db.prepare_cached(&format!("SELECT {ENTRY_COLUMNS} WHERE j.id = ?1"))?;
        ids.iter().map(|id| statement.query_row([id], rows::entry)).collect()
    }

    pub(super) fn all_entries(&self, after: i64, limit: u32) -> rusqlite::Result<Vec<Entry>> {
        let sql = format!("SELECT {ENTRY_COLUMNS} WHERE j.id > ?1 ORDER BY j.id LIMIT ?2");
        self.many(&sql, params![after, limit], rows::entry)
    }

    pub(super) fn runs(&self, filter: &RunFilter) -> rusqlite::Result<Vec<RunRow>> {
        let mut sql = format!("SELECT {RUN_COLUMNS} WHERE r.id < ?1");
        if let Some(status) = filter.status {
            // The number is written out, so that the planner sees that the partial index will do.
            sql.push_str(&format!(" AND r.status = {}", status as i64));
            if status != Status::Completed {
                sql.push_str(" AND r.status <> 4");
            }
        }
        let workflow = match &filter.workflow {
            None => None,
            Some(name) => match self.name(name)? {
                None => return Ok(Vec::new()),
                found => found,
            },
        };
        sql.push_str(if workflow.is_some() { " AND r.workflow = ?3" } else { " AND ?3 IS NULL" });
        sql.push_str(" ORDER BY r.id DESC LIMIT ?2");
        let before = filter.before.map_or(i64::MAX, |run| bound(run.0));
        self.many(&sql, params![before, filter.limit, workflow], rows::run)
    }

    pub(super) fn live(&self) -> rusqlite::Result<Vec<RunId>> {
        self.many("SELECT id FROM runs WHERE live = 2 ORDER BY id", [], |row| rows::run_id(row, 0))
    }

    pub(super) fn due(&self, now: At, limit: u32) -> rusqlite::Result<Vec<RunId>> {
        let sql = "SELECT id FROM runs WHERE due IS NOT NULL AND due <= ?1 ORDER BY due, id LIMIT ?2";
        self.many(sql, params![now.0, limit], |row| rows::run_id(row, 0))
    }

    pub(super) fn next_due(&self) -> rusqlite::Result<Option<At>> {
        self.one("SELECT due FROM runs WHERE due IS NOT NULL ORDER BY due LIMIT 1", [], |row| row.get(0).map(At))
    }

    /// Each person's part is read in order and cut short; what is wanted is at the front of them.
    pub(super) fn asked(&self, of: Option<&[String]>, cursor: Option<(RunId, u32)>, limit: u32) -> rusqlite::Result<Vec<(RunId, u32)>> {
        let (run, n) = cursor.map_or((-1, 0), |(run, n)| (bound(run.0), n));
        let Some(people) = of else {
            let sql = "SELECT DISTINCT run, n FROM asks WHERE (run, n) > (?1, ?2) ORDER BY run, n LIMIT ?3";
            return self.many(sql, params![run, n, limit], rows::question);
        };
        let mut found = Vec::new();
        for person in people {
            let Some(principal) = self.name(person)? else { continue };
            let sql = "SELECT run, n FROM asks WHERE principal = ?4 AND (run, n) > (?1, ?2) ORDER BY run, n LIMIT ?3";
            found.extend(self.many(sql, params![run, n, limit, principal], rows::question)?);
        }
        found.sort_unstable();
        found.dedup();
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found)
    }

    pub(super) fn plan(&self, hash: Digest) -> rusqlite::Result<Option<Vec<u8>>> {
        self.one("SELECT body FROM plans WHERE hash = ?1", [hash.0], |row| row.get(0))
    }

    pub(super) fn blob(&self, digest: Digest) -> rusqlite::Result<Option<Vec<u8>>> {
        self.one("SELECT body FROM blobs WHERE digest = ?1", [digest.0], |row| row.get(0))
    }

    pub(super) fn answer(&self, scope: &str, key: &str) -> rusqlite::Result<Option<Answer>> {
        let sql = "SELECT request, status, body, expires FROM answers WHERE key = ?1";
        self.one(sql, [rows::answer_key(scope, key)], rows::answer)
    }

    pub(super) fn letters(&self, now: At, limit: u32) -> rusqlite::Result<Vec<Letter>> {
        let sql = format!("SELECT {LETTER_COLUMNS} WHERE l.state = 0 AND l.due <= ?1 ORDER BY l.due, l.id LIMIT ?2");
        self.many(&sql, params![now.0, limit], rows::letter)
    }

    pub(super) fn next_letter(&self) -> rusqlite::Result<Option<At>> {
        self.one("SELECT due FROM letters WHERE state = 0 ORDER BY due LIMIT 1", [], |row| row.get(0).map(At))
    }

    pub(super) fn dead_letters(&self) -> rusqlite::Result<Vec<Letter>> {
        self.many(&format!("SELECT {LETTER_COLUMNS} WHERE l.state = 2 ORDER BY l.id DESC LIMIT 100"), [], rows::letter)
    }

    pub(super) fn token(&self, secret: Digest) -> rusqlite::Result<Option<Token>> {
        self.one(&format!("SELECT {TOKEN_COLUMNS} WHERE secret = ?1"), [secret.0], rows::token)
    }

    pub(super) fn tokens(&self) -> rusqlite::Result<Vec<Token>> {
        self.many(&format!("SELECT {TOKEN_COLUMNS} ORDER BY created DESC, id DESC"), [], rows::token)
    }

    pub(super) fn meta(&self, key: &str) -> rusqlite::Result<Option<Vec<u8>>> {
        self.one("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0))
    }

    pub(super) fn head(&self) -> rusqlite::Result<Head> {
        head(&self.db)
    }

    fn name(&self, name: &str) -> rusqlite::Result<Option<i64>> {
        self.one("SELECT id FROM names WHERE name = ?1", [name], |row| row.get(0))
    }

    pub(super) fn one<T>(
        &self,
        sql: &str,
        values: impl rusqlite::Params,
        read: impl FnOnce(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Option<T>> {
        self.db.prepare_cached(sql)?.query_row(values, read).optional()
    }

    fn many<T>(
        &self,
        sql: &str,
        values: impl rusqlite::Params,
        read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<T>> {
        let mut statement = self.db.prepare_cached(sql)?;
        let rows = statement.query_map(values, read)?;
        rows.collect()
    }
}

/// The head over all runs.
pub(super) fn head(db: &Connection) -> rusqlite::Result<Head> {
    let sql = "SELECT store, last, hash FROM head WHERE id = 0";
    db.query_row(sql, [], |row| Ok(Head { store: row.get(0)?, last: row.get(1)?, hash: rows::digest(row, 2)? }))
}
