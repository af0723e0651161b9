//! What is wrong with a piece of text that the grammar stepped over as junk.
//!
//! Comments are blanks in all texts here. The piece is parsed a second time with the strict rule of its place; where that stops is where the fault is, and what it still would
//! have taken is what was expected.

mod expected;
mod names;
pub(crate) mod place;

use pest::Parser;
use pest::error::{ErrorVariant, InputLocation};
use smol_str::SmolStr;

pub(crate) use names::{declared, ends_open, first_word};
pub(crate) use place::Place;

use crate::grammar::{Grammar, Rule};
use crate::scan::{Scan, span};
use crate::{Fault, FaultKind, Span, words};

/// A second look reaches back at most this far.
const MAX_REACH: usize = 1 << 13;

/// Whether the scan found something in the place that explains why it does not parse.
pub(crate) fn explained(scan: &Scan, place: Span) -> bool {
    let first = scan.faults.partition_point(|fault| fault.span.start < place.start);
    let over = first.checked_sub(1).and_then(|index| scan.faults.get(index)).filter(|fault| fault.span.end > place.start);
    let inside = scan.faults.get(first..).unwrap_or_default().iter().take_while(|fault| fault.span.start <= place.end);
    let mut inside = over.into_iter().chain(inside);
    inside.any(|fault| {
        !matches!(
            fault.kind,
            FaultKind::Semicolon
                | FaultKind::WrongOperator { .. }
                | FaultKind::NotADate(_)
                | FaultKind::UnknownEscape(_)
                | FaultKind::WrongQuotes { .. }
                | FaultKind::UnescapedBrace
        )
    })
}

/// The fault of one piece of junk. `previous` is the sound item directly before it.
pub(crate) fn junk(text: &str, scan: &Scan, slice: Span, place: &'static Place, previous: Option<Span>) -> Fault {
    let piece = text.get(slice.range()).unwrap_or_default();
    let word = first_word(piece);
    let known = place.allowed.contains(&word);
    // Junk that does not begin a line of its own may be the end of what stands before it.
    let before = previous.filter(|before| {
        let between = text.get(before.end as usize..slice.start as usize).unwrap_or_default();
        let near = slice.end as usize - before.start as usize <= MAX_REACH;
        near && !known && !place.single && (word.is_empty() || !between.contains('\n'))
    });
    if words::ELSE_IF.contains(&word) {
        let kind = FaultKind::WrongOperator { written: word.into(), meant: "else if" };
        return Fault { kind, span: span(slice.start as usize, slice.start as usize + word.len()), cause: None };
    }
    if piece.starts_with([')', ']']) && before.is_some_and(|before| is_balanced(text.get(before.range()).unwrap_or_default())) {
        let kind = FaultKind::Unopened(piece.chars().next().unwrap_or(')'));
        return Fault { kind, span: Span::new(slice.start, slice.start + 1), cause: None };
    }
    let joined = before.map(|before| Second::look(text, before.to(slice), place));
    if let Some(look) = joined.as_ref().filter(|look| look.must) {
        return look.fault(text, scan);
    }
    if let Some(bracket @ ('}' | ')' | ']')) = piece.chars().next() {
        return Fault { kind: FaultKind::Unopened(bracket), span: Span::new(slice.start, slice.start + 1), cause: None };
    }
    if !word.is_empty() && !known {
        let wrong = |wanted, nearest, allowed| {
            let kind = FaultKind::UnknownWord { word: word.into(), wanted, nearest, allowed };
            Fault { kind, span: span(slice.start as usize, slice.start as usize + word.len()), cause: None }
        };
        if let Some(look) = &joined
            && look.reading == "a gate"
            && let near @ Some(_) = words::nearest(word, words::GATE_CLAUSES)
        {
            return wrong(place::GATE_CLAUSE.wanted, near, words::GATE_CLAUSES);
        }
        let nearest = words::nearest(word, place.allowed);
        let rest = piece.get(word.len()..).unwrap_or_default().trim_start();
        if let Some(sign) = CHANGES.into_iter().find(|sign| rest.starts_with(sign)).filter(|_| !place.strict) {
            let at = slice.end as usize - rest.len();
            return Fault { kind: FaultKind::Foreign { written: sign.into(), help: CHANGE }, span: span(at, at + sign.len()), cause: None };
        }
        if let (None, Some(keyword)) = (nearest, missing_keyword(piece, word, place)) {
            let kind = FaultKind::MissingKeyword { word: word.into(), keyword };
            return Fault { kind, span: span(slice.start as usize, slice.start as usize + word.len()), cause: None };
        }
        if !place.strict && (nearest.is_some() || joined.is_none()) {
            return wrong(place.wanted, nearest, place.allowed);
        }
    }
    let alone = place.strict && !word.is_empty();
    let look = joined.filter(|_| !alone).unwrap_or_else(|| Second::look(text, slice, place));
    look.fault(text, scan)
}

/// Whether round and square brackets close as often as they open.
fn is_balanced(text: &str) -> bool {
    let count = |signs: [char; 2]| text.matches(signs).count();
    count(['(', '[']) == count([')', ']'])
}

/// The keyword without which a call or a value stands where a statement should.
fn missing_keyword(piece: &str, word: &str, place: &Place) -> Option<&'static str> {
    if !place.allowed.contains(&"let") {
        return None;
    }
    let rest = piece.get(word.len()..)?.trim_start();
    let called = |text: &str| {
        let name = first_word(text);
        let after = text.get(name.len()..).unwrap_or_default();
        let after = after.strip_prefix('.').map_or(after, |member| member.get(first_word(member).len()..).unwrap_or_default());
        !name.is_empty() && after.starts_with('(')
    };
    if let Some(value) = rest.strip_prefix('=').filter(|value| !value.starts_with('=')) {
        let value = value.trim_start();
        return Some(if called(value) && value.contains(':') { "step" } else { "let" });
    }
    called(piece).then_some("step")
}

/// What a second look at a piece of text found.
struct Second {
    /// Where the piece starts, and where the strict rule stops in it.
    start: usize,
    at: usize,
    expected: Vec<String>,
    /// Whether something had to come there.
    must: bool,
    reading: &'static str,
}

impl Second {
    fn look(text: &str, slice: Span, place: &Place) -> Self {
        let piece = text.get(slice.range()).unwrap_or_default();
        let start = slice.start as usize;
        let reading = expected::reading(piece, place.reading);
        let (at, mut expected, must) = match stop(place.rule, piece) {
            Some((at, described)) => (start + at, described.words, described.must),
            None => (start, Vec::new(), false),
        };
        if expected.is_empty() {
            expected.push(place.wanted.to_owned());
        }
        Self { start, at: skip_layout(text, at), expected, must, reading }
    }

    fn fault(&self, text: &str, scan: &Scan) -> Fault {
        missing(text, scan, self)
    }
}

/// The fault of `{...}` in a text.
pub(crate) fn hole(text: &str, place: Span) -> Fault {
    let whole = text.get(place.range()).unwrap_or_default();
    let inner = whole.strip_prefix('{').unwrap_or(whole);
    let inner = inner.strip_suffix('}').unwrap_or(inner);
    let start = place.start as usize + 1;
    let (at, mut expected) = stop(Rule::only_expr, inner).map_or((0, Vec::new()), |(at, described)| (at, described.words));
    if expected.is_empty() {
        expected.push("`}`".to_owned());
    }
    let at = start + at;
    let found = found(text, at);
    let length = found.as_ref().map_or(0, SmolStr::len);
    let place = span(at, (at + length).min(text.len()));
    Fault { kind: FaultKind::Expected { expected, found, reading: "a value in a text" }, span: place, cause: None }
}

/// Where the strict rule stops, and what it would still have taken.
fn stop(rule: Rule, piece: &str) -> Option<(usize, expected::Described)> {
    let error = Grammar::parse(rule, piece).err()?;
    let at = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    };
    match error.variant {
        ErrorVariant::ParsingError { positives, .. } => Some((at, expected::describe(&positives))),
        ErrorVariant::CustomError { .. } => Some((at, expected::Described::default())),
    }
}

/// The fault that something is missing where a second look stopped, worded by what stands there.
fn missing(text: &str, scan: &Scan, look: &Second) -> Fault {
    let Second { start, at, reading, .. } = *look;
    let expected = look.expected.clone();
    if let Some(brace) = misread_block(text, start, at) {
        let kind = FaultKind::Expected { expected: vec!["an expression".to_owned()], found: Some("{".into()), reading };
        return Fault { kind, span: span(brace, brace + 1), cause: None };
    }
    let found = found(text, at);
    let before = end_before(text, at);
    let next_line = text.get(before..at).is_some_and(|between| between.contains('\n'));
    let closes = expected.iter().any(|word| word == "`)`" || word == "`]`");
    if closes && (next_line || found.as_deref().is_none_or(|found| found.starts_with(['{', '}']))) {
        let open = scan.unclosed.iter().rev().find(|open| {
            (open.start as usize) >= start && (open.end as usize) <= at && text.get(open.range()).is_some_and(|bracket| bracket != "{")
        });
        if let Some((open, bracket)) = open.and_then(|open| Some((open, text.get(open.range())?.chars().next()?))) {
            let of = reading.split_once(' ').map_or(reading, |(_, name)| name);
            let kind = FaultKind::Unclosed { bracket, of: format!("the {of}") };
            return Fault { kind, span: *open, cause: Some(*open) };
        }
    }
    if let (Some(word), [only]) = (&found, expected.as_slice())
        && only == "a name"
        && words::is_reserved(word)
        && !next_line
    {
        return Fault { kind: FaultKind::ReservedName(word.clone()), span: span(at, at + word.len()), cause: None };
    }
    if found.as_deref() == Some("*") && text.get(..at).is_some_and(|before| before.ends_with('*')) {
        return Fault { kind: FaultKind::Foreign { written: "**".into(), help: POWER }, span: span(at - 1, at + 1), cause: None };
    }
    if let Some(kind) = foreign(found.as_deref(), &expected, reading).filter(|_| !next_line) {
        let length = found.as_ref().map_or(0, SmolStr::len);
        return Fault { kind, span: span(at, (at + length).min(text.len())), cause: None };
    }
    let place = match &found {
        Some(found) if !next_line => span(at, (at + found.len()).min(text.len())),
        _ => span(before, before),
    };
    Fault { kind: FaultKind::Expected { expected, found, reading }, span: place, cause: None }
}

const POWER: &str = "a power is written out: `a * a`";
const CHANGE: &str = "a value never changes: name the new one with `let`";
const CHANGES: [&str; 6] = ["+=", "-=", "*=", "/=", "++", "--"];

/// What stands there is said otherwise here.
fn foreign(found: Option<&str>, expected: &[String], reading: &str) -> Option<FaultKind> {
    let found = found?;
    if words::ELSE_IF.contains(&found) {
        return Some(FaultKind::WrongOperator { written: found.into(), meant: "else if" });
    }
    let help = match found {
        "?" => "a choice is written `if a then b else c`",
        sign if CHANGES.contains(&sign) => CHANGE,
        "??" | "?:" => "a default is given with `otherwise`",
        "<" | "[" if reading == "a record" && expected.iter().any(|word| word == "`from`") => {
            "a list is written with its type in brackets: `[text]`"
        }
        _ => return None,
    };
    Some(FaultKind::Foreign { written: found.into(), help })
}

/// `when a > {` reads the block as a record; what is missing is the operand before it.
fn misread_block(text: &str, start: usize, at: usize) -> Option<usize> {
    let read = text.get(start..at)?;
    let brace = read.rfind('{')?;
    let inside = read.get(brace + 1..)?;
    let operand = read.get(..brace)?.trim_end();
    let word = inside.trim().chars().all(|character| character.is_ascii_alphanumeric() || character == '_');
    let bare = operand.ends_with(['+', '-', '*', '/', '%', '=', '<', '>']) || ends_in_operator(operand);
    (inside.contains('\n') && word && bare).then_some(start + brace)
}

fn ends_in_operator(text: &str) -> bool {
    let word = text.rsplit(|character: char| !character.is_ascii_alphanumeric() && character != '_').next().unwrap_or_default();
    ["and", "or", "not", "in", "otherwise", "contains", "with", "when", "if"].contains(&word)
}

/// The token at `at`, shortened.
fn found(text: &str, at: usize) -> Option<SmolStr> {
    let rest = text.get(at..)?;
    let first = rest.chars().next()?;
    let length = if first.is_ascii_alphanumeric() || first == '_' {
        first_word(rest).len().max(rest.find(|character: char| !character.is_ascii_alphanumeric()).unwrap_or(rest.len()))
    } else if first == '"' {
        rest.get(1..).and_then(|inner| inner.find(['"', '\n'])).map_or(rest.len(), |end| end + 2)
    } else {
        let double = ["=>", "**", "+=", "-=", "*=", "/=", "++", "--", "??", "?:", "=="].into_iter().find(|sign| rest.starts_with(sign));
        double.map_or(first.len_utf8(), str::len)
    };
    Some(shorten(rest.get(..length).unwrap_or(rest).trim_end()))
}

/// At most the first characters of a text.
pub(crate) fn shorten(text: &str) -> SmolStr {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(24) {
        Some((end, _)) => SmolStr::new(format!("{}…", line.get(..end).unwrap_or_default())),
        None => SmolStr::new(line),
    }
}

/// Steps over blanks.
fn skip_layout(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.len() - rest.trim_start().len()
}

/// The end of the token before `at`.
fn end_before(text: &str, at: usize) -> usize {
    text.get(..at).unwrap_or_default().trim_end().len()
}
