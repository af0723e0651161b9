//! The layout: what it looks like, and that it changes nothing but that.

use flow_grammar::{format, parse};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::files;
use crate::generate::program;
use crate::law::formatted;

#[test]
fn programs_mean_the_same() {
    for (_, text) in files("programs") {
        formatted(&text);
        formatted(&text.replace('\n', "\r\n"));
        formatted(&format!("\u{feff}{text}"));
    }
}

#[test]
fn a_text_with_faults_is_refused_with_them() {
    for (name, text) in files("faults") {
        assert_eq!(format(&text), Err(parse(&text).faults), "{name}");
    }
}

/// `FORMAT_CASES` programs, others each time; without it the same few, which take some seconds.
fn config() -> ProptestConfig {
    let asked: Option<u32> = std::env::var("FORMAT_CASES").ok().and_then(|cases| cases.parse().ok());
    let rng_seed = if asked.is_some() { RngSeed::Random } else { RngSeed::Fixed(4) };
    ProptestConfig { cases: asked.unwrap_or(300), rng_seed, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_program_means_the_same(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        formatted(&program(&bytes));
    }
}

/// What the rules of the layout say, each once: `written.flow` becomes `formatted.flow`.
#[test]
fn each_rule_has_its_case() {
    for (written, formatted_as) in CASES {
        assert_eq!(&formatted(written), formatted_as, "from\n{written}");
    }
}

/// What is written, and what it becomes.
const CASES: &[(&str, &str)] = &[
    ("", ""),
    ("\n\n  \n", ""),
    ("# alone", "# alone\n"),
    ("\n\n# a\n\n\n# b   \n\n", "# a\n\n# b\n"),
    ("use \"a\" # c\n\n\nuse \"b\"\nuse \"c\" record A{}\n# tail", "use \"a\" # c\n\nuse \"b\"\nuse \"c\"\n\nrecord A {}\n\n# tail\n"),
    // On one line where it was written on one.
    ("enum R { a b, c }", "enum R { a, b, c }\n"),
    ("enum R { a b,\n c, }", "enum R {\n  a\n  b\n  c\n}\n"),
    ("enum R { # c\n}", "enum R { # c\n}\n"),
    // A comment is documentation where it was, and nowhere else.
    ("record A { a: text # x\n , # y\n b: text }", "record A {\n  a: text # x\n  # y\n\n  b: text\n}\n"),
    ("record A { a: text\n # x\n , b: text }", "record A {\n  a: text\n  # x\n\n  b: text\n}\n"),
    ("record A {\n\n # x\n a: text\n\n\n b: text\n\n}", "record A {\n  # x\n  a: text\n\n  b: text\n}\n"),
    // A comma comes before the comments that stood before it, and none is last.
    ("workflow w() { step f(a # x\n , b,) }", "workflow w() {\n  step f(\n    a, # x\n    b\n  )\n}\n"),
    ("workflow w() { step f(a: {b: 1,},) }", "workflow w() {\n  step f(a: { b: 1 })\n}\n"),
    // In the middle of something.
    (
        "workflow w() { if # 1\n a { } # 2\n else\n # 3\n { fail } }",
        "workflow w() {\n  if # 1\n    a\n  {} # 2\n  else\n  # 3\n  {\n    fail\n  }\n}\n",
    ),
    // A date is one word with what stands directly behind it.
    ("workflow w() { return 2026-11-22 .year }", "workflow w() {\n  return 2026-11-22 .year\n}\n"),
    ("workflow w() { return - - 1 -2*( - x )[ 0 ] . y }", "workflow w() {\n  return --1 - 2 * (-x)[0].y\n}\n"),
    // A band is one item; a `when` and a `by` that are none are two.
    (
        "workflow w() { require approval { when a by b otherwise nobody } require approval { when a by b } }",
        "workflow w() {\n  require approval {\n    when a by b\n    otherwise nobody\n  }\n  require approval {\n    when a\n    by b\n  }\n}\n",
    ),
];
