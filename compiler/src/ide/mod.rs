//! What editors ask about sources: plain structs and byte offsets, one file for each question.
//!
//! Owns what a name means for somebody who reads or writes it. What is wrong with a file is `check`'s to say; the protocol that editors speak,
//! and their way to count letters, are the language server's.

mod completion;
mod definition;
mod describe;
mod fixes;
mod hover;
mod index;
mod symbols;
mod words;

pub use completion::{Completion, Item, ItemKind, completion};
pub use definition::definition;
pub use fixes::fixes;
pub use hover::{Hover, hover};
pub use index::Index;
pub use symbols::{Symbol, SymbolKind, symbols};

use flow_grammar::Span;

use crate::FileId;

/// A place in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// The bytes.
    pub span: Span,
}
