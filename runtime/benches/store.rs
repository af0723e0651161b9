//! What the store costs beside what the machine's disk and SQLite cost, all in one run.
//!
//! `cargo bench -p flow-runtime --bench store -- 2 /some/folder`: the seconds that each row takes, and where the files are.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use flow_runtime::ids::{At, Digest, RunId};
use flow_runtime::store::sqlite::{SqliteOptions, SqliteStore};
use flow_runtime::store::{Asked, Commit, NewRun, Status, Store, chain};

const TURNS: u32 = 3;
const PRODUCERS: [u64; 3] = [1, 32, 128];

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let seconds = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(2.0);
    let time = Duration::from_secs_f64(seconds);
    // Where the target folder is, there is a disk; the folder for temporary files may be memory.
    let place = std::env::args().skip(1).find(|argument| argument.contains('/'));
    let folder = tempfile::tempdir_in(place.as_deref().unwrap_or(env!("CARGO_TARGET_TMPDIR")))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;

    // In turns, so that what else the machine does is shared by all.
    let mut rows: [Row; 5] = Default::default();
    for turn in 0..TURNS {
        let [floor, raw_row, stores @ ..] = &mut rows;
        floor.add(overwrite(&folder.path().join("floor"), time / TURNS)?);
        raw_row.add(raw(&folder.path().join(format!("raw-{turn}.db")), time / TURNS)?);
        for (row, producers) in stores.iter_mut().zip(PRODUCERS) {
            let path = folder.path().join(format!("steps-{producers}-{turn}.db"));
            row.add(runtime.block_on(steps(&path, producers, time / TURNS))?);
        }
    }
    let [floor, raw_row, stores @ ..] = rows;
    floor.say("4 KiB overwrite and fdatasync");
    raw_row.say("SQLite, WAL, FULL, one row a commit");
    for (row, producers) in stores.into_iter().zip(PRODUCERS) {
        row.say(&format!("store: transitions of {producers} runs at once"));
    }
    runtime.block_on(paused(&folder.path().join("paused.db"), 10_000))?;
    Ok(())
}

/// What one row of the table has measured.
#[derive(Default)]
struct Row {
    waits: Vec<Duration>,
    time: Duration,
}

impl Row {
    fn add(&mut self, (time, waits): (Duration, Vec<Duration>)) {
        self.time += time;
        self.waits.extend(waits);
    }

    fn say(mut self, what: &str) {
        self.waits.sort_unstable();
        let rate = self.waits.len() as f64 / self.time.as_secs_f64();
        let last = self.waits.len().saturating_sub(1);
        let at = |share: usize| self.waits.get(last * share / 1000).copied().unwrap_or_default();
        println!("{what:<44} {rate:>9.0}/s   p50 {:>9.1?}   p99 {:>9.1?}   p99.9 {:>9.1?}", at(500), at(990), at(999));
    }
}

fn repeat(time: Duration, mut once: impl FnMut() -> Result<(), Failure>) -> Result<(Duration, Vec<Duration>), Failure> {
    let (start, mut waits) = (Instant::now(), Vec::new());
    while start.elapsed() < time {
        let before = Instant::now();
        once()?;
        waits.push(before.elapsed());
    }
    Ok((start.elapsed(), waits))
}

fn overwrite(path: &Path, time: Duration) -> Result<(Duration, Vec<Duration>), Failure> {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path)?;
    file.write_all_at(&[1; 4096], 0)?;
    file.sync_all()?;
    repeat(time, || {
        file.write_all_at(&[2; 4096], 0)?;
        Ok(file.sync_data()?)
    })
}

fn raw(path: &Path, time: Duration) -> Result<(Duration, Vec<Duration>), Failure> {
    let db = rusqlite::Connection::open(path)?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.execute_batch("CREATE TABLE t (id INTEGER PRIMARY KEY, body BLOB)")?;
    let mut statement = db.prepare("INSERT INTO t (body) VALUES (?1)")?;
    repeat(time, || {
        statement.execute([[3_u8; 213].as_slice()])?;
        Ok(())
    })
}

/// Each producer goes on with its own run, one transition after the other, as a run of trivial steps does.
async fn steps(path: &Path, producers: u64, time: Duration) -> Result<(Duration, Vec<Duration>), Failure> {
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(path, &SqliteOptions::default())?);
    store.put_plan(plan(), b"plan".to_vec()).await?;
    let start = Instant::now();
    let tasks: Vec<_> = (1..=producers)
        .map(|run| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let (mut hash, mut waits) = (Digest::default(), Vec::new());
                for seq in 1.. {
                    let commit = transition(RunId(run), seq, hash);
                    hash = commit.hash;
                    let before = Instant::now();
                    store.commit(commit).await?;
                    waits.push(before.elapsed());
                    if start.elapsed() > time {
                        break;
                    }
                }
                Ok::<_, Failure>(waits)
            })
        })
        .collect();
    let mut waits = Vec::new();
    for task in tasks {
        waits.extend(task.await??);
    }
    let time = start.elapsed();
    store.close().await;
    Ok((time, waits))
}

/// Runs that wait for a person, two transitions each; then what they take, and how long finding one takes.
async fn paused(path: &Path, count: u64) -> Result<(), Failure> {
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(path, &SqliteOptions::default())?);
    store.put_plan(plan(), vec![0; 4096]).await?;
    let start = Instant::now();
    let tasks = (0..32_u64).map(|first| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for run in (first + 1..=count).step_by(32) {
                let started = transition(RunId(run), 1, Digest::default());
                let mut asks = transition(RunId(run), 2, started.hash);
                asks.status = Status::Paused;
                asks.live = false;
                asks.asked = vec![Asked { n: 1, of: vec!["ann@example.com".into()] }];
                store.commit(started).await?;
                store.commit(asks).await?;
            }
            Ok::<_, Failure>(())
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await??;
    }
    println!("{:<44} {:>9.0}/s", "store: start to paused, 32 at once", count as f64 / start.elapsed().as_secs_f64());

    let mut run = 0;
    let start = Instant::now();
    let mut waits = Vec::new();
    for _ in 0..20_000 {
        run = (run * 7919 + 1) % count;
        let before = Instant::now();
        store.load(RunId(run + 1)).await?.ok_or("a run is missing")?;
        waits.push(before.elapsed());
    }
    Row { waits, time: start.elapsed() }.say("store: load of a paused run");
    store.close().await;
    drop(store);

    let (before, mut text) = (Instant::now(), String::new());
    let store = SqliteStore::open(path, &SqliteOptions::default())?;
    store.load(RunId(count / 2)).await?.ok_or("a run is missing")?;
    write!(text, "{:.1?}", before.elapsed())?;
    println!("{:<44} {text:>11}", "store: opened and the first run loaded");
    store.close().await;
    drop(store);
    println!("{:<44} {:>9} bytes", "store: a paused run", std::fs::metadata(path)?.len() / count);
    share(path, count)
}

/// What the bytes are used for.
fn share(path: &Path, count: u64) -> Result<(), Failure> {
    let db = rusqlite::Connection::open(path)?;
    let mut statement = db.prepare("SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 8")?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))?;
    for row in rows {
        let (name, bytes) = row?;
        println!("    {name:<40} {:>9.1} bytes", bytes as f64 / count as f64);
    }
    Ok(())
}

fn plan() -> Digest {
    Digest::of(&[b"plan"])
}

fn transition(run: RunId, seq: u64, previous: Digest) -> Commit {
    let (salt, body) = ([5; 16], vec![7; 150]);
    Commit {
        run,
        seq,
        previous,
        salt,
        hash: chain(previous, run, seq, &salt, &body),
        body,
        new: (seq == 1).then(|| NewRun { plan: plan(), workflow: "pay".into(), requester: "bob@example.com".into(), ..NewRun::default() }),
        status: Status::Running,
        live: true,
        due: None,
        at: At(1_800_000_000_000_000),
        asked: Vec::new(),
        closed: Vec::new(),
        snapshot: None,
        letters: Vec::new(),
        answer: None,
        blobs: Vec::new(),
        gives_turn: false,
    }
}
