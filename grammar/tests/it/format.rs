//! The layout: what it looks like, and that it changes nothing but that.

use flow_grammar::{Parsed, format, parse};

use crate::files;

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
fn formatted(text: &str) -> String {
    let once = format(text).unwrap_or_else(|faults| panic!("{faults:?} in\n{text}"));
    let (before, after) = (parse(text), parse(&once));
    assert_eq!(after.faults, [], "from\n{text}\ncame\n{once}");
    assert_eq!(comments(&once, &after), comments(text, &before), "from\n{text}\ncame\n{once}");
    assert!(meaning(&before) == meaning(&after), "another tree: from\n{text}\ncame\n{once}");
    assert_eq!(format(&once).as_deref(), Ok(once.as_str()), "a second time, from\n{text}");
    for line in once.lines() {
        assert!(!line.ends_with([' ', '\t', '\r']) || text.contains("\"\"\""), "`{line}` ends in blanks");
    }
    assert!(once.is_empty() || once.ends_with('\n') && !once.ends_with("\n\n") && !once.starts_with('\n'), "{once:?}");
    once
}

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
