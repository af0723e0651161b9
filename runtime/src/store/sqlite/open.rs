//! Opening: the file and its folder, the checks before anything is changed, the threads.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use parking_lot::Mutex;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::checkpoint::Checkpoints;
use super::queue::Queue;
use super::read::{self, Readers};
use super::schema::{self, MIGRATIONS, Migration};
use super::write::Memory;
use super::writer::Writer;
use super::{SqliteStore, prepare, unreadable};
use crate::store::StoreError;

/// Versions before it can damage a log when it starts over.
const OLDEST: i32 = 3_051_003;

/// How a file is used. The defaults are right for a server.
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    /// Bytes to which the log is grown ahead, once the process has committed a few times. 0: it grows as it is needed.
    pub log_ahead: u64,
    /// Pages (of 4 KiB) in the log above which it is emptied into the file.
    pub checkpoint_pages: u32,
    /// Pages that the file may have at most: above it the disk is full.
    pub max_pages: Option<u32>,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self { log_ahead: 16 << 20, checkpoint_pages: 1000, max_pages: None }
    }
}

impl SqliteStore {
    /// Opens the store in the file at `path`; makes it, and its folder, if there is none. Only the file's owner may read it.
    ///
    /// # Errors
    /// [`StoreError::Unusable`], with the path and the reason. A file of another program, or of a newer version, is left untouched.
    pub fn open(path: impl AsRef<Path>, options: &SqliteOptions) -> Result<Self, StoreError> {
        let path = path.as_ref();
        Self::open_known(path, options, MIGRATIONS).map_err(|error| match error {
            StoreError::Unusable(why) => StoreError::Unusable(format!("cannot open the store `{}`: {why}", path.display())),
            other => other,
        })
    }

    pub(super) fn open_known(path: &Path, options: &SqliteOptions, known: &[Migration]) -> Result<Self, StoreError> {
        if rusqlite::version_number() < OLDEST {
            let message = format!("SQLite {} is too old, 3.51.3 is needed", rusqlite::version());
            return Err(StoreError::Unusable(message));
        }
        make_file(path).map_err(|error| StoreError::Unusable(error.to_string()))?;
        let db = connect(path, options, known)?;
        let memory = remember(&db).map_err(unreadable)?;
        let emptier = open_file(path).and_then(|db| prepare(&db).map(|()| db)).map_err(unreadable)?;

        let queue = Arc::new(Queue::default());
        let readers = Arc::new(Readers::new(path.to_owned()));
        let checkpoints = Arc::new(Checkpoints::new(options.checkpoint_pages, Arc::clone(&queue)));
        let bell = Arc::clone(&checkpoints);
        let emptier = spawn("store-log", move || bell.run(&emptier))?;
        let writer = Writer::new(db, memory, Arc::clone(&queue), log_of(path), options.log_ahead);
        let idle = Arc::clone(&readers);
        let writer = spawn("store-writer", move || {
            let db = writer.run(&checkpoints);
            // The last connection that closes empties the log into the file: it must be one that can write.
            checkpoints.stop();
            let ended = emptier.join().is_ok();
            idle.close();
            if !ended || db.close().is_err() {
                tracing::warn!("the store was not closed properly; the next start takes care of it");
            }
        })?;
        Ok(Self { queue, readers, writer: Mutex::new(Some(writer)) })
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<thread::JoinHandle<()>, StoreError> {
    thread::Builder::new().name(name.into()).spawn(work).map_err(|error| StoreError::Unusable(error.to_string()))
}

/// The file with its mode, and durable names for it and its folder, before SQLite opens it; the log gets the file's mode from SQLite.
fn make_file(path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if !folder.exists() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        if let Some(above) = folder.parent().filter(|above| !above.as_os_str().is_empty()) {
            File::open(above)?.sync_all()?;
        }
    }
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => File::open(folder)?.sync_all(),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

fn open_file(path: &Path) -> rusqlite::Result<Connection> {
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)
}

/// The writer's connection, after all checks and migrations.
fn connect(path: &Path, options: &SqliteOptions, known: &[Migration]) -> Result<Connection, StoreError> {
    let mut db = open_file(path).map_err(unreadable)?;
    // Until it is known to be ours, not even closing may change it.
    let checkpoint_on_close = |db: &Connection, on: bool| db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !on);
    checkpoint_on_close(&db, false).map_err(unreadable)?;
    prepare(&db).map_err(unreadable)?;
    let done = schema::inspect(&db, known)?;
    let mut store = [0; 16];
    getrandom::fill(&mut store).map_err(|error| StoreError::Unusable(error.to_string()))?;
    let mut settle = || {
        checkpoint_on_close(&db, true)?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        db.pragma_update(None, "synchronous", "FULL")?;
        db.pragma_update(None, "journal_size_limit", -1)?;
        db.pragma_update(None, "cache_size", -4096)?;
        if let Some(pages) = options.max_pages {
            db.pragma_update(None, "max_page_count", pages)?;
        }
        schema::migrate(&mut db, known, done, store)
    };
    settle().map_err(unreadable)?;
    Ok(db)
}

/// What the writer starts with. Numbers go on after the highest that anything has, even where somebody changed the file.
fn remember(db: &Connection) -> rusqlite::Result<Memory> {
    let mut head = read::head(db)?;
    let last: Option<i64> = db.query_row("SELECT max(id) FROM journal", [], |row| row.get(0))?;
    head.last = head.last.max(last.unwrap_or(0));
    Ok(Memory::new(head))
}

fn log_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}
