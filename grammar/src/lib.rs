//! The grammar of Flow: text to syntax tree, with comments kept beside it.
//!
//! Owns `flow.pest`, the tree, recovery from faults, and the one layout. Knows nothing of names, types, files or editors.
//!
//! INVARIANT: parsing never fails and never panics, on any bytes: it gives a tree of what could be read, and the faults.
#![cfg_attr(not(test), deny(clippy::disallowed_macros, clippy::disallowed_methods, clippy::disallowed_types))]

pub mod ast;
mod build;
mod dates;
mod diagnose;
mod fault;
mod format;
mod grammar;
mod memory;
mod scan;
mod shift;
mod span;
mod words;

use pest::Parser;

pub use fault::{Fault, FaultKind};
pub use format::{WIDTH, format};
pub use span::Span;
pub use words::is_reserved;

use crate::grammar::{Grammar, Rule};
use crate::memory::{Memory, Section};

/// Brackets may nest this deep.
pub const MAX_DEPTH: usize = 64;

/// A file may have this many bytes.
pub const MAX_BYTES: usize = 1 << 20;

/// No expression's tree is deeper than this: a row of so many operators is a fault.
pub const MAX_EXPRESSION_DEPTH: usize = 500;

/// What parsing gives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parsed {
    /// The tree of what could be read.
    pub module: ast::Module,
    /// All comments in order, `#` included, line end excluded.
    pub comments: Vec<Span>,
    /// All faults, ordered by place, each once.
    pub faults: Vec<Fault>,
    sections: Vec<Section>,
}

/// Parses the bytes of a file.
#[must_use]
pub fn parse_bytes(bytes: &[u8]) -> Parsed {
    if bytes.len() > MAX_BYTES {
        return refused(FaultKind::TooLarge(bytes.len()), Span::default());
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => parse(text),
        Err(error) => {
            let at = scan::span(0, error.valid_up_to()).after();
            refused(FaultKind::NotUtf8, at)
        }
    }
}

/// Parses a file.
#[must_use]
pub fn parse(text: &str) -> Parsed {
    read(text, &Memory::default())
}

/// Parses the next version of a file, and gives what [`parse`] gives: declarations that are as they were are not read again.
#[must_use]
pub fn parse_next(text: &str, (before, parsed): (&str, &Parsed)) -> Parsed {
    read(text, &Memory::of(before, parsed))
}

fn read(text: &str, memory: &Memory<'_>) -> Parsed {
    if text.len() > MAX_BYTES {
        return refused(FaultKind::TooLarge(text.len()), Span::default());
    }
    let scan = scan::scan(text);
    let visible = scan.visible(text);
    // The grammar takes every text, so only the stack can have been too small.
    let Some(built) = build::Builder::new(text, &visible, &scan).module(memory) else {
        return Parsed { comments: scan.comments, ..refused(FaultKind::TooDeep, Span::default()) };
    };
    let mut faults = built.faults;
    faults.extend(scan.faults);
    for fault in &mut faults {
        fault.span = whole_letters(text, fault.span);
        fault.cause = fault.cause.map(|cause| whole_letters(text, cause));
    }
    faults.sort_by_key(|fault| fault.span);
    faults.dedup();
    Parsed { module: built.module, comments: scan.comments, faults, sections: built.sections }
}

/// Whether pest takes a text, without a tree of it: what any parser of this grammar costs at least, for the bench.
#[doc(hidden)]
#[must_use]
pub fn pest_alone(text: &str) -> bool {
    Grammar::parse(Rule::file, &scan::scan(text).visible(text)).is_ok()
}

/// The span widened to whole letters: what the grammar does not see is blanks to it, and it may stop in the middle of a letter there.
fn whole_letters(text: &str, span: Span) -> Span {
    let place = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
    let Span { start, end } = span;
    Span::new(place(text.floor_char_boundary(start as usize)), place(text.ceil_char_boundary(end as usize)))
}

fn refused(kind: FaultKind, span: Span) -> Parsed {
    Parsed { faults: vec![Fault { kind, span, cause: None }], ..Parsed::default() }
}
