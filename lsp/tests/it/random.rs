//! Random edits at random places of real files, with random requests between: nothing panics, and what is said is what a check says.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use flow_compiler::{FileId, Severity, Sources, check};
use serde_json::{Value, json};

use crate::client::Client;

const EDITS: u64 = 500;

/// Pieces that somebody may write; what is cut out comes from the files themselves.
const PIECES: &[&str] = &[
    "",
    "",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "\"",
    ".",
    ",",
    ":",
    "\n",
    " ",
    "#",
    "é",
    "😀",
    "step ",
    "let x = ",
    "require approval when ",
    "if ",
    "workflow w(",
    "record R { a: ",
    "invoice.",
    "{invoice.",
    "match ",
    "for each i in ",
    "1000 EUR",
    "\r\n",
    "\"\"\"",
    "use \"",
    "return ",
    "0",
];

/// Numbers that look like chance and are the same for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }

    fn of<'t, T>(&mut self, all: &'t [T]) -> &'t T {
        &all[self.below(all.len())]
    }

    /// A place between two letters.
    fn place(&mut self, text: &str) -> usize {
        let at = self.below(text.len() + 1);
        text.floor_char_boundary(at)
    }
}

/// All flow files of the examples, by their paths.
fn examples() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let (mut found, mut folders): (Vec<(String, String)>, Vec<PathBuf>) = (Vec::new(), vec![root.clone()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "flow") {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                found.push((name, fs::read_to_string(path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// A position as the protocol counts.
fn position(text: &str, at: usize) -> Value {
    let line = text[..at].matches('\n').count();
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    json!({ "line": line, "character": text[start..at].encode_utf16().count() })
}

/// What a check of all files says of one, as a client sees it.
fn checked(files: &[(String, String)], path: &str) -> Vec<String> {
    let mut sources = Sources::new();
    for (name, text) in files {
        sources.add(name.clone(), text.clone());
    }
    let file: FileId = sources.find(path).unwrap();
    let found = check(&sources).diagnostics.into_iter().filter(|found| found.file == file);
    let text = sources.text(file);
    let place = |at: u32| position(text, text.floor_char_boundary(at as usize));
    found
        .map(|found| {
            let severity = if found.severity == Severity::Error { 1 } else { 2 };
            let (start, end) = (place(found.span.start), place(found.span.end));
            format!("{} {severity} {start} {end} {}", found.code, found.message)
        })
        .collect()
}

fn published(found: &[Value]) -> Vec<String> {
    let line = |found: &Value| {
        let message = found["message"].as_str().unwrap().lines().next().unwrap_or_default();
        let (start, end) = (&found["range"]["start"], &found["range"]["end"]);
        format!("{} {} {start} {end} {message}", found["code"].as_str().unwrap(), found["severity"])
    };
    found.iter().map(line).collect()
}

#[test]
fn whatever_is_written_is_checked_as_it_is() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0x9E37_79B9_7F4A_7C15);
    println!("SEED={seed}");
    let mut dice = Dice(seed);
    let mut files = examples();
    assert!(files.len() >= 10, "the examples are not found");
    let on_disk: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let mut client = Client::with(&on_disk);
    for (path, text) in &files {
        client.open(path, text);
    }
    let original = files.clone();
    let mut log = String::new();
    for round in 0..EDITS {
        let at = dice.below(files.len());
        // Files that are broken all over say nothing new: now and then one is as it was.
        let fresh = dice.below(12) == 0;
        let (path, changes) = {
            let (path, text) = &mut files[at];
            let (start, end) = {
                let (a, b) = (dice.place(text), dice.place(text));
                // Mostly small changes.
                let b = if dice.below(4) == 0 { b } else { text.floor_char_boundary((a + dice.below(12)).min(text.len())) };
                (a.min(b), a.max(b))
            };
            let piece = if dice.below(3) == 0 {
                let (from, to) = (dice.place(text), dice.place(text));
                text[from.min(to)..from.max(to)].chars().take(60).collect()
            } else {
                (*dice.of(PIECES)).to_owned()
            };
            if fresh {
                text.clone_from(&original[at].1);
                (path.clone(), json!([{ "text": text }]))
            } else {
                let range = json!({ "start": position(text, start), "end": position(text, end) });
                // In the middle of a line's end is before it, to whoever counts lines.
                let within = text.get(..start).is_some_and(|before| before.ends_with('\r'))
                    || text.get(..end).is_some_and(|before| before.ends_with('\r'));
                if within {
                    continue;
                }
                text.replace_range(start..end, &piece);
                writeln!(log, "{round}: {path} {start}..{end} {piece:?}").unwrap();
                (path.clone(), json!([{ "range": range, "text": piece }]))
            }
        };
        let version = client.change(&path, changes);
        let found = published(&client.looked_at(&path, version));
        let wanted = checked(&files, &path);
        assert_eq!(found, wanted, "SEED={seed}, round {round}\n{log}");
        {
            let (path, text) = dice.of(&files).clone();
            let place = position(&text, dice.place(&text));
            let (line, character) = (place["line"].as_u64().unwrap(), place["character"].as_u64().unwrap());
            let methods = ["hover", "definition", "completion", "documentSymbol", "codeAction", "formatting"];
            let method = format!("textDocument/{}", dice.of(&methods));
            let (line, character) = (usize::try_from(line).unwrap(), usize::try_from(character).unwrap());
            let answer = client.at(&method, &path, line, character);
            assert!(answer.is_ok(), "{method} of {path} at {place}: {answer:?}\nSEED={seed}, round {round}\n{log}");
        }
    }
    client.end();
}
