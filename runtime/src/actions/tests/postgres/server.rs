//! A PostgreSQL server of a test's own, in a folder of its own, on loopback.

use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Nobody's number: PostgreSQL refuses to be run by root.
const NOBODY: u32 = 65_534;

/// A server that ends with the test.
pub(super) struct Server {
    folder: tempfile::TempDir,
    child: Child,
    pub(super) port: u16,
}

impl Server {
    /// Starts one; `None`, said aloud, where PostgreSQL is not installed and need not be.
    pub(super) fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            assert!(std::env::var_os("HITL_REQUIRE_TOOLS").is_none(), "PostgreSQL is not installed");
            eprintln!("skipped: PostgreSQL is not installed");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        if rustix::process::geteuid().is_root() {
            chown(&data, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let password = folder.path().join("password");
        std::fs::write(&password, "s3cr3t \"value\"\n").unwrap();
        let mut init = as_nobody(&programs.join("initdb"));
        init.arg("-D").arg(&data).args(["--no-sync", "--auth=scram-sha-256", "--username=hitl", "--encoding=UTF8", "--no-locale"]);
        let made = init.arg("--pwfile").arg(&password).current_dir("/").output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut server = as_nobody(&programs.join("postgres"));
        server.arg("-D").arg(&data).arg("-k").arg(&data).args(["-p", &port.to_string()]);
        server.args(["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]).current_dir("/").stdout(Stdio::null());
        let child = server.stderr(std::fs::File::create(folder.path().join("log")).unwrap()).spawn().unwrap();
        let server = Self { folder, child, port };
        server.wait();
        Some(server)
    }

    fn wait(&self) {
        let begun = Instant::now();
        while !self.log().contains("ready to accept connections") {
            assert!(begun.elapsed() < Duration::from_secs(30), "{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// The folder of its socket.
    pub(super) fn socket(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Ends it at once, as a power cut does.
    pub(super) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(id) = rustix::process::Pid::from_raw(self.child.id().cast_signed()) {
            let _ = rustix::process::kill_process(id, rustix::process::Signal::QUIT);
        }
        let _ = self.child.wait();
    }
}

fn programs() -> Option<PathBuf> {
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let all: Vec<PathBuf> = std::env::split_paths(&path).chain(debian).collect();
    all.into_iter().find(|folder| folder.join("initdb").exists() && folder.join("postgres").exists())
}

fn as_nobody(program: &Path) -> Command {
    if !rustix::process::geteuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--pdeathsig", "QUIT"]).arg(program);
    command
}
