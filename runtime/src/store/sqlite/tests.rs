//! What only a file has: it is opened again, it is another program's or another version's, it is full, it was changed by hand.

mod packed;

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;
use tempfile::TempDir;

use super::schema::{MIGRATIONS, Migration};
use super::{SqliteOptions, SqliteStore};
use crate::ids::{At, Digest, RunId};
use crate::store::audit::{Finding, verify};
use crate::store::contract::{Author, with_plan};
use crate::store::{Asked, Commit, Head, Store, StoreError};

fn file() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/down/store.db");
    (folder, path)
}

fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path, &SqliteOptions::default()).unwrap()
}

fn refused(path: &Path) -> String {
    SqliteStore::open(path, &SqliteOptions::default()).unwrap_err().to_string()
}

/// Bytes that nothing makes smaller.
fn unlike(count: usize) -> Vec<u8> {
    let blocks = (0_u64..).flat_map(|block| Digest::of(&[&block.to_be_bytes()]).0);
    blocks.take(count).collect()
}

/// Three runs of three transitions each, taken in turns; entry 3 * (seq - 1) + run of the store.
async fn fill(store: &dyn Store) {
    with_plan(store).await;
    let mut authors = [1, 2, 3].map(Author::new);
    for _ in 0..3 {
        for author in &mut authors {
            store.commit(author.next(b"step")).await.unwrap();
        }
    }
}

#[tokio::test]
async fn opened_again_everything_is_there() {
    let (_folder, path) = file();
    let store = open(&path);
    fill(&store).await;
    let mut author = Author::new(4);
    let mut commit = author.next(b"asks");
    commit.asked = vec![Asked { n: 1, of: vec!["ann".into()] }];
    commit.due = Some(At(7));
    commit.snapshot = Some(b"state".to_vec());
    store.commit(commit).await.unwrap();
    let (head, loaded) = (store.head().await.unwrap(), store.load(RunId(4)).await.unwrap());
    store.close().await;
    drop(store);
    assert!(!path.with_file_name("store.db-wal").exists(), "a store that was closed is one file");

    let store = open(&path);
    assert_eq!(store.head().await.unwrap(), head);
    assert_eq!(store.load(RunId(4)).await.unwrap(), loaded);
    assert_eq!(store.asked(None, None, 9).await.unwrap(), [(RunId(4), 1)]);
    assert_eq!(store.next_due().await.unwrap(), Some(At(7)));
    assert_eq!(store.first_free_run().await.unwrap(), RunId(5));
    store.commit(author.next(b"goes on")).await.unwrap();
    assert_eq!(store.head().await.unwrap().last, 11);
    assert_eq!(verify(&store, Some(head)).await.unwrap().findings, []);
}

#[tokio::test]
async fn only_its_owner_reads_it() {
    let (_folder, path) = file();
    let store = open(&path);
    fill(&store).await;
    for name in ["store.db", "store.db-wal", "store.db-shm"] {
        let mode = std::fs::metadata(path.with_file_name(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let other = open(&path.with_file_name("other.db"));
    assert_ne!(store.head().await.unwrap().store, other.head().await.unwrap().store);
}

#[tokio::test]
async fn what_was_committed_survives_without_a_close() {
    let (_folder, path) = file();
    let store = open(&path);
    fill(&store).await;
    // The files as they would be found after a kill.
    let copy = path.with_file_name("copy.db");
    std::fs::copy(&path, &copy).unwrap();
    std::fs::copy(path.with_file_name("store.db-wal"), path.with_file_name("copy.db-wal")).unwrap();
    let head = store.head().await.unwrap();
    let copy = open(&copy);
    assert_eq!(copy.head().await.unwrap(), head);
    assert_eq!(verify(&copy, Some(head)).await.unwrap().findings, []);
}

#[tokio::test]
async fn the_log_is_emptied_and_starts_over() {
    let (_folder, path) = file();
    let options = SqliteOptions { log_ahead: 1 << 20, checkpoint_pages: 16, max_pages: None };
    let store = SqliteStore::open(&path, &options).unwrap();
    with_plan(&store).await;
    let mut author = Author::new(1);
    for _ in 0..1500 {
        store.commit(author.next(&unlike(500))).await.unwrap();
    }
    let log = std::fs::metadata(path.with_file_name("store.db-wal")).unwrap().len();
    assert!((1 << 20..2 << 20).contains(&log), "the log has {log} bytes");
    assert_eq!(verify(&store, None).await.unwrap().findings, []);
}

#[tokio::test]
async fn other_files_are_left_alone() {
    let (_folder, path) = file();
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, [b'x'; 5000]).unwrap();
    assert!(refused(&path).contains("it is not a database"), "{}", refused(&path));
    assert_eq!(std::fs::read(&path).unwrap(), [b'x'; 5000]);

    std::fs::remove_file(&path).unwrap();
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE ledger (n)").unwrap();
    let bytes = std::fs::read(&path).unwrap();
    assert!(refused(&path).contains("a database of another program"));
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
}

#[tokio::test]
async fn another_version_is_refused_untouched() {
    let (_folder, path) = file();
    let next = MIGRATIONS.last().unwrap().number + 1;
    let later = Migration { number: next, sql: "CREATE TABLE later (n)" };
    let known = [MIGRATIONS, &[later]].concat();
    let options = SqliteOptions::default();
    fill(&open(&path)).await;
    let head = open(&path).head().await.unwrap();

    // From this version to the next nothing is lost.
    let store = SqliteStore::open_known(&path, &options, &known).unwrap();
    assert_eq!(store.head().await.unwrap(), head);
    drop(store);
    let bytes = std::fs::read(&path).unwrap();
    assert!(refused(&path).contains("written by a newer version"), "{}", refused(&path));
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
    SqliteStore::open_known(&path, &options, &known).unwrap();

    let changed = [MIGRATIONS, &[Migration { sql: "CREATE TABLE other (n)", ..later }]].concat();
    let error = SqliteStore::open_known(&path, &options, &changed).unwrap_err().to_string();
    assert!(error.contains(&format!("migration {next}")), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
}

#[tokio::test]
async fn a_full_disk_undoes_and_goes_on() {
    let (_folder, path) = file();
    let options = SqliteOptions { max_pages: Some(64), ..SqliteOptions::default() };
    let store = Arc::new(SqliteStore::open(&path, &options).unwrap());
    with_plan(&*store).await;
    let mut author = Author::new(1);
    store.commit(author.next(b"small")).await.unwrap();
    let head = store.head().await.unwrap();
    for _ in 0..3 {
        let large = Commit { blobs: vec![(Digest::of(&[b"large"]), vec![1; 300_000])], ..author.peek(b"large") };
        assert!(matches!(store.commit(large).await, Err(StoreError::Full)));
        assert_eq!(store.head().await.unwrap(), head);
    }
    // A name that came with what was undone is not taken for known.
    let mut large = Author::new(2).peek(&unlike(300_000));
    large.new.as_mut().unwrap().requester = "somebody new".into();
    assert!(matches!(store.commit(large.clone()).await, Err(StoreError::Full)));
    large.body = b"small".to_vec();
    large.hash = crate::store::chain(large.previous, large.run, 1, &large.salt, &large.body);
    store.commit(large).await.unwrap();
    assert_eq!(store.run(RunId(2)).await.unwrap().unwrap().requester, "somebody new");
    store.commit(author.next(b"small")).await.unwrap();
    assert_eq!(verify(&*store, Some(head)).await.unwrap().findings, []);
}

#[tokio::test]
async fn after_a_failed_write_nothing_is_written() {
    let (_folder, path) = file();
    let store = open(&path);
    with_plan(&store).await;
    let mut author = Author::new(1);
    store.commit(author.next(b"a")).await.unwrap();
    // A page that cannot be what it should: the write into it fails.
    let by_hand = Connection::open(&path).unwrap();
    by_hand.execute_batch("CREATE TRIGGER t BEFORE INSERT ON journal BEGIN SELECT RAISE(ABORT, 'broken'); END").unwrap();
    assert!(matches!(store.commit(author.peek(b"b")).await, Err(StoreError::Broken(_))));
    by_hand.execute_batch("DROP TRIGGER t").unwrap();
    assert!(matches!(store.commit(author.peek(b"b")).await, Err(StoreError::Broken(_))));
    assert!(matches!(store.set_meta("a", vec![]).await, Err(StoreError::Broken(_))));
    assert_eq!(store.run(RunId(1)).await.unwrap().unwrap().seq, 1);
    drop(store);
    open(&path).commit(author.next(b"b")).await.unwrap();
}

/// What an audit says after somebody changed the file with `sql`.
async fn tampered(sql: &str, with_export: bool) -> Vec<String> {
    let (_folder, path) = file();
    let store = open(&path);
    fill(&store).await;
    let exported = store.head().await.unwrap();
    store.close().await;
    drop(store);
    Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    let report = verify(&open(&path), with_export.then_some(exported)).await.unwrap();
    report.findings.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn an_audit_finds_what_was_done_by_hand() {
    let head = "the journal does not add up to the head that is stored with it";
    let export = "the first 9 entries of the store are not those of which the head was exported";
    let ends = "the journal ends at entry 8 of the store, it had 9 when the head was exported";
    // Everything of it, so that the store agrees with itself: only the exported head shows it.
    let forged = forged();
    let cases: &[(&str, &[&str])] = &[
        ("SELECT 1", &[]),
        ("UPDATE journal SET body = x'00' WHERE id = 4", &["entry 2 of run 1 was changed", head, export]),
        ("UPDATE journal SET salt = zeroblob(16) WHERE id = 9", &["entry 3 of run 3 was changed", head, export]),
        ("UPDATE journal SET hash = zeroblob(32) WHERE id = 9", &["entry 3 of run 3 was changed"]),
        ("DELETE FROM journal WHERE id = 5", &["entry 5 of the store is missing", "entry 2 of run 2 is missing", head, export]),
        (
            "DELETE FROM journal WHERE id = 9",
            &["entry 9 of the store is missing", head, ends, "the journal of run 3 was cut off after entry 2, it had 3"],
        ),
        (
            "DELETE FROM journal WHERE run = 2",
            &[
                "entry 2 of the store is missing",
                "entry 5 of the store is missing",
                "entry 8 of the store is missing",
                head,
                export,
                "all 3 entries of run 2 are missing",
            ],
        ),
        ("DELETE FROM runs WHERE id = 2", &["run 2 is in the journal but no longer listed"]),
        ("UPDATE head SET hash = zeroblob(32)", &[head]),
        ("UPDATE journal SET seq = 1 WHERE id = 6", &["entry 1 of run 3 stands where it does not belong", "entry 2 of run 3 is missing"]),
        ("UPDATE head SET store = zeroblob(16)", &["the exported head is of another store"]),
        (&forged, &[export]),
    ];
    for (sql, expected) in cases {
        assert_eq!(tampered(sql, true).await, *expected, "{sql}");
    }
    assert_eq!(tampered(&forged, false).await, [""; 0]);
}

/// Statements that change the last entry and every hash that follows from it.
fn forged() -> String {
    let mut authors = [1, 2, 3].map(Author::new);
    let mut head = Digest::default();
    for turn in 0..3 {
        for author in &mut authors {
            let forged = turn == 2 && author.run == RunId(3);
            let commit = author.next(if forged { b"forged" } else { b"step" });
            head = crate::store::advance(head, commit.hash);
        }
    }
    let hash = authors[2].hash;
    format!("UPDATE journal SET body = CAST('forged' AS BLOB), hash = x'{hash}' WHERE id = 9; UPDATE head SET hash = x'{head}'")
}

#[tokio::test]
async fn an_older_export_still_holds_and_reads_back() {
    let (_folder, path) = file();
    let store = open(&path);
    let none = store.head().await.unwrap();
    fill(&store).await;
    let some = store.head().await.unwrap();
    let mut author = Author::new(9);
    store.commit(author.next(b"later")).await.unwrap();
    for exported in [none, some] {
        let read = Head::from_json(&exported.to_json()).unwrap();
        assert_eq!(read, exported);
        let report = verify(&store, Some(read)).await.unwrap();
        assert_eq!((report.findings, report.entries, report.runs), (vec![], 10, 4));
        assert_eq!(report.head, store.head().await.unwrap());
    }
    assert_eq!(Head::from_json("{}"), None);
    let later = Head { last: 99, ..some };
    assert_eq!(verify(&store, Some(later)).await.unwrap().findings, [Finding::ExportTruncated { has: 10, last: 99 }]);
}
