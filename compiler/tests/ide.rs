//! What editors are told: files with the places that are asked about, and below each place the answer.
//!
//! Each `ide/*.flow` asks what the beginning of its name says, at each `‸` in it; the mark is taken out first. `UPDATE=1` writes the answers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests"
)]

mod several;

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use flow_compiler::ide::{self, Index, Symbol};
use flow_compiler::{FileId, Sources, Text, check};

const MARK: &str = "‸";

/// More of a list than this is only counted.
const SHOWN: usize = 16;

/// The sources of a fixture, and the places in them that are asked about.
fn marked(text: &str) -> (Sources, Vec<(FileId, usize)>) {
    let mut sources = several::sources("main.flow", text);
    let mut places = Vec::new();
    for file in sources.files().collect::<Vec<_>>() {
        let (path, text) = (sources.path(file).to_owned(), sources.text(file).to_owned());
        places.extend(text.match_indices(MARK).enumerate().map(|(n, (at, _))| (file, at - n * MARK.len())));
        sources.add(path, text.replace(MARK, ""));
    }
    (sources, places)
}

/// The line of a place, with the place under it.
fn shown(sources: &Sources, file: FileId, start: usize, width: usize) -> String {
    let text = sources.text(file);
    let begin = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line = text[begin..].lines().next().unwrap_or_default();
    let (row, column) = (text[..start].matches('\n').count() + 1, text[begin..start].chars().count());
    let place = format!("{}:{row} | ", sources.path(file));
    format!("{place}{line}\n{}{}\n", " ".repeat(place.chars().count() + column), "^".repeat(width.max(1)))
}

fn hovered(sources: &Sources, file: FileId, at: usize) -> String {
    let index = Index::of(sources);
    match ide::hover(&index, file, u32::try_from(at).unwrap()) {
        Some(hover) => {
            let about = if hover.text.is_empty() { String::new() } else { format!("---\n{}\n", hover.text) };
            format!("{}{}\n{about}", shown(sources, file, hover.span.start as usize, hover.span.range().len()), hover.code)
        }
        None => format!("{}nothing\n", shown(sources, file, at, 1)),
    }
}

fn defined(sources: &Sources, file: FileId, at: usize) -> String {
    let index = Index::of(sources);
    let from = shown(sources, file, at, 1);
    match ide::definition(&index, file, u32::try_from(at).unwrap()) {
        Some(place) => format!("{from}is declared at\n{}", shown(sources, place.file, place.span.start as usize, place.span.range().len())),
        None => format!("{from}is declared nowhere\n"),
    }
}

fn completed(sources: &Sources, file: FileId, at: usize) -> String {
    let found = ide::completion(sources, file, u32::try_from(at).unwrap());
    let mut out = shown(sources, file, at, 1);
    let replaced = &sources.text(file)[found.replace.range()];
    if !replaced.is_empty() {
        writeln!(out, "in the place of `{replaced}`").unwrap();
    }
    // An editor leaves out what does not begin like the word; so that the test shows what a reader would see, it does too.
    let fitting: Vec<_> = found.items.iter().filter(|item| item.label.contains(replaced) || replaced.is_empty()).collect();
    for item in fitting.iter().take(SHOWN) {
        let insert = if item.insert == item.label { String::new() } else { format!(" as `{}`", item.insert) };
        let detail = item.detail.replace('\n', " ");
        writeln!(out, "  {} {:?} {}{insert} {detail}", item.rank, item.kind, item.label).unwrap();
    }
    match fitting.len() {
        0 => out.push_str("  nothing\n"),
        many if many > SHOWN => writeln!(out, "  and {} more", many - SHOWN).unwrap(),
        _ => {}
    }
    out
}

fn outline(sources: &Sources, file: FileId) -> String {
    fn line(symbol: &Symbol, depth: usize, text: &str, out: &mut String) {
        let whole = &text[symbol.span.range()];
        let name = &text[symbol.name_span.range()];
        let first = whole.lines().next().unwrap_or_default();
        writeln!(out, "{}{:?} {} ({}) `{name}` in `{first}`", "  ".repeat(depth), symbol.kind, symbol.name, symbol.detail).unwrap();
        symbol.children.iter().for_each(|child| line(child, depth + 1, text, out));
    }
    let mut out = String::new();
    let text = sources.text(file);
    ide::symbols(&Text::new(text)).iter().for_each(|symbol| line(symbol, 0, text, &mut out));
    out
}

fn fixed(sources: &Sources, file: FileId, at: usize) -> String {
    let diagnostics = check(sources).diagnostics;
    let place = flow_grammar::Span::new(u32::try_from(at).unwrap(), u32::try_from(at).unwrap());
    let mut out = shown(sources, file, at, 1);
    for (diagnostic, fix) in ide::fixes(&diagnostics, file, place) {
        writeln!(out, "{}: {}\n{}", diagnostic.code, diagnostic.message, fix.title).unwrap();
        for edit in &fix.edits {
            let old = &sources.text(edit.file)[edit.span.range()];
            writeln!(out, "  {}: `{old}` becomes `{}`", sources.path(edit.file), edit.text).unwrap();
        }
    }
    out
}

#[test]
fn answers() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ide");
    let update = env::var_os("UPDATE").is_some();
    let mut fixtures: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    fixtures.retain(|path| path.extension().is_some_and(|extension| extension == "flow"));
    fixtures.sort();
    assert!(fixtures.len() >= 5, "the fixtures are missing");
    let mut wrong = Vec::new();
    for fixture in fixtures {
        let (sources, places) = marked(&fs::read_to_string(&fixture).unwrap());
        let name = fixture.file_stem().unwrap().to_string_lossy().into_owned();
        let ask: fn(&Sources, FileId, usize) -> String = match name.split('_').next().unwrap() {
            "hover" => hovered,
            "definition" => defined,
            "completion" => completed,
            "fixes" => fixed,
            "symbols" => |sources, file, _| outline(sources, file),
            other => panic!("`{other}` is no question"),
        };
        assert!(!places.is_empty(), "{name} asks nothing");
        let answers: Vec<String> = places.iter().map(|(file, at)| ask(&sources, *file, *at)).collect();
        let (out, answer) = (fixture.with_extension("out"), answers.join("\n"));
        if update {
            fs::write(&out, &answer).unwrap();
        } else if fs::read_to_string(&out).unwrap_or_default() != answer {
            wrong.push(format!("{name} answers\n{answer}"));
        }
    }
    assert!(wrong.is_empty(), "{}\n(`UPDATE=1` writes the answers)", wrong.join("\n"));
}

/// All that people are shown first.
fn programs() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "flow") {
                found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.push(("tour".to_owned(), include_str!("../../grammar/tests/programs/tour.flow").to_owned()));
    found.sort();
    found
}

/// A file cut off anywhere, and one with a hole in it anywhere, can be asked everything.
#[test]
fn nothing_is_too_broken_to_be_asked() {
    for (name, text) in programs() {
        // Steps without a common divisor with anything, so that over the programs every kind of place is met.
        for at in (0..text.len()).step_by(397).filter(|at| text.is_char_boundary(*at)) {
            let hole = text.ceil_char_boundary(at + 9);
            for broken in [text[..at].to_owned(), format!("{}{}", &text[..at], &text[hole..])] {
                let mut sources = Sources::new();
                let file = sources.add(&*name, broken);
                let offset = u32::try_from(at).unwrap();
                let index = Index::of(&sources);
                let _ = ide::hover(&index, file, offset);
                let _ = ide::definition(&index, file, offset);
                let completion = ide::completion(&sources, file, offset);
                let text = sources.text(file);
                assert!(text.get(completion.replace.range()).is_some(), "{name} at {at}");
                for symbol in ide::symbols(&Text::new(text)) {
                    assert!(text.get(symbol.span.range()).is_some() && text.get(symbol.name_span.range()).is_some());
                }
            }
        }
    }
}
