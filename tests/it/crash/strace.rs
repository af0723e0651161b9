//! A process that is ended by `strace` at its nth write or sync of a file, before the kernel does it.

use std::collections::HashMap;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, Stdio};

use crate::support::{Project, hitlc};

/// What counts as a write.
const CALLS: [&str; 3] = ["pwrite64", "fdatasync", "fsync"];

/// The file of its journal, in a project's folder.
pub(super) const JOURNAL: &str = ".hitl/state.db-wal";

/// A running `hitlc` under `strace`.
pub(super) struct Traced {
    child: Child,
}

impl Traced {
    /// Starts it; it dies at the nth write of the file that one of its threads makes, if there is such a write.
    pub(super) fn start(project: &Project, arguments: &[&str], file: &str, kill_at: Option<usize>) -> Self {
        let calls = CALLS.join(",");
        let mut command = project.program("strace");
        command.args(["-f", "-o", "trace.txt", "-e", &format!("trace={calls}"), "-P"]).arg(project.file(file));
        if let Some(nth) = kill_at {
            command.args(["-e", &format!("inject={calls}:signal=SIGKILL:when={nth}")]);
        }
        command.arg(hitlc()).args(arguments);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("strace starts");
        Self { child }
    }

    pub(super) fn ended(&mut self) -> bool {
        self.child.try_wait().expect("a child can be asked").is_some()
    }

    /// Whether it ended by being killed: `strace` ends as the program did.
    pub(super) fn killed(&mut self) -> bool {
        self.child.try_wait().expect("a child can be asked").is_some_and(|status| status.signal() == Some(9))
    }

    /// Kills it where it is, if it still runs: the program itself, since `strace` would leave it behind.
    pub(super) fn kill(&mut self) {
        if !self.ended() {
            let parent = self.child.id();
            let children = std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).unwrap_or_default();
            for child in children.split_whitespace() {
                let _ = Command::new("kill").args(["-9", child]).status();
            }
        }
        let _ = self.child.wait();
    }
}

impl Drop for Traced {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The writes at which it makes a difference to die, of all that were traced: of each commit the first, before which all that led to it has
/// happened and is not recorded; its sync, before which it is recorded and nothing has followed from it; and, with `torn`, one in its middle.
pub(super) fn moments(project: &Project, torn: bool) -> Vec<usize> {
    let trace = std::fs::read_to_string(project.file("trace.txt")).expect("a trace");
    let mut threads: HashMap<&str, Vec<bool>> = HashMap::new();
    for line in trace.lines() {
        let Some((thread, call)) = line.split_once(' ') else { continue };
        let call = call.trim_start().split('(').next().unwrap_or_default();
        if CALLS.contains(&call) {
            threads.entry(thread).or_default().push(call != "pwrite64");
        }
    }
    let writer = threads.into_values().max_by_key(Vec::len).unwrap_or_default();
    let mut found = Vec::new();
    let mut first = 1_usize;
    for (sync, nth) in writer.iter().zip(1..) {
        if *sync {
            found.push(first);
            found.extend(Some(first.midpoint(nth)).filter(|_| torn));
            found.push(nth);
            first = nth + 1;
        }
    }
    // What follows the last sync is in no commit.
    found.extend((first <= writer.len()).then_some(first));
    found.dedup();
    found
}
