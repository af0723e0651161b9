//! Which starts are one run, and whose turn it is.

use rusqlite::{OptionalExtension as _, params};

use super::read::Reader;
use super::rows;
use super::write::{Fault, Write};
use crate::ids::{At, Digest, RunId};
use crate::store::{NewRun, StoreError};

impl Write<'_> {
    /// Whether the new run may be, and whether it rightly waits or does not.
    pub(super) fn check_start(&self, new: &NewRun) -> Result<(), Fault> {
        for key in &new.once {
            let mut statement = self.db.prepare_cached("SELECT run FROM onces WHERE key = ?1")?;
            if let Some(run) = statement.query_row([key.0], |row| rows::run_id(row, 0)).optional()? {
                return Err(StoreError::Once(run).into());
            }
        }
        if let Some(turn) = &new.turn {
            let taken = self.db.prepare_cached("SELECT 1 FROM turns WHERE key = ?1 LIMIT 1")?.exists([turn.key.0])?;
            if taken != turn.waits {
                return Err(StoreError::Turn.into());
            }
        }
        Ok(())
    }

    /// Keeps what the new run alone may be, and its place.
    pub(super) fn start(&self, run: i64, new: &NewRun) -> rusqlite::Result<()> {
        for key in &new.once {
            self.execute("INSERT INTO onces (key, run) VALUES (?1, ?2)", params![key.0, run])?;
        }
        if let Some(turn) = &new.turn {
            self.execute("INSERT INTO turns (key, run, holds) VALUES (?1, ?2, ?3)", params![turn.key.0, run, !turn.waits])?;
        }
        Ok(())
    }

    /// Takes a run that has ended out of the order. If it had its turn, the next one has it, and is due at once.
    pub(super) fn give_turn(&self, run: i64, at: At) -> rusqlite::Result<()> {
        let sql = "DELETE FROM turns WHERE run = ?1 RETURNING key, holds";
        let gone: Option<([u8; 32], bool)> =
            self.db.prepare_cached(sql)?.query_row([run], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let Some((key, true)) = gone else { return Ok(()) };
        let sql = "UPDATE turns SET holds = 1 WHERE id = (SELECT id FROM turns WHERE key = ?1 ORDER BY id LIMIT 1) RETURNING run";
        let next: Option<i64> = self.db.prepare_cached(sql)?.query_row([key], |row| row.get(0)).optional()?;
        if let Some(next) = next {
            self.execute("UPDATE runs SET due = ?2 WHERE id = ?1", params![next, at.0])?;
        }
        Ok(())
    }
}

impl Reader {
    pub(super) fn once(&self, key: Digest) -> rusqlite::Result<Option<RunId>> {
        self.one("SELECT run FROM onces WHERE key = ?1", [key.0], |row| rows::run_id(row, 0))
    }

    pub(super) fn turn_taken(&self, key: Digest) -> rusqlite::Result<bool> {
        self.one("SELECT 1 FROM turns WHERE key = ?1 LIMIT 1", [key.0], |_| Ok(())).map(|found| found.is_some())
    }

    pub(super) fn has_turn(&self, run: RunId) -> rusqlite::Result<bool> {
        let holds: Option<bool> = self.one("SELECT holds FROM turns WHERE run = ?1", [rows::bound(run.0)], |row| row.get(0))?;
        Ok(holds.unwrap_or(true))
    }
}
