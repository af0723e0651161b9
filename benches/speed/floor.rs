//! What the machine itself can do, measured in the same run.

use std::io::{Seek as _, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::client::{Times, load};

/// 4 KiB overwritten and synced, a second long.
pub(crate) fn overwrite(dir: &Path) -> f64 {
    let mut file = std::fs::File::options().create(true).truncate(true).write(true).open(dir.join("overwrite")).expect("a file");
    let block = [7_u8; 4096];
    file.write_all(&block).and_then(|()| file.sync_all()).expect("a first write");
    per_second(|| {
        file.rewind().and_then(|()| file.write_all(&block)).and_then(|()| file.sync_data()).expect("a write");
    })
}

/// One row a commit.
pub(crate) fn single_row(dir: &Path) -> f64 {
    let db = open(&dir.join("single.db"));
    let body = [1_u8; 150];
    per_second(|| {
        db.execute("insert into journal (run, seq, body) values (1, 1, ?1)", [&body]).expect("an insert");
    })
}

fn per_second(mut f: impl FnMut()) -> f64 {
    let start = Instant::now();
    let mut times = 0_u32;
    while start.elapsed() < Duration::from_secs(1) {
        f();
        times += 1;
    }
    f64::from(times) / start.elapsed().as_secs_f64()
}

fn open(path: &Path) -> Connection {
    let db = Connection::open(path).expect("a database");
    db.execute_batch("pragma journal_mode = wal; pragma synchronous = full; create table journal (id integer primary key, run, seq, body)")
        .expect("a table");
    db
}

type Job = oneshot::Sender<()>;

/// An axum handler that answers after its row is committed with all the others that have queued up.
pub(crate) async fn serve(dir: &Path) -> u16 {
    let (jobs, queue) = mpsc::channel::<Job>();
    let path = dir.join("group.db");
    std::thread::spawn(move || write(&open(&path), &queue));
    let handler = async |State(jobs): State<Arc<mpsc::Sender<Job>>>, body: String| {
        let (done, committed) = oneshot::channel();
        jobs.send(done).expect("the writer lives");
        committed.await.expect("the writer answers");
        body
    };
    let app = Router::new().route("/", post(handler)).with_state(Arc::new(jobs));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let listener = axum::serve::ListenerExt::tap_io(listener, |stream: &mut tokio::net::TcpStream| {
        stream.set_nodelay(true).expect("TCP_NODELAY");
    });
    tokio::spawn(async move { axum::serve(listener, app).await });
    port
}

fn write(db: &Connection, queue: &mpsc::Receiver<Job>) {
    let body = [1_u8; 150];
    while let Ok(first) = queue.recv() {
        let batch: Vec<Job> = std::iter::once(first).chain(queue.try_iter()).collect();
        db.execute_batch("begin").expect("begin");
        let mut insert = db.prepare_cached("insert into journal (run, seq, body) values (1, 1, ?1)").expect("a statement");
        for _ in &batch {
            insert.execute([&body]).expect("an insert");
        }
        drop(insert);
        db.execute_batch("commit").expect("commit");
        for done in batch {
            done.send(()).expect("somebody waits");
        }
    }
}

/// Posts of so many clients against it.
pub(crate) async fn posts(port: u16, clients: usize, each: usize) -> Times {
    load(port, "none", clients, each, async |client, _| {
        assert_eq!(client.post("/", "", "1").await.status, 200);
    })
    .await
}
