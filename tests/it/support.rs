//! What the tests of the binary share: a copy of an example in a folder of its own, and `hitlc` in it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value as Json;

/// How long anything may take before a test gives up waiting for it.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A project in a folder of its own.
pub struct Project {
    dir: tempfile::TempDir,
}

impl Project {
    /// A copy of `examples/NAME`.
    pub fn example(name: &str) -> Self {
        let project = Self::empty();
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name), project.dir());
        project
    }

    /// An empty one.
    pub fn empty() -> Self {
        Self { dir: tempfile::tempdir().expect("a folder") }
    }

    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// A path in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir().join(name)
    }

    /// Writes a file into it.
    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("a file is written");
    }

    /// `hitlc` in it, with nothing on standard input.
    pub fn hitlc(&self) -> Command {
        self.program(env!("CARGO_BIN_EXE_hitlc"))
    }

    /// A program in it, in an environment that says nothing to `hitlc`.
    pub fn program(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.dir()).stdin(Stdio::null());
        for name in ["HITL_STORE", "HITL_TOKEN", "HITL_SERVER", "CLICOLOR_FORCE"] {
            command.env_remove(name);
        }
        command
    }

    /// Runs `hitlc` to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.hitlc().args(arguments).output().expect("hitlc runs")
    }

    /// Runs `hitlc` to its end, and reads its standard output as JSON.
    pub fn json(&self, arguments: &[&str]) -> Json {
        let output = self.run(arguments);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{arguments:?}: {error}\n{}", said(&output)))
    }

    /// Rows of a query on a database in it.
    pub fn rows(&self, database: &str, query: &str) -> Vec<Vec<String>> {
        let path = self.path(database);
        if !path.exists() {
            return Vec::new();
        }
        let db = rusqlite::Connection::open(path).expect("a database");
        let mut statement = match db.prepare(query) {
            Ok(statement) => statement,
            Err(error) if error.to_string().contains("no such table") => return Vec::new(),
            Err(error) => panic!("{query}: {error}"),
        };
        let columns = statement.column_count();
        let rows = statement.query_map([], |row| (0..columns).map(|column| Ok(format!("{:?}", row.get_ref(column)?))).collect());
        rows.and_then(Iterator::collect).expect("rows")
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display())) {
        let entry = entry.expect("an entry");
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            // State that somebody who tried the example left behind is not part of it.
            if entry.file_name() != ".hitl" {
                std::fs::create_dir(&to).expect("a folder");
                copy(&from, &to);
            }
        } else {
            std::fs::copy(&from, &to).expect("a copy");
        }
    }
}

/// All that a process said.
pub fn said(output: &Output) -> String {
    format!("{}\n--- stdout\n{}\n--- stderr\n{}", output.status, String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Waits until `f` gives something, looking again as soon as it may have changed.
pub fn until<T>(what: &str, mut f: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = f() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::yield_now();
    }
}

/// Whether a tool that a test needs is there. Where it must be (`HITL_REQUIRE_TOOLS`), a missing one is a failure; elsewhere it is said, and
/// the test is skipped.
pub fn tool(name: &str) -> bool {
    let found = Command::new("sh").args(["-c", &format!("command -v {name}")]).stdout(Stdio::null()).status().is_ok_and(|status| status.success());
    if !found {
        assert!(std::env::var_os("HITL_REQUIRE_TOOLS").is_none(), "`{name}` is missing");
        eprintln!("SKIPPED: `{name}` is not on this machine");
    }
    found
}
