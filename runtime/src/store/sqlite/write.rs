//! What a piece of writing works with, and the small pieces; the large one is in [`super::commit`].

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::patterns::Pattern;
use super::rows::signed;
use crate::ids::{At, Digest, RunId};
use crate::store::{Delivery, Head, StoreError, Token};

/// Names and plans kept in memory at most; beyond it they are simply read again.
const REMEMBERED: usize = 4096;

/// Why a piece was not written.
#[derive(Debug)]
pub(super) enum Fault {
    /// This piece alone; it has written nothing.
    Refused(StoreError),
    /// The transaction.
    Failed(rusqlite::Error),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Refused(error)
    }
}

/// What the writer knows without asking the file.
#[derive(Debug)]
pub(super) struct Memory {
    /// The head over all runs.
    pub(super) head: Head,
    /// Numbers of interned texts.
    pub(super) names: HashMap<String, i64>,
    /// Numbers of plans.
    pub(super) plans: HashMap<Digest, i64>,
    /// The newest pattern of each plan, by the plan's number.
    pub(super) patterns: HashMap<i64, Pattern>,
}

impl Memory {
    pub(super) fn new(head: Head) -> Self {
        Self { head, names: HashMap::new(), plans: HashMap::new(), patterns: HashMap::new() }
    }

    /// After a transaction that was undone: what it added is not there.
    pub(super) fn forget(&mut self, head: Head) {
        *self = Self::new(head);
    }
}

/// A transaction under way.
#[derive(Debug)]
pub(super) struct Write<'a> {
    pub(super) db: &'a Connection,
    pub(super) memory: &'a mut Memory,
}

impl Write<'_> {
    /// Runs one statement.
    pub(super) fn execute(&self, sql: &str, values: impl rusqlite::Params) -> rusqlite::Result<usize> {
        self.db.prepare_cached(sql)?.execute(values)
    }

    /// The number of a text, which is kept if it is new.
    pub(super) fn name(&mut self, name: &str) -> rusqlite::Result<i64> {
        if let Some(id) = self.memory.names.get(name) {
            return Ok(*id);
        }
        let known = self.db.prepare_cached("SELECT id FROM names WHERE name = ?1")?.query_row([name], |row| row.get(0)).optional()?;
        let id = match known {
            Some(id) => id,
            None => self.db.prepare_cached("INSERT INTO names (name) VALUES (?1)")?.insert([name])?,
        };
        if self.memory.names.len() >= REMEMBERED {
            self.memory.names.clear();
        }
        self.memory.names.insert(name.to_owned(), id);
        Ok(id)
    }

    /// The number of a plan.
    pub(super) fn plan(&mut self, hash: Digest) -> Result<i64, Fault> {
        if let Some(id) = self.memory.plans.get(&hash) {
            return Ok(*id);
        }
        let mut statement = self.db.prepare_cached("SELECT id FROM plans WHERE hash = ?1")?;
        let known: Option<i64> = statement.query_row([hash.0], |row| row.get(0)).optional()?;
        let id = known.ok_or_else(|| StoreError::Unusable(format!("the store has no plan `{hash}`")))?;
        if self.memory.plans.len() >= REMEMBERED {
            self.memory.plans.clear();
        }
        self.memory.plans.insert(hash, id);
        Ok(id)
    }

    pub(super) fn put_plan(&self, hash: Digest, bytes: &[u8]) -> Result<(), Fault> {
        self.execute("INSERT INTO plans (hash, body) VALUES (?1, ?2) ON CONFLICT DO NOTHING", params![hash.0, bytes])?;
        Ok(())
    }

    pub(super) fn sent(&self, results: &[(i64, Delivery)]) -> Result<(), Fault> {
        for (id, delivery) in results {
            match delivery {
                Delivery::Done => self.delivered(*id)?,
                Delivery::Again { due, error } => {
                    let sql = "UPDATE letters SET due = ?2, error = ?3, tries = tries + 1 WHERE id = ?1 AND state = 0";
                    self.execute(sql, params![id, due.0, error])?;
                }
                Delivery::Dead { error } => {
                    let sql = "UPDATE letters SET state = 2, error = ?2, tries = tries + 1 WHERE id = ?1 AND state = 0";
                    self.execute(sql, params![id, error])?;
                }
            }
        }
        Ok(())
    }

    /// While its question is open, a delivered letter stays, so that there is no second one.
    fn delivered(&self, id: i64) -> rusqlite::Result<()> {
        let sql = "UPDATE letters SET state = 1 WHERE id = ?1 AND n > 0 AND channel < 3 \
                   AND EXISTS (SELECT 1 FROM asks a WHERE a.run = letters.run AND a.n = letters.n)";
        if self.execute(sql, [id])? == 0 {
            self.execute("DELETE FROM letters WHERE id = ?1", [id])?;
        }
        Ok(())
    }

    pub(super) fn put_token(&self, token: &Token) -> Result<(), Fault> {
        let sql = "SELECT 1 FROM tokens WHERE secret = ?1 OR public = ?2";
        if self.db.prepare_cached(sql)?.exists(params![token.secret.0, token.id])? {
            return Err(StoreError::Unusable(format!("there is a token `{}` already", token.id)).into());
        }
        let sql = "INSERT INTO tokens (secret, public, person, scopes, agent, session, created, expires, revoked) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        let (expires, revoked) = (token.expires.map(|at| at.0), token.revoked.map(|at| at.0));
        self.execute(
            sql,
            params![token.secret.0, token.id, token.person, token.scopes, token.agent, token.session, token.created.0, expires, revoked],
        )?;
        Ok(())
    }

    /// The first revocation stands.
    pub(super) fn revoke_token(&self, id: &str, at: At) -> Result<bool, Fault> {
        let sql = "UPDATE tokens SET revoked = coalesce(revoked, ?2) WHERE public = ?1";
        Ok(self.execute(sql, params![id, at.0])? > 0)
    }

    pub(super) fn set_meta(&self, key: &str, value: &[u8]) -> Result<(), Fault> {
        let sql = "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value";
        self.execute(sql, params![key, value])?;
        Ok(())
    }

    pub(super) fn told(&self, child: RunId) -> Result<(), Fault> {
        self.execute("UPDATE children SET state = 2 WHERE run = ?1", [signed(child.0)?])?;
        Ok(())
    }

    /// A conflict of this run's.
    pub(super) fn conflict<T>(run: RunId) -> Result<T, Fault> {
        Err(Fault::Refused(StoreError::Conflict(run)))
    }
}
