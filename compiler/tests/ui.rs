//! Diagnostics and plans of the files in `ui/`: beside each `NAME.flow` stands what is said of it (`NAME.out`).
//!
//! A line such as `# connectors/bank.flow` begins another file, whose lines are counted from there.
//!
//! `UPDATE=1` writes the answers anew. A file whose name begins with `plan_` is sound, and its answer is its plan.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests"
)]

mod faulty;
mod several;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use flow_compiler::{Diagnostic, FileId, Severity, Sources, Span, check};

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "flow"));
    files.sort();
    files
}

fn place(text: &str, span: Span) -> String {
    let at = |offset: u32| {
        let before = &text[..offset as usize];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
        (line, column)
    };
    let ((line, column), (end_line, end_column)) = (at(span.start), at(span.end));
    if line == end_line { format!("{line}:{column}-{end_column}") } else { format!("{line}:{column}-{end_line}:{end_column}") }
}

/// A place, with its file's name where that is not the first of the fixture.
fn place_in(sources: &Sources, file: FileId, span: Span) -> String {
    let place = place(sources.text(file), span);
    if file == FileId(0) { place } else { format!("{}:{place}", sources.path(file)) }
}

fn describe(sources: &Sources, diagnostic: &Diagnostic, out: &mut String) {
    let text = sources.text(diagnostic.file);
    let severity = if diagnostic.severity == Severity::Error { "error" } else { "warning" };
    writeln!(out, "{} {severity} {} {}", diagnostic.code, place_in(sources, diagnostic.file, diagnostic.span), diagnostic.message).unwrap();
    writeln!(out, "    | {}", text[diagnostic.span.range()].lines().next().unwrap_or_default()).unwrap();
    if !diagnostic.label.is_empty() {
        writeln!(out, "    here: {}", diagnostic.label).unwrap();
    }
    for label in &diagnostic.labels {
        writeln!(out, "    because {}: {}", place_in(sources, label.file, label.span), label.message).unwrap();
    }
    if let Some(help) = &diagnostic.help {
        writeln!(out, "    help: {help}").unwrap();
    }
    if let Some(fix) = &diagnostic.fix {
        writeln!(out, "    fix: {}", fix.title).unwrap();
    }
}

#[test]
fn answers() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut wrong = Vec::new();
    for path in files() {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let sources = several::sources(&name, &text);
        let checked = check(&sources);
        let mut found = String::new();
        for diagnostic in &checked.diagnostics {
            describe(&sources, diagnostic, &mut found);
        }
        if name.starts_with("plan_") {
            for workflow in checked.workflows() {
                writeln!(found, "{:#?}", checked.plan(workflow.file, workflow.name)).unwrap();
            }
        }
        let answer = path.with_extension("out");
        if update {
            std::fs::write(&answer, &found).unwrap();
        } else if std::fs::read_to_string(&answer).unwrap_or_default() != found {
            wrong.push(format!("--- {name}\n{found}"));
        }
    }
    assert!(wrong.is_empty(), "{}\nrun with UPDATE=1 to accept", wrong.join("\n"));
}

/// Ten faults, five of them of syntax: all are reported, each on its line, none twice.
#[test]
fn ten_faults() {
    let text = include_str!("ui/ten_faults.flow");
    let wanted: Vec<usize> = text.lines().enumerate().filter(|(_, line)| line.contains("# fault")).map(|(index, _)| index + 1).collect();
    let mut sources = Sources::new();
    sources.add("ten_faults.flow", text);
    let checked = check(&sources);
    let lines: Vec<usize> =
        checked.diagnostics.iter().map(|diagnostic| text[..diagnostic.span.start as usize].matches('\n').count() + 1).collect();
    assert_eq!(wanted.len(), 10);
    assert_eq!(lines, wanted);
    let syntax = checked.diagnostics.iter().filter(|diagnostic| diagnostic.code.as_str() < "F0100").count();
    assert_eq!(syntax, 5);
}

/// A gate that is proposed covers the call that lacks it, and compiles where it is put.
#[test]
fn what_is_proposed_covers_the_call() {
    let mut proposed = 0;
    for path in files() {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let sources = several::sources(&name, &text);
        let before = check(&sources);
        let count = |diagnostics: &[Diagnostic]| diagnostics.iter().filter(|said| said.severity == Severity::Error).count();
        for said in before.diagnostics.iter().filter(|said| said.code.as_str() == "F0332") {
            let Some(fix) = &said.fix else { continue };
            let mut mended = sources.clone();
            for edit in &fix.edits {
                let mut text = mended.text(edit.file).to_owned();
                text.replace_range(edit.span.range(), &edit.text);
                let path = mended.path(edit.file).to_owned();
                mended.add(path, text);
            }
            let after = check(&mended);
            assert_eq!(count(&after.diagnostics) + 1, count(&before.diagnostics), "{name}: {}: {:#?}", fix.title, after.diagnostics);
            proposed += 1;
        }
    }
    assert!(proposed >= 10, "{proposed} gates are proposed");
}
