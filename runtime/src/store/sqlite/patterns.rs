//! The patterns of plans: which one a body is packed against, and when a longer one is learnt.

use std::borrow::Cow;

use rusqlite::{OptionalExtension as _, params};

use super::pack;
use super::write::Write;
use crate::ids::Digest;

/// Patterns kept in memory at most.
const PATTERNS: usize = 64;
/// Bodies of a plan that are looked at for something that its pattern has not.
const LOOKS: u32 = 64;

/// What bodies of a plan's transitions are packed against.
#[derive(Clone, Debug, Default)]
pub(super) struct Pattern {
    /// 0 while there is none.
    id: i64,
    body: Vec<u8>,
    /// Bodies that were looked at for something new.
    looks: u32,
}

impl Write<'_> {
    /// A body as it is stored, and the pattern that it is packed against. What packs badly may be new: then the plan's pattern grows.
    pub(super) fn pack<'b>(&mut self, plan: i64, body: &'b [u8]) -> rusqlite::Result<(Option<i64>, Cow<'b, [u8]>)> {
        let mut pattern = match self.memory.patterns.remove(&plan) {
            Some(pattern) => pattern,
            None => self.pattern(plan)?,
        };
        let mut packed = pack::pack(body, &pattern.body);
        if pattern.looks < LOOKS && packed.as_ref().is_none_or(|packed| packed.len() * 2 > body.len()) {
            pattern.looks += 1;
            if self.grow(plan, &mut pattern, body)? {
                packed = pack::pack(body, &pattern.body);
            }
        }
        let id = pattern.id;
        if self.memory.patterns.len() >= PATTERNS {
            self.memory.patterns.clear();
        }
        self.memory.patterns.insert(plan, pattern);
        Ok(packed.map_or((None, Cow::Borrowed(body)), |packed| (Some(id), Cow::Owned(packed))))
    }

    fn pattern(&self, plan: i64) -> rusqlite::Result<Pattern> {
        let sql = "SELECT id, body FROM patterns WHERE plan = ?1 ORDER BY id DESC LIMIT 1";
        let mut newest = self.db.prepare_cached(sql)?;
        let newest = newest.query_row([plan], |row| Ok(Pattern { id: row.get(0)?, body: row.get(1)?, looks: 0 })).optional()?;
        Ok(newest.unwrap_or_default())
    }

    fn grow(&self, plan: i64, pattern: &mut Pattern, body: &[u8]) -> rusqlite::Result<bool> {
        let mut flow = self.db.prepare_cached("SELECT hash, body FROM plans WHERE id = ?1")?;
        let grown = flow.query_row([plan], |row| {
            let (hash, flow) = (row.get(0).map(Digest)?, row.get_ref(1)?.as_blob()?);
            Ok(pack::grown(&pattern.body, body, hash, flow))
        })?;
        let Some(grown) = grown else { return Ok(false) };
        pattern.id = self.db.prepare_cached("INSERT INTO patterns (plan, body) VALUES (?1, ?2)")?.insert(params![plan, grown])?;
        pattern.body = grown;
        Ok(true)
    }
}
