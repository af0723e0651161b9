//! Faults of syntax: what the grammar found, in words.

use flow_grammar::{Fault, FaultKind, MAX_BYTES, MAX_DEPTH};

use super::{Site, either};
use crate::{Code, Diagnostic, FileId};

/// The diagnostic of a fault of syntax.
pub(crate) fn fault(file: FileId, fault: &Fault) -> Diagnostic {
    let site = Site { file, span: fault.span };
    let diagnostic = worded(site, &fault.kind);
    match (fault.cause, &fault.kind) {
        (Some(cause), FaultKind::Unclosed { bracket, .. }) => diagnostic.because(cause, format!("this `{bracket}` is never closed")),
        (Some(cause), _) => diagnostic.because(cause, "it began here"),
        (None, _) => diagnostic,
    }
}

/// The bytes of a file are no UTF-8; the site is the end of what can be read.
pub(crate) fn not_utf8(site: Site) -> Diagnostic {
    site.error(Code::F0012, "the file is not UTF-8 text").here("up to here it can be read").help("save the file as UTF-8")
}

fn worded(site: Site, kind: &FaultKind) -> Diagnostic {
    match kind {
        FaultKind::Expected { expected, found, reading } => self::expected(site, expected, found.as_deref(), reading),
        FaultKind::UnknownWord { word, wanted, nearest, allowed } => unknown_word(site, word, wanted, *nearest, allowed),
        FaultKind::Unclosed { bracket, of } => site
            .error(Code::F0003, format!("{of} is never closed: a `{}` is missing", closing(*bracket)))
            .help(format!("add `{}` where it ends", closing(*bracket))),
        FaultKind::Unopened(bracket) => {
            site.error(Code::F0004, format!("nothing is open that `{bracket}` could close")).help(format!("remove the `{bracket}`"))
        }
        FaultKind::UnclosedText => site
            .error(Code::F0005, "this text does not end on its line")
            .help("add the closing `\"`, or use `\"\"\"` for a text of several lines"),
        FaultKind::UnknownEscape(escape) => site
            .error(Code::F0006, format!("`{escape}` is no escape"))
            .help("the escapes are `\\\"`, `\\\\`, `\\n`, `\\t`, `\\{` and `\\u{1F44D}`; a backslash itself is `\\\\`"),
        FaultKind::NoSuchCharacter(escape) => site.error(Code::F0006, format!("`{escape}` is no character")),
        FaultKind::BrokenInterpolation => site
            .error(Code::F0007, "an interpolation holds no line break and no comment")
            .help("name the value with `let` before, and put its name here"),
        FaultKind::EmptyInterpolation => {
            site.error(Code::F0007, "there is nothing in this `{}`").help("put a value in it, or write `\\{` for the brace itself")
        }
        FaultKind::UnclosedInterpolation => {
            site.error(Code::F0007, "this `{` in a text is never closed").help("add the `}`, or write `\\{` for the brace itself")
        }
        FaultKind::ReservedName(word) => {
            site.error(Code::F0008, format!("`{word}` is a word of the language and cannot be a name")).help("choose another name")
        }
        FaultKind::ChainedComparison => {
            site.error(Code::F0009, "comparisons do not chain").help("compare twice and join with `and`: `a < b and b < c`")
        }
        FaultKind::TooDeep => site.error(Code::F0010, format!("brackets are nested more than {MAX_DEPTH} deep")),
        FaultKind::TooLarge(bytes) => site
            .error(Code::F0011, format!("the file has {bytes} bytes, more than the {MAX_BYTES} that a file may have"))
            .help("split it into several files"),
        FaultKind::NotUtf8 => not_utf8(site),
        FaultKind::StrayCharacter(character) => site.error(Code::F0013, format!("`{character}` means nothing here")).help("remove it"),
        FaultKind::Semicolon => {
            site.error(Code::F0014, "statements end without a `;`").help("remove the `;`").replace("remove the `;`", site.span, "")
        }
        FaultKind::WrongOperator { written, meant } => site
            .error(Code::F0015, format!("`{written}` is written `{meant}` here"))
            .help(format!("write `{meant}`"))
            .replace(format!("change to `{meant}`"), site.span, *meant),
        FaultKind::NotADate(digits) => site
            .error(Code::F0016, format!("`{digits}` is no date or time"))
            .help("a date is written `2026-11-22`, a time `2026-11-22T09:00:00Z`; a difference needs blanks around its `-`"),
        FaultKind::TrailingComma => site.error(Code::F0017, "no comma may stand at the end here").help("remove the comma").replace(
            "remove the comma",
            site.span,
            "",
        ),
    }
}

fn expected(site: Site, expected: &[String], found: Option<&str>, reading: &str) -> Diagnostic {
    let wanted = match expected {
        [] => "something else".to_owned(),
        [only] => only.clone(),
        [init @ .., last] => format!("{} or {last}", init.join(", ")),
    };
    let found = found.map_or_else(|| "the end of the file".to_owned(), |found| format!("`{found}`"));
    site.error(Code::F0001, format!("expected {wanted}, found {found}")).here(format!("while reading {reading}"))
}

fn unknown_word(site: Site, word: &str, wanted: &str, nearest: Option<&str>, allowed: &[&str]) -> Diagnostic {
    let diagnostic = site.error(Code::F0002, format!("`{word}` begins no {}", wanted.trim_start_matches("a ").trim_start_matches("an ")));
    match nearest {
        Some(_) => site.suggest(diagnostic, nearest),
        None if allowed.is_empty() => diagnostic,
        None => diagnostic.help(format!("here may stand {}", either(allowed))),
    }
}

fn closing(bracket: char) -> char {
    match bracket {
        '(' => ')',
        '[' => ']',
        _ => '}',
    }
}
