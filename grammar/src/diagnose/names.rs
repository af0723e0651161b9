//! What can be read from broken text without the grammar: its first word, whether it goes on, the names that it would have declared.

use crate::ast::Ident;
use crate::scan::span;
use crate::{Span, words};

/// The word that a text begins with; empty if it begins with anything else.
pub(crate) fn first_word(text: &str) -> &str {
    if text.starts_with(|character: char| character.is_ascii_digit()) {
        return "";
    }
    let end = text.find(|character: char| !character.is_ascii_alphanumeric() && character != '_').unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

/// Whether a text stops where more has to come.
pub(crate) fn ends_open(text: &str) -> bool {
    let text = text.trim_end();
    let word = text.rsplit(|character: char| !character.is_ascii_alphanumeric() && character != '_').next().unwrap_or_default();
    text.ends_with([',', '(', '[', '+', '-', '*', '/', '%', '=', '<', '>', ':', '.'])
        || ["and", "or", "not", "then", "else", "is", "by", "when", "as", "in", "otherwise"].contains(&word)
}

/// The names that a broken text would have declared.
pub(crate) fn declared(text: &str, offset: u32, allowed: &'static [&'static str]) -> Vec<Ident> {
    let mut names = Vec::new();
    let mut before = "";
    let mut depth = 0_usize;
    let mut rest = text;
    let mut first = true;
    while let Some(character) = rest.chars().next() {
        let at = text.len() - rest.len();
        let word = first_word(rest);
        if word.is_empty() {
            depth = match character {
                '{' => depth + 1,
                '}' => depth.saturating_sub(1),
                _ => depth,
            };
            let skip = if character == '"' {
                rest.get(1..).and_then(|inner| inner.find(['"', '\n'])).map_or(rest.len(), |end| end + 2)
            } else {
                character.len_utf8()
            };
            if !character.is_whitespace() {
                before = "";
                first = false;
            }
            rest = rest.get(skip..).unwrap_or_default();
            continue;
        }
        rest = rest.get(word.len()..).unwrap_or_default();
        let assigned = || rest.trim_start().starts_with('=');
        let names_it = match before {
            "let" | "workflow" | "action" | "record" | "enum" | "group" => true,
            "step" | "as" => assigned() || before == "as",
            _ => first && !allowed.contains(&word) && assigned(),
        };
        if depth == 0 && names_it {
            let start = offset + span(0, at).end;
            names.push(Ident { name: word.into(), span: Span::new(start, start + span(0, word.len()).end) });
        }
        // A keyword that is written wrongly still declares.
        before = if first && !allowed.contains(&word) { words::nearest(word, allowed).unwrap_or(word) } else { word };
        first = false;
    }
    names
}
