//! The proof of duties, case by case.

use std::fmt::Write as _;

use flow_compiler::{Sources, check};

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
        let errors: Vec<_> = checked.diagnostics.iter().filter(|said| said.severity == flow_compiler::Severity::Error).collect();
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
