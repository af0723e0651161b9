//! `kill -9` of a real process, before and after each of its commits: of a payment, with whatever was acknowledged on the way, and of a small
//! flow for each construct of the language.
//!
//! Afterwards the run is taken up as an operator would, and the ledger is asked what became of the payment.

mod play;
mod plays;
mod strace;

use std::process::Stdio;

use serde_json::Value as Json;

use crate::support::{Done, Project, tool, until};
use play::ended;
use strace::{JOURNAL, Traced, moments};

const FLOW: &str = "pay_invoice.flow";
const OWNER: &str = "finance@acme.example";

/// What is killed.
#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Run,
    Serve,
}

impl Mode {
    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Run => &["run", FLOW, "--input", "exceptional.json", "--as", OWNER],
            Self::Serve => &["serve", FLOW, "--listen", "127.0.0.1:0"],
        }
    }
}

/// One run from its start to its end, with the process killed on the way; what was acknowledged on the way.
fn one(mode: Mode, file: &str, kill_at: Option<usize>) -> (Project, Acknowledged) {
    let project = Project::example("payment");
    // A token makes the store: all writes are those of the run.
    let token = Some(token(&project)).filter(|_| mode == Mode::Serve);
    let who = Who { token };
    let mut acknowledged = Acknowledged::default();
    let mut traced = Traced::start(&project, mode.arguments(), file, kill_at);
    // Whoever asks before it has the store open would have the store itself.
    until("its socket", || attempt(&mut traced, || project.file(".hitl/state.db.sock").exists().then_some(())));
    if mode == Mode::Serve {
        let began = until("a start", || attempt(&mut traced, || who.start(&project)));
        acknowledged.started = began;
    }
    let asked = until("a question", || attempt(&mut traced, || who.asks(&project).pop()));
    if let Some(id) = asked {
        acknowledged.approved = who.say(&project, &["approve", &id]).code.eq(&0).then_some(id);
        if mode == Mode::Run {
            until("the end", || traced.ended().then_some(()));
        } else {
            until("the end of the run", || attempt(&mut traced, || who.runs(&project).iter().all(ended).then_some(())));
        }
    }
    traced.kill();
    (project, acknowledged)
}

/// `Some(None)` when the process has ended, `Some(Some(x))` when `f` gave something.
fn attempt<T>(traced: &mut Traced, f: impl FnOnce() -> Option<T>) -> Option<Option<T>> {
    match f() {
        Some(found) => Some(Some(found)),
        None if traced.ended() => Some(None),
        None => None,
    }
}

/// What the process had told somebody before it died.
#[derive(Default)]
struct Acknowledged {
    started: Option<String>,
    approved: Option<String>,
}

/// Who speaks to the store: a person on a store of their own, or the bearer of a token.
struct Who {
    token: Option<String>,
}

impl Who {
    fn say(&self, project: &Project, arguments: &[&str]) -> Done {
        let mut all = arguments.to_vec();
        match &self.token {
            Some(token) => all.extend(["--token", token]),
            None => all.extend(["--as", OWNER]),
        }
        project.hitlc(&all)
    }

    fn json(&self, project: &Project, arguments: &[&str]) -> Json {
        serde_json::from_str(&self.say(project, arguments).out).unwrap_or_default()
    }

    fn start(&self, project: &Project) -> Option<String> {
        // Through the server's socket; before the server is up there is nobody who knows the workflow.
        let output = self.say(project, &["start", "pay_invoice", "--input", "exceptional.json"]);
        (output.code == 0).then(|| output.out.trim().to_owned())
    }

    fn asks(&self, project: &Project) -> Vec<String> {
        let asks = self.json(project, &["approvals", "--json"]);
        let items = asks["items"].as_array().cloned().unwrap_or_default();
        items.iter().map(|item| item["id"].as_str().expect("an id").to_owned()).collect()
    }

    fn runs(&self, project: &Project) -> Vec<Json> {
        self.json(project, &["runs", "--json"])["items"].as_array().cloned().unwrap_or_default()
    }
}

fn token(project: &Project) -> String {
    let made = project.hitlc(&["token", "new", OWNER, "--scope", "start,decide,read"]);
    assert_eq!(made.code, 0, "{made:?}");
    made.out.trim().to_owned()
}

fn ledger(project: &Project) -> Vec<Vec<String>> {
    project.rows("ledger.db", "select entry, invoice, amount, booked from ledger")
}

/// Takes the run up as an operator would, until it has ended. Says how often a call was in doubt.
fn recover(project: &Project, mode: Mode, acknowledged: &Acknowledged, at: &str) -> usize {
    let mut doubts = 0;
    let who = Who { token: (mode == Mode::Serve).then(|| token(project)) };
    for _ in 0..8 {
        let resumed = project.hitlc(&["resume"]);
        assert!(matches!(resumed.code, 0 | 4), "{at}: {resumed:?}");
        let runs = who.runs(project);
        assert!(runs.len() <= 1, "{at}: {runs:?}");
        let Some(run) = runs.first() else {
            assert!(acknowledged.started.is_none() && acknowledged.approved.is_none(), "{at}: the run was acknowledged and is gone");
            return doubts;
        };
        if ended(run) {
            assert_eq!(run["status"], "completed", "{at}: {run}");
            assert_eq!(ledger(project).len(), 1, "{at}: the ledger has the payment once");
            return doubts;
        }
        let asks = who.asks(project);
        let id = asks.first().unwrap_or_else(|| panic!("{at}: unfinished, and nobody is asked: {run}"));
        doubts += usize::from(run["status"] == "in_doubt");
        let decided = answer(project, &who, id, acknowledged, at);
        assert_eq!(decided.code, 0, "{at}: {decided:?}");
    }
    panic!("{at}: the run does not end");
}

/// Answers what is asked: a gate with yes, a call in doubt from the ledger.
fn answer(project: &Project, who: &Who, id: &str, acknowledged: &Acknowledged, at: &str) -> Done {
    let shown = who.json(project, &["show", id, "--json"]);
    if shown["kind"] == "gate" {
        assert!(acknowledged.approved.is_none(), "{at}: the approval was acknowledged, and is asked for again");
        return who.say(project, &["approve", id]);
    }
    match booking(project) {
        Some(booking) => who.say(project, &["approve", id, "--set", &format!("result={booking}")]),
        None => who.say(project, &["reject", id, "--not-done"]),
    }
}

/// The payment as the ledger has it, in the form of the action's result.
fn booking(project: &Project) -> Option<String> {
    if ledger(project).is_empty() {
        return None;
    }
    let db = rusqlite::Connection::open(project.file("ledger.db")).expect("the ledger");
    let row = db.query_row(
        "select json_array(json_object('entry', entry, 'invoice', invoice, 'amount', amount, 'booked', booked)) from ledger",
        [],
        |row| row.get(0),
    );
    Some(row.expect("one payment"))
}

/// Says how often the payment's outcome was in doubt.
fn die_everywhere(mode: Mode, file: &str) -> usize {
    let moments = moments(&one(mode, file, None).0, true);
    assert!(moments.len() >= 3, "only these writes of {file} were seen: {moments:?}");
    let mut doubts = 0;
    for nth in &moments {
        let (project, acknowledged) = one(mode, file, Some(*nth));
        doubts += recover(&project, mode, &acknowledged, &format!("killed at write {nth} of {file}"));
    }
    println!("killed at {} writes of {file}, {doubts} in doubt", moments.len());
    doubts
}

#[test]
fn run_dies_at_each_write_of_the_journal() {
    if tool("strace") {
        assert!(die_everywhere(Mode::Run, JOURNAL) > 0, "no kill fell into the payment");
    }
}

#[test]
fn serve_dies_at_each_write_of_the_journal() {
    if tool("strace") {
        assert!(die_everywhere(Mode::Serve, JOURNAL) > 0, "no kill fell into the payment");
    }
}

#[test]
fn run_dies_in_the_middle_of_the_payment() {
    if tool("strace") {
        let doubts = die_everywhere(Mode::Run, "ledger.db") + die_everywhere(Mode::Run, "ledger.db-journal");
        assert!(doubts > 0, "no kill fell into the payment");
    }
}

const ORPHAN: &str = r#"
# Takes a while, and says when it begins and ends.
action slow() -> text {
  exec "sh" ["-c", "echo begin >> log.txt; sleep 1; echo end >> log.txt; echo done"]
}

workflow go() -> text {
  owner "finance@acme.example"
  step x = slow()
  return x
}
"#;

#[test]
fn a_child_that_outlived_its_server_is_not_joined_by_a_second_one() {
    let project = Project::with(&[("orphan.flow", ORPHAN)]);
    let mut child =
        project.command(&["run", "orphan.flow", "--as", OWNER]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("hitlc runs");
    let log = || std::fs::read_to_string(project.file("log.txt")).unwrap_or_default();
    until("the child", || log().contains("begin").then_some(()));
    child.kill().and_then(|()| child.wait()).expect("it dies");
    assert!(!log().contains("end"), "the child had ended before its server died");
    let resumed = project.hitlc(&["resume"]);
    assert_eq!(resumed.code, 0, "{resumed:?}");
    assert_eq!(log(), "begin\nend\nbegin\nend\n");
}
