//! The one layout of Flow.
//!
//! Owns where lines end, what is indented and where blanks stand, and nothing else: words, numbers and texts are taken from the text as
//! they are, in their order. There is no second tree: `nodes` and `expressions` walk what pest matched and give tokens and places where a
//! line may end to `writer`, which puts the comments, kept beside the tree, between them; `print` then decides which lines do end.
//!
//! INVARIANT: what is printed has the tokens and the comments of the text in their order, commas apart. So it means the same.

mod expressions;
mod nodes;
mod print;
mod writer;

use std::borrow::Cow;

use pest::Parser;

use crate::grammar::{Grammar, Rule};
use crate::{Fault, FaultKind, MAX_BYTES, Span, parse, scan};

/// Lines are at most so many characters long, where something can be done about it.
pub const WIDTH: usize = 100;

/// The text in the one layout.
///
/// Its tree is that of the text, places aside, and every comment is in it, once and in order; formatting it again changes nothing.
///
/// # Errors
///
/// All faults of a text that does not parse, with their places in it: there is nothing to go by.
pub fn format(text: &str) -> Result<String, Vec<Fault>> {
    let faults = parse(text).faults;
    if !faults.is_empty() {
        return Err(faults);
    }
    let text = text.trim_start_matches('\u{feff}');
    let text = if text.contains("\r\n") { Cow::Owned(text.replace("\r\n", "\n")) } else { Cow::Borrowed(text) };
    let scan = scan::scan(&text);
    let visible = scan.visible(&text);
    let file = Grammar::parse(Rule::file, &visible).ok().and_then(|mut pairs| pairs.next());
    let mut writer = writer::Writer::new(&text, &scan.comments);
    if let Some(file) = file {
        writer.file(file);
    }
    let printed = print::print(&writer.finish());
    if printed.len() > MAX_BYTES {
        return Err(vec![Fault { kind: FaultKind::TooLarge(printed.len()), span: Span::default(), cause: None }]);
    }
    Ok(printed)
}
