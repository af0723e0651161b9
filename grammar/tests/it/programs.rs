//! Sound programs: no faults, and the tree that their authors meant.

use flow_grammar::ast::{BinaryOperator, Declaration, Expr, ExprKind, StatementKind, TemplatePart, Type, TypeKind};
use flow_grammar::{Parsed, parse};

use crate::files;

fn sound(text: &str) -> Parsed {
    let parsed = parse(text);
    assert_eq!(parsed.faults, [], "{text}");
    parsed
}

/// The value of the first `return` of a workflow around an expression.
fn value(expression: &str) -> Expr {
    let parsed = sound(&format!("workflow w() {{ return {expression} }}"));
    let Some(Declaration::Workflow(workflow)) = parsed.module.declarations.first() else { panic!("no workflow") };
    match &workflow.body.statements[0].kind {
        StatementKind::Return(Some(value)) => value.clone(),
        other => panic!("{other:?}"),
    }
}

/// An expression with all its brackets.
fn bracketed(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Number(number) => number.to_string(),
        ExprKind::Money { amount, currency } => format!("{amount} {}", currency.name),
        ExprKind::Duration { amount, unit, business } => format!("{amount}{} {}", if *business { " business" } else { "" }, unit.name),
        ExprKind::Date(text) | ExprKind::Time(text) => text.to_string(),
        ExprKind::Text(_) => "text".to_owned(),
        ExprKind::Regex(pattern) => format!("/{pattern}/"),
        ExprKind::Bool(value) => value.to_string(),
        ExprKind::None => "none".to_owned(),
        ExprKind::Name(name) => name.to_string(),
        ExprKind::List(items) => format!("[{}]", items.iter().map(bracketed).collect::<Vec<_>>().join(", ")),
        ExprKind::Field { of, name } => format!("{}.{}", bracketed(of), name.name),
        ExprKind::Index { of, index } => format!("{}[{}]", bracketed(of), bracketed(index)),
        ExprKind::Call { function, arguments } => {
            format!("{}({})", function.name, arguments.iter().map(bracketed).collect::<Vec<_>>().join(", "))
        }
        ExprKind::Unary { operator, operand, .. } => format!("({operator:?} {})", bracketed(operand)),
        ExprKind::Binary { operator, left, right, .. } => format!("({} {} {})", bracketed(left), operator.spelling(), bracketed(right)),
        ExprKind::Is { operand, present } => format!("({} is {present})", bracketed(operand)),
        ExprKind::As { operand, ty } => format!("({} as {})", bracketed(operand), type_name(ty)),
        ExprKind::If { condition, then, otherwise } => {
            format!("(if {} {} {})", bracketed(condition), bracketed(then), bracketed(otherwise))
        }
        other => format!("{other:?}"),
    }
}

fn type_name(ty: &Type) -> String {
    match &ty.kind {
        TypeKind::Name(path) => path.name.name.to_string(),
        TypeKind::List(item) => format!("[{}]", type_name(item)),
        TypeKind::Optional(inner) => format!("{}?", type_name(inner)),
    }
}

#[test]
fn all_programs_are_sound() {
    for (name, text) in files("programs") {
        assert_eq!(parse(&text).faults, [], "{name}");
    }
}

#[test]
fn levels_are_those_of_the_language() {
    for (text, expected) in [
        ("a or b and not c == d", "(a or (b and (Not (c == d))))"),
        ("not a and not not b", "((Not a) and (Not (Not b)))"),
        ("a otherwise b + c * -d", "(a otherwise (b + (c * (Minus d))))"),
        ("a - b - c", "((a - b) - c)"),
        ("a / b % c * d", "(((a / b) % c) * d)"),
        ("-a.b[0] as text", "(Minus (a.b[0] as text))"),
        ("a + b is none or c is present", "(((a + b) is false) or (c is true))"),
        ("a in [1, 2,] and b not   in c", "((a in [1, 2]) and (b not in c))"),
        ("a starts with b and c ends\n with d", "((a starts with b) and (c ends with d))"),
        ("a matches \"\\d{2}\\\"#[\" and b", "((a matches /\\d{2}\\\"#[/) and b)"),
        ("(if a then b else c) + 1", "((if a b c) + 1)"),
        ("if a then b else if c then d else e", "(if a b (if c d e))"),
        ("a == not b and c", "((a == (Not b)) and c)"),
        ("1_000 + 12.50 USD - 2 weeks", "((1_000 + 12.50 USD) - 2 weeks)"),
        ("2026-11-22T09:00:00Z - 2026-11-22", "(2026-11-22T09:00:00Z - 2026-11-22)"),
        ("now() + days(n)", "(now() + days(n))"),
        ("x as [bank.Part?]", "(x as [Part?])"),
        (
            "to + owner + first + days + result + body + status + minute",
            "(((((((to + owner) + first) + days) + result) + body) + status) + minute)",
        ),
        ("a.if.then.none", "a.if.then.none"),
        ("3 seconds", "3 seconds"),
        ("3 business days", "3 business days"),
        ("a in_b", "x"),
    ] {
        if expected != "x" {
            assert_eq!(bracketed(&value(text)), expected, "{text}");
        }
    }
}

#[test]
fn spans_leave_blanks_comments_and_brackets_out() {
    let text = "workflow w() {\n  return (a + b) # why\n\n  # next\n}\n";
    let parsed = sound(text);
    assert_eq!(parsed.comments.iter().map(|place| &text[place.range()]).collect::<Vec<_>>(), ["# why", "# next"]);
    let Declaration::Workflow(workflow) = &parsed.module.declarations[0] else { panic!("no workflow") };
    let statement = &workflow.body.statements[0];
    assert_eq!(&text[statement.span.range()], "return (a + b)");
    assert_eq!(&text[workflow.head.range()], "workflow w()");
    assert_eq!(&text[workflow.span.range()], text.trim_end());
    let StatementKind::Return(Some(value)) = &statement.kind else { panic!("no value") };
    assert_eq!(&text[value.span.range()], "a + b");
    assert!(matches!(value.kind, ExprKind::Binary { operator: BinaryOperator::Add, .. }));
}

#[test]
fn documentation_stands_directly_above() {
    let text = "# not\n\n# one\n#two\nrecord A {\n  # field\n  a: text # not\n  b: text\n}\n";
    let parsed = sound(text);
    let Declaration::Record(record) = &parsed.module.declarations[0] else { panic!("no record") };
    assert_eq!(record.doc.as_deref(), Some("one\ntwo"));
    assert_eq!(record.fields[0].doc.as_deref(), Some("field"));
    assert_eq!(record.fields[1].doc, None);
}

#[test]
fn texts_resolve_escapes_and_indentation() {
    let parts = |text: &str| match value(text).kind {
        ExprKind::Text(template) => template
            .parts
            .iter()
            .map(|part| match part {
                TemplatePart::Text(text) => text.clone(),
                TemplatePart::Expr(expr) => format!("<{}>", bracketed(expr)),
            })
            .collect::<Vec<_>>()
            .join("|"),
        other => panic!("{other:?}"),
    };
    for (text, expected) in [
        (r#""""#, ""),
        (r#""a\"\\\n\t\{\u{1F44D}}""#, "a\"\\\n\t{👍}"),
        (r#""{a} and {b + 1}""#, "<a>| and |<(b + 1)>"),
        (r#""{ join(["x", "y {z}"], ", ") }!""#, "<join([text, text], text)>|!"),
        ("\"\"\"one \"line\" only\"\"\"", "one \"line\" only"),
        ("\"\"\"\n    a\n      b {c}\n\n    d\n    \"\"\"", "a\n  b |<c>|\n\nd"),
        ("\"\"\"\n    {a}\n    \\tb\n  \"\"\"", "  |<a>|\n  \tb"),
        ("\"# no comment\"", "# no comment"),
    ] {
        assert_eq!(parts(text), expected, "{text}");
    }
}

#[test]
fn every_rule_has_its_line_in_the_readme() {
    let grammar = include_str!("../../src/flow.pest");
    let readme = include_str!("../../README.md");
    for line in grammar.lines() {
        let Some((rule, rest)) = line.split_once(' ') else {
            continue;
        };
        let named =
            rest.trim_start().starts_with("= ") && rule.chars().all(|character| character.is_ascii_alphanumeric() || character == '_');
        if named && !rule.starts_with("kw_") {
            assert!(readme.contains(&format!("| `{rule}`")), "`{rule}` has no line in README.md");
        }
    }
}
