//! Any text at all: no panic, no overflow, and what is sound is kept.

use flow_grammar::ast::Declaration;
use flow_grammar::{FaultKind, Parsed, parse, parse_bytes};
use proptest::prelude::*;

use crate::files;

/// Parses, and holds what holds for every text.
fn checked(text: &str) -> Parsed {
    let parsed = parse(text);
    let mut last = 0;
    for fault in &parsed.faults {
        assert!(text.get(fault.span.range()).is_some(), "{fault:?} lies outside of {text:?}");
        assert!(fault.span.start >= last, "{text:?}");
        last = fault.span.start;
    }
    for comment in &parsed.comments {
        assert!(text[comment.range()].starts_with('#'), "{text:?}");
    }
    parsed
}

const fn sound(declaration: &Declaration) -> bool {
    !matches!(declaration, Declaration::Broken(_))
}

#[test]
fn every_prefix_is_taken_and_keeps_what_is_whole() {
    for (name, text) in files("programs") {
        let whole = parse(&text).module.declarations;
        let step = step(&text);
        for end in (0..text.len()).step_by(step).filter(|end| text.is_char_boundary(*end)) {
            let parsed = checked(&text[..end]);
            let before = whole.iter().filter(|declaration| place(declaration).is_some_and(|place| place < end as u32)).count();
            let kept = parsed.module.declarations.iter().zip(&whole).take(before).filter(|(found, whole)| found == whole).count();
            assert_eq!(kept, before, "{name} up to {end}");
        }
    }
}

/// Every byte, but a sample of the long programs where the compiler did not optimize.
const fn step(text: &str) -> usize {
    if cfg!(debug_assertions) && text.len() > 2000 { text.len() / 200 } else { 1 }
}

/// Where a declaration ends.
const fn place(declaration: &Declaration) -> Option<u32> {
    Some(match declaration {
        Declaration::Use(_) | Declaration::Broken(_) => return None,
        Declaration::Record(found) => found.span.end,
        Declaration::Enum(found) => found.span.end,
        Declaration::Group(found) => found.span.end,
        Declaration::Action(found) => found.span.end,
        Declaration::Policy(found) => found.span.end,
        Declaration::Workflow(found) => found.span.end,
        Declaration::Test(found) => found.span.end,
    })
}

#[test]
fn every_lost_byte_is_survived_by_the_neighbours() {
    for (name, text) in files("programs") {
        let whole = parse(&text).module.declarations.len();
        let step = step(&text);
        for lost in (0..text.len()).step_by(step) {
            let mut bytes = text.clone().into_bytes();
            bytes.remove(lost);
            let Ok(text) = String::from_utf8(bytes) else {
                continue;
            };
            let parsed = checked(&text);
            let kept = parsed.module.declarations.iter().filter(|declaration| sound(declaration)).count();
            // A quote lost beside `"""` takes what follows with it, up to the next one.
            let begin = text[..lost].rfind('\n').unwrap_or(0);
            let long = text[begin..].lines().take(2).any(|line| line.contains("\"\""));
            assert!(long || kept + 2 >= whole, "{name} without byte {lost} keeps {kept} of {whole}: {:?}", parsed.faults);
            assert!(long || parsed.faults.len() <= 4, "{name} without byte {lost}: {:#?}", parsed.faults);
        }
    }
}

#[test]
fn nothing_nests_too_deep() {
    let deep = 100_000;
    let many = 10_000;
    let around = |value: String| format!("workflow w() {{\n  let x = {value}\n}}\nrecord After {{ a: text }}\n");
    let texts = [
        around(format!("{}1{}", "(".repeat(deep), ")".repeat(deep))),
        around("(".repeat(deep)),
        around(format!("a{}", " + a".repeat(deep))),
        around(format!("{}1{}", "[".repeat(deep), "]".repeat(deep))),
        around(format!("{}1", "not ".repeat(deep))),
        around(format!("{}1", "- ".repeat(deep))),
        around(format!("{}1", "-".repeat(deep))),
        around(format!("{}a", "if ".repeat(many))),
        around(format!("{}b", "if a then ".repeat(many))),
        around(format!("{}b", "if a then b else ".repeat(many))),
        around(format!("a{}", ".a".repeat(many))),
        around(format!("a{}", "[0]".repeat(many))),
        around(format!("a{}", " as text".repeat(many))),
        around(format!("a{}", " is none".repeat(many))),
        around("f(".repeat(many)),
        around("{a:".repeat(many)),
        around("\"{".repeat(many)),
        around(format!("{}1{}", "(a + ".repeat(many), ")".repeat(many))),
        around(format!("a as {}text", "[".repeat(many))),
        around(format!("1\n{}", "if a {".repeat(many))),
        around(format!("1\n if a {{ }} {}", "else if a { } ".repeat(many))),
        around(format!("1\n require approval within 1 day{}", ", then escalate to a within 1 day".repeat(5_000))),
        "{".repeat(many),
        "}".repeat(many),
        "((((\n".repeat(many),
        format!("workflow w() {{ {} }}", "(".repeat(30)),
    ];
    for text in texts {
        let parsed = checked(&text);
        let start = text.get(..60).unwrap_or(&text);
        assert!(!parsed.faults.is_empty() || text.contains("else if a {"), "{start}");
        drop(parsed.clone());
    }
}

#[test]
fn the_limits_are_faults_of_their_own() {
    let brackets = |depth: usize| format!("workflow w() {{ let x = {}1{} }}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(checked(&brackets(63)).faults, []);
    assert!(checked(&brackets(64)).faults.iter().all(|fault| fault.kind == FaultKind::TooDeep));
    assert_eq!(checked(&brackets(64)).faults.len(), 1);
    let chain = |length: usize| format!("workflow w() {{ let x = a{} }}", " + a".repeat(length));
    assert_eq!(checked(&chain(400)).faults, []);
    assert!(matches!(checked(&chain(600)).faults.as_slice(), [fault] if fault.kind == FaultKind::LongExpression));
}

const TOKENS: &[&str] = &[
    "workflow",
    "action",
    "record",
    "enum",
    "group",
    "policy",
    "test",
    "use",
    "step",
    "let",
    "require",
    "approval",
    "if",
    "else",
    "match",
    "for",
    "each",
    "in",
    "return",
    "fail",
    "wait",
    "by",
    "when",
    "within",
    "then",
    "escalate",
    "to",
    "show",
    "title",
    "as",
    "otherwise",
    "nobody",
    "a",
    "b",
    "not",
    "and",
    "or",
    "is",
    "none",
    "matches",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ",",
    ":",
    ".",
    "->",
    "=",
    "==",
    "+",
    "-",
    "*",
    "?",
    "\"",
    "\"\"\"",
    "\"x\"",
    "\"{a}\"",
    "\\",
    "1",
    "2026-01-01",
    "1-1",
    "EUR",
    "days",
    "#",
    ";",
    "&&",
    "!",
    "'",
    "@",
    "\n",
    "\n",
    "é",
    "$",
];

/// Found by [`any_text`]: a fault that ended in the middle of a letter which the grammar does not see.
#[test]
fn a_fault_ends_with_a_whole_letter() {
    checked("\"0a ¡#0¡¡¡\\00¡¡¡A0¡¡a¡\u{b}A¡Aࠀ\"");
    checked("\"0a ¡#0¡¡¡\u{0}0¡¡¡A0¡¡a¡\u{b}A¡Aࠀ\"");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse_bytes(&bytes);
    }

    #[test]
    fn any_text(text in ".{0,200}") {
        checked(&text);
    }

    #[test]
    fn any_tokens(tokens in prop::collection::vec(prop::sample::select(TOKENS), 0..120)) {
        checked(&tokens.join(" "));
        checked(&tokens.concat());
    }
}
