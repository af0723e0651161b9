//! What the layout keeps, for every text that has no faults. Tests of several crates hold it.

use flow_grammar::{Parsed, format, parse};

/// What a text means: its tree without the places.
fn meaning(parsed: &Parsed) -> String {
    let tree = format!("{:?}", parsed.module);
    let mut parts = tree.split("Span { start: ");
    let mut meaning = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        meaning.push_str(part.split_once('}').expect("a place ends").1);
    }
    meaning
}

fn comments<'t>(text: &'t str, parsed: &Parsed) -> Vec<&'t str> {
    parsed.comments.iter().map(|place| text[place.range()].trim_end()).collect()
}

/// Formats a sound text and holds what holds for every one.
pub(crate) fn formatted(text: &str) -> String {
    let once = format(text).unwrap_or_else(|faults| panic!("{faults:?} in\n{text}"));
    let (before, after) = (parse(text), parse(&once));
    assert_eq!(after.faults, [], "from\n{text}\ncame\n{once}");
    assert_eq!(comments(&once, &after), comments(text, &before), "from\n{text}\ncame\n{once}");
    assert!(meaning(&before) == meaning(&after), "another tree: from\n{text}\ncame\n{once}");
    let twice = format(&once).expect("it has no faults");
    if let Some((one, two)) = once.lines().zip(twice.lines()).find(|(one, two)| one != two) {
        panic!("a second time `{one}` became `{two}`: from\n{text}\ncame\n{once}");
    }
    assert_eq!(once.len(), twice.len(), "a second time, from\n{text}");
    for line in once.lines() {
        assert!(!line.ends_with([' ', '\t', '\r']) || text.contains("\"\"\""), "`{line}` ends in blanks");
    }
    assert!(once.is_empty() || once.ends_with('\n') && !once.ends_with("\n\n") && !once.starts_with('\n'), "{once:?}");
    once
}
