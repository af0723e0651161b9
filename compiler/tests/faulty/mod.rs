//! Faulty files as authors write them: `ui/F00` to `ui/F05`, by the range of the code that each is about.
//!
//! `#~ F0203` at the end of a line says what is said of that line, and is not part of the file. What no line expects is a failure: each
//! fault is told on its line, once, and nothing that only follows from another. `#~ LINT = level` on a line of its own sets a level.
//! All that is said of all of them stands on one page, `ui/all.md`, to be read by somebody who is no programmer.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use flow_compiler::{Checked, Code, Diagnostic, FileId, Level, Levels, Severity, Sources, Span, check};

use crate::several;

/// Codes that no small file can show; `codes.rs` shows them.
const LARGE: [Code; 2] = [Code::F0011, Code::F0402];

/// One faulty file.
struct Faulty {
    name: String,
    sources: Sources,
    /// Of each file its path, and of each line the codes that are expected there.
    expected: Vec<(String, usize, String)>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui")
}

fn all() -> Vec<Faulty> {
    let mut faulty = Vec::new();
    for range in ["F00", "F01", "F02", "F03", "F04", "F05"] {
        let mut paths: Vec<PathBuf> = std::fs::read_dir(folder().join(range)).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        faulty.extend(paths.iter().map(|path| read(range, path)));
    }
    faulty
}

fn read(range: &str, path: &Path) -> Faulty {
    let file = path.file_name().unwrap().to_str().unwrap();
    let bytes = std::fs::read(path).unwrap();
    let mut faulty = Faulty { name: format!("{range}/{}", file.trim_end_matches(".flow")), sources: Sources::new(), expected: Vec::new() };
    let Ok(text) = String::from_utf8(bytes.clone()) else {
        faulty.sources.add_bytes(file, bytes);
        faulty.expected.push((file.to_owned(), 3, "F0012".to_owned()));
        return faulty;
    };
    let mut levels = Levels::default();
    let mut plain = String::new();
    let (mut at, mut line) = (file.to_owned(), 0);
    for written in text.split_inclusive('\n') {
        line += 1;
        let (kept, said) = written.split_once("#~").map_or((written, ""), |(kept, said)| (kept, said.trim()));
        if let Some(path) = several::path(kept) {
            (at, line) = (path.to_owned(), 0);
        }
        match said.split_once(" = ") {
            Some((lint, level)) => levels.set(lint, level_of(level)).unwrap(),
            None => faulty.expected.extend(said.split_whitespace().map(|code| (at.clone(), line, code.to_owned()))),
        }
        plain.push_str(kept.trim_end_matches([' ', '\n']));
        plain.push('\n');
    }
    faulty.sources = several::sources(file, &plain);
    faulty.sources.set_levels(levels);
    faulty
}

fn level_of(word: &str) -> Level {
    match word {
        "allow" => Level::Allow,
        "warn" => Level::Warn,
        "deny" => Level::Deny,
        "forbid" => Level::Forbid,
        other => panic!("{other} is no level"),
    }
}

fn line_of(text: &str, offset: u32) -> usize {
    text[..offset as usize].matches('\n').count() + 1
}

/// Where everything stands that is said.
fn found(sources: &Sources, checked: &Checked) -> Vec<(String, usize, String)> {
    let place =
        |said: &Diagnostic| (sources.path(said.file).to_owned(), line_of(sources.text(said.file), said.span.start), said.code.to_string());
    checked.diagnostics.iter().map(place).collect()
}

#[test]
fn each_fault_is_told_on_its_line_and_once() {
    let mut wrong = String::new();
    for faulty in all() {
        let checked = check(&faulty.sources);
        let (mut found, mut expected) = (found(&faulty.sources, &checked), faulty.expected);
        found.sort();
        expected.sort();
        if found != expected || expected.is_empty() {
            let show = |all: &[(String, usize, String)]| {
                all.iter().map(|(file, line, code)| format!("{file}:{line} {code}")).collect::<Vec<_>>().join(", ")
            };
            writeln!(wrong, "--- {}\n    expected {}\n    found    {}", faulty.name, show(&expected), show(&found)).unwrap();
            checked.diagnostics.iter().for_each(|said| draw(&faulty.sources, said, &mut wrong));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn every_code_is_among_them() {
    let faulty = all();
    let shown: BTreeSet<&str> = faulty.iter().flat_map(|faulty| &faulty.expected).map(|(_, _, code)| code.as_str()).collect();
    let missing: Vec<&str> =
        Code::ALL.iter().filter(|code| !LARGE.contains(code)).map(|code| code.as_str()).filter(|code| !shown.contains(code)).collect();
    assert!(missing.is_empty(), "no file shows {missing:?}");
    assert!(faulty.len() >= 200, "there are {} files", faulty.len());
}

/// An edit that a diagnostic carries takes the diagnostic away, and brings no other.
#[test]
fn every_fix_mends_its_fault() {
    let mut wrong = String::new();
    let mut fixes = 0;
    for faulty in all() {
        let checked = check(&faulty.sources);
        for said in &checked.diagnostics {
            let Some(fix) = &said.fix else { continue };
            fixes += 1;
            let mut sources = faulty.sources.clone();
            let mut edits = fix.edits.clone();
            edits.sort_by_key(|edit| std::cmp::Reverse(edit.span));
            for edit in edits {
                let mut text = sources.text(edit.file).to_owned();
                text.replace_range(edit.span.range(), &edit.text);
                let path = sources.path(edit.file).to_owned();
                sources.add(path, text);
            }
            let after = check(&sources);
            let told = |diagnostics: &[Diagnostic]| {
                let weighs = |other: &&Diagnostic| other.severity == Severity::Error || said.severity == Severity::Warning;
                let mut all: Vec<(Code, String)> =
                    diagnostics.iter().filter(weighs).map(|said| (said.code, said.message.clone())).collect();
                all.sort();
                all
            };
            let mut left = told(&checked.diagnostics);
            let mended = left.iter().position(|(code, message)| (*code, message) == (said.code, &said.message)).unwrap();
            left.remove(mended);
            if told(&after.diagnostics) != left {
                writeln!(wrong, "--- {}: {} is not mended by `{}`:", faulty.name, said.code, fix.title).unwrap();
                after.diagnostics.iter().for_each(|said| draw(&sources, said, &mut wrong));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(fixes >= 60, "only {fixes} diagnostics carry a fix");
}

#[test]
fn all_that_is_said_reads_well() {
    let mut page = String::from("# All that is said of the faulty files\n\nWritten by a test; `UPDATE=1` writes it anew.\n");
    for faulty in all() {
        write!(page, "\n## {}\n\n```text\n", faulty.name).unwrap();
        check(&faulty.sources).diagnostics.iter().for_each(|said| draw(&faulty.sources, said, &mut page));
        page.push_str("```\n");
    }
    let path = folder().join("all.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = known.lines().zip(page.lines()).find(|(known, now)| known != now);
    assert!(known == page, "{differs:?}\nrun with UPDATE=1 to accept");
}

/// A diagnostic as it is read: its sentence, the line with what is wrong underlined, causes, and what to do.
fn draw(sources: &Sources, said: &Diagnostic, out: &mut String) {
    let severity = if said.severity == Severity::Error { "error" } else { "warning" };
    writeln!(out, "{severity} {}: {}", said.code, said.message).unwrap();
    mark(sources, said.file, said.span, '^', &said.label, out);
    for label in &said.labels {
        mark(sources, label.file, label.span, '-', &label.message, out);
    }
    if let Some(help) = &said.help {
        writeln!(out, "  help: {help}").unwrap();
    }
    if let Some(fix) = &said.fix {
        let edits: Vec<String> =
            fix.edits.iter().map(|edit| format!("`{}` becomes `{}`", &sources.text(edit.file)[edit.span.range()], edit.text)).collect();
        writeln!(out, "  fix: {} ({})", fix.title, edits.join(", ")).unwrap();
    }
}

fn mark(sources: &Sources, file: FileId, span: Span, sign: char, label: &str, out: &mut String) {
    let text = sources.text(file);
    let start = text[..span.start as usize].rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[start..].lines().next().unwrap_or_default();
    let number = line_of(text, span.start);
    let before = text[start..span.start as usize].chars().count();
    let length = text[span.range()].lines().next().unwrap_or_default().chars().count().max(1);
    let other = if file == FileId(0) { String::new() } else { format!("  {}\n", sources.path(file)) };
    writeln!(out, "{other}{number:>4} | {line}").unwrap();
    writeln!(out, "     | {}{} {label}", " ".repeat(before), sign.to_string().repeat(length)).unwrap();
}
