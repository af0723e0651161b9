//! What changes weaken and strengthen: a flow, small changes of it, and what is said of each, and of the way back.
//!
//! A case is a title, `-` and what is replaced, `+` and by what, then what is said of the change (`>`) and of its opposite (`<`).
//! `UPDATE=1` writes what is said now.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fmt::Write as _;
use std::path::Path;

use flow_compiler::oversight::{Direction, compare};
use flow_compiler::plan::Plan;
use flow_compiler::{Severity, Sources, check};

struct Case {
    title: String,
    before: Vec<String>,
    after: Vec<String>,
}

fn cases(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines() {
        let (sign, rest) = line.split_once(' ').unwrap_or((line, ""));
        match sign {
            "#" => cases.push(Case { title: rest.to_owned(), before: Vec::new(), after: Vec::new() }),
            "-" => cases.last_mut().unwrap().before.push(rest.to_owned()),
            "+" => cases.last_mut().unwrap().after.push(rest.to_owned()),
            _ => {}
        }
    }
    cases
}

/// Compiles a flow. What is not watched by a gate any more is no longer proved: then it has no plan.
fn plans(text: &str) -> Result<Vec<Plan>, String> {
    let mut sources = Sources::new();
    sources.add("pay.flow", text);
    let checked = check(&sources);
    if let Some(error) = checked.diagnostics.iter().find(|said| said.severity == Severity::Error) {
        return Err(format!("{} {}", error.code.as_str(), error.message));
    }
    Ok(checked.workflows().filter_map(|found| checked.plan(found.file, found.name)).collect())
}

fn said(sign: char, old: &[Plan], new: &[Plan], out: &mut String) {
    for change in compare(old, new) {
        let direction = match change.direction {
            Direction::Weaker => "weaker",
            Direction::Stronger => "stronger",
            Direction::Note => "note",
        };
        let line = change.line.or(change.old_line).map_or_else(String::new, |line| format!("line {line}, "));
        let also = if change.also.is_empty() { String::new() } else { format!("; also {}", change.also.join(", ")) };
        writeln!(out, "{sign} {direction}: {line}{}{also}", change.message).unwrap();
    }
}

#[test]
fn changes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compare");
    let file = folder.join("changes.cases");
    let text = std::fs::read_to_string(&file).unwrap();
    let base = std::fs::read_to_string(folder.join("base.flow")).unwrap();
    let mut now = String::new();
    for case in cases(&text) {
        let (before, after) = (case.before.join("\n"), case.after.join("\n"));
        assert!(base.contains(&before), "{}: the flow has no `{before}`", case.title);
        let changed = if before.is_empty() { base.clone() } else { base.replacen(&before, &after, 1) };
        writeln!(now, "# {}", case.title).unwrap();
        case.before.iter().for_each(|line| writeln!(now, "- {line}").unwrap());
        case.after.iter().for_each(|line| writeln!(now, "+ {line}").unwrap());
        let old = plans(&base).unwrap();
        match plans(&changed) {
            Ok(new) => {
                said('>', &old, &new, &mut now);
                said('<', &new, &old, &mut now);
            }
            Err(error) => writeln!(now, "! {error}").unwrap(),
        }
        now.push('\n');
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, now).unwrap();
    } else {
        assert!(text == now, "run with UPDATE=1 and look at what changed:\n{now}");
    }
}
