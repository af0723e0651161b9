//! The store in one SQLite file: one writer that commits in groups, readers beside it, the log emptied off the commit path.
//!
//! Owns SQL and the file; knows no rule of what it keeps. Nothing outside this folder knows rusqlite.

mod checkpoint;
mod commit;
mod open;
mod pack;
mod patterns;
mod queue;
mod read;
mod rows;
mod schema;
mod starts;
#[cfg(test)]
mod tests;
mod write;
mod writer;

use std::sync::Arc;
use std::thread::JoinHandle;

use async_trait::async_trait;
use parking_lot::Mutex;

pub use self::open::SqliteOptions;
use self::queue::Queue;
use self::read::{Reader, Readers};
use super::{Answer, Commit, Delivery, Entry, Head, Letter, RunFilter, RunRow, Store, StoreError, Stored, Token};
use crate::ids::{At, Digest, RunId};

/// A store in a SQLite file. Its process is the only one that writes there.
#[derive(Debug)]
pub struct SqliteStore {
    queue: Arc<Queue>,
    readers: Arc<Readers>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl SqliteStore {
    /// A read that finds its rows by keys: it takes microseconds, less than handing it to another thread would.
    fn quick<T>(&self, read: impl FnOnce(&Reader) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        self.readers.read(read).map_err(unreadable)
    }

    /// A read whose length depends on what is there.
    async fn long<T: Send + 'static>(&self, read: impl FnOnce(&Reader) -> rusqlite::Result<T> + Send + 'static) -> Result<T, StoreError> {
        let readers = Arc::clone(&self.readers);
        let result = tokio::task::spawn_blocking(move || readers.read(read)).await;
        result.map_err(|error| StoreError::Unusable(format!("the store cannot be read ({error})")))?.map_err(unreadable)
    }

    fn end(writer: Option<JoinHandle<()>>) {
        if writer.is_some_and(|writer| writer.join().is_err()) {
            tracing::error!("the store's writer ended before its time");
        }
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.queue.close();
        Self::end(self.writer.lock().take());
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        self.queue.write(move |write| write.commit(&commit)).await
    }

    async fn first_free_run(&self) -> Result<RunId, StoreError> {
        self.quick(Reader::first_free_run)
    }

    async fn child(&self, caller: RunId, place: &[u8]) -> Result<Option<RunId>, StoreError> {
        self.quick(|reader| reader.child(caller, place))
    }

    async fn children(&self, caller: RunId) -> Result<Vec<RunId>, StoreError> {
        self.quick(|reader| reader.children(caller))
    }

    async fn untold(&self) -> Result<Vec<RunId>, StoreError> {
        self.long(Reader::untold).await
    }

    async fn told(&self, child: RunId) -> Result<(), StoreError> {
        self.queue.write(move |write| write.told(child)).await
    }

    async fn once(&self, key: Digest) -> Result<Option<RunId>, StoreError> {
        self.quick(|reader| reader.once(key))
    }

    async fn turn_taken(&self, key: Digest) -> Result<bool, StoreError> {
        self.quick(|reader| reader.turn_taken(key))
    }

    async fn has_turn(&self, run: RunId) -> Result<bool, StoreError> {
        self.quick(|reader| reader.has_turn(run))
    }

    async fn run(&self, run: RunId) -> Result<Option<RunRow>, StoreError> {
        self.quick(|reader| reader.run(run))
    }

    async fn load(&self, run: RunId) -> Result<Option<Stored>, StoreError> {
        // Snapshots keep what comes after them short.
        let stored = self.quick(|reader| reader.load(run));
        stored.map_err(|error| damaged(run, error))
    }

    async fn journal(&self, run: RunId, after: u64, limit: u32) -> Result<Vec<Entry>, StoreError> {
        let entries = self.long(move |reader| reader.journal(run, after, limit)).await;
        entries.map_err(|error| damaged(run, error))
    }

    async fn runs(&self, filter: RunFilter) -> Result<Vec<RunRow>, StoreError> {
        self.long(move |reader| reader.runs(&filter)).await
    }

    async fn live(&self) -> Result<Vec<RunId>, StoreError> {
        self.long(Reader::live).await
    }

    async fn due(&self, now: At, limit: u32) -> Result<Vec<RunId>, StoreError> {
        self.quick(|reader| reader.due(now, limit))
    }

    async fn next_due(&self) -> Result<Option<At>, StoreError> {
        self.quick(Reader::next_due)
    }

    async fn asked(&self, of: Option<Vec<String>>, cursor: Option<(RunId, u32)>, limit: u32) -> Result<Vec<(RunId, u32)>, StoreError> {
        self.long(move |reader| reader.asked(of.as_deref(), cursor, limit)).await
    }

    async fn put_plan(&self, hash: Digest, bytes: Vec<u8>) -> Result<(), StoreError> {
        if self.plan(hash).await?.is_some() {
            return Ok(());
        }
        self.queue.write(move |write| write.put_plan(hash, &bytes)).await
    }

    async fn plan(&self, hash: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        self.quick(|reader| reader.plan(hash))
    }

    async fn blob(&self, digest: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        self.quick(|reader| reader.blob(digest))
    }

    async fn answer(&self, scope: &str, key: &str) -> Result<Option<Answer>, StoreError> {
        self.quick(|reader| reader.answer(scope, key))
    }

    async fn letters(&self, now: At, limit: u32) -> Result<Vec<Letter>, StoreError> {
        self.quick(|reader| reader.letters(now, limit))
    }

    async fn next_letter(&self) -> Result<Option<At>, StoreError> {
        self.quick(Reader::next_letter)
    }

    async fn sent(&self, results: Vec<(i64, Delivery)>) -> Result<(), StoreError> {
        if results.is_empty() {
            return Ok(());
        }
        self.queue.write(move |write| write.sent(&results)).await
    }

    async fn dead_letters(&self) -> Result<Vec<Letter>, StoreError> {
        self.quick(Reader::dead_letters)
    }

    async fn put_token(&self, token: Token) -> Result<(), StoreError> {
        self.queue.write(move |write| write.put_token(&token)).await
    }

    async fn token(&self, secret: Digest) -> Result<Option<Token>, StoreError> {
        self.quick(|reader| reader.token(secret))
    }

    async fn tokens(&self) -> Result<Vec<Token>, StoreError> {
        self.long(Reader::tokens).await
    }

    async fn revoke_token(&self, id: &str, at: At) -> Result<bool, StoreError> {
        let id = id.to_owned();
        self.queue.write(move |write| write.revoke_token(&id, at)).await
    }

    async fn meta(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.quick(|reader| reader.meta(key))
    }

    async fn set_meta(&self, key: &str, value: Vec<u8>) -> Result<(), StoreError> {
        let key = key.to_owned();
        self.queue.write(move |write| write.set_meta(&key, &value)).await
    }

    async fn all_entries(&self, after: i64, limit: u32) -> Result<Vec<Entry>, StoreError> {
        self.long(move |reader| reader.all_entries(after, limit)).await
    }

    async fn head(&self) -> Result<Head, StoreError> {
        self.quick(Reader::head)
    }

    async fn close(&self) {
        self.queue.close();
        let writer = self.writer.lock().take();
        if tokio::task::spawn_blocking(|| Self::end(writer)).await.is_err() {
            tracing::error!("the store was not closed properly; the next start takes care of it");
        }
    }
}

/// Settings that every connection has.
fn prepare(db: &rusqlite::Connection) -> rusqlite::Result<()> {
    db.busy_timeout(std::time::Duration::from_secs(5))?;
    db.set_prepared_statement_cache_capacity(64);
    // Otherwise a statement is planned anew whenever other values are bound to it.
    db.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    db.pragma_update(None, "foreign_keys", true)?;
    db.pragma_update(None, "trusted_schema", false)?;
    db.pragma_update(None, "wal_autocheckpoint", 0)
}

fn unreadable(error: rusqlite::Error) -> StoreError {
    match error {
        rusqlite::Error::QueryReturnedNoRows => StoreError::Unusable("a row that should be in the store is missing".into()),
        error => StoreError::Unusable(format!("the store cannot be read ({error})")),
    }
}

/// A walk through a journal that meets a gap.
fn damaged(run: RunId, error: StoreError) -> StoreError {
    match error {
        StoreError::Unusable(why) => StoreError::Unusable(format!("the journal of run {} is damaged: {why}", run.0)),
        other => other,
    }
}
