//! The proof of duties, case by case.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests"
)]

#[path = "oversight/bounds.rs"]
mod bounds;
#[path = "oversight/many.rs"]
mod many;

use std::fmt::Write as _;

use flow_compiler::{Severity, Sources, check};

const PARAMETERS: &[(&str, &str)] = &[
    ("amount", "number"),
    ("price", "money"),
    ("due", "date"),
    ("risk", "Risk"),
    ("country", "text"),
    ("note", "text?"),
    ("is_new", "bool"),
    ("lines", "[Line]"),
    ("order", "Order"),
];

fn flow(duty: &str, gate: &str) -> String {
    let parameters: Vec<String> = PARAMETERS.iter().map(|(name, ty)| format!("{name}: {ty}")).collect();
    let parameters = parameters.join(", ");
    let names: Vec<&str> = PARAMETERS.iter().map(|(name, _)| *name).collect();
    let names = names.join(", ");
    format!(
        "enum Risk {{ low medium high }}\nrecord Line {{ amount: number }}\nrecord Order {{ total: money, id: text }}\n\
         irreversible action act({parameters})\n  only after approval when {duty}\n{{\n  exec \"act\" [\"{{amount}} {{price}} {{due}} {{risk}} \
         {{country}} {{is_new}} {{count(lines)}} {{order.id}}\", \"{{note otherwise country}}\"]\n}}\n\n\
         workflow w({parameters}) {{\n  require approval when {gate} within 2 days\n  step act({names})\n}}\n"
    )
}

#[test]
fn conditions() {
    let cases = include_str!("oversight/conditions.cases");
    let mut wrong = String::new();
    for line in cases.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let parts: Vec<&str> = line.split(" | ").map(str::trim).collect();
        let [wanted, duty, gate, rest @ ..] = parts.as_slice() else { panic!("a case has three parts: {line}") };
        let mut sources = Sources::new();
        sources.add("case.flow", flow(duty, gate));
        let checked = check(&sources);
        let errors: Vec<_> = checked.diagnostics.iter().filter(|said| said.severity == Severity::Error).collect();
        if let Some(other) = errors.iter().find(|said| said.code.as_str() != "F0332") {
            panic!("{line}: {} {}", other.code.as_str(), other.message);
        }
        let found = if errors.is_empty() { "safe" } else { "unsafe" };
        let example = errors.first().and_then(|said| said.counterexample.clone()).unwrap_or_default();
        let told = rest
            .first()
            .and_then(|rest| rest.strip_prefix("example "))
            .is_none_or(|wanted| example.split(" and ").any(|part| part == wanted));
        if found != *wanted || !told {
            writeln!(wrong, "{line}\n    found {found}, {example}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// Workflows of one file. The comment directly above each says whether its calls are covered: `# safe: why`, `# unsafe: why`, or
/// `# unsafe, for example amount = 1: why`, where that is told to the author.
fn structures(name: &str, text: &str) -> String {
    let mut sources = Sources::new();
    sources.add(name, text.to_owned());
    let checked = check(&sources);
    let errors: Vec<_> = checked.diagnostics.iter().filter(|said| said.severity == Severity::Error).collect();
    let mut wrong = String::new();
    if let Some(other) = errors.iter().find(|said| said.code.as_str() != "F0332") {
        writeln!(wrong, "{name}: {} {} at {:?}", other.code.as_str(), other.message, &text[other.span.range()]).unwrap();
    }
    for (start, _) in text.match_indices("\nworkflow ") {
        let end = text[start + 1..].find("\n}").map_or(text.len(), |length| start + 1 + length);
        let comment = text[..start].lines().last().unwrap_or_default();
        let Some((verdict, _)) = comment.split_once(": ") else { panic!("{name}: no verdict above {}", &text[start..end]) };
        let (verdict, wanted) = match verdict.split_once(", for example ") {
            Some((verdict, example)) => (verdict, Some(example)),
            None => (verdict, None),
        };
        let refused: Vec<_> = errors.iter().filter(|said| (start..end).contains(&said.span.range().start)).collect();
        let found = if refused.is_empty() { "# safe" } else { "# unsafe" };
        let examples: Vec<&str> = refused.iter().filter_map(|said| said.counterexample.as_deref()).collect();
        let told = wanted.is_none_or(|wanted| examples.iter().any(|example| example.split(" and ").any(|part| part == wanted)));
        if found != verdict || !told {
            writeln!(wrong, "{name}: {comment}\n    found {found}, {examples:?}{}", &text[start..end]).unwrap();
        }
    }
    wrong
}

#[test]
fn structures_of_flows() {
    let files = [
        ("people.flow", include_str!("oversight/structures/people.flow")),
        ("places.flow", include_str!("oversight/structures/places.flow")),
        ("values.flow", include_str!("oversight/structures/values.flow")),
        ("calls.flow", include_str!("oversight/structures/calls.flow")),
        ("answers.flow", include_str!("oversight/structures/answers.flow")),
        ("literals.flow", include_str!("oversight/structures/literals.flow")),
        ("lists.flow", include_str!("oversight/structures/lists.flow")),
    ];
    let wrong: Vec<String> = files.iter().map(|(name, text)| structures(name, text)).collect();
    assert!(wrong.iter().all(String::is_empty), "\n{}", wrong.concat());
}
