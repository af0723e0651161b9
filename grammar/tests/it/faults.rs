//! Broken programs: each fault once, on its line, and the neighbours kept.

use std::fmt::Write as _;

use flow_grammar::ast::{Declaration, StatementKind};
use flow_grammar::{Fault, FaultKind, parse, parse_bytes};

use crate::{files, line};

/// The faults of a text, each under its line, with its place marked.
fn drawn(text: &str) -> String {
    let mut drawn = String::new();
    for fault in parse(text).faults {
        let start = fault.span.start as usize;
        let begin = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let shown = text[begin..].lines().next().unwrap_or_default();
        let width = text[fault.span.range()].lines().next().unwrap_or_default().chars().count().max(1);
        let number = line(text, fault.span.start);
        let _ = writeln!(drawn, "{number:>3} | {shown}");
        let _ = writeln!(drawn, "    | {}{} {}", " ".repeat(text[begin..start].chars().count()), "^".repeat(width), told(&fault));
    }
    drawn
}

fn told(fault: &Fault) -> String {
    match &fault.kind {
        FaultKind::Expected { expected, found, reading } => {
            format!("{reading}: expected {}, found {}", expected.join(" or "), found.as_deref().unwrap_or("the end"))
        }
        FaultKind::UnknownWord { word, wanted, nearest, .. } => format!("`{word}` is not {wanted}, nearest {nearest:?}"),
        FaultKind::Unclosed { bracket, of } => format!("{of}: `{bracket}` is not closed"),
        other => format!("{other:?}"),
    }
}

#[test]
fn each_fault_is_told_once_where_it_is() {
    for (name, text) in files("faults") {
        insta::assert_snapshot!(name, drawn(&text));
    }
}

#[test]
fn the_neighbours_of_broken_text_are_kept() {
    let (_, text) = files("faults").into_iter().find(|(name, _)| name == "ten").expect("the file exists");
    let names: Vec<_> = parse(&text)
        .module
        .declarations
        .iter()
        .map(|declaration| match declaration {
            Declaration::Use(found) => found.path.to_string(),
            Declaration::Record(found) => {
                format!("{} with {} fields", found.name.name, found.fields.len())
            }
            Declaration::Action(found) => found.name.name.to_string(),
            Declaration::Workflow(found) => {
                let broken = found.body.statements.iter().filter(|statement| matches!(statement.kind, StatementKind::Broken(_))).count();
                format!("{} with {} statements, {broken} broken", found.name.name, found.body.statements.len())
            }
            Declaration::Broken(broken) => {
                format!("broken {}", broken.names.iter().map(|name| name.name.as_str()).collect::<Vec<_>>().join(" "))
            }
            _ => String::new(),
        })
        .collect();
    assert_eq!(
        names,
        [
            "bank.flow",
            "broken Line",
            "Invoice with 2 fields",
            "pay",
            "a with 8 statements, 3 broken",
            "b with 1 statements, 0 broken",
            "After with 1 fields"
        ]
    );
}

#[test]
fn names_of_broken_text_are_known() {
    let poisoned = |text: &str| {
        let parsed = parse(&format!("workflow w() {{\n{text}\n}}"));
        let Some(Declaration::Workflow(workflow)) = parsed.module.declarations.into_iter().next() else { panic!("no workflow") };
        let mut names = Vec::new();
        for statement in workflow.body.statements {
            if let StatementKind::Broken(broken) = statement.kind {
                names.extend(broken.names.into_iter().map(|name| name.name.to_string()));
            }
        }
        names.join(" ")
    };
    for (text, expected) in [
        ("let x 3", "x"),
        ("lett y = 3", "y"),
        ("step z = foo(a b)", "z"),
        ("require aproval as gate when x > 1", "gate"),
        ("v = 3", "v"),
        ("step foo(a b)", ""),
    ] {
        assert_eq!(poisoned(text), expected, "{text}");
    }
}

#[test]
fn what_is_no_text_or_too_large_is_refused() {
    assert_eq!(parse_bytes(b"use \xff").faults[0].kind, FaultKind::NotUtf8);
    let large = " ".repeat((1 << 20) + 1);
    assert_eq!(parse_bytes(large.as_bytes()).faults[0].kind, FaultKind::TooLarge(large.len()));
    assert_eq!(parse(&large[1..]).faults, []);
}
