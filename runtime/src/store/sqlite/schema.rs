//! The file's shape: which numbered migrations it has had, each with the digest of its text.
//!
//! INVARIANT: a file that this version does not know is refused before anything in it is changed.

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};

use crate::ids::Digest;
use crate::store::StoreError;

/// Marks the file as a store of hitlc: the letters `hitl`.
const APPLICATION: i32 = 0x6869_746c;

/// One step from an older shape to a newer one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Migration {
    /// From 1, without gaps.
    pub(super) number: i64,
    /// What it does. Never changed once released.
    pub(super) sql: &'static str,
}

/// All of them, in order.
pub(super) const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, sql: include_str!("migrations/0001_initial.sql") },
    Migration { number: 2, sql: include_str!("migrations/0002_starts.sql") },
    Migration { number: 3, sql: include_str!("migrations/0003_children.sql") },
    Migration { number: 4, sql: include_str!("migrations/0004_patterns.sql") },
];

/// Looks whether the file is one that `known` leads up to, and says how many migrations it has had. Changes nothing.
pub(super) fn inspect(db: &Connection, known: &[Migration]) -> Result<usize, StoreError> {
    let application: i32 = db.query_row("PRAGMA application_id", [], |row| row.get(0)).map_err(unreadable)?;
    let tables: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(unreadable)?;
    if tables == 0 {
        return Ok(0);
    }
    let recorded: Option<i64> =
        db.query_row("SELECT 1 FROM sqlite_schema WHERE name = 'migrations'", [], |row| row.get(0)).optional().map_err(unreadable)?;
    if application != APPLICATION || recorded.is_none() {
        return Err(StoreError::Unusable("it is a database of another program".into()));
    }
    let applied = applied(db).map_err(unreadable)?;
    for (position, (number, checksum)) in applied.iter().enumerate() {
        let Some(migration) = known.get(position) else {
            return Err(StoreError::Unusable("it was written by a newer version of `hitlc`; use that version or a later one".into()));
        };
        if migration.number != *number || Digest::of(&[migration.sql.as_bytes()]).0 != *checksum {
            let message = format!("its shape (migration {number}) is not the one that this version of `hitlc` knows");
            return Err(StoreError::Unusable(message));
        }
    }
    Ok(applied.len())
}

/// Takes the file through the migrations that it has not had, all in one transaction.
/// `store` is the number of the store, if it is made now.
pub(super) fn migrate(db: &mut Connection, known: &[Migration], done: usize, store: [u8; 16]) -> rusqlite::Result<()> {
    if done >= known.len() {
        return Ok(());
    }
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if done == 0 {
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.execute_batch("CREATE TABLE migrations (number INTEGER PRIMARY KEY, checksum BLOB NOT NULL)")?;
    }
    for migration in known.iter().skip(done) {
        transaction.execute_batch(migration.sql)?;
        let checksum = Digest::of(&[migration.sql.as_bytes()]).0;
        transaction.execute("INSERT INTO migrations (number, checksum) VALUES (?1, ?2)", params![migration.number, checksum])?;
    }
    if done == 0 {
        let sql = "INSERT INTO head (id, store, last, hash) VALUES (0, ?1, 0, ?2)";
        transaction.execute(sql, params![store, Digest::default().0])?;
    }
    transaction.commit()
}

fn applied(db: &Connection) -> rusqlite::Result<Vec<(i64, [u8; 32])>> {
    let mut statement = db.prepare("SELECT number, checksum FROM migrations ORDER BY number")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

fn unreadable(error: rusqlite::Error) -> StoreError {
    StoreError::Unusable(match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase) => "it is not a database".into(),
        _ => format!("it cannot be read ({error})"),
    })
}
