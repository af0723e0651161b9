//! Rows to structs, and numbers to and from the file's own.

use rusqlite::Row;

use super::pack;
use crate::ids::{At, Digest, RunId};
use crate::store::{Answer, Channel, Entry, Letter, NewLetter, RunRow, Status, StoreError, Token};

/// The columns that [`run`] reads, and where they come from. The joins are on integer keys.
/// A run whose last transition somebody took away has the hash of none.
pub(super) const RUN_COLUMNS: &str = "r.id, w.name, p.hash, q.name, r.status, r.seq, coalesce(j.hash, zeroblob(32)), r.started, r.ended, \
     r.last FROM runs r CROSS JOIN names w ON w.id = r.workflow CROSS JOIN plans p ON p.id = r.plan \
     CROSS JOIN names q ON q.id = r.requester LEFT JOIN journal j ON j.id = r.last";

/// The column with the journal's row of a run's last transition.
pub(super) const LAST: usize = 9;

/// A run's row.
pub(super) fn run(row: &Row<'_>) -> rusqlite::Result<RunRow> {
    Ok(RunRow {
        run: run_id(row, 0)?,
        workflow: row.get(1)?,
        plan: digest(row, 2)?,
        requester: row.get(3)?,
        status: status(row, 4)?,
        seq: unsigned(row, 5)?,
        hash: digest(row, 6)?,
        started: At(row.get(7)?),
        ended: row.get::<_, Option<i64>>(8)?.map(At),
    })
}

/// The columns that [`entry`] reads.
pub(super) const ENTRY_COLUMNS: &str = "j.id, j.run, j.seq, j.salt, j.body, j.hash, j.prev_id, j.pattern, p.body FROM journal j \
     LEFT JOIN patterns p ON p.id = j.pattern";

/// The column with the journal's row of the transition before.
pub(super) const PREVIOUS: usize = 6;

/// A transition.
pub(super) fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    Ok(Entry { id: row.get(0)?, run: run_id(row, 1)?, seq: unsigned(row, 2)?, salt: row.get(3)?, body: body(row)?, hash: digest(row, 5)? })
}

/// What cannot be unpacked, because somebody changed it, is taken as it is: its hash will tell.
fn body(row: &Row<'_>) -> rusqlite::Result<Vec<u8>> {
    let stored: Vec<u8> = row.get(4)?;
    let pattern = match row.get(7)? {
        None => return Ok(stored),
        Some(0) => Some(&[][..]),
        Some(_) => row.get_ref(8)?.as_blob_or_null()?,
    };
    Ok(pattern.and_then(|pattern| pack::unpack(&stored, pattern)).unwrap_or(stored))
}

/// The columns that [`letter`] reads.
pub(super) const LETTER_COLUMNS: &str = "l.id, l.run, l.channel, t.name, l.n, l.due, l.url, l.tries, l.error FROM letters l \
     CROSS JOIN names t ON t.id = l.target";

/// A letter of the outbox.
pub(super) fn letter(row: &Row<'_>) -> rusqlite::Result<Letter> {
    let letter = NewLetter { channel: channel(row, 2)?, to: row.get(3)?, n: row.get(4)?, due: At(row.get(5)?), url: row.get(6)? };
    Ok(Letter { id: row.get(0)?, run: run_id(row, 1)?, letter, tries: row.get(7)?, error: row.get(8)? })
}

/// The columns that [`token`] reads.
pub(super) const TOKEN_COLUMNS: &str = "secret, public, person, scopes, agent, session, created, expires, revoked FROM tokens";

/// A token.
pub(super) fn token(row: &Row<'_>) -> rusqlite::Result<Token> {
    Ok(Token {
        secret: digest(row, 0)?,
        id: row.get(1)?,
        person: row.get(2)?,
        scopes: row.get(3)?,
        agent: row.get(4)?,
        session: row.get(5)?,
        created: At(row.get(6)?),
        expires: row.get::<_, Option<i64>>(7)?.map(At),
        revoked: row.get::<_, Option<i64>>(8)?.map(At),
    })
}

/// An idempotency answer: `request, status, body, expires`.
pub(super) fn answer(row: &Row<'_>) -> rusqlite::Result<Answer> {
    Ok(Answer { request: digest(row, 0)?, status: row.get(1)?, body: row.get(2)?, expires: At(row.get(3)?) })
}

/// A run and the number of its question.
pub(super) fn question(row: &Row<'_>) -> rusqlite::Result<(RunId, u32)> {
    Ok((run_id(row, 0)?, row.get(1)?))
}

/// A run's number.
pub(super) fn run_id(row: &Row<'_>, column: usize) -> rusqlite::Result<RunId> {
    unsigned(row, column).map(RunId)
}

/// Whether work is under way, as a run's row has it.
pub(super) const fn under_way(live: bool) -> i64 {
    if live { 2 } else { 0 }
}

/// A digest.
pub(super) fn digest(row: &Row<'_>, column: usize) -> rusqlite::Result<Digest> {
    row.get(column).map(Digest)
}

/// A number that is never negative.
pub(super) fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, number))
}

/// The same the other way; the file's numbers end where an `i64` does.
pub(super) fn signed(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::Unusable(format!("the number {number} is too large for the store")))
}

/// The same for bounds of queries, where everything too large is as good as the largest.
pub(super) fn bound(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The key under which an idempotency answer is kept: texts are not, and the length keeps scope and key apart.
pub(super) fn answer_key(scope: &str, key: &str) -> [u8; 32] {
    Digest::of(&[&bound(scope.len() as u64).to_be_bytes(), scope.as_bytes(), key.as_bytes()]).0
}

fn status(row: &Row<'_>, column: usize) -> rusqlite::Result<Status> {
    let number: i64 = row.get(column)?;
    let status = usize::try_from(number).ok().and_then(|index| Status::ALL.get(index).copied());
    status.ok_or(rusqlite::Error::IntegralValueOutOfRange(column, number))
}

fn channel(row: &Row<'_>, column: usize) -> rusqlite::Result<Channel> {
    match row.get(column)? {
        0 => Ok(Channel::Mail),
        1 => Ok(Channel::Webhook),
        2 => Ok(Channel::Callback),
        3 => Ok(Channel::Notify),
        4 => Ok(Channel::Reminder),
        5 => Ok(Channel::WebhookAgain),
        6 => Ok(Channel::WebhookReminder),
        other => Err(rusqlite::Error::IntegralValueOutOfRange(column, other)),
    }
}
