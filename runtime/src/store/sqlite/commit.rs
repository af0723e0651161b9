//! Writing one [`Commit`]: everything is looked at first, so that a refusal leaves the others of its transaction alone.

use rusqlite::{OptionalExtension as _, params};

use super::rows::{answer_key, bound, signed, under_way};
use super::write::{Fault, Write};
use crate::ids::At;
use crate::store::{Asked, Commit, NewAnswer, NewLetter, NewRun, StoreError, advance};

/// So many expired answers go with one that comes: what is forgotten keeps pace, and no commit is long.
const FORGOTTEN: i64 = 8;

/// What the checks found out.
struct Checked {
    run: i64,
    seq: i64,
    /// The journal's row of the transition before.
    previous: Option<i64>,
    /// The number of the run's plan.
    plan: i64,
}

impl Write<'_> {
    pub(super) fn commit(&mut self, commit: &Commit) -> Result<(), Fault> {
        self.check_key(commit)?;
        self.check_place(commit)?;
        let checked = self.check_head(commit)?;
        if let Some(new) = &commit.new {
            self.check_start(new)?;
        }

        self.blobs(commit)?;
        let id = self.memory.head.last + 1;
        let (pattern, body) = self.pack(checked.plan, &commit.body)?;
        let sql = "INSERT INTO journal (id, run, seq, prev_id, salt, hash, body, pattern) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        self.execute(sql, params![id, checked.run, checked.seq, checked.previous, commit.salt, commit.hash.0, body, pattern])?;
        match &commit.new {
            Some(new) => {
                self.insert_run(commit, &checked, id, new)?;
                self.start(checked.run, new)?;
            }
            None => self.update_run(commit, &checked, id)?,
        }
        if commit.gives_turn {
            self.give_turn(checked.run, commit.at)?;
        }
        self.questions(checked.run, &commit.asked, &commit.closed)?;
        self.letters(checked.run, &commit.letters)?;
        if let Some(answer) = &commit.answer {
            self.answer(answer, commit.at)?;
        }
        if let Some(state) = &commit.snapshot {
            let sql = "INSERT OR REPLACE INTO snapshots (run, seq, body) VALUES (?1, ?2, ?3)";
            self.execute(sql, params![checked.run, checked.seq, state])?;
        }
        self.memory.head.last = id;
        self.memory.head.hash = advance(self.memory.head.hash, commit.hash);
        Ok(())
    }

    /// An answer that has expired gives its key back.
    fn check_key(&self, commit: &Commit) -> Result<(), Fault> {
        let Some(answer) = &commit.answer else { return Ok(()) };
        let sql = "SELECT 1 FROM answers WHERE key = ?1 AND expires > ?2";
        let key = answer_key(&answer.scope, &answer.key);
        if self.db.prepare_cached(sql)?.exists(params![key, commit.at.0])? {
            return Err(StoreError::Taken.into());
        }
        Ok(())
    }

    /// There is one run for a place in its caller.
    fn check_place(&self, commit: &Commit) -> Result<(), Fault> {
        let Some(of) = commit.new.as_ref().and_then(|new| new.child_of.as_ref()) else { return Ok(()) };
        let caller = signed(of.run.0)?;
        if self.db.prepare_cached("SELECT 1 FROM children WHERE caller = ?1 AND place = ?2")?.exists(params![caller, of.place])? {
            return Err(StoreError::Taken.into());
        }
        Ok(())
    }

    fn check_head(&mut self, commit: &Commit) -> Result<Checked, Fault> {
        let (run, seq) = (signed(commit.run.0)?, signed(commit.seq)?);
        let sql = "SELECT r.seq, j.hash, r.last, r.plan FROM runs r LEFT JOIN journal j ON j.id = r.last WHERE r.id = ?1";
        let mut statement = self.db.prepare_cached(sql)?;
        let head: Option<(i64, Option<[u8; 32]>, i64, i64)> =
            statement.query_row([run], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))).optional()?;
        drop(statement);
        match (head, &commit.new) {
            (Some((last_seq, hash, last, plan)), None) if last_seq.checked_add(1) == Some(seq) && hash == Some(commit.previous.0) => {
                Ok(Checked { run, seq, previous: Some(last), plan })
            }
            (None, Some(new)) if seq == 1 && commit.previous.0 == [0; 32] => {
                Ok(Checked { run, seq, previous: None, plan: self.plan(new.plan)? })
            }
            _ => Self::conflict(commit.run),
        }
    }

    /// Equal bytes are kept once.
    fn blobs(&self, commit: &Commit) -> rusqlite::Result<()> {
        for (digest, bytes) in &commit.blobs {
            self.execute("INSERT INTO blobs (digest, body) VALUES (?1, ?2) ON CONFLICT DO NOTHING", params![digest.0, bytes])?;
        }
        Ok(())
    }

    fn insert_run(&mut self, commit: &Commit, checked: &Checked, id: i64, new: &NewRun) -> rusqlite::Result<()> {
        let (workflow, requester) = (self.name(&new.workflow)?, self.name(&new.requester)?);
        let sql = "INSERT INTO runs (id, workflow, plan, requester, status, live, seq, last, started, due, ended) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
        let (due, ended) = times(commit);
        self.execute(
            sql,
            params![
                checked.run,
                workflow,
                checked.plan,
                requester,
                commit.status as i64,
                under_way(commit.live),
                checked.seq,
                id,
                commit.at.0,
                due,
                ended
            ],
        )?;
        if let Some(of) = &new.child_of {
            let sql = "INSERT INTO children (run, caller, place, state) VALUES (?1, ?2, ?3, ?4)";
            self.execute(sql, params![checked.run, bound(of.run.0), of.place, i64::from(commit.status.ended())])?;
        }
        Ok(())
    }

    fn update_run(&self, commit: &Commit, checked: &Checked, id: i64) -> rusqlite::Result<()> {
        // A run that was taken up again has not ended any more.
        let sql = "UPDATE runs SET status = ?2, live = ?3, seq = ?4, last = ?5, due = ?6, \
                   ended = iif(?7 IS NULL, NULL, coalesce(ended, ?7)) WHERE id = ?1";
        let (due, ended) = times(commit);
        self.execute(sql, params![checked.run, commit.status as i64, under_way(commit.live), checked.seq, id, due, ended])?;
        if ended.is_some() {
            self.execute("UPDATE children SET state = 1 WHERE run = ?1 AND state = 0", [checked.run])?;
        }
        Ok(())
    }

    fn questions(&mut self, run: i64, asked: &[Asked], closed: &[u32]) -> rusqlite::Result<()> {
        for question in asked {
            // A question to nobody is open all the same.
            let nobody = question.of.is_empty().then_some("");
            for principal in question.of.iter().map(String::as_str).chain(nobody) {
                let principal = self.name(principal)?;
                let sql = "INSERT OR IGNORE INTO asks (principal, run, n) VALUES (?1, ?2, ?3)";
                self.execute(sql, params![principal, run, question.n])?;
            }
        }
        for n in closed {
            let sql = "DELETE FROM asks WHERE run = ?1 AND n = ?2";
            self.execute(sql, params![run, n])?;
            // The same terms as the index that finds them.
            let sql = "DELETE FROM letters WHERE run = ?1 AND n = ?2 AND n > 0 AND channel < 3 AND state = 1";
            self.execute(sql, params![run, n])?;
        }
        Ok(())
    }

    fn letters(&mut self, run: i64, letters: &[NewLetter]) -> rusqlite::Result<()> {
        for letter in letters {
            let target = self.name(&letter.to)?;
            let sql = "INSERT INTO letters (run, n, channel, target, due, state, tries, url, error) \
                       VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, ?6, NULL) ON CONFLICT DO NOTHING";
            self.execute(sql, params![run, letter.n, letter.channel as i64, target, letter.due.0, letter.url])?;
        }
        Ok(())
    }

    fn answer(&self, new: &NewAnswer, now: At) -> rusqlite::Result<()> {
        let sql = "DELETE FROM answers WHERE id IN (SELECT id FROM answers ORDER BY id LIMIT ?1) AND expires <= ?2";
        self.execute(sql, params![FORGOTTEN, now.0])?;
        let sql = "INSERT OR REPLACE INTO answers (key, request, status, body, expires) VALUES (?1, ?2, ?3, ?4, ?5)";
        let answer = &new.answer;
        let key = answer_key(&new.scope, &new.key);
        self.execute(sql, params![key, answer.request.0, answer.status, answer.body, answer.expires.0])?;
        Ok(())
    }
}

/// When something is due next, and when the run ended if it has.
fn times(commit: &Commit) -> (Option<i64>, Option<i64>) {
    (commit.due.map(|at| at.0), commit.status.ended().then_some(commit.at.0))
}
