//! What changes weaken and strengthen: a flow, small changes of it, and what is said of each, and of the way back.
//!
//! A case is a title, `-` and what is replaced, `+` and by what, then what is said of the change (`>`) and of its opposite (`<`). `files.cases`
//! has files of its own: `=` and a path or `[groups]`, its lines behind `|`; then `-` and `+` for each text that is replaced wherever it
//! stands, and `~` for a file with its new name.
//! `UPDATE=1` writes what is said now.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use flow_compiler::oversight::{Direction, Version, compare};
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

type Files = Vec<(String, String)>;

/// Compiles a version. What is not watched by a gate any more is no longer proved: then it has none.
fn version(files: &[(String, String)]) -> Result<Version, String> {
    let mut sources = Sources::new();
    let mut groups = BTreeMap::new();
    for (path, text) in files {
        if path == "[groups]" {
            let lines = text.lines().map(|line| line.split_once('=').unwrap());
            groups.extend(lines.map(|(name, members)| {
                (name.trim().to_owned(), members.split(',').map(|member| member.trim().to_owned()).collect::<Vec<_>>())
            }));
        } else {
            sources.add(path, text);
        }
    }
    sources.set_groups(groups.clone());
    let checked = check(&sources);
    if let Some(error) = checked.diagnostics.iter().find(|said| said.severity == Severity::Error) {
        return Err(format!("{} {}", error.code.as_str(), error.message));
    }
    Ok(checked.version(|_| true, groups))
}

fn one(text: &str) -> Files {
    vec![("pay.flow".to_owned(), text.to_owned())]
}

/// What is said of a change and of its opposite.
fn both(old: &[(String, String)], new: &[(String, String)], out: &mut String) {
    let old = version(old).unwrap();
    match version(new) {
        Ok(new) => {
            said('>', &old, &new, out);
            said('<', &new, &old, out);
        }
        Err(error) => writeln!(out, "! {error}").unwrap(),
    }
}

fn is(file: &Path, text: &str, now: &str) {
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(file, now).unwrap();
    } else {
        assert!(text == now, "run with UPDATE=1 and look at what changed:\n{now}");
    }
}

fn said(sign: char, old: &Version, new: &Version, out: &mut String) {
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
        both(&one(&base), &one(&changed), &mut now);
        now.push('\n');
    }
    is(&file, &text, &now);
}

/// A case with files of its own, and what is other in the later version: texts, wherever they stand, and names of files.
#[derive(Default)]
struct Own {
    files: Files,
    texts: Vec<(String, String)>,
    names: Vec<(String, String)>,
}

impl Own {
    fn of(text: &str) -> Self {
        let mut own = Self::default();
        for line in text.lines() {
            let (sign, rest) = line.split_once(' ').unwrap_or((line, ""));
            match sign {
                "=" => own.files.push((rest.to_owned(), String::new())),
                "|" => own.files.last_mut().unwrap().1.extend([rest, "\n"]),
                "-" => own.texts.push((rest.to_owned(), String::new())),
                "+" => own.texts.last_mut().unwrap().1 = rest.to_owned(),
                "~" => own.names.extend(rest.split_once(' ').map(|(from, to)| (from.to_owned(), to.to_owned()))),
                _ => {}
            }
        }
        own
    }

    fn later(&self) -> Files {
        let mut later = self.files.clone();
        for (from, to) in &self.texts {
            assert!(later.iter().any(|(_, text)| text.contains(from)), "no file has `{from}`");
            later.iter_mut().for_each(|(_, text)| *text = text.replace(from, to));
        }
        for (path, _) in &mut later {
            if let Some((_, to)) = self.names.iter().find(|(from, _)| from == path) {
                path.clone_from(to);
            }
        }
        later.retain(|(_, text)| !text.trim().is_empty());
        later
    }
}

/// Cases with files of their own. Each version says nothing of itself.
#[test]
fn files() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compare/files.cases");
    let text = std::fs::read_to_string(&file).unwrap();
    let mut now = String::new();
    for case in text.split("# ").skip(1) {
        let own = Own::of(case);
        writeln!(now, "# {}", case.lines().next().unwrap()).unwrap();
        let given = case.lines().skip(1).filter(|line| "=|-+~".contains(line.chars().next().unwrap_or(' ')));
        given.for_each(|line| writeln!(now, "{line}").unwrap());
        both(&own.files, &own.later(), &mut now);
        let mut itself = String::new();
        both(&own.files, &own.files, &mut itself);
        assert_eq!(itself, "", "{case}");
        now.push('\n');
    }
    is(&file, &text, &now);
}
