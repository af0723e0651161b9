//! Z3 as a program: questions go in as text, and one line comes back for each.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::smt;

/// What Z3 says.
pub(crate) enum Found {
    /// Values for which all assertions hold.
    Counterexample,
    /// There are none.
    None,
    Unknown,
}

/// One process for many questions.
pub(crate) struct Z3 {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Z3 {
    /// `None`, and said so, where there is no Z3; with `HITL_REQUIRE_TOOLS` that is a failure.
    pub(crate) fn start() -> Option<Self> {
        let mut command = Command::new("z3");
        command.args(["-in", "-t:5000"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let Ok(mut process) = command.spawn() else {
            assert!(std::env::var_os("HITL_REQUIRE_TOOLS").is_none(), "`z3` is missing");
            println!("skipped: `z3` is missing");
            return None;
        };
        let (input, output) = (process.stdin.take().unwrap(), BufReader::new(process.stdout.take().unwrap()));
        let mut started = Self { process, input, output };
        started.input.write_all(smt::parameters().as_bytes()).unwrap();
        Some(started)
    }

    /// Whether declarations and assertions can all hold.
    pub(crate) fn ask(&mut self, question: &str) -> Found {
        self.input.write_all(format!("(push){question}(check-sat)(pop)\n").as_bytes()).unwrap();
        self.input.flush().unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        match line.trim() {
            "sat" => Found::Counterexample,
            "unsat" => Found::None,
            "unknown" | "timeout" => Found::Unknown,
            other => panic!("Z3 says {other} of {question}"),
        }
    }
}

impl Drop for Z3 {
    fn drop(&mut self) {
        // It is of no use any more, and holds nothing.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
