//! The next version of a text is read as it would be read alone.

use flow_grammar::{parse, parse_next};
use proptest::prelude::*;

use crate::files;
use crate::generate::program;

/// What somebody may write in the middle of something.
const WRITTEN: &[&str] = &[
    "",
    " ",
    "\n",
    "x",
    "# note\n",
    "{",
    "}",
    "\"",
    "(",
    "record R {\n",
    "\nworkflow w() {\n}\n",
    "read",
    "\n\n",
    "step ",
    "ä",
    "\"\"\"",
    "use \"a\"\n",
];

/// Edits one after another: where, in parts of the text, how much goes, and what comes.
fn follow(mut text: String, edits: &[(u16, u8, u8)]) {
    let mut parsed = parse(&text);
    for (place, gone, written) in edits {
        let at = |index: usize| text.floor_char_boundary(index.min(text.len()));
        let start = at(usize::from(*place) * text.len() / usize::from(u16::MAX));
        let end = at(start + usize::from(*gone % 40));
        let mut next = text.clone();
        next.replace_range(start..end, WRITTEN[usize::from(*written) % WRITTEN.len()]);
        let found = parse_next(&next, (&text, &parsed));
        let alone = parse(&next);
        assert_eq!(found.faults, alone.faults, "from\n{text}\ncame\n{next}");
        assert!(found == alone, "another tree: from\n{text}\ncame\n{next}");
        (text, parsed) = (next, found);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn of_programs(edits in prop::collection::vec(any::<(u16, u8, u8)>(), 1..12)) {
        for (_, text) in files("programs").into_iter().chain(files("faults")) {
            follow(text, &edits);
        }
    }

    #[test]
    fn of_any_program(bytes in prop::collection::vec(any::<u8>(), 0..1500), edits in prop::collection::vec(any::<(u16, u8, u8)>(), 1..12)) {
        follow(program(&bytes), &edits);
    }
}

/// What stands before and behind an edit is not read again, but it is where it is now.
#[test]
fn what_is_known_moves() {
    let (before, after) = ("record A { a: text }\n\n# Of B.\nrecord B { b: text }\n", "record A { }\n\n# Of B.\nrecord B { b: text }\n");
    let parsed = parse_next(after, (before, &parse(before)));
    assert_eq!(parsed, parse(after));
    assert_eq!(&after[parsed.module.declarations[1].span().range()], "record B { b: text }");
}

/// A brace that is missed while a text runs on to the end is not told. It is as soon as the text ends.
#[test]
fn what_was_not_told_is_not_sound() {
    let before = "record A {\n  a: text\nworkflow v() {\n}\n\nworkflow w() {\n  let t = \"\"\"x\n}\n";
    let after = before.replace("\"\"\"x", "\"x\"");
    let parsed = parse_next(&after, (before, &parse(before)));
    assert_eq!(parsed.faults.len(), 1, "{:?}", parsed.faults);
    assert_eq!(parsed, parse(&after));
}
