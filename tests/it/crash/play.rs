//! Small flows played from their start to their end by real processes, one of which is killed on the way.
//!
//! A flow's calls write what they do into a file or a ledger of their own, and whoever is asked about a call in doubt looks there. A call
//! that can be tried again says under which key it was made, as a bank would be told: once for a key is once.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::LazyLock;

use serde_json::Value as Json;

use super::strace::{JOURNAL, Traced, moments};
use crate::support::{Done, Project, until};

/// Who owns every run.
const OWNER: &str = "boss@acme.example";

/// More turns than any play has.
const TURNS: usize = 60;

/// The store of a play, which is there already, so that all its writes are those of its runs.
const STORE: &str = ".hitl/state.db";

static EMPTY: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let project = Project::with(&[]);
    assert_eq!(project.hitlc(&["token", "new", OWNER]).code, 0);
    std::fs::read(project.file(STORE)).expect("a store")
});

/// What the calls of all plays are made of.
const ACTIONS: &str = r#"
action put(what: text) -> text {
  exec "sh" ["-c", "echo \"$HITL_IDEMPOTENCY_KEY $1\" >> effects; echo \"$1\"", "sh", what]
}
irreversible action pay(what: text) {
  exec "sh" ["-c", "echo \"- $1\" >> effects", "sh", what]
}
"#;

/// A flow and what becomes of it. Its workflow is `go`, and `put` and `pay` are there.
pub(super) struct Play {
    pub(super) flow: &'static str,
    /// The inputs of its runs; those after the first are started while that one waits.
    pub(super) starts: &'static [&'static [&'static str]],
    /// What is said at a gate, in turn; at a gate that is not here the owner approves.
    pub(super) says: &'static [(&'static str, &'static [(&'static str, Say)])],
    /// How every run ends.
    pub(super) status: &'static str,
    /// What its calls did, in this order.
    pub(super) effects: &'static [&'static str],
    /// Whether some of it happens in parallel, in whatever order.
    pub(super) parallel: bool,
    /// What makes `ledger.db`, a database whose table `effects` has what calls did.
    pub(super) ledger: &'static str,
}

/// A play of one run that completes, in order, with yes to all that is asked.
pub(super) const PLAIN: Play = Play { flow: "", starts: &[&[]], says: &[], status: "completed", effects: &[], parallel: false, ledger: "" };

/// What somebody says at a gate.
#[derive(Clone, Copy)]
pub(super) enum Say {
    Approve,
    Reject,
    /// They cancel the run instead.
    Cancel,
}

/// When its process is killed.
#[derive(Clone, Copy, Debug)]
enum Kill {
    Never,
    /// Before its nth write of the journal.
    Write(usize),
    /// When its run waits, for a person or for time.
    Waiting,
}

/// Plays it once undisturbed, and then once for every moment at which its process can die. Says how often that was.
pub(super) fn whenever_it_is_killed(play: &Play) -> usize {
    let moments = moments(&played(play, Kill::Never).project, false);
    let waits = played(play, Kill::Waiting).traced.killed();
    let killed = moments.iter().filter(|nth| played(play, Kill::Write(**nth)).traced.killed()).count();
    println!("killed at {killed} of {} writes, {} while it waited", moments.len(), if waits { "once" } else { "never" });
    killed + usize::from(waits)
}

/// A play on its way.
struct Played<'a> {
    play: &'a Play,
    project: Project,
    traced: Traced,
    kill: Kill,
    /// How many votes of an approval were acknowledged.
    acknowledged: BTreeMap<String, usize>,
    /// How many runs were.
    started: usize,
    /// Whether somebody has taken up since its process died what was left.
    resumed: bool,
}

fn played(play: &Play, kill: Kill) -> Played<'_> {
    let project = Project::with(&[("go.flow", &format!("{ACTIONS}{}", play.flow))]);
    if !play.ledger.is_empty() {
        rusqlite::Connection::open(project.file("ledger.db")).and_then(|ledger| ledger.execute_batch(play.ledger)).expect("a ledger");
    }
    project.write(STORE, &*EMPTY);
    let mut arguments = vec!["run", "go.flow", "--workflow", "go", "--as", OWNER];
    arguments.extend(play.starts[0]);
    let nth = if let Kill::Write(nth) = kill { Some(nth) } else { None };
    let traced = Traced::start(&project, &arguments, JOURNAL, nth);
    let mut played = Played { play, project, traced, kill, resumed: false, acknowledged: BTreeMap::new(), started: 0 };
    let socket = played.project.file(".hitl/state.db.sock");
    until("its socket", || (socket.exists() || played.traced.ended()).then_some(()));
    played.play_on();
    played
}

impl Played<'_> {
    fn play_on(&mut self) {
        let mut turns = 0;
        until("the end", || {
            turns += usize::from(self.traced.ended());
            assert!(turns < TURNS, "{:?}: it does not end", self.kill);
            self.turn().then_some(())
        });
    }

    /// One look at where it stands, and what somebody does about it. Says whether it is over.
    fn turn(&mut self) -> bool {
        let dead = self.traced.ended();
        if dead && !self.resumed {
            let resumed = self.project.hitlc(&["resume"]);
            assert_eq!(resumed.code, 0, "{:?}: {resumed:?}", self.kill);
            self.resumed = true;
        }
        let runs = self.list("runs");
        let runs: Vec<&Json> = runs.iter().filter(|run| run["workflow"] == "go").collect();
        assert!(runs.len() >= self.started, "{:?}: a run was acknowledged and is gone: {runs:?}", self.kill);
        if dead && runs.is_empty() {
            return true;
        }
        if matches!(self.kill, Kill::Waiting) && !dead && runs.iter().any(|run| run["status"] == "paused") {
            self.traced.kill();
            return false;
        }
        if self.starts(&runs) {
            return false;
        }
        let over = runs.len() == self.play.starts.len() && runs.iter().all(|run| ended(run));
        if over {
            until("its process to end", || self.traced.ended().then_some(()));
            self.compare(&runs);
            return true;
        }
        if runs.iter().any(|run| run["status"] == "paused" || run["status"] == "in_doubt")
            && let Some(approval) = self.list("approvals").first()
        {
            self.decide(approval);
        } else {
            // It waits for its time.
            self.resumed = false;
        }
        false
    }

    /// Starts what is to be started while the first run waits.
    fn starts(&mut self, runs: &[&Json]) -> bool {
        self.started = self.started.max(runs.len());
        let more = self.play.starts.get(self.started).filter(|_| runs.iter().any(|run| run["status"] == "paused" || ended(run)));
        let Some(inputs) = more else { return false };
        let mut arguments = vec!["run", "go.flow", "--workflow", "go", "--as", OWNER, "--detach"];
        arguments.extend(*inputs);
        // Killed in between nobody knows whether it was started: it is started again.
        if matches!(self.project.hitlc(&arguments).code, 0 | 4) {
            self.started += 1;
        }
        true
    }

    fn decide(&mut self, approval: &Json) {
        let (id, gate) = (text(approval, "id"), text(approval, "gate"));
        let votes = approval["votes"].as_array().map_or(0, Vec::len);
        let known = self.acknowledged.get(&id).copied().unwrap_or_default();
        assert!(votes >= known, "{:?}: a vote was acknowledged and is gone: {approval}", self.kill);
        if approval["kind"] == "in_doubt" {
            let call = text(&approval["will_run"][0]["arguments"], "what");
            let done: &[&str] = if self.effects().contains(&call) { &["approve", &id] } else { &["reject", &id, "--not-done"] };
            self.say(OWNER, done);
            return;
        }
        let script = self.play.says.iter().find(|(name, _)| *name == gate).map_or(&[(OWNER, Say::Approve)][..], |(_, script)| script);
        let (person, say) = script[votes.min(script.len() - 1)];
        let said = match say {
            Say::Approve => self.say(person, &["approve", &id]),
            Say::Reject => self.say(person, &["reject", &id]),
            Say::Cancel => self.say(person, &["runs", "cancel", &text(approval, "run")]),
        };
        if said.code == 0 {
            self.acknowledged.insert(id, votes + 1);
        }
    }

    fn say(&self, person: &str, arguments: &[&str]) -> Done {
        let mut all = arguments.to_vec();
        all.extend(["--as", person]);
        self.project.hitlc(&all)
    }

    /// What the process that has the store open says, or a command that opens it.
    fn list(&self, what: &str) -> Vec<Json> {
        let json = ask(&self.project, what).unwrap_or_else(|| {
            let listed = self.project.hitlc(&[what, "--json"]);
            serde_json::from_str(&listed.out).unwrap_or_default()
        });
        json["items"].as_array().cloned().unwrap_or_default()
    }

    /// What was done, each thing once; a key is another's or said again.
    fn effects(&self) -> Vec<String> {
        let lines = std::fs::read_to_string(self.project.file("effects")).unwrap_or_default();
        let mut keys: Vec<&str> = Vec::new();
        let mut effects = Vec::new();
        for (key, what) in lines.lines().filter_map(|line| line.split_once(' ')) {
            if key == "-" || !keys.contains(&key) {
                keys.push(key);
                effects.push(what.to_owned());
            }
        }
        effects.extend(self.project.rows("ledger.db", "select what from effects").concat());
        effects
    }

    fn compare(&self, runs: &[&Json]) {
        for run in runs {
            assert_eq!(run["status"], self.play.status, "{:?}: {run}", self.kill);
        }
        let mut effects = self.effects();
        if self.play.parallel {
            effects.sort_unstable();
        }
        assert_eq!(effects, self.play.effects, "{:?}", self.kill);
    }
}

/// What the socket beside a store answers, where somebody is at its other end.
fn ask(project: &Project, what: &str) -> Option<Json> {
    let mut stream = UnixStream::connect(project.file(".hitl/state.db.sock")).ok()?;
    write!(stream, "GET /api/v1/{what} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let (_, body) = text.split_once("\r\n\r\n")?;
    serde_json::from_str(body).ok()
}

fn text(json: &Json, member: &str) -> String {
    json[member].as_str().unwrap_or_else(|| panic!("no `{member}` in {json}")).to_owned()
}

pub(super) fn ended(run: &Json) -> bool {
    ["completed", "failed", "rejected", "cancelled"].contains(&run["status"].as_str().unwrap_or_default())
}
