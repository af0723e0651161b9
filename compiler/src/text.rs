//! A file's text as it was read, parsed once, when somebody first needs it.

use std::sync::{Arc, OnceLock};

use flow_grammar::{Parsed, ast};

/// A text that can be shared: what is kept of one check need not be parsed for the next.
#[derive(Clone, Debug)]
pub struct Text(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    text: String,
    utf8: bool,
    parsed: OnceLock<Parsed>,
}

impl Text {
    /// A text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self::with(text.into(), true)
    }

    /// The bytes of a file. Where they are no UTF-8, what is sound before the fault is kept, so that the fault has a place.
    #[must_use]
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        String::from_utf8(bytes).map_or_else(
            |error| {
                let sound = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
                Self::with(String::from_utf8_lossy(sound).into_owned(), false)
            },
            Self::new,
        )
    }

    fn with(text: String, utf8: bool) -> Self {
        Self(Arc::new(Inner { text, utf8, parsed: OnceLock::new() }))
    }

    /// The next version of this text: what of it is as it was is not parsed again.
    #[must_use]
    pub fn next(&self, text: impl Into<String>) -> Self {
        let next = Self::new(text);
        if let Some(parsed) = self.0.parsed.get() {
            let _ = next.0.parsed.set(flow_grammar::parse_next(next.as_str(), (self.as_str(), parsed)));
        }
        next
    }

    /// The text itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// The paths that it uses, as they are written: for a reader that has to know which files are needed.
    pub fn uses(&self) -> impl Iterator<Item = &str> {
        // Reading the whole text costs more than looking for the word.
        let declarations = if self.as_str().contains("use") { self.parsed().module.declarations.as_slice() } else { &[] };
        declarations.iter().filter_map(|declaration| match declaration {
            ast::Declaration::Use(used) => Some(used.path.as_str()),
            _ => None,
        })
    }

    pub(crate) fn is_utf8(&self) -> bool {
        self.0.utf8
    }

    pub(crate) fn parsed(&self) -> &Parsed {
        self.0.parsed.get_or_init(|| flow_grammar::parse(&self.0.text))
    }
}
