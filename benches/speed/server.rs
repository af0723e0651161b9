//! `hitlc serve` as users run it: a process of its own, over HTTP, with its store on the disk.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::client::Client;

const FLOW: &str = r#"
# Two trivial steps with an approval between them.
workflow gate(n: number) {
  owner "bench@localhost"
  step log(message: "started")
  require approval when n > 0
  step log(message: "finished")
}
"#;

/// Steps of the workflow `steps`.
pub(crate) const STEPS: usize = 1000;

/// A server, its store and a token for it. Ended when dropped.
pub(crate) struct Server {
    child: Child,
    dir: PathBuf,
    pub(crate) port: u16,
    pub(crate) token: String,
}

impl Server {
    /// Starts a server on a new store.
    pub(crate) async fn start(dir: &Path) -> Self {
        let steps = "  step log(message: \"step\")\n".repeat(STEPS);
        let flow = format!("{FLOW}\nworkflow steps() {{\n  owner \"bench@localhost\"\n{steps}}}\n");
        std::fs::write(dir.join("bench.flow"), flow).expect("the flow is written");
        std::fs::write(dir.join("hitl.toml"), "[notify]\nmail = false\n").expect("the project file is written");
        let made = hitlc(dir).args(["token", "new", "bench@localhost", "--scope", "start,decide,read"]).output().expect("hitlc runs");
        assert!(made.status.success(), "no token: {}", String::from_utf8_lossy(&made.stderr));
        let token = String::from_utf8(made.stdout).expect("a token is text").trim().to_owned();
        let port = free_port();
        let child = spawn(dir, port);
        let mut server = Self { child, dir: dir.to_owned(), port, token };
        server.ready().await;
        server
    }

    /// Waits until it answers, and says how long that took.
    async fn ready(&mut self) -> Duration {
        let start = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let ended = self.child.try_wait().expect("a child can be asked");
            assert!(ended.is_none() && start.elapsed() < Duration::from_secs(20), "the server did not start");
            std::thread::sleep(Duration::from_millis(1));
        }
        start.elapsed()
    }

    /// Kills it, starts it again, and says how long it took until this approval was served.
    pub(crate) async fn restart(&mut self, approval: &str) -> Duration {
        self.child.kill().and_then(|()| self.child.wait()).expect("it can be killed");
        let start = Instant::now();
        self.child = spawn(&self.dir, self.port);
        self.ready().await;
        let mut client = Client::connect(self.port, &self.token).await;
        assert_eq!(client.get(&format!("/api/v1/approvals/{approval}")).await.status, 200);
        start.elapsed()
    }

    /// Its memory, in MB, as the system counts it (resident, without what is only mapped from files).
    pub(crate) fn memory(&self) -> (f64, f64) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("Linux tells");
        let field = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name));
            line.and_then(|line| line.split_whitespace().nth(1)).and_then(|kib| kib.parse::<f64>().ok()).unwrap_or_default() / 1024.0
        };
        (field("VmRSS"), field("RssAnon"))
    }

    /// Bytes of its database, after the log has been moved into it.
    pub(crate) fn disk(&self) -> u64 {
        let db = rusqlite::Connection::open(self.dir.join(".hitl/state.db")).expect("the store opens");
        db.query_row("pragma wal_checkpoint(passive)", [], |_| Ok(())).expect("a checkpoint");
        db.query_row("select (select page_count from pragma_page_count) * (select page_size from pragma_page_size)", [], |row| {
            row.get::<_, i64>(0)
        })
        .expect("its size")
        .unsigned_abs()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill().and_then(|()| self.child.wait());
    }
}

fn hitlc(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hitlc"));
    command.current_dir(dir).stdin(Stdio::null()).env_remove("HITL_STORE");
    command
}

fn spawn(dir: &Path, port: u16) -> Child {
    let address = format!("127.0.0.1:{port}");
    let mut command = hitlc(dir);
    command.args(["serve", "bench.flow", "--listen", &address]).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("hitlc serves")
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}
