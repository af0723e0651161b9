//! How fast it is, beside what the machine can do at best, in one run: `cargo bench --bench speed`.
//!
//! Everything counts only when it is durable. The rows are those that the project holds itself to; the floor is measured first.
//! `cargo bench --bench speed -- check` runs one part alone: `server`, `check`, `editor`, `conditions` or `loops`. Further words name rows of
//! `check`: `-- check gates` runs those that have the word.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a bench that cannot go on stops"
)]

mod check;
mod client;
mod conditions;
mod editor;
mod floor;
mod loops;
mod server;

use std::time::Duration;

use client::{Client, Times, load};
use server::{STEPS, Server};

const PARTS: [&str; 5] = ["server", "loops", "check", "editor", "conditions"];

fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let words = std::env::args().skip(1).filter(|argument| !argument.starts_with('-'));
    let (parts, rows): (Vec<String>, Vec<String>) = words.partition(|word| PARTS.contains(&word.as_str()));
    let wanted = |part: &str| parts.is_empty() || parts.iter().any(|wanted| wanted == part);
    if wanted("server") {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        runtime.block_on(run());
    }
    if wanted("loops") {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        runtime.block_on(loops::run());
    }
    if wanted("check") {
        check::run(&rows);
    }
    if wanted("editor") {
        editor::run();
    }
    if wanted("conditions") {
        conditions::run();
    }
}

async fn run() {
    let dir = tempfile::tempdir().expect("a folder");
    println!("the floor");
    row("4 KiB overwrite + fdatasync", format!("{:.0}/s", floor::overwrite(dir.path())));
    row("SQLite, one row a commit", format!("{:.0}/s", floor::single_row(dir.path())));
    let port = floor::serve(dir.path()).await;
    rates("axum POST into a group commit, 1 client", &floor::posts(port, 1, 3000).await);
    rates("axum POST into a group commit, 32 clients", &floor::posts(port, 32, 1500).await);

    println!("\nhitlc serve");
    let mut server = Server::start(dir.path()).await;
    let idle = server.memory();
    gates(&server, 1, 2000).await;
    gates(&server, 32, 500).await;
    steps(&server).await;
    drop(server);

    let dir = tempfile::tempdir().expect("a folder");
    server = Server::start(dir.path()).await;
    // The plans are there once a run is.
    start(&server, 1, 1).await;
    let empty = server.disk();
    let paused = start(&server, 32, 313).await;
    let runs = paused.len();
    row("memory idle (resident / of its own)", format!("{:.0} / {:.0} MB", idle.0, idle.1));
    let full = server.memory();
    row(&format!("memory with {runs} paused"), format!("{:.0} / {:.0} MB", full.0, full.1));
    row("disk for each paused run", format!("{:.0} bytes", (server.disk() - empty) as f64 / runs as f64));
    let first = paused[0].clone();
    row(
        &format!("restart with {runs} paused, first approval served"),
        format!("{:.0} ms", server.restart(&first).await.as_secs_f64() * 1e3),
    );
}

/// Starts runs until they are paused, and gives their approvals.
async fn start(server: &Server, clients: usize, each: usize) -> Vec<String> {
    let approvals = std::cell::RefCell::new(Vec::new());
    let times = load(server.port, &server.token, clients, each, async |client, n| {
        let answer = client.post("/api/v1/workflows/gate/runs", "prefer: wait=30\r\n", &format!("{{\"input\":{{\"n\":{}}}}}", n + 1)).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        assert_eq!(answer.body["status"], "paused", "{}", answer.body);
        approvals.borrow_mut().push(answer.body["approvals"][0]["id"].as_str().expect("an id").to_owned());
    })
    .await;
    rates(&format!("start to paused, {clients} clients"), &times);
    approvals.into_inner()
}

async fn gates(server: &Server, clients: usize, each: usize) {
    let approvals = start(server, clients, each).await;
    let mut digests = Vec::new();
    let mut client = Client::connect(server.port, &server.token).await;
    for approval in &approvals {
        let answer = client.get(&format!("/api/v1/approvals/{approval}")).await;
        digests.push(answer.body["digest"].as_str().expect("a digest").to_owned());
    }
    let times = load(server.port, &server.token, clients, each, async |client, n| {
        let headers = format!("prefer: wait=30\r\nif-match: \"{}\"\r\n", digests[n]);
        let answer = client.post(&format!("/api/v1/approvals/{}/decision", approvals[n]), &headers, "{\"decision\":\"approve\"}").await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.body["run_status"], "completed", "{}", answer.body);
    })
    .await;
    rates(&format!("approve to completed, {clients} clients"), &times);
}

async fn steps(server: &Server) {
    for (runs, each) in [(1, 3), (100, 1)] {
        let times = load(server.port, &server.token, runs, each, async |client, _| {
            let answer = client.post("/api/v1/workflows/steps/runs", "prefer: wait=60\r\n", "{\"input\":{}}").await;
            assert_eq!(answer.body["status"], "completed", "{}", answer.body);
        })
        .await;
        row(&format!("trivial steps, {runs} runs at once"), format!("{:.0} steps/s", times.rate() * STEPS as f64));
    }
}

fn rates(name: &str, times: &Times) {
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    row(name, format!("{:.0}/s, p50 {:.2} ms, p99 {:.2} ms", times.rate(), ms(times.quantile(0.5)), ms(times.quantile(0.99))));
}

/// One line of the table.
pub(crate) fn row(name: &str, value: String) {
    println!("  {name:<55} {value}");
}
