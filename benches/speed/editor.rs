//! An editor: from an edit to the diagnostics of that version, through the program's pipes.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::{check, row};

/// Edits that are measured.
const EDITS: usize = 300;

/// `hitlc lsp` in an empty folder.
struct Server {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    _folder: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill().and_then(|()| self.child.wait());
    }
}

impl Server {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut server = Command::new(env!("CARGO_BIN_EXE_hitlc"));
        let mut child =
            server.arg("lsp").current_dir(folder.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a server");
        let (input, output) = (child.stdin.take().expect("a pipe"), BufReader::new(child.stdout.take().expect("a pipe")));
        let mut server = Self { child, input, output, _folder: folder };
        server.send(&json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": { "processId": null, "capabilities": {} } }));
        server.send(&json!({ "jsonrpc": "2.0", "method": "initialized", "params": {} }));
        server.receive();
        server
    }

    fn send(&mut self, message: &Json) {
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len()).expect("the server reads");
        self.input.flush().expect("the server reads");
    }

    fn receive(&mut self) -> Json {
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.output.read_line(&mut line).expect("the server writes");
            match line.trim_end().split_once(": ") {
                Some((_, value)) => length = value.parse().expect("a number"),
                None => break,
            }
        }
        let mut body = vec![0; length];
        self.output.read_exact(&mut body).expect("the server writes");
        serde_json::from_slice(&body).expect("JSON")
    }

    /// How many diagnostics a version has.
    fn looked_at(&mut self, version: usize) -> usize {
        loop {
            let message = self.receive();
            if message["params"]["version"] == version {
                return message["params"]["diagnostics"].as_array().expect("a list").len();
            }
        }
    }

    /// Memory that is resident, in MiB.
    fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("a line");
        line.split_whitespace().nth(1).and_then(|size| size.parse::<f64>().ok()).expect("a number") / 1024.0
    }
}

pub(crate) fn run() {
    println!("\nan editor, edit to diagnostics");
    for lines in [1_000, 5_000] {
        file(lines);
    }
}

fn file(lines: usize) {
    let mut text = check::project(lines);
    let lines = text.lines().count();
    let mut server = Server::start();
    let uri = "file:///bench/flow.flow";
    let item = json!({ "uri": uri, "languageId": "flow", "version": 1, "text": text });
    let begun = Instant::now();
    server.send(&json!({ "jsonrpc": "2.0", "method": "textDocument/didOpen", "params": { "textDocument": item } }));
    assert_eq!(server.looked_at(1), 0);
    let opened = begun.elapsed();
    // Somebody writes a word somewhere and takes it back: half of the versions have a fault.
    let places: Vec<usize> = text.match_indices("note otherwise").map(|(at, _)| at).collect();
    let mut took: Vec<Duration> = Vec::with_capacity(EDITS);
    for edit in 0..EDITS {
        let version = edit + 2;
        // Each place twice, and far from the one before.
        let at = places[(edit / 2) * 7919 % places.len()];
        let (old, new) = if edit % 2 == 0 { ("note", "nott") } else { ("nott", "note") };
        let (line, start) = (text[..at].matches('\n').count(), text[..at].rfind('\n').map_or(0, |end| end + 1));
        let range =
            json!({ "start": { "line": line, "character": at - start }, "end": { "line": line, "character": at - start + old.len() } });
        text.replace_range(at..at + old.len(), new);
        let document = json!({ "uri": uri, "version": version });
        let params = json!({ "textDocument": document, "contentChanges": [{ "range": range, "text": new }] });
        let begun = Instant::now();
        server.send(&json!({ "jsonrpc": "2.0", "method": "textDocument/didChange", "params": params }));
        let found = server.looked_at(version);
        took.push(begun.elapsed());
        assert_eq!(found > 0, edit % 2 == 0, "version {version}");
    }
    took.sort_unstable();
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let (median, worst) = (took[took.len() / 2], took[took.len() - 1]);
    let memory = server.memory();
    row(&format!("{lines} lines, {EDITS} edits"), format!("median {:.1} ms, worst {:.1} ms, {memory:.0} MiB", ms(median), ms(worst)));
    row("  opened", format!("{:.1} ms", ms(opened)));
}
