//! A document as the editor has it.

use flow_compiler::Text;
use gen_lsp_types as lsp;

use crate::convert::{Encoding, Lines};

/// See the module.
#[derive(Debug)]
pub(crate) struct Document {
    /// As the editor wrote it.
    pub(crate) uri: lsp::Uri,
    pub(crate) version: i32,
    pub(crate) text: Text,
}

impl Document {
    pub(crate) fn new(uri: lsp::Uri, version: i32, text: String) -> Self {
        Self { uri, version, text: Text::new(text) }
    }

    /// Takes changes in their order: each speaks of the text that the one before it left.
    pub(crate) fn change(&mut self, version: i32, changes: Vec<lsp::TextDocumentContentChangeEvent>, encoding: Encoding) {
        let mut text = self.text.as_str().to_owned();
        for change in changes {
            match change {
                lsp::TextDocumentContentChangeEvent::TextDocumentContentChangePartial(part) => {
                    let span = Lines::of(&text, encoding).span(part.range);
                    text.replace_range(span.range(), &part.text);
                }
                lsp::TextDocumentContentChangeEvent::TextDocumentContentChangeWholeDocument(whole) => text = whole.text,
            }
        }
        (self.version, self.text) = (version, self.text.next(text));
    }
}
