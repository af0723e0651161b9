//! A folder of its own for each test, and the program in it.

use std::cell::Cell;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use flow_runtime::config::Config;
use flow_runtime::store::Store;
use flow_runtime::store::sqlite::{SqliteOptions, SqliteStore};
use serde_json::Value as Json;

use crate::replayed;

/// How long anything may take before a test gives up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Variables of the tester's that would change what the program does.
const SILENT: [&str; 5] = ["HITL_STORE", "HITL_SERVER", "HITL_TOKEN", "NO_COLOR", "CLICOLOR_FORCE"];

/// The program under test: the one that was built with the tests, or the one that `HITL_BIN` names, as a release build.
pub(crate) fn hitlc() -> &'static str {
    static GIVEN: LazyLock<Option<String>> = LazyLock::new(|| std::env::var("HITL_BIN").ok().filter(|path| !path.is_empty()));
    match GIVEN.as_deref() {
        Some(path) => {
            assert!(Path::new(path).is_absolute(), "`HITL_BIN` is a whole path, each test is in a folder of its own: `{path}`");
            path
        }
        None => env!("CARGO_BIN_EXE_hitlc"),
    }
}

/// A project in a folder of its own.
pub(crate) struct Project {
    folder: tempfile::TempDir,
    /// Whether a test changed a store by hand, so that it says what never was.
    tampered: Cell<bool>,
}

/// Whatever a test did in it: the journals of its stores say the same once more.
impl Drop for Project {
    fn drop(&mut self) {
        if std::thread::panicking() || self.tampered.get() {
            return;
        }
        for store in stores(self.path()) {
            let folder = store.parent().and_then(Path::parent).unwrap();
            let config = Config::load(folder).unwrap_or_default();
            let groups = config.groups.keys().map(|group| (group.clone(), config.addresses(group))).collect();
            let (zone, calendar) = (config.calendar.timezone.0.clone(), config.calendar.days());
            let project = replayed::Project { zone, calendar, groups };
            let options = SqliteOptions { log_ahead: 0, ..SqliteOptions::default() };
            let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&store, &options).unwrap());
            replayed::check(&store, &project, None);
        }
    }
}

/// The stores in a folder and those below it.
fn stores(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().map(Result::unwrap);
    let mut found = Vec::new();
    for entry in entries {
        if entry.file_type().unwrap().is_dir() {
            found.extend(stores(&entry.path()));
        } else if entry.file_name() == "state.db" {
            found.push(entry.path());
        }
    }
    found
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Project {
    /// With these files.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let project = Self { folder: tempfile::tempdir().unwrap(), tampered: Cell::new(false) };
        for (name, text) in files {
            project.write(name, text);
        }
        project
    }

    /// Its stores are changed by hand from here on.
    pub(crate) fn tampered(&self) {
        self.tampered.set(true);
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.file(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The program in the project's folder, with nothing of the tester's environment that changes what it does.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = self.program(hitlc());
        command.args(args);
        command
    }

    /// Runs the program to its end.
    pub(crate) fn hitlc(&self, args: &[&str]) -> Done {
        done(self.command(args).output().unwrap())
    }

    /// Starts the program; what it prints goes into files that a test can read meanwhile.
    pub(crate) fn start(&self, name: &str, args: &[&str]) -> Running {
        self.start_with(name, args, &[])
    }

    /// The same with more in its environment.
    pub(crate) fn start_with(&self, name: &str, args: &[&str], environment: &[(&str, &str)]) -> Running {
        let (out, err) = (self.file(&format!("{name}.out")), self.file(&format!("{name}.err")));
        let child = self
            .command(args)
            .envs(environment.iter().copied())
            .stdout(fs::File::create(&out).unwrap())
            .stderr(fs::File::create(&err).unwrap())
            .spawn()
            .unwrap();
        Running { child, out, err }
    }

    /// The first open approval's id, as soon as there is one.
    pub(crate) fn approval(&self, workflow: &str) -> String {
        let begun = Instant::now();
        loop {
            let listed = self.hitlc(&["approvals", "--json"]);
            let items: Json = serde_json::from_str(&listed.out).unwrap_or_else(|_| panic!("no list: {listed:?}"));
            let found = items["items"].as_array().unwrap().iter().find(|item| item["workflow"] == workflow);
            if let Some(item) = found {
                return item["id"].as_str().unwrap().to_owned();
            }
            assert!(begun.elapsed() < PATIENCE, "no approval of {workflow}: {listed:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// A copy of `examples/NAME`.
    pub(crate) fn example(name: &str) -> Self {
        let project = Self::with(&[]);
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name), project.path());
        project
    }

    /// Another program in the project's folder.
    pub(crate) fn program(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.path()).stdin(Stdio::null()).env("USER", "tester");
        for name in SILENT {
            command.env_remove(name);
        }
        command
    }

    /// Rows of a query on a database in it; none where there is no such database or table yet.
    pub(crate) fn rows(&self, database: &str, query: &str) -> Vec<Vec<String>> {
        let path = self.file(database);
        if !path.exists() {
            return Vec::new();
        }
        let db = rusqlite::Connection::open(path).unwrap();
        let mut statement = match db.prepare(query) {
            Ok(statement) => statement,
            Err(error) if error.to_string().contains("no such table") => return Vec::new(),
            Err(error) => panic!("{query}: {error}"),
        };
        let columns = statement.column_count();
        let text =
            |row: &rusqlite::Row<'_>, column| Ok(row.get::<_, Option<rusqlite::types::Value>>(column)?.map_or_else(String::new, plain));
        let rows = statement.query_map([], |row| (0..columns).map(|column| text(row, column)).collect()).unwrap();
        rows.map(Result::unwrap).collect()
    }
}

fn plain(value: rusqlite::types::Value) -> String {
    match value {
        rusqlite::types::Value::Null => String::new(),
        rusqlite::types::Value::Integer(number) => number.to_string(),
        rusqlite::types::Value::Real(number) => number.to_string(),
        rusqlite::types::Value::Text(text) => text,
        rusqlite::types::Value::Blob(bytes) => format!("{bytes:?}"),
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display())) {
        let entry = entry.unwrap();
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if left_behind(&entry) {
            continue;
        }
        if from.is_dir() {
            fs::create_dir(&to).unwrap();
            copy(&from, &to);
        } else if from.is_file() {
            fs::copy(&from, &to).unwrap();
        }
    }
}

/// What somebody who tried the example in its place left there, as `examples/.gitignore` lists it.
fn left_behind(entry: &fs::DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy().into_owned();
    let link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
    link || name.contains(".db") || matches!(name.as_str(), ".hitl" | "releases" | "refunds.txt")
}

/// Waits until `f` gives something.
pub(crate) fn until<T>(what: &str, mut f: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = f() {
            return found;
        }
        assert!(begun.elapsed() < 2 * PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Whether a tool that a test needs is there. Where it must be (`HITL_REQUIRE_TOOLS`), a missing one is a failure; elsewhere that is said,
/// and the test is skipped.
pub(crate) fn tool(name: &str) -> bool {
    let look = Command::new("sh").args(["-c", &format!("command -v {name}")]).stdout(Stdio::null()).status();
    let found = look.is_ok_and(|status| status.success());
    if !found {
        assert!(std::env::var_os("HITL_REQUIRE_TOOLS").is_none(), "`{name}` is missing");
        eprintln!("SKIPPED: `{name}` is not on this machine");
    }
    found
}

impl Done {
    pub(crate) fn json(&self) -> Json {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }
}

fn done(output: Output) -> Done {
    Done {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A program that is running.
pub(crate) struct Running {
    pub(crate) child: Child,
    out: PathBuf,
    err: PathBuf,
}

impl Running {
    /// Waits until standard error says something; answers all of it.
    pub(crate) fn says(&mut self, what: &str) -> String {
        let begun = Instant::now();
        loop {
            let said = fs::read_to_string(&self.err).unwrap();
            if said.contains(what) {
                return said;
            }
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none() && begun.elapsed() < PATIENCE, "`{what}` was not said ({ended:?}): {said}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits for its end.
    pub(crate) fn end(&mut self) -> Done {
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(begun.elapsed() < PATIENCE, "it does not end");
            std::thread::sleep(Duration::from_millis(20));
        };
        let read = |path: &Path| {
            let mut text = String::new();
            fs::File::open(path).unwrap().read_to_string(&mut text).unwrap();
            text
        };
        Done { code: status.code().unwrap_or(-1), out: read(&self.out), err: read(&self.err) }
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The smallest flow.
pub(crate) const REFUND: &str = "\
irreversible action refund(customer: text, amount: number) -> text {
  exec \"echo\" [\"refunded {amount} to {customer}\"]
}

workflow refund_customer(customer: text, amount: number) -> text {
  require approval when amount > 1000
  step receipt = refund(customer, amount)
  return receipt
}
";
