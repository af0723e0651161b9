//! What is kept packed, and a file from before bodies were.

use minicbor::to_vec;
use rusqlite::params;

use super::*;

/// A transition as they are: an instant, somebody's name, and much that every run has.
fn body(run: u64, seq: u64) -> Vec<u8> {
    let at = 1_796_072_148_087_054 + run * 7919 + seq;
    let every: Vec<u64> = (0..60).map(|number| number * number * seq % 23).collect();
    to_vec((at, format!("somebody {run}"), every)).unwrap()
}

async fn alike(store: &SqliteStore, runs: std::ops::Range<u64>) {
    with_plan(store).await;
    for run in runs {
        let mut author = Author::new(run);
        for seq in 1..=2 {
            store.commit(author.next(&body(run, seq))).await.unwrap();
        }
    }
}

async fn read_back(store: &SqliteStore, runs: std::ops::Range<u64>) {
    for run in runs {
        let entries = store.journal(RunId(run), 0, 9).await.unwrap();
        let loaded = store.load(RunId(run)).await.unwrap().unwrap();
        assert_eq!(entries.iter().map(|entry| entry.body.clone()).collect::<Vec<_>>(), [body(run, 1), body(run, 2)]);
        assert_eq!(loaded.entries, entries);
        assert_eq!(loaded.bytes, body(run, 1).len() + body(run, 2).len());
    }
    assert_eq!(verify(store, None).await.unwrap().findings, []);
}

fn one<T: rusqlite::types::FromSql>(path: &Path, sql: &str) -> T {
    Connection::open(path).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn transitions_that_are_alike_take_little_room() {
    let (_folder, path) = file();
    let store = open(&path);
    alike(&store, 1..100).await;
    read_back(&store, 1..100).await;
    drop(store);
    let (patterns, known): (i64, i64) = (one(&path, "SELECT count(*) FROM patterns"), one(&path, "SELECT max(id) FROM patterns"));
    assert!(patterns <= 2, "{patterns} patterns for two transitions");
    let size: i64 = one(&path, "SELECT max(length(body)) FROM journal WHERE run > 2");
    assert!(size < 40, "{size} bytes for {}", body(1, 1).len());

    let store = open(&path);
    alike(&store, 100..103).await;
    read_back(&store, 1..103).await;
    drop(store);
    assert_eq!(one::<i64>(&path, "SELECT max(id) FROM patterns"), known, "after a start the same pattern is used");
    assert_eq!(one::<i64>(&path, "SELECT count(*) FROM patterns WHERE instr(body, 'somebody') > 0"), 0);
}

#[tokio::test]
async fn an_audit_finds_what_was_done_to_what_is_packed() {
    let changes = [
        ("UPDATE journal SET body = substr(body, 1, 10) WHERE id = 20", 1),
        ("UPDATE journal SET pattern = NULL WHERE id = 20", 1),
        ("UPDATE journal SET pattern = 99 WHERE id = 20", 1),
        ("UPDATE patterns SET body = zeroblob(length(body)) WHERE id = (SELECT max(id) FROM patterns)", 2),
        ("DELETE FROM patterns", 2),
    ];
    for (change, least) in changes {
        let (_folder, path) = file();
        let store = open(&path);
        alike(&store, 1..20).await;
        drop(store);
        Connection::open(&path).unwrap().execute_batch(&format!("PRAGMA foreign_keys = OFF; {change}")).unwrap();
        let findings = verify(&open(&path), None).await.unwrap().findings;
        let changed = findings.iter().filter(|finding| matches!(finding, Finding::Changed { .. })).count();
        assert!(changed >= least && findings.contains(&Finding::HeadDiffers), "{change}: {findings:?}");
    }
}

/// The commit as versions with three migrations wrote it.
fn by_hand(db: &Connection, id: i64, commit: &Commit) {
    let run = i64::try_from(commit.run.0).unwrap();
    let seq = i64::try_from(commit.seq).unwrap();
    let previous = (seq > 1).then_some(id - 1);
    db.execute(
        "INSERT INTO journal (id, run, seq, prev_id, salt, hash, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![id, run, seq, previous, commit.salt, commit.hash.0, commit.body],
    )
    .unwrap();
    db.execute(
        "INSERT OR REPLACE INTO runs (id, workflow, plan, requester, status, live, seq, last, hash, started) VALUES (?1, 1, 1, 1, 0, 1, ?2, ?3, ?4, 5)",
        params![run, seq, id, commit.hash.0],
    )
    .unwrap();
}

#[tokio::test]
async fn a_file_from_before_opens_and_goes_on() {
    let (_folder, path) = file();
    let before = SqliteStore::open_known(&path, &SqliteOptions::default(), &MIGRATIONS[..3]).unwrap();
    with_plan(&before).await;
    drop(before);
    let db = Connection::open(&path).unwrap();
    db.execute("INSERT INTO names (id, name) VALUES (1, 'ann')", []).unwrap();
    let mut author = Author::new(1);
    let mut head = Digest::default();
    for id in 1..=2_i64 {
        let commit = author.next(&body(1, id.unsigned_abs()));
        by_hand(&db, id, &commit);
        head = crate::store::advance(head, commit.hash);
    }
    db.execute("UPDATE head SET last = 2, hash = ?1", [head.0]).unwrap();
    drop(db);

    let store = open(&path);
    read_back(&store, 1..2).await;
    assert_eq!(store.live().await.unwrap(), [RunId(1)], "its work is taken up");
    store.commit(author.next(&body(1, 3))).await.unwrap();
    assert_eq!(store.journal(RunId(1), 2, 9).await.unwrap()[0].body, body(1, 3));
    assert_eq!(verify(&store, None).await.unwrap().findings, []);
}
