//! What can be written at a place: names with their types, fields, arguments, members, types, and the words that may stand there.
//!
//! A file that is being written is rarely whole. So the name at the place is replaced by a mark that is sound, what is open around it is
//! closed, and the checker is asked what it would like there. Words come from the brackets and words around the place alone.

mod items;
mod keywords;
mod surroundings;

use flow_grammar::Span;

use super::index::Index;
use crate::{FileId, Sources};
use surroundings::{Block, Surroundings, Token, is_word};

/// The name that is checked in the place of what is being written. No author has it.
const MARK: &str = "zz_written_here";

/// What can be written at a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// The word that it replaces; empty where none is begun.
    pub replace: Span,
    /// The best first.
    pub items: Vec<Item>,
}

/// Something that can be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What a list shows.
    pub label: String,
    /// What it is.
    pub kind: ItemKind,
    /// Its type or signature; may be empty.
    pub detail: String,
    /// Its documentation, in Markdown; may be empty.
    pub doc: String,
    /// What is written.
    pub insert: String,
    /// The same with places to fill in, `${1:name}`, for editors that can.
    pub snippet: Option<String>,
    /// The smaller, the likelier.
    pub rank: u8,
}

/// See [`Item`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is what it is called")]
pub enum ItemKind {
    Value,
    Field,
    Argument,
    Action,
    Workflow,
    Record,
    Enum,
    Member,
    Type,
    Group,
    Module,
    Function,
    Keyword,
}

/// What can be written at an offset of a file.
#[must_use]
pub fn completion(sources: &Sources, file: FileId, offset: u32) -> Completion {
    let text = sources.text(file);
    let offset = text.floor_char_boundary(offset as usize);
    let bytes = text.as_bytes();
    let before = bytes.get(..offset).unwrap_or_default().iter().rev().take_while(|byte| is_word(**byte)).count();
    let after = bytes.get(offset..).unwrap_or_default().iter().take_while(|byte| is_word(**byte)).count();
    let (start, end) = (offset - before, offset + after);
    let around = Surroundings::of(text, start);
    if around.comment || around.text || bytes.get(start).is_some_and(u8::is_ascii_digit) {
        return Completion::default();
    }
    let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let mut found = items::Found::default();
    let called = text.get(end..).is_some_and(|rest| rest.trim_start_matches([' ', '\t']).starts_with('('));
    let wished = probe(sources, file, start..end, &around, |index| items::wished(index, file, called, &mut found));
    keywords::add(&around, starts_line(text, start), wished, &mut found);
    Completion { replace: Span::new(place(start), place(end)), items: found.sorted() }
}

/// Whether nothing but a block's bracket stands before a place on its line.
fn starts_line(text: &str, start: usize) -> bool {
    let line = text.get(..start).unwrap_or_default().rsplit('\n').next().unwrap_or_default().trim_end();
    line.is_empty() || line.ends_with(['{', '}'])
}

/// Checks the file with a mark in a place, mended in one way after the other until the checker says what it would like there.
fn probe(
    sources: &Sources,
    file: FileId,
    word: std::ops::Range<usize>,
    around: &Surroundings<'_>,
    mut use_it: impl FnMut(&Index<'_>),
) -> bool {
    let text = sources.text(file);
    let (Some(before), Some(rest)) = (text.get(..word.start), text.get(word.end..)) else { return false };
    let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let mark = Span::new(place(word.start), place(word.start + MARK.len()));
    // Only this text changes from one try to the next.
    let mut probed = sources.clone();
    for (ending, keep) in endings(around) {
        let rest = if keep { rest } else { rest.find('\n').and_then(|end| rest.get(end..)).unwrap_or_default() };
        probed.add(sources.path(file), format!("{before}{MARK}{ending}{rest}"));
        let index = Index::written(&probed, file, mark);
        if index.wish.is_some() {
            use_it(&index);
            return true;
        }
    }
    false
}

/// What may be missing after a name that is being written, and whether the rest of its line is kept.
fn endings(around: &Surroundings<'_>) -> Vec<(String, bool)> {
    let mut closing = String::new();
    for open in around.open.iter().rev() {
        match open.what {
            Block::Round => closing.push(')'),
            Block::Square => closing.push(']'),
            Block::Literal => closing.push('}'),
            Block::Hole { long } => closing.push_str(if long { "}\"\"\"" } else { "}\"" }),
            _ => break,
        }
    }
    let mut endings = vec![(String::new(), true), ("()".to_owned(), true)];
    if matches!(around.open.last().map(|open| open.what), Some(Block::Hole { .. })) {
        endings.push(("}".to_owned(), true));
    }
    if around.block() == Some(Block::Test) {
        endings.extend([(" unknown".to_owned(), true), (" called".to_owned(), true)]);
    }
    if !closing.is_empty() {
        endings.extend([(closing.clone(), true), (closing.clone(), false), (format!("(){closing}"), false)]);
    }
    // A head without its block, and an arm of a `match`.
    endings.extend([(format!("{closing} {{}}"), true), (format!("{closing} {{}}"), false), ("()".to_owned(), false)]);
    endings
}

/// Whether an operand ends before a place, on whatever line.
fn after_value(around: &Surroundings<'_>) -> bool {
    match around.tokens.last() {
        Some((Token::Word(word), _)) => !flow_grammar::is_reserved(word) || matches!(*word, "true" | "false" | "none"),
        Some((Token::Text | Token::Number | Token::Sign(b')' | b']'), _)) => true,
        _ => false,
    }
}
